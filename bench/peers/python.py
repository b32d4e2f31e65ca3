"""The server programs with Python's standard library, as a Python programmer writes them: UDP with a blocking socket,
TCP with asyncio streams. The contract of the programs is told in ../servers/program.ts.
"""

import asyncio
import os
import signal
import socket
import sys

HOST = "127.0.0.1"
BUFFER_BYTES = 1 << 20
BACKLOG = 4096
REQUEST_BYTES = 65_536
CHUNK_BYTES = int(os.environ.get("CHUNK", 65_536))
MESSAGE = b"a" * 64

answered = 0


def report(number, _frame):
    os.write(1, b"answered %d\n" % answered)
    if number == signal.SIGTERM:
        os._exit(0)


def publish(port):
    signal.signal(signal.SIGUSR2, report)
    signal.signal(signal.SIGTERM, report)
    print(port, flush=True)


def udp_socket():
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
    return udp


def udp_server(port):
    server = udp_socket()
    server.bind((HOST, port))
    publish(server.getsockname()[1])
    return server


def udp_echo(port):
    global answered
    server = udp_server(port)
    while True:
        message, address = server.recvfrom(2048)
        server.sendto(message.upper(), address)
        answered += 1


def udp_receive(port):
    global answered
    server = udp_server(port)
    while True:
        server.recv(2048)
        answered += 1


def udp_send(port):
    global answered
    client = udp_socket()
    client.connect((HOST, port))
    publish(0)
    while True:
        try:
            client.send(MESSAGE)
            answered += 1
        except ConnectionRefusedError:
            pass  # the receiver may end first


async def echo(reader, writer):
    global answered
    while chunk := await reader.read(REQUEST_BYTES):
        writer.write(chunk.upper())
        await writer.drain()
        answered += 1


async def lines(reader, writer):
    global answered
    async for line in reader:
        writer.write(line.upper())
        await writer.drain()
        answered += 1


async def sink(reader, _writer):
    global answered
    while chunk := await reader.read(CHUNK_BYTES):
        answered += len(chunk)


async def source(_reader, writer):
    global answered
    block = b"a" * CHUNK_BYTES
    while True:
        writer.write(block)
        await writer.drain()
        answered += len(block)


async def answer_once(reader, writer):
    global answered
    if chunk := await reader.read(REQUEST_BYTES):
        writer.write(chunk.upper())
        answered += 1


def tcp_server(serve):
    async def handle(reader, writer):
        # TCP_NODELAY stays off in every program of the benchmark; asyncio turns it on.
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        try:
            await serve(reader, writer)
        except ConnectionError:
            pass  # the load ends without a good-bye
        writer.close()

    async def listen(port):
        server = await asyncio.start_server(handle, HOST, port, backlog=BACKLOG)
        publish(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    return lambda port: asyncio.run(listen(port))


MODES = {
    "udp-echo": udp_echo,
    "udp-echo-gso": None,
    "udp-batch": None,
    "udp-burst": udp_echo,
    "udp-send": udp_send,
    "udp-send-batch": None,
    "udp-send-gso": None,
    "udp-send-spread": None,
    "udp-receive": udp_receive,
    "tcp-echo": tcp_server(echo),
    "tcp-lines": tcp_server(lines),
    "tcp-sink": tcp_server(sink),
    "tcp-source": tcp_server(source),
    "tcp-accept": tcp_server(answer_once),
}


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    if name not in MODES or (name == "udp-send" and port == 0):
        sys.stderr.write("Usage: python.py MODE [PORT]\n")
        sys.exit(2)
    if MODES[name] is None:
        sys.stderr.write(f"not supported: {name}\n")
        sys.exit(3)
    MODES[name](port)


main()
