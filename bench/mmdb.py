"""Writes a MaxMind DB file (format 2.0) of places by prefix: what GeoIP-aware servers read where people are from.

Shape: binary tree of 32-bit records over 128 bits (IPv4 at ::/96), then the data each leaf points at, then the
metadata. Only what the peers of the DNS bench need: maps, strings, doubles and unsigned integers.
"""
import ipaddress
import struct

_EMPTY = None


def _head(kind, size):
    extended = kind > 7
    first = 0 if extended else kind << 5
    tail = bytes([kind - 7]) if extended else b""
    if size < 29:
        return bytes([first | size]) + tail
    if size < 285:
        return bytes([first | 29]) + tail + bytes([size - 29])
    return bytes([first | 30]) + tail + struct.pack(">H", size - 285)


def encode(value):
    if isinstance(value, bytes):
        return value  # encoded already
    if isinstance(value, dict):
        return _head(7, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
    if isinstance(value, list):
        return _head(11, len(value)) + b"".join(map(encode, value))
    if isinstance(value, str):
        raw = value.encode()
        return _head(2, len(raw)) + raw
    if isinstance(value, float):
        return _head(3, 8) + struct.pack(">d", value)
    return _uint(5, value)


def _uint(kind, value):
    """Type 5, 6 or 9: of 16, 32 or 64 bits; readers want the metadata's numbers in the type the format names."""
    raw = value.to_bytes(8, "big").lstrip(b"\0")
    return _head(kind, len(raw)) + raw


def _bits(prefix):
    net = ipaddress.ip_network(prefix)
    base = int(net.network_address)
    return (base, net.prefixlen + 96) if net.version == 4 else (base, net.prefixlen)


def write(path, entries):
    """`entries`: (prefix, record) pairs, none inside another; a record is a dict as GeoIP2 City has them."""
    nodes, data, offsets = [[_EMPTY, _EMPTY]], b"", {}
    for prefix, record in entries:
        raw = encode(record)
        if raw not in offsets:
            offsets[raw] = len(data)
            data += raw
        value, length = _bits(prefix)
        node = 0
        for depth in range(length - 1):
            side = value >> (127 - depth) & 1
            if nodes[node][side] is _EMPTY:
                nodes.append([_EMPTY, _EMPTY])
                nodes[node][side] = len(nodes) - 1
            node = nodes[node][side]
        nodes[node][value >> (128 - length) & 1] = ("data", offsets[raw])
    count = len(nodes)

    def record_of(child):
        if child is _EMPTY:
            return count
        return count + 16 + child[1] if isinstance(child, tuple) else child

    tree = b"".join(struct.pack(">II", record_of(a), record_of(b)) for a, b in nodes)
    metadata = encode({"node_count": _uint(6, count), "record_size": 32, "ip_version": 6, "database_type": "GeoIP2-City",
                       "languages": ["en"], "binary_format_major_version": 2, "binary_format_minor_version": 0,
                       "build_epoch": _uint(9, 1700000000), "description": {"en": "the bench's world"}})
    path.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + metadata)
