"""Turns what the relay of the kernel traces printed into one JSON file for each row G1-G16, and for what goes beyond the table.

    python3 from-relay.py linux-6.18.txt linux-6.18-more.txt

linux-6.18.txt is the output of the relay's experiments e1.py to e5.py on Linux 6.18; linux-6.18-more.txt was recorded after
them with the same relay, in a form that has the number of the connection in front of the direction. A segment is one line:
its time in milliseconds, connection, direction, bits without PSH, sequence and acknowledgement number relative to the
first SYN of their side, length, and whether the relay dropped it.
"""
import json, re, sys, pathlib

LINE = re.compile(r'^ *([\d.]+) (?:(\d+) )?([<>]) (\S+) +seq= *(\d+) ack= *(\S+) win= *(\d+) len=(\d+)( +DROPPED)?')

# row, title of the experiment, the segments from ... to ... in milliseconds of its own clock
ROWS = [
    ('g01', 'SYN blackhole', 0, 20000),
    ('g02', 'SYN-ACK lost once', 0, 2000),
    ('g03', 'lone segment, first 3 copies dropped', 0, 2000),
    ('g04', '10 MSS, 3rd data segment dropped', 0, 400),
    ('g05', 'delayed ACK: 6 small sends', 0, 2000),
    ('g06', 'Nagle: 5 x 1 byte', 0, 600),
    ('g07', 'zero window, RCVBUF 4096 set before listen', 0, 7600),
    ('g08', 'server close() with unread data', 0, 400),
    ('g09', 'SO_LINGER 0 close', 0, 400),
    ('g10', 'half-close: client shutdown', 0, 500),
    ('g11', 'server is active closer', 0, 400),
    ('g12', 'closed ports', 0, 40),
    ('g14', 'G14 listen(1), 4 clients one by one', 0, 7900),
    ('g15', 'listen(2): queue holds 2', 0, 9000),
    ('g16', 'listen(0), 4 simultaneous connects', 0, 4400),
    # beyond the table
    ('x02', 'x02', 0, 700),
    ('x03', 'x03', 0, 900),
    ('x04', 'x04', 0, 900),
    ('x05', 'x05', 0, 1200),
    ('x06', 'x06', 0, 7000),
    ('x07', 'x07', 0, 500),
    ('x08', 'x08', 0, 900),
    ('x09', 'x09', 0, 600),
    ('x11', 'x11', 0, 1000),
    ('x12', 'x12', 0, 500),
    ('x13', 'x13', 0, 400),
    ('x14', 'x14', 0, 400),
    ('x15', 'x15', 0, 2500),
    ('x16', 'x16', 0, 700),
    ('x18', 'x18', 0, 700),
]


def experiments(text):
    for part in text.split('\n==== ')[1:]:
        title, _, body = part.partition('\n')
        yield title.strip(), [LINE.match(line) for line in body.splitlines() if LINE.match(line)]


def number(numbers, matches):
    """Tells the connections of a trace apart by their numbers, and makes the numbers relative."""
    first = {}  # (connection, direction) -> number of the SYN
    out = []
    for found in matches:
        ms, known, way, flags, seq, ack, window, length, dropped = found.groups()
        if flags.startswith(('UDP', 'ICMP')):
            continue
        seq, ack = int(seq), (None if ack == '-' else int(ack))
        other = '>' if way == '<' else '<'
        if known:
            connection = numbers.setdefault(known, len(numbers) + 1)
        else:
            connection = connect(first, way, other, seq, ack, 'S' in flags)
            first.setdefault((connection, way), seq) if 'S' in flags else None
            seq = (seq - first.get((connection, way), seq)) & 0xffffffff
            if ack is not None:
                ack = (ack - first.get((connection, other), 0)) & 0xffffffff
        out.append({'ms': float(ms), 'connection': connection, 'direction': way, 'flags': flags.replace('P', ''),
                    'seq': seq, 'ack': ack, 'length': int(length), 'dropped': bool(dropped)})
    start = out[0]['ms']
    return [dict(segment, ms=round(segment['ms'] - start, 1)) for segment in out]


def line(s):
    ack = '-' if s['ack'] is None else s['ack']
    text = f"{s['ms']:7.1f} {s['connection']} {s['direction']} {s['flags']} {s['seq']} {ack} {s['length']}"
    return text + (' DROPPED' if s['dropped'] else '')


def connect(first, way, other, seq, ack, is_syn):
    """The connection whose numbers are near; a new SYN begins another."""
    for (connection, direction), isn in first.items():
        if direction == way and near(isn, seq):
            return connection
        if direction == other and ack is not None and near(isn, ack):
            return connection
    return len({connection for connection, _ in first}) + 1


def near(isn, seq):
    return (seq - isn) & 0xffffffff < 1_000_000


def main():
    texts = [open(path).read() for path in sys.argv[1:]]
    found = {title: matches for text in texts for title, matches in experiments('\n' + text)}
    here = pathlib.Path(__file__).parent
    for row, begin, start, end in ROWS:
        title = next(title for title in found if title.startswith(begin))
        segments = [s for s in number({}, found[title]) if start <= s['ms'] <= end]
        trace = {'row': row.upper(), 'kernel': 'Linux 6.18', 'experiment': title, 'segments': [line(s) for s in segments]}
        (here / f'{row}.json').write_text(json.dumps(trace, indent=2) + '\n')
        print(row, len(segments), title)


main()
