#!/usr/bin/env python3
"""DNS beside knot, gdnsd, nsd and PowerDNS: answers a CPU second, tails, memory, cells of a cache, in one world.

Rounds of all in turn, the order rotated; medians. Bars are ratios to a peer of the same run. Queries carry a client's
cookie and ask for NSID, and ours limits rates and counts. --quick: shorter rounds. `scripts/bench dns_fire` has what
malformed messages and floods do for longer.
"""
import time
from pathlib import Path

import dns_cells
import dns_peers as peers
from dns_bench import ROUNDS, SECONDS, Bench, ViewChanges, flood_rows, latency_rows, pss_mib, speed_rows
from harness import QUICK, Row, median, report, talk, temporary

STATIC = {"ours": peers.ours_guarded, "knot": peers.knot_static, "gdnsd": peers.gdnsd_static, "nsd": peers.nsd_static,
          "pdns": peers.pdns_static}
SIGNED = {"ours": peers.ours_signed, "knot": peers.knot_signed}
GEO = {"ours": peers.ours_guarded, "gdnsd nets": peers.gdnsd_nets, "gdnsd auto_dc_coords": peers.gdnsd_auto,
       "knot mod-geoip subnet": peers.knot_subnet, "knot mod-geoip geodb": peers.knot_geodb,
       "pdns pickclosest": peers.pdns_closest}
SLOW = "pdns pickclosest"  # 2,000 answers a second: one round says it


def static_rows(bench):
    talk("static names ...")
    bars = {"knot": 1.25, "gdnsd": 0.95}
    results = bench.rounds("static", "saturate", seconds=SECONDS)
    rows = speed_rows("static A: answers a CPU second", results, "per_cpu_s", "k/s", bars, 1e-3)
    results = bench.rounds("static", "saturate", "missing", seconds=SECONDS)
    rows += speed_rows("NXDOMAIN: answers a CPU second", results, "per_cpu_s", "k/s", {}, 1e-3)
    rows += latency_rows("static A at 20k/s", bench.rounds("static", "paced", seconds=SECONDS))
    results = bench.rounds("static", "tcp", seconds=SECONDS, sockets=20, window=64)
    rows += speed_rows("static A over TCP: answers a CPU second", results, "per_cpu_s", "k/s", {"gdnsd": 1.0}, 1e-3)
    return rows


def signed_rows(bench):
    talk("signed answers ...")
    bench.rounds("signed", "saturate", rounds=1, seconds=0.5)  # ours signs when it is first asked
    results = bench.rounds("signed", "saturate", seconds=SECONDS)
    return speed_rows("signed A: answers a CPU second", results, "per_cpu_s", "k/s", {}, 1e-3)


def geo_rows(bench):
    talk("steered names ...")
    names = [n for n in bench.names("geo") if n != SLOW]
    results = bench.rounds("geo", "saturate", names=names, seconds=SECONDS)
    if ("geo", SLOW) in bench.servers:
        results |= bench.rounds("geo", "saturate", names=[SLOW], rounds=1, seconds=SECONDS)
    rows = speed_rows("steered A by ECS: answers a CPU second", results, "per_cpu_s", "k/s",
                      {"gdnsd nets": 0.95, "gdnsd auto_dc_coords": 0.95, "knot mod-geoip geodb": 1.25}, 1e-3)
    distinct = len({network for network, _ in bench.clients})
    rows.append(Row("distinct client prefixes in the queries", "count", distinct, bar=100_000, bigger_is_better=True))
    rows += latency_rows("steered A at 20k/s", bench.rounds("geo", "paced", names=names, seconds=SECONDS))
    rows += dns_cells.rows(bench)
    for name in bench.names("geo"):
        rows.append(Row(f"{name}: memory (PSS)", "MiB", pss_mib(bench.servers["geo", name][0]),
                        bar=12 if name == "ours" else None))
    return rows


def expectations(bench, states=(True, False)):
    """For every query the address while all PoPs are up (True) and while the first is down."""
    out = []
    for _, city in bench.clients:
        if city is None:
            out.append(bytes(8))
            continue
        order = bench.world.ranking(city)
        of = {True: order[0], False: next(p for p in order if p != 0)}
        either = (of[states[0]], of[states[-1]])
        out.append(b"".join(peers.address_wire(bench.world.pops[p]["address"]) for p in either))
    path = bench.folder / f"expect-{'-'.join(map(str, states))}"
    path.write_bytes(b"".join(out))
    return path


def stale_rows(bench):
    """Single changes, after each of which only one of the two answers is right."""
    expect = {up: expectations(bench, (up,)) for up in (True, False)}
    stale, asked, views = {True: 0, False: 0}, 0, ViewChanges(bench, "geo")
    for up in (False, True) * (1 if QUICK else 3):
        views.change(down=[] if up else [0])
        time.sleep(1)
        got = bench.load("geo", "ours", "saturate", seconds=SECONDS, expect=expect[up])
        stale[up] += got["wrong"]
        asked += got["answers"]
    talk(f"{asked} answers were asked for more than 1 s after a change")
    return [Row("answers of the down PoP > 1 s after its end", "count", stale[False], bar=0),
            Row("answers without the PoP > 1 s after its return", "count", stale[True], bar=0)]


def change_rows(bench):
    talk("a view change every second ...")
    expect = expectations(bench)
    quiet, changing, wrong, changes = [], [], 0, 0
    for _ in range(2 if QUICK else 3):
        quiet.append(bench.load("geo", "ours", "saturate", seconds=3, expect=expect))
        with ViewChanges(bench, "geo") as views:
            changing.append(bench.load("geo", "ours", "saturate", seconds=3, expect=expect))
        wrong += quiet[-1]["wrong"] + changing[-1]["wrong"]
        changes += views.count
    rates = [median([r["answers"] / r["seconds"] for r in runs]) for runs in (changing, quiet)]
    return [Row("rate under a view change a second", "%", 100 * rates[0] / rates[1], bar=97, bigger_is_better=True),
            Row(f"answers of neither view over {changes} changes", "count", wrong, bar=0)] + stale_rows(bench)


def hostile_rows(bench):
    talk("honest clients beside a flood ...")
    names = [n for n in ("ours", "gdnsd nets", "knot mod-geoip geodb") if ("geo", n) in bench.servers]
    return flood_rows(bench, "geo", 2 * SECONDS, min(ROUNDS, 3), names)


def main():
    rows = []
    with temporary() as name:
        bench = Bench(Path(name))
        try:
            for kind, set_ups in (("static", STATIC), ("signed", SIGNED), ("geo", GEO)):
                bench.start_all(kind, set_ups)
            rows = static_rows(bench) + signed_rows(bench) + geo_rows(bench) + change_rows(bench) + hostile_rows(bench)
        finally:
            bench.stop()
    report("dns", rows)


if __name__ == "__main__":
    main()
