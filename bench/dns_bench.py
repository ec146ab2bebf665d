"""What the DNS benches share: servers of one world, started once, and rounds of load on all of them in turn.

Server on core 0, load on core 1 (bench/dns_blast.cc). TERRELLA_BENCH_ONLY=TEXT keeps the servers whose name has it
(ours always stays).
"""
import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import dns_corpus
import dns_world
from harness import BIN, QUICK, Row, median, talk

ROUNDS = int(os.environ.get("TERRELLA_BENCH_ROUNDS", "2" if QUICK else "5"))
SECONDS = 0.6 if QUICK else 1.5
ONLY = os.environ.get("TERRELLA_BENCH_ONLY", "")
ONE_NAME = ("knot mod-geoip subnet", "knot mod-geoip geodb", "pdns pickclosest")  # a table a name


def blast(mode, port, queries, **flags):
    argv = ["taskset", "-c", "1", BIN / "dns_blast", mode, "--server", f"127.0.0.1:{port}", "--queries", queries]
    for name, value in flags.items():
        argv += [f"--{name}", str(value)]
    return json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)


def pss_mib(server):
    total = 0
    for pid in server.tree():
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


class Bench:
    def __init__(self, folder):
        self.folder, self.port, self.servers = folder, 5300, {}  # {(kind, name): (server, port)}
        talk("making the world ...")
        self.world = dns_world.World()
        self.clients = dns_world.mixed_clients(self.world, 350_000)
        self.write_queries()

    def write_queries(self):
        names, guard = self.world.names(), dns_world.GUARD_OPTIONS
        some = [names[i % len(names)] for i in range(10_000)]
        self.write("static", [dns_world.query(n, options=guard) for n in some])
        self.write("proven", [dns_world.query(n, options=dns_world.PROOF_OPTIONS) for n in some])
        self.write("signed", [dns_world.query(n, options=guard, dnssec=True) for n in some])
        self.write("missing", [dns_world.query(f"no{i}.{dns_world.ZONE}", options=guard) for i in range(10_000)])
        self.write("geo", [dns_world.query(names[i % len(names)], n, guard) for i, (n, _) in enumerate(self.clients)])
        self.write("geo1", [dns_world.query(names[0], n, guard) for n, _ in self.clients])
        self.write("known", [dns_world.query(names[0], n) for n, _ in self.world.prefixes])
        self.write("first", [dns_world.query(names[0])])
        self.write("corpus", dns_corpus.corpus())

    def write(self, name, queries):
        dns_world.write_queries(self.folder / name, queries)

    def queries(self, server, queries):
        return self.folder / ("geo1" if queries == "geo" and server in ONE_NAME else queries)

    def start_all(self, kind, set_ups):
        for name, set_up in set_ups.items():
            if name.startswith("ours") or ONLY in name:
                self.start(kind, name, set_up)

    def start(self, kind, name, set_up):
        """Starts a server and waits for its first answer; False when it is not to be had."""
        self.port += 1
        folder = self.folder / f"{kind}-{name.replace(' ', '-')}"
        folder.mkdir()
        server = set_up(self.world, folder, self.port)
        if server is None:
            talk(f"{name} is not installed and could not be fetched: left out")
            return False
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if server.process.poll() is None and self.asks(self.port):
                self.servers[kind, name] = (server, self.port)
                return True
            time.sleep(0.1)
        talk(f"{name} did not answer in 20 s: left out")
        server.stop()
        return False

    def asks(self, port):
        try:
            return blast("once", port, self.folder / "first", answers=self.folder / "first.answers")["answers"] == 1
        except subprocess.CalledProcessError:
            return False

    def stop(self):
        for server, _ in self.servers.values():
            server.stop()

    def names(self, kind):
        return [n for k, n in self.servers if k == kind]

    def load(self, kind, name, mode, queries=None, **flags):
        server, port = self.servers[kind, name]
        before = server.cpu_s()
        got = blast(mode, port, self.queries(name, queries or kind), **flags)
        got["per_cpu_s"] = got["answers"] / max(server.cpu_s() - before, 1e-9)
        return got

    def rounds(self, kind, mode, queries=None, names=None, rounds=ROUNDS, **flags):
        """{server: [result]}: everybody in turn, another first in each round."""
        names = names or self.names(kind)
        results = {n: [] for n in names}
        for r in range(rounds):
            for n in names[r % len(names):] + names[:r % len(names)]:
                results[n].append(self.load(kind, n, mode, queries, **flags))
        return results


class ViewChanges:
    """Another view every second: one PoP down, another up."""

    serial = 1  # never of the past, over all rounds

    def __init__(self, bench, kind):
        self.server, self.world = bench.servers[kind, "ours"][0], bench.world
        self.file = bench.folder / f"{kind}-ours" / "view.json"
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.count = 0

    def run(self):
        while not self.stopping.wait(1 if self.count else 0):
            self.count += 1
            self.change(down=[] if self.count % 2 == 0 else [0])

    def change(self, down):
        ViewChanges.serial += 1
        fresh = self.file.with_suffix(".new")
        fresh.write_text(self.world.view(serial=ViewChanges.serial, down=down))
        fresh.rename(self.file)
        self.server.process.send_signal(signal.SIGHUP)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()


def speed_rows(label, results, metric, unit, bars, scale=1.0, bigger=True):
    """A row a peer; `bars`: {peer: factor of its value that ours must keep}."""
    value = {n: median([r[metric] for r in rounds]) * scale for n, rounds in results.items()}
    if "ours" not in value:
        return []
    rows = [Row(label, unit, value["ours"], value[n], n, bar=bars[n] * value[n] if n in bars else None,
                bigger_is_better=bigger) for n in value if n != "ours"]
    return rows or [Row(label, unit, value["ours"], bigger_is_better=bigger)]


def latency_rows(label, results):
    rows = []
    for metric, bar in (("p50_us", 32), ("p99_us", 100)):
        own = median([r[metric] for r in results["ours"]])
        rows.append(Row(f"{label}: {metric[:3]}", "us", own, bar=bar))
        rows += speed_rows(f"{label}: {metric[:3]}", results, metric, "us", {}, bigger=False)
    return rows


def flood_rows(bench, kind, seconds, rounds, names, queries="proven"):
    """Honest clients' 20k/s beside 200k/s of junk: half malformed, half names that do not exist.

    By default the honest have cookies of servers that give some, as resolvers do.
    """
    rows = []
    for source, label in (("near", "flood from one /24"), ("everywhere", "flood from forged sources")):
        results = bench.rounds(kind, "flood", queries, names, rounds, seconds=seconds, junk_from=source,
                               corpus=bench.folder / "corpus")
        for rounds_of in results.values():
            for r in rounds_of:
                r["answered"], r["junk_k_s"] = 100 * r["answers"] / r["sent"], r["junk"] / r["seconds"] / 1e3
        own = {m: median([r[m] for r in results["ours"]]) for m in ("answered", "p99_us", "junk_k_s")}
        rows += [Row(f"{label}: junk", "k/s", own["junk_k_s"], bar=190, bigger_is_better=True),
                 Row(f"{label}: honest answered", "%", own["answered"], bar=99.9, bigger_is_better=True),
                 Row(f"{label}: p99 of the honest", "ms", own["p99_us"] / 1e3, bar=5)]
        if len(results) > 1:
            rows += speed_rows(f"{label}: honest answered", results, "answered", "%", {})
            rows += speed_rows(f"{label}: p99 of the honest", results, "p99_us", "ms", {}, 1e-3, bigger=False)
    return rows
