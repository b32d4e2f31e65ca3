// Fetches a page from an HTTP server over TCP: the request is text, the response a stream that the server ends.
// Usage: node build/examples/http-get.js [host] [port] [path]
import { AF_INET, SOCK_STREAM, socket } from 'portico';

const [host = 'localhost', port = '80', path = '/'] = process.argv.slice(2);

const connection = socket(AF_INET, SOCK_STREAM);
await connection.connect({ host, port: Number(port) });

// HTTP/1.0 (RFC 1945): one request, one response, and the end of the stream is the end of the page
await connection.sendall(`GET ${path} HTTP/1.0\r\nHost: ${host}:${port}\r\n\r\n`);

// how many pieces the page comes in is TCP's business: a stream has no message boundaries
for await (const chunk of connection) process.stdout.write(chunk);

await connection.close();
