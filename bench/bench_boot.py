#!/usr/bin/env python3
"""How long a network takes to boot and what an idle node weighs; one node's first answer beside workerd's."""
import json
import time
from pathlib import Path

from harness import ROOT, Row, cluster, median, private_mib, report, talk, temporary
from http_peers import VERSIONS, ours, wait_http, workerd

NODES, BOOTS, STARTS = 30, 5, 15
SERVICES = ("control", "dns", "ingress")
PORTS = ("--port", "18080", "--dns-port", "15353")


def boots():
    """Boot times in ms, private MiB of each idle node and of all processes together."""
    times, nodes, total = [], [], []
    for _ in range(BOOTS):
        with temporary() as home:
            terrella = cluster(home)
            start = time.monotonic()
            terrella("up", "--pops", NODES, *PORTS)
            times.append((time.monotonic() - start) * 1000)
            try:
                status = json.loads(terrella("status", "--json").stdout)
                weights = {p["name"]: private_mib(p["pid"]) for p in status["parts"]}
                nodes += [mib for name, mib in weights.items() if name not in SERVICES]
                total.append(sum(weights.values()))
            finally:
                terrella("down")
    return times, nodes, total


def first_answers(start):
    """ms from starting the process to its first answer."""
    source, times = (ROOT / "bench" / "workers" / "hello.js").read_text(), []
    for _ in range(STARTS):
        with temporary() as folder:
            begun = time.monotonic()
            started = start(source, Path(folder))
            if started is None:
                return None
            with started[0]:
                wait_http(started[1])
                times.append((time.monotonic() - begun) * 1000)
    return median(times)


def main():
    talk(f"booting {NODES} nodes {BOOTS} times ...")
    times, nodes, total = boots()
    report("boot", [
        Row(f"boot of {NODES} nodes, median of {BOOTS}", "ms", median(times), bar=3000),
        Row("private memory of an idle node, median", "MiB", median(nodes), bar=12),
        Row("private memory of the whole network", "MiB", median(total)),
        Row("start of one node to its first answer", "ms", first_answers(ours), first_answers(workerd),
            f"workerd {VERSIONS['workerd']}", bar=36),
    ])


if __name__ == "__main__":
    main()
