#!/usr/bin/env python3
"""Requests through one node beside workerd, deno and bun, the same worker source: server CPU a request, rate and tail.

Server on core 0, load on core 1; rounds of all in turn; medians. Bars: the aims of the project, and workerd in the
same run; deno and bun inform. TERRELLA_BENCH_ONLY=TEXT keeps the workloads whose name has it. Rows of "shards" have no
peer: one node on both cores, with one thread, with two, and with as many as it finds it needs.
"""
import os
import sys
from pathlib import Path

from harness import ROOT, Row, median, report, talk, temporary
from http_peers import PEERS, VERSIONS, h2load, ours, require_wrk, wrk

ROUNDS, SECONDS = 3, 3
ONLY = os.environ.get("TERRELLA_BENCH_ONLY", "")


class Workload:
    def __init__(self, name, file, cpu_us_max=None, p99_ms_max=None, connections=64, body_bytes=0, http2=False):
        self.name, self.file, self.connections = name, file, connections
        self.bars = {"cpu": cpu_us_max, "p99": p99_ms_max}
        self.body_bytes, self.http2 = body_bytes, http2

    def load(self, server, port, folder):
        if self.http2:
            return h2load(server, port, SECONDS)
        return wrk(server, port, folder, self.connections, SECONDS, self.body_bytes)


WORKLOADS = [
    Workload("hello c=64", "hello.js", 9, 2),
    Workload("hello c=8", "hello.js", connections=8),
    Workload("hello c=1", "hello.js", connections=1),
    Workload("hello HTTP/2", "hello.js", http2=True),
    Workload("url+headers to json c=64", "json.js", 20),
    Workload("echo 64 KiB buffered c=64", "echo_buffered.js", 45, body_bytes=1 << 16),
    Workload("echo 64 KiB streamed c=64", "echo_streamed.js", 60, body_bytes=1 << 16),
    Workload("integer loop c=64", "cpu_integers.js"),
    Workload("JSON of 10 KiB there and back c=64", "cpu_json.js"),
    Workload("SHA-256 of 4 KiB in JS c=64", "cpu_sha256.js"),
    Workload("SHA-256 of 4 KiB by crypto.subtle c=64", "subtle_sha256.js", 25),
]
METRICS = {"rate": ("req/s", "1/s", True), "p99": ("p99", "ms", False), "cpu": ("CPU a request", "us", False)}


SHARDS = ("1", "1..2", "2")
SHARDS_WARM_UP_S = 6  # a node takes 2 s to add a shard


def shard_rows():
    """Requests that cost CPU time, on both cores, by what --shards says, and the private memory after it."""
    source = (ROOT / "bench" / "workers" / "cpu_integers.js").read_text()
    figures = {}
    for _ in range(ROUNDS):
        for shards in SHARDS:
            with temporary() as folder:
                server, port = ours(source, Path(folder), flags=("--shards", shards), cpu=None)
                with server:
                    figure = wrk(server, port, Path(folder), 64, SECONDS, warm_up_s=SHARDS_WARM_UP_S)
                    figures.setdefault(shards, []).append({**figure, "mib": server.private_mib()})
    labels = {**METRICS, "mib": ("private memory", "MiB", False)}
    return [Row(f"integer loop c=64, shards {shards}: {label}", unit, median([f[metric] for f in rounds]),
                bigger_is_better=bigger)
            for metric, (label, unit, bigger) in labels.items() for shards, rounds in figures.items()]


def measure(workload):
    """{server: [{metric: value}, ...]}"""
    source = (ROOT / "bench" / "workers" / workload.file).read_text()
    figures = {}
    for _ in range(ROUNDS):
        for who, start in {"ours": ours, **PEERS}.items():
            if workload.http2 and who in ("workerd", "bun"):
                continue  # neither speaks HTTP/2 in the clear
            with temporary() as folder:
                started = start(source, Path(folder))
                if started is not None:
                    with started[0] as server:
                        figures.setdefault(who, []).append(workload.load(server, started[1], Path(folder)))
    return figures


def rows_of(workload, figures):
    rows = []
    for metric, (label, unit, bigger) in METRICS.items():
        values = {who: median([f[metric] for f in rounds]) for who, rounds in figures.items() if metric in rounds[0]}
        if "ours" not in values:
            continue
        for who in [name for name in PEERS if name in values] or [None]:
            bars = [b for b in (workload.bars.get(metric), values[who] if who == "workerd" else None) if b is not None]
            bar = (max if bigger else min)(bars) if bars and who in ("workerd", None) else None
            rows.append(Row(f"{workload.name}: {label}", unit, values["ours"], values.get(who),
                            who and f"{who} {VERSIONS[who]}", bar=bar, bigger_is_better=bigger))
    return rows


def main():
    if not require_wrk():
        talk("wrk or h2load is not installed: run scripts/setup --test")
        sys.exit(2)
    rows = []
    for workload in WORKLOADS:
        if ONLY in workload.name:
            talk(f"{workload.name} ...")
            rows += rows_of(workload, measure(workload))
    if ONLY in "shards":
        talk("shards ...")
        rows += shard_rows()
    report("edge", rows)


if __name__ == "__main__":
    main()
