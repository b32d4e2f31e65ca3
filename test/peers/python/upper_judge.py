# Says what Python makes of bytes: their upper case as text where they are UTF-8, else bytes.upper(), which changes
# ASCII a-z only. Reads messages, each after its length (4 bytes, big endian), and writes the answers in the same way.
import sys

ours, theirs = sys.stdin.buffer, sys.stdout.buffer
while True:
    head = ours.read(4)
    if not head:
        break
    message = ours.read(int.from_bytes(head, 'big'))
    try:
        answer = message.decode().upper().encode()
    except UnicodeDecodeError:
        answer = message.upper()
    theirs.write(len(answer).to_bytes(4, 'big') + answer)
