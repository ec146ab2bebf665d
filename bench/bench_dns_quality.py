#!/usr/bin/env python3
"""How good the node is that dns_router names, asked over its socket with the ECS block of every city.

First by the model: the network model's own round trips come from `terrella net rtt --pairs`, not from the router. All
cities ask while all nodes are well, and again with nodes down, draining and syncing; every answer must be the nearest
that serves. Beside it the choice by great-circle distance, which is what gdnsd and the like do.

Then, with $TERRELLA_RTT_DIR (cities.csv and rtt_ms.csv as 'terrella net validate' reads them), by times somebody measured:
20 of the measured servers are nodes, the others' cities ask. The model was fitted to those times, so this shows what
the shipped model makes of places it knows; docs/validation.md has the same question for cities left out of the fit.
"""
import csv
import io
import json
import math
import os
import random
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import BIN, QUICK, ROOT, Row, report

NODES, DRAWS = 30, 5 if QUICK else 20
STATES = ["READY", "READY", "DOWN", "DRAINING", "SYNCING"]
NAME = b"\x05hello\x04edge\x04test\x00"
TIE_MS = 0.01  # the router ranks by floats


def read(path):
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(file))


def place(row, latitude="latitude", longitude="longitude"):
    return float(row[latitude]), float(row[longitude]), row["country"]


def km(a, b):
    la, lb = math.radians(a[0]), math.radians(b[0])
    c = math.sin(la) * math.sin(lb) + math.cos(la) * math.cos(lb) * math.cos(math.radians(a[1] - b[1]))
    return 6371 * math.acos(max(-1, min(1, c)))


def modelled(clients, nodes):
    """[client][node] in ms."""
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["lat1", "lon1", "country1", "lat2", "lon2", "country2"])
    rows.writerows([*client, *node] for client in clients for node in nodes)
    done = subprocess.run([BIN / "terrella", "net", "rtt", "--pairs", "/dev/stdin"], input=table.getvalue(),
                          capture_output=True, text=True, check=True)
    values = [float(row["predicted_rtt_ms"]) for row in csv.DictReader(io.StringIO(done.stdout))]
    return [values[i:i + len(nodes)] for i in range(0, len(values), len(nodes))]


def question(city=None):
    """For the addresses of hello.edge.test, with the ECS block of a city unless it is None."""
    text = struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0 if city is None else 1) + NAME + struct.pack(">2H", 1, 1)
    if city is None:
        return text
    option = struct.pack(">2HHBB", 8, 7, 1, 24, 0) + bytes([127, 128 + city // 256, city % 256])
    return text + b"\x00" + struct.pack(">HHIH", 41, 1232, 0, len(option)) + option


def node_in(answer):
    """The index of the node an answer names; None when there is none."""
    if struct.unpack_from(">H", answer, 6)[0] != 1:
        return None
    return answer[12 + len(NAME) + 4 + 12 + 3] - 1


class Router:
    """dns_router over a view of our own; nodes have the addresses 192.0.2.1 and on."""

    def __init__(self, folder, *flags):
        self.flags = flags
        self.view, self.serial, self.process = Path(folder) / "view.json", 0, None
        self.ready = Path(folder) / "ready.json"
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.settimeout(10)

    def show(self, nodes, states):
        """Makes it answer by this view."""
        self.serial += 1
        self.view.with_suffix(".new").write_text(json.dumps({
            "zone": "edge.test", "serial": self.serial, "hostnames": ["hello.edge.test"],
            "nodes": [{"state": "NODE_STATE_" + state,
                       "info": {"id": f"N{i:03}", "country": country, "latitudeDeg": latitude, "longitudeDeg": longitude,
                                "address": f"192.0.2.{i + 1}"}}
                      for i, ((latitude, longitude, country), state) in enumerate(zip(nodes, states))]}))
        self.view.with_suffix(".new").rename(self.view)
        if self.process is None:
            self.process = subprocess.Popen(
                [BIN / "dns_router", "--listen", "127.0.0.1:0", "--static-view", self.view, "--data", ROOT / "data",
                 "--ready-file", self.ready, *self.flags], stderr=subprocess.DEVNULL)
            while not self.ready.exists():
                if self.process.poll() is not None:
                    sys.exit("dns_router did not start")
                time.sleep(0.01)
            host, port = json.loads(self.ready.read_text())["address"].rsplit(":", 1)
            self.udp.connect((host, int(port)))
            return
        self.process.send_signal(signal.SIGHUP)
        while self._soa_serial() != self.serial:
            time.sleep(0.01)

    def _soa_serial(self):
        self.udp.send(struct.pack(">6H", 1, 0, 1, 0, 0, 0) + b"\x04edge\x04test\x00" + struct.pack(">2H", 6, 1))
        return struct.unpack(">I", self.udp.recv(4096)[-20:-16])[0]

    def ask(self, city):
        """The node named for city number `city`, by its index; None when there is none."""
        self.udp.send(question(city))
        return node_in(self.udp.recv(4096))

    def close(self):
        self.udp.close()
        if self.process:
            self.process.terminate()
            self.process.wait()


def nearest(costs, serving):
    return min(serving, key=lambda node: costs[node])


def by_model(router):
    cities = [place(row) for row in read(ROOT / "data" / "cities.csv")]
    nodes = [place(row) for row in read(ROOT / "data" / "pops.csv")[:NODES]]
    rtt, draw = modelled(cities, nodes), random.Random(1)
    shares = []
    for turn in range(DRAWS):
        states = ["READY"] * NODES if turn == 0 else [draw.choice(STATES) for _ in nodes]
        serving = [i for i, state in enumerate(states) if state == "READY"]
        router.show(nodes, states)
        right = circle = 0
        for city, at in enumerate(cities):
            best = rtt[city][nearest(rtt[city], serving)]
            named = router.ask(city)
            right += named in serving and rtt[city][named] <= best + TIE_MS
            circle += rtt[city][nearest([km(at, node) for node in nodes], serving)] <= best + TIE_MS
        shares.append((100 * right / len(cities), 100 * circle / len(cities)))
    peer = "great-circle choice"
    yield Row(f"{len(cities)} cities sent to the nearest, all up", "%", shares[0][0], shares[0][1], peer, 100, True)
    yield Row(f"the same in {DRAWS - 1} draws of failures, the worst", "%", min(s[0] for s in shares[1:]),
              min(s[1] for s in shares[1:]), peer, 100, True)


def by_measurements(router, folder):
    sites = read(folder / "cities.csv")
    at = [place(site, "lat", "lon") for site in sites]
    cities = [place(row) for row in read(ROOT / "data" / "cities.csv")]
    city_of = [min(range(len(cities)), key=lambda c: km(cities[c], site)) for site in at]
    index = {site["id"]: i for i, site in enumerate(sites)}
    base = {}
    for row in read(folder / "rtt_ms.csv"):
        pair = frozenset((index[row["src_id"]], index[row["dst_id"]]))
        base[pair] = min(base.get(pair, 1e9), float(row["min_ms"]))
    draw, ours, circle = random.Random(2), [], []
    for _ in range(DRAWS):
        nodes = draw.sample(range(len(sites)), 20)
        router.show([at[n] for n in nodes], ["READY"] * len(nodes))
        for client in range(len(sites)):
            times = [base.get(frozenset((client, n))) for n in nodes]
            if client in nodes or None in times:
                continue
            named = router.ask(city_of[client])
            ours.append(times[named] - min(times))
            circle.append(times[nearest([km(at[client], at[n]) for n in nodes], range(len(nodes)))] - min(times))
    peer = "great-circle choice"
    top1 = [100 * sum(r == 0 for r in regrets) / len(regrets) for regrets in (ours, circle)]
    yield Row(f"measured: {len(ours)} questions, the best of 20 named", "%", top1[0], top1[1], peer, top1[1], True)
    for label, quantile in ("median", 50), ("p90", 90):
        values = [statistics.quantiles(regrets, n=100, method="inclusive")[quantile - 1] for regrets in (ours, circle)]
        yield Row(f"measured: regret, {label}", "ms", values[0], values[1], peer, values[1])
    means = [statistics.mean(regrets) for regrets in (ours, circle)]
    yield Row("measured: regret, mean", "ms", means[0], means[1], peer, means[1])


def main():
    folder = os.environ.get("TERRELLA_RTT_DIR")
    with tempfile.TemporaryDirectory() as temporary:
        router = Router(temporary)
        try:
            rows = list(by_model(router))
            if folder:
                rows += by_measurements(router, Path(folder))
            else:
                print("rows of measured times SKIPPED: set TERRELLA_RTT_DIR to a folder with cities.csv and rtt_ms.csv",
                      file=sys.stderr)
        finally:
            router.close()
    report("dns_quality", rows)


if __name__ == "__main__":
    main()
