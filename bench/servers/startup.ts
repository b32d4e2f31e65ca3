/**
 * A program that starts, opens a UDP socket in one of several ways, says how many bytes it has resident and ends:
 * `startup.js bare|dgram|portico`. What is imported is what is measured, so each is imported by its branch alone.
 */
const ways: Readonly<Record<string, () => Promise<void>>> = {
  bare: async () => {},
  dgram: async () => {
    const { createSocket } = await import('node:dgram');
    const server = createSocket('udp4');
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  },
  portico: async () => {
    const { AF_INET, SOCK_DGRAM, socket } = await import('portico');
    await socket(AF_INET, SOCK_DGRAM).bind({ host: '127.0.0.1', port: 0 });
  },
};

const way = ways[process.argv[2] ?? ''];
if (!way) throw new Error(`Usage: startup.js ${Object.keys(ways).join('|')}`);
await way();
process.stdout.write(`${process.memoryUsage.rss()}\n`, () => process.exit(0));
