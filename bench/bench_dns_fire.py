#!/usr/bin/env python3
"""The DNS router under fire: 10 million random and mutated packets, and floods beside honest clients.

The packets are made of good queries of every kind (bench/dns_corpus.py), the same for the same seed
(TERRELLA_BENCH_SEED). The router signs, limits rates, knows cookies and logs queries, so that all of it is hit.
Memory is read when a tenth of them has passed and at the end. --quick: 1 million.
"""
import os
from pathlib import Path

import dns_peers as peers
from dns_bench import Bench, flood_rows, pss_mib
from harness import QUICK, Row, report, talk, temporary

COUNT = 1_000_000 if QUICK else 10_000_000
SEED = int(os.environ.get("TERRELLA_BENCH_SEED", "1"))
SECONDS_PER_MILLION_MAX = 15


def storm(bench, count, seed):
    return bench.load("fire", "ours", "storm", "static", count=count, seed=seed, corpus=bench.folder / "corpus",
                      expect=bench.folder / "expect")


def storm_rows(bench):
    server = bench.servers["fire", "ours"][0]
    talk(f"a storm of {COUNT / 1e6:g} M packets, seed {SEED} ...")
    runs = [storm(bench, COUNT // 10, SEED)]
    before = pss_mib(server)
    runs.append(storm(bench, COUNT - COUNT // 10, SEED + 1000))
    after = pss_mib(server)
    total = {k: sum(r[k] for r in runs) for k in ("junk", "junk_replies", "sent", "late", "lost", "wrong", "seconds")}
    honest = bench.load("fire", "ours", "paced", "static", seconds=1, expect=bench.folder / "expect")
    label = f"storm of {COUNT / 1e6:g} M"
    return [Row(f"{label}: packets", "count", total["junk"], bar=COUNT, bigger_is_better=True),
            Row(f"{label}: time", "s", total["seconds"], bar=SECONDS_PER_MILLION_MAX * COUNT / 1e6),
            Row(f"{label}: of them answered", "%", 100 * total["junk_replies"] / total["junk"]),
            Row(f"{label}: good queries in between", "count", total["sent"]),
            Row(f"{label}: never answered", "count", total["lost"], bar=0),
            Row(f"{label}: answered at a repetition", "count", total["late"], bar=COUNT / 1e6),
            Row(f"{label}: answered wrongly", "count", total["wrong"], bar=0),
            Row(f"{label}: p99 of the good, worse part", "ms", max(r["p99_us"] for r in runs) / 1e3, bar=5),
            Row(f"{label}: memory (PSS) after a tenth", "MiB", before),
            Row(f"{label}: memory growth over the rest", "MiB", after - before, bar=1),
            Row("afterwards: answered of 20k/s", "%", 100 * honest["answers"] / honest["sent"], bar=99.9,
                bigger_is_better=True),
            Row("afterwards: answered wrongly", "count", honest["wrong"], bar=0),
            Row("the process that was started is alive", "count", int(server.process.poll() is None), bar=1,
                bigger_is_better=True)]


def unproven_rows(bench):
    """Who has no cookie competes with everybody in a flood from forged sources; no bar, but no secret."""
    rows = flood_rows(bench, "fire", 2 if QUICK else 10, 1, ["ours"], "static")
    return [Row(f"no cookies, {r.name}", r.unit, r.ours, bigger_is_better=r.bigger_is_better) for r in rows]


def main():
    rows = []
    with temporary() as name:
        bench = Bench(Path(name))
        # A name without a client subnet is steered by the source of the query: 127.77.0.0/16, of no known place.
        any_pop = peers.address_wire(bench.world.pops[0]["address"])
        try:
            bench.start("fire", "ours", peers.ours_in_full)
            first = bench.load("fire", "ours", "once", "static", answers=bench.folder / "static.answers")
            assert first["answers"] == first["sent"], first
            address = peers.first_address((bench.folder / "static.answers").read_bytes()) or any_pop
            (bench.folder / "expect").write_bytes(2 * address * 10_000)
            rows = storm_rows(bench) + flood_rows(bench, "fire", 2 if QUICK else 10, 1, ["ours"])
            talk("the same without cookies ...")
            rows += unproven_rows(bench)
        finally:
            bench.stop()
    report("dns_fire", rows)


if __name__ == "__main__":
    main()
