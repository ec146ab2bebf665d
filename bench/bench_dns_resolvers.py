#!/usr/bin/env python3
"""What the resolver somebody uses costs: the node dns_router names for every city by the way its question comes.

The ways of `terrella net steering`, asked of a real router and a real cache. A provider's resolver is in the most populous
city of the country within 300 km, a public one at the nearest of Google's sites; both ask from an address of the place they
are in, and the public one also with the client's block (ECS), through unbound, which keeps answers by their scopes for
all cities at once. Weighted by population; round trips are the model's, without the last mile.
"""
import re
import socket
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from bench_dns_quality import NODES, Router, km, modelled, node_in, place, question, read
from harness import ROOT, Row, Server, report
from http_peers import free_port
from unbound import UNBOUND, unbound_conf

ISP_KM = 300


def from_place(city, port):
    """The node named for who asks from the place itself, without ECS."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((f"127.{128 + city // 256}.{city % 256}.1", 0))
        udp.connect(("127.0.0.1", port))
        udp.settimeout(10)
        udp.send(question())
        return node_in(udp.recv(4096))


def provider_of(city, cities, people):
    near = [c for c in range(len(cities)) if cities[c][2] == cities[city][2] and km(cities[c], cities[city]) <= ISP_KM]
    return max(near, key=lambda c: people[c])


def through_cache(port, cities):
    """The node for every city out of one resolver's cache, asked twice in other orders."""
    named = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect(("127.0.0.1", port))
        udp.settimeout(10)
        for order in (range(len(cities)), reversed(range(len(cities)))):
            for city in order:
                udp.send(question(city))
                named.setdefault(city, []).append(node_in(udp.recv(4096)))
    return named


def queries(metrics):
    with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics", timeout=10) as response:
        return int(re.search(r'^terrella_dns_queries_total\{transport="udp"\} (\d+)', response.read().decode(), re.M)[1])


def cost(named, rtt, people):
    """(mean ms above the best, share sent elsewhere by more than 1 ms), by people."""
    total = sum(people)
    above = [rtt[city][node] - min(rtt[city]) for city, node in enumerate(named)]
    return (sum(a * p for a, p in zip(above, people)) / total, 100 * sum(p for a, p in zip(above, people) if a > 1) / total)


def main():
    if UNBOUND is None:
        sys.exit("unbound is not here; scripts/setup --test unpacks it")
    rows = read(ROOT / "data" / "cities.csv")
    cities, people = [place(row) for row in rows], [float(row["population"]) for row in rows]
    nodes = [place(row) for row in read(ROOT / "data" / "pops.csv")[:NODES]]
    public = [place(row) for row in read(ROOT / "data" / "networks.csv") if "google-dns" in row.values()]
    rtt = modelled(cities, nodes)
    to_public = modelled(cities, public)
    city_at = [min(range(len(cities)), key=lambda c, s=site: km(cities[c], s)) for site in public]
    with tempfile.TemporaryDirectory(prefix="terrella-resolvers-") as folder:
        metrics, cache = free_port(), free_port()
        router = Router(folder, "--ttl-s", "3600", "--metrics", f"127.0.0.1:{metrics}")
        try:
            router.show(nodes, ["READY"] * len(nodes))
            port = router.udp.getpeername()[1]
            own = [router.ask(city) for city in range(len(cities))]
            provider = [from_place(provider_of(city, cities, people), port) for city in range(len(cities))]
            at_site = [from_place(city, port) for city in city_at]
            plain = [at_site[min(range(len(public)), key=lambda s: to_public[city][s])] for city in range(len(cities))]
            conf = Path(folder) / "unbound.conf"
            conf.write_text(unbound_conf(folder, cache, port, by_client_subnet=True))
            with Server([UNBOUND, "-d", "-c", conf]):
                time.sleep(1)
                before = queries(metrics)
                named = through_cache(cache, cities)
                asked = queries(metrics) - before
        finally:
            router.close()
    wrong = sum(nodes_of != [own[city]] * 2 for city, nodes_of in named.items())
    out = []
    for who, way in (("its own block is known", own), ("provider's resolver", provider), ("public, without ECS", plain),
                     ("public, with ECS, through a cache", [named[city][0] for city in range(len(cities))])):
        mean, elsewhere = cost(way, rtt, people)
        bar = 0.01 if way is own or "through" in who else None
        out.append(Row(f"{who}: above the best, mean", "ms", mean, bar=bar))
        out.append(Row(f"{who}: sent > 1 ms elsewhere", "%", elsewhere, bar=bar))
    out.append(Row("answers of the cache that are another city's", "", wrong, bar=0))
    out.append(Row(f"questions to the router for {2 * len(cities)} clients", "", asked, bar=len(cities)))
    report("dns_resolvers", out)


if __name__ == "__main__":
    main()
