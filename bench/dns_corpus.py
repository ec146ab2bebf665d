"""Good messages of every kind, for junk to be made of: what a mutation of them hits is code behind the first checks."""
import ipaddress
import struct

from dns_world import ZONE, option, query, subnet_option, wire_name

KINDS = (1, 2, 5, 6, 12, 15, 16, 28, 33, 39, 43, 46, 47, 48, 50, 64, 65, 128, 249, 250, 251, 252, 253, 255, 257, 65280)


def _message(flags=0x0100, question=b"", answer=(), authority=(), additional=()):
    sections = [list(answer), list(authority), list(additional)]
    counts = [1 if question else 0] + [len(s) for s in sections]
    return struct.pack(">HH4H", 0x1234, flags, *counts) + question + b"".join(sum(sections, []))


def _question(name, kind=1, klass=1):
    return wire_name(name) + struct.pack(">HH", kind, klass)


def _record(name, kind, content, klass=1, ttl=0):
    return wire_name(name) + struct.pack(">HHIH", kind, klass, ttl, len(content)) + content


def _tsig(algorithm="hmac-sha256", mac=bytes(32)):
    content = (wire_name(algorithm) + struct.pack(">HIHH", 0, 1_800_000_000, 300, len(mac)) + mac +
               struct.pack(">HHH", 0x1234, 0, 0))
    return _record("key.edge.test", 250, content, klass=255)


def corpus():
    """Well-formed messages below 512 bytes, and a few that are nearly so."""
    name = f"w7.{ZONE}"
    soa = wire_name(f"ns1.{ZONE}") + wire_name(f"hostmaster.{ZONE}") + struct.pack(">5I", 1, 2, 3, 4, 5)
    opt = b"\0" + struct.pack(">HHIH", 41, 1232, 0x8000, 0)
    nets = ["0.0.0.0/0", "11.0.0.0/8", "11.0.7.0/24", "11.0.7.1/32", "2a00::/16", "2a00:1::/48", "2a00:1:2:3::/64"]
    out = [query(n, kind=k, dnssec=d) for n in (name, ZONE, f"no.{ZONE}", f"_x.a.b.c.d.e.{ZONE}", "elsewhere.test")
           for k in KINDS for d in (False, True)]
    out += [query(name, options=subnet_option(ipaddress.ip_network(n))) for n in nets]
    out += [query(name, options=option(10, bytes(range(size)))) for size in (8, 16, 24, 40)]
    out += [query(name, options=option(code, content)) for code, content in (
        (3, b""), (5, b"\x08"), (9, b"example"), (11, b""), (12, bytes(100)), (14, b"\x4f\x66"), (15, b"\0\x12why"))]
    out += [query(name, options=option(10, bytes(24)) + option(3, b"") + option(12, b"\0\0") +
                  subnet_option(ipaddress.ip_network("11.0.7.0/24")), dnssec=True)]
    out += [query(n, kind=16, klass=3) for n in ("id.server", "version.bind", "hostname.bind")]
    out += [query("W7." + ZONE.upper()), query(".".join(["a" * 63] * 3 + ["b" * 50])), query(".".join(["a"] * 100))]
    out += [
        _message(question=_question(name)),
        _message(question=_question(name), additional=[opt, _tsig()]),
        _message(question=_question(ZONE, 251), authority=[_record(ZONE, 6, soa)], additional=[_tsig()]),
        _message(question=_question(ZONE, 251), authority=[_record(ZONE, 6, soa)]),
        _message(question=_question(ZONE, 252), additional=[_tsig("hmac-sha512", bytes(64))]),
        _message(0x2400, _question(ZONE, 6), answer=[_record(ZONE, 6, soa)]),  # NOTIFY
        _message(0x2800, _question(ZONE, 6), authority=[_record(name, 1, bytes(4), ttl=60)]),  # UPDATE
        _message(0x1000, _question(ZONE)), _message(0x3000, _question(ZONE)),  # STATUS, DSO
        _message(additional=[b"\0" + struct.pack(">HHIH", 41, 1232, 0, 12) + option(10, b"clientck")]),
        _message(question=_question(name), additional=[b"\0" + struct.pack(">HHIH", 41, 1232, 0x00010000, 0)]),
        _message(question=_question(name), additional=[opt, opt]),
        _message(question=b"\xc0\x0c" + struct.pack(">HH", 1, 1)),
        _message(question=_question(name), answer=[b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, 9, 2) + b"\xc0\x0f"] * 3),
    ]
    return out
