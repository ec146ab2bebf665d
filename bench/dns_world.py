"""The world the DNS bench asks about: 24 PoPs, 150 cities, 10,000 IPv4 /24 and 2,000 IPv6 /48, and the queries.

Every server gets the same world, each in its own form; every answer is checked against the network model's own
ranking, which comes from `terrella net rtt --pairs` and not from the router.
"""
import csv
import io
import ipaddress
import json
import random
import struct
import subprocess

from harness import BIN, ROOT

ZONE = "edge.test"
NAMES = 1000
V4_PREFIXES, V6_PREFIXES = 10_000, 2_000


def _read(name):
    with open(ROOT / "data" / name, encoding="utf-8") as file:
        return list(csv.DictReader(file))


class World:
    def __init__(self, seed=1):
        self.random = random.Random(seed)
        self.pops = _read("pops.csv")[:24]
        for i, pop in enumerate(self.pops):
            pop["address"] = f"192.0.2.{i + 1}"
        self.cities = _read("cities.csv")[:150]
        self.prefixes = self._runs(4, V4_PREFIXES) + self._runs(6, V6_PREFIXES)  # (network, city index)
        self.rtt_ms = self._rtts()  # [city][pop]

    def _runs(self, version, count):
        """Runs of neighbouring prefixes of one city with gaps in between, as providers hold them."""
        weights = [float(c["population"]) for c in self.cities]
        at, out = ((11 << 16), []) if version == 4 else ((0x2A00 << 32), [])
        while len(out) < count:
            size = 1 << self.random.randint(0, 6 if version == 4 else 5)
            at = (at + size - 1) // size * size
            if self.random.random() < 0.3:
                at += size * self.random.randint(1, 64)
            city = self.random.choices(range(len(self.cities)), weights)[0]
            for i in range(min(size, count - len(out))):
                base = (at + i) << (8 if version == 4 else 80)
                out.append((ipaddress.ip_network((base, 24 if version == 4 else 48)), city))
            at += size
        return out

    def _rtts(self):
        table = io.StringIO()
        rows = csv.writer(table)
        rows.writerow(["lat1", "lon1", "country1", "lat2", "lon2", "country2"])
        for city in self.cities:
            for pop in self.pops:
                rows.writerow([city["latitude"], city["longitude"], city["country"], pop["latitude"],
                               pop["longitude"], pop["country"]])
        done = subprocess.run([BIN / "terrella", "net", "rtt", "--pairs", "/dev/stdin"], input=table.getvalue(),
                              capture_output=True, text=True, check=True)
        values = [float(r["predicted_rtt_ms"]) for r in csv.DictReader(io.StringIO(done.stdout))]
        width = len(self.pops)
        return [values[i:i + width] for i in range(0, len(values), width)]

    def ranking(self, city, down=()):
        order = sorted(range(len(self.pops)), key=lambda p: self.rtt_ms[city][p])
        return [p for p in order if p not in down]

    def view(self, serial=1, down=()):
        nodes = [{"state": "NODE_STATE_DOWN" if i in down else "NODE_STATE_READY",
                  "info": {"id": p["iata"], "country": p["country"], "latitudeDeg": float(p["latitude"]),
                           "longitudeDeg": float(p["longitude"]), "address": p["address"]}}
                 for i, p in enumerate(self.pops)]
        return json.dumps({"zone": ZONE, "serial": serial, "nodes": nodes, "hostnames": self.names()})

    @staticmethod
    def names():
        return [f"w{i}.{ZONE}" for i in range(NAMES)]


def wire_name(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def option(code, content):
    return struct.pack(">HH", code, len(content)) + content


def subnet_option(network):
    family = 1 if network.version == 4 else 2
    told = network.network_address.packed[:(network.prefixlen + 7) // 8]
    return option(8, struct.pack(">HBB", family, network.prefixlen, 0) + told)


GUARD_OPTIONS = option(10, b"clientck") + option(3, b"")  # a cookie of a client's first query, and NSID
PROOF_OPTIONS = option(10, b"clientck" + bytes(16)) + option(3, b"")  # dns_blast fills in the server's part


def query(name, network=None, options=b"", dnssec=False, kind=1, klass=1):
    """A question with EDNS (1232 bytes), options, and the client's network as the last when there is one."""
    if network is not None:
        options += subnet_option(network)
    return (struct.pack(">HHHHHH", 0, 0x0100, 1, 0, 0, 1) + wire_name(name) + struct.pack(">HH", kind, klass) +
            b"\0" + struct.pack(">HHIH", 41, 1232, 0x8000 if dnssec else 0, len(options)) + options)


def write_queries(path, queries):
    path.write_bytes(b"".join(struct.pack(">H", len(q)) + q for q in queries))


def mixed_clients(world, count):
    """(network told, city or None): 72 % known IPv4 /24, 18 % /56 in known IPv6 /48, 10 % unknown IPv4 /24."""
    rng = random.Random(2)
    v4, v6 = world.prefixes[:V4_PREFIXES], world.prefixes[V4_PREFIXES:]
    known = {network.network_address for network, _ in v4}
    out = []
    while len(out) < count:
        dice = rng.random()
        if dice < 0.72:
            out.append(v4[rng.randrange(len(v4))])
        elif dice < 0.90:
            network, city = v6[rng.randrange(len(v6))]
            base = int(network.network_address) | rng.randrange(256) << 72
            out.append((ipaddress.ip_network((base, 56)), city))
        else:
            network = ipaddress.ip_network((rng.randrange(0x0B0000, 0x7E0000) << 8, 24))
            if network.network_address not in known:
                out.append((network, None))
    return out


def answer_of(message):
    """(address, scope bits) of an answer to one of our queries; None where there is none."""
    if len(message) < 12 or message[3] & 0xF or message[6:8] == b"\0\0":
        return None, None
    at = message.index(0, 12) + 5
    address = None
    for _ in range(struct.unpack(">H", message[6:8])[0]):
        kind, size = struct.unpack(">H", message[at + 2:at + 4])[0], struct.unpack(">H", message[at + 10:at + 12])[0]
        if kind == 1:
            address = str(ipaddress.ip_address(message[at + 12:at + 12 + size]))
        at += 12 + size
    scope = None
    option = message.rfind(b"\x00\x08\x00")  # the client subnet, at the end of every server's OPT
    if option > at:
        scope = message[option + 7]
    return address, scope
