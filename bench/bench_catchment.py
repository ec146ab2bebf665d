#!/usr/bin/env python3
"""Anycast over a graph of the whole Internet: routes of one prefix, loading, what-if by the hundred.

The graph is that of $TERRELLA_AS_REL (CAIDA's AS relationships, text or bzip2) when set, else a synthetic one of
75,000 ASes. With $TERRELLA_ROUTES=ASN:FILE.csv.gz the classes and lengths towards ASN are compared with that table.
"""
import bz2
import gzip
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from harness import BIN, ROOT, Row, cluster, report, talk, temporary


def networkx_seconds(path):
    """CPU seconds of the three phases over a networkx graph, as a script in Python would do them; None without it."""
    try:
        import networkx
    except ImportError:
        talk("python3-networkx is not installed: that peer is left out")
        return None
    graph = networkx.DiGraph()
    opened = bz2.open(path, "rt") if str(path).endswith(".bz2") else open(path)
    with opened as lines:
        for line in lines:
            if not line.startswith("#"):
                a, b, kind = line.split("|")[:3]
                graph.add_edge(a, b, kind="down" if int(kind) < 0 else "peer")
                graph.add_edge(b, a, kind="up" if int(kind) < 0 else "peer")
    origin = next(iter(graph))
    begun = time.process_time()
    length = {origin: 0}

    def spread(frontier, kind):
        while frontier:
            step = []
            for node in frontier:
                for other, edge in graph.adj[node].items():
                    if edge["kind"] == kind and other not in length:
                        length[other] = length[node] + 1
                        step.append(other)
            frontier = step

    spread([origin], "up")
    peers = {}
    for node in list(length):
        for other, edge in graph.adj[node].items():
            if edge["kind"] == "peer" and other not in length:
                peers[other] = min(peers.get(other, 255), length[node] + 1)
    length.update(peers)
    for level in range(60):
        spread_one = [n for n, own in length.items() if own == level]
        for node in spread_one:
            for other, edge in graph.adj[node].items():
                if edge["kind"] == "down" and other not in length:
                    length[other] = level + 1
    return time.process_time() - begun


def table_differences(as_rel, spec):
    """Rows by which our table and the given one differ."""
    asn, file = spec.split(":", 1)
    with temporary() as home:
        ours = cluster(home)("net", "catchment", "--graph", as_rel, "--origin", asn, "--dump").stdout
    with gzip.open(file, "rt") as given:
        return len(set(ours.splitlines()) ^ set(given.read().splitlines()))


def main():
    as_rel = os.environ.get("TERRELLA_AS_REL")
    if as_rel and not Path(as_rel).is_file():
        print(f"TERRELLA_AS_REL: there is no file {as_rel}", file=sys.stderr)
        sys.exit(2)
    with temporary() as scratch:
        done = subprocess.run([BIN / "catchment_bench", ROOT / "data", scratch, *([as_rel] if as_rel else [])],
                              check=True, capture_output=True, text=True)
    got = json.loads(done.stdout)
    talk(f"routes on {as_rel or 'a synthetic graph'}: {got['ases']} ASes, {got['links']} links, {got['origins']} origins; "
         f"what-if on a synthetic Internet of 75,000 ASes, {got['stops']} stops, {got['sessions']} sessions at "
         f"{got['sites']} sites. One thread: CPU time; two threads: wall time.")
    plain = "plain search (same program)"
    rows = [
        Row("routes of one prefix, one thread, median", "ms", got["routes_ms"], got["plain_ms"], plain, bar=1.5),
        Row("routes of one prefix, slowest origin", "ms", got["routes_max_ms"]),
        Row("(origin, AS) that differ from the plain search", "", got["differing"], bar=0),
        Row("load of the mapped, checked graph", "ms", got["load_ms"], bar=15),
        Row("catchment of a network, one thread", "ms", got["catchment_ms"]),
        Row(f"all {got['sites']} failures of one site, two threads", "s", got["failures_s"], bar=2),
        Row("the same, CPU", "s", got["failures_cpu_s"]),
        Row("1,000 variants of announcement, two threads", "s", got["variants_s"], bar=5),
        Row("the same, CPU", "s", got["variants_cpu_s"]),
    ]
    if as_rel:
        seconds = networkx_seconds(as_rel)
        if seconds is not None:
            rows.insert(1, Row("the same, beside Python", "ms", got["routes_ms"], seconds * 1e3,
                               "networkx, lengths only", bar=1.5))
        if spec := os.environ.get("TERRELLA_ROUTES"):
            rows.append(Row("rows that differ from $TERRELLA_ROUTES", "", table_differences(as_rel, spec), bar=0))
    report("catchment", rows)


if __name__ == "__main__":
    main()
