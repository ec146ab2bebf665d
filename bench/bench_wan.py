#!/usr/bin/env python3
"""How long a deploy takes over the globe (`up --wan`, home Frankfurt): until half, 99 % and all of the nodes have acknowledged
it, passed on by regional relays and sent straight to every node. The times are waited for by real nodes; the peer's are the
straight ones."""
import json
from pathlib import Path

from harness import QUICK, Row, cluster, code, median, report, talk, temporary

NODES = 30 if QUICK else 100
DEPLOYS = 3 if QUICK else 11
SIZES = {"1 KiB": 1 << 10, "100 KiB": 100 << 10, "1 MiB": 1 << 20}


def deploy(terrella, home, number, size):
    source = Path(home) / "hello.js"
    source.write_text(code(number, size))
    done = json.loads(terrella("deploy", source, "--name", "hello", "--json").stdout)
    if done["nodes"]["acked"] != NODES:
        raise RuntimeError(f"only {done['nodes']['acked']} of {NODES} nodes acknowledged")
    return done["acked_ms"]["p50"], done["acked_ms"]["p99"], done["converged_ms"]


def measure(*flags):
    with temporary() as home:
        talk(f"{NODES} nodes boot, {' '.join(flags)} ...")
        terrella = cluster(home)
        terrella("up", "--pops", NODES, "--port", 0, "--dns-port", 0, "--control-port", 0, *flags)
        try:
            farthest = max(node["one_way_ms"] or 0 for node in json.loads(terrella("nodes", "--json").stdout))
            deploy(terrella, home, 0, 1 << 10)
            times, number = {}, 0
            for name, size in SIZES.items():
                taken = []
                for _ in range(DEPLOYS):
                    number += 1
                    taken.append(deploy(terrella, home, number, size))
                times[name] = [median(column) for column in zip(*taken)]
            return times, farthest
        finally:
            terrella("down", check=False)


def main():
    relayed, relayed_way = measure("--wan")
    direct, direct_way = measure("--wan", "--relays", "none")
    rows = [Row(f"{NODES} nodes: the farthest one's round trip to Frankfurt", "ms", 2 * relayed_way, peer=2 * direct_way,
                peer_name="directly")]
    for name in SIZES:
        for what, ours, peer in zip(("half", "99 %", "all"), relayed[name], direct[name]):
            rows.append(Row(f"{name}, by relays: {what} acknowledged", "ms", ours, peer=peer, peer_name="directly"))
    report("wan", rows)


if __name__ == "__main__":
    main()
