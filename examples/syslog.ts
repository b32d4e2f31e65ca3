// Writes to the system's log through its Unix datagram socket (Linux), as logger(1) does.
// Usage: node build/examples/syslog.js [path] [message]
import { AF_UNIX, SOCK_DGRAM, socket } from 'portico';

const [path = '/dev/log', message = 'Hello from a Unix datagram'] = process.argv.slice(2);

// RFC 3164 section 4.1.1: the priority is the facility times 8 and the severity
const USER = 1;
const NOTICE = 5;

const log = socket(AF_UNIX, SOCK_DGRAM);
// no host and no port: both ends are on this machine, and a path names the other
await log.sendto(`<${USER * 8 + NOTICE}>portico[${process.pid}]: ${message}`, { path });
await log.close();
