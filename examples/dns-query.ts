// Asks a DNS server over UDP, and again over TCP when the answer does not fit into a datagram (RFC 1035 section 4.2).
// Usage: node build/examples/dns-query.js [server] [port] [name] [type]
import { randomInt } from 'node:crypto';
import type { Packet, RecordType } from 'dns-packet';
import dns from 'dns-packet';
import { AF_INET, MSG_WAITALL, SOCK_DGRAM, SOCK_STREAM, SocketError, socket } from 'portico';

const [host = '127.0.0.1', port = '53', name = 'example.com', type = 'A'] = process.argv.slice(2);
const server = { host, port: Number(port) };
const flags = dns.RECURSION_DESIRED; // the server may ask others for us
const query: Packet = { id: randomInt(65_536), flags, questions: [{ name, type: type as RecordType }] };

async function askUdp(tries = 3): Promise<Packet> {
  await using client = socket(AF_INET, SOCK_DGRAM);
  await client.connect(server); // from now on only the server's datagrams arrive
  await client.send(dns.encode(query));
  try {
    return dns.decode(Buffer.from(await client.recv(4096, { timeoutMs: 2000 })));
  } catch (error) {
    const lost = error instanceof SocketError && error.code === 'ETIMEDOUT';
    if (lost && tries > 1) return askUdp(tries - 1); // the question or its answer: ask once more
    throw error;
  }
}

async function askTcp(): Promise<Packet> {
  await using client = socket(AF_INET, SOCK_STREAM);
  await client.connect(server);
  await client.sendall(dns.streamEncode(query)); // a stream has no boundaries: two bytes say how long the message is
  const length = Buffer.from(await client.recv(2, { flags: MSG_WAITALL })).readUInt16BE();
  return dns.decode(Buffer.from(await client.recv(length, { flags: MSG_WAITALL })));
}

let response = await askUdp();
const truncated = ((response.flags ?? 0) & dns.TRUNCATED_RESPONSE) !== 0;
if (truncated) response = await askTcp();
if (response.id !== query.id) throw new Error('The answer is to another question');
console.log('Answer over', truncated ? 'TCP, for it was too long for UDP' : 'UDP');
for (const one of response.answers ?? []) console.log(one.type, 'data' in one ? String(one.data) : '');
