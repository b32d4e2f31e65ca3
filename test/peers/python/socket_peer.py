# The other end of a test, with Python's socket module. Usage: python3 socket_peer.py ROLE [host port] [count]
# Each role says in lines of JSON what it sees; a line on standard input lets it go on where it waits.
import json
import sys
from socket import *

# Linux has both, Python names them since 3.14 or not at all: ip(7)
IP_RECVTTL, IP_RECVTOS = 12, 13
LOOPBACK = {AF_INET: '127.0.0.1', AF_INET6: '::1'}
WAIT_SECONDS = 20


def say(**facts):
    print(json.dumps(facts), flush=True)


def wait_for_word():
    sys.stdin.readline()


def peer():
    return sys.argv[2], int(sys.argv[3])


def listen():
    welcome = socket(AF_INET, SOCK_STREAM)
    welcome.bind((LOOPBACK[AF_INET], 0))
    welcome.listen(1)
    say(port=welcome.getsockname()[1])
    connection, _ = welcome.accept()
    connection.settimeout(WAIT_SECONDS)
    return connection


# Receives three bytes and then an urgent one, or all in line.
def receive_urgent():
    connection = listen()
    wait_for_word()
    say(urgent=connection.recv(1, MSG_OOB).decode(), normal=connection.recv(1024).decode())


# Sends three bytes and an urgent one, and three more when told.
def send_urgent():
    connection = create_connection(peer(), WAIT_SECONDS)
    connection.sendall(b'abc')
    connection.send(b'!', MSG_OOB)
    say(sent='urgent')
    wait_for_word()
    connection.sendall(b'def')
    say(sent='rest')
    wait_for_word()


# Connects, and resets the connection when told.
def reset():
    connection = create_connection(peer(), WAIT_SECONDS)
    say(connected=True)
    wait_for_word()
    connection.setsockopt(SOL_SOCKET, SO_LINGER, b'\x01\0\0\0\0\0\0\0')
    connection.close()
    say(reset=True)


# Sends a byte and says how the connection ends.
def watch_end():
    connection = listen()
    connection.sendall(b'x')
    say(sent=1)
    try:
        end = 'end' if connection.recv(1) == b'' else 'data'
    except ConnectionResetError:
        end = 'reset'
    say(end=end)


# Receives one datagram and says what its header held.
def read_header(family):
    server = socket(family, SOCK_DGRAM)
    server.settimeout(WAIT_SECONDS)
    server.bind((LOOPBACK[family], 0))
    ours = {
        AF_INET: [(IPPROTO_IP, IP_RECVTOS), (IPPROTO_IP, IP_RECVTTL)],
        AF_INET6: [(IPPROTO_IPV6, IPV6_RECVTCLASS), (IPPROTO_IPV6, IPV6_RECVHOPLIMIT)],
    }[family]
    for level, option in ours:
        server.setsockopt(level, option, 1)
    say(port=server.getsockname()[1])
    data, control, _, _ = server.recvmsg(2048, 1024)
    names = {
        (IPPROTO_IP, IP_TOS): 'tos',
        (IPPROTO_IP, IP_TTL): 'ttl',
        (IPPROTO_IPV6, IPV6_TCLASS): 'tos',
        (IPPROTO_IPV6, IPV6_HOPLIMIT): 'ttl',
    }
    facts = {names[level, kind]: value[0] for level, kind, value in control if (level, kind) in names}
    say(data=data.decode(), **facts)


# Many clients, each from a port of its own; says how many had their own question back.
def ask_from_many(kind):
    clients = []
    for number in range(int(sys.argv[4])):
        client = socket(AF_INET, kind)
        client.settimeout(WAIT_SECONDS)
        client.connect(peer())
        client.send(b'%d' % number)
        clients.append(client)
    say(answered=sum(client.recv(64) == b'%d' % number for number, client in enumerate(clients)))


ROLES = {
    'receive-urgent': receive_urgent,
    'send-urgent': send_urgent,
    'reset': reset,
    'watch-end': watch_end,
    'read-header': lambda: read_header(AF_INET),
    'read-header6': lambda: read_header(AF_INET6),
    'ask-udp': lambda: ask_from_many(SOCK_DGRAM),
    'ask-tcp': lambda: ask_from_many(SOCK_STREAM),
}
ROLES[sys.argv[1]]()
