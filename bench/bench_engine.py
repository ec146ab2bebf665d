#!/usr/bin/env python3
"""Virtual time: simulated requests a second through the whole model, and what one costs as runs grow.

Beside it, in the same run, two simulators that model other things, on requests and answers between 1,000 clients and 30
servers. Ours: DNS with its cache, anycast, round trips by a fitted model, jitter, TCP's handshake and slow start, a queue,
cold isolates and a cache of an origin's answers at every node, a node that dies. SimGrid: the network as shared bandwidth
and latency, each client and server an actor with a stack, a processor that is shared; no connections. ns-3: every packet
through UDP, IPv4, a queue and a device; no connections and no processors. Neither knows places, steering or DNS caches.

Peers are Debian's, compiled here: apt-get install libsimgrid-dev libns3-dev.
"""
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from harness import BIN, CACHE, QUICK, ROOT, Row, report, talk

SCENARIO = """version = 1
name = "world-tour-whole"
duration = "500s"
[clients]
rate_per_s = 20000
cities = "world:5000"
steering = ["dns", "anycast"]
timeout = "5s"
[[worker]]
path = "{root}/examples/hello"
[[request]]
host = "hello"
"""
EVENTS = 3  # of a request: it is due, it is at the node, its answer is there
PEERS = {
    "SimGrid": ("libsimgrid-dev", "simgrid_requests", ["-lsimgrid"]),
    "ns-3": ("libns3-dev", "ns3_requests",
             ["-lns3-" + part for part in ("applications", "internet", "point-to-point", "network", "core")]),
}


def engine(mode, cities, pops, requests, threads, rounds=3):
    """The fastest of some runs inside one process, without what starting it costs."""
    runs = [json.loads(subprocess.run([BIN / "engine_bench", mode, *map(str, (cities, pops, int(requests), threads))],
                                      capture_output=True, text=True, check=True).stdout) for _ in range(rounds)]
    return min(runs, key=lambda run: run["cpu_s" if threads == 1 else "wall_s"] / run["requests"])


def command(home, *words):
    """Requests, seconds and peak memory in MiB of a whole command, from its start to its report."""
    began = time.monotonic()
    process = subprocess.Popen([BIN / "terrella", "sim", "run", "--virtual", *map(str, words), "--preset", "world-308", "--json"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "TERRELLA_HOME": home})
    out = process.stdout.read()
    _, _, used = os.wait4(process.pid, 0)
    return json.loads(out)["total"]["requests"], time.monotonic() - began, used.ru_maxrss / 1024


def installed(package):
    """Whether a Debian package is there, after an attempt to install it."""
    def there():
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", package], capture_output=True, text=True)
        return "install ok installed" in done.stdout
    if not there() and shutil.which("apt-get"):
        as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        talk(f"installing {package} ...")
        subprocess.run([*as_root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", package],
                       env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, stdout=subprocess.DEVNULL)
    return there()


def peer(name, requests):
    """Requests a second of a peer; nothing, and a line that says why, when it cannot be had."""
    package, program, libraries = PEERS[name]
    if not installed(package):
        talk(f"{package} cannot be installed: {name} is left out")
        return None
    source, binary = ROOT / "bench" / "peers" / f"{program}.cc", CACHE / program
    if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
        CACHE.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["c++", "-O2", "-std=c++17", source, "-o", binary, *libraries], capture_output=True, text=True)
        if done.returncode != 0:
            talk(f"{name}'s program does not compile here: it is left out\n{done.stderr[-600:]}")
            return None
    runs = []
    for _ in range(3):
        done = subprocess.run([binary, "1000", "30", str(requests)], capture_output=True, text=True, check=True)
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    best = min(runs, key=lambda run: run["wall_s"] / run["requests"])
    return best["requests"] / best["wall_s"] / 1e6


def against_peers():
    ours = engine("events", 1000, 30, 2e6, 1)
    rate = ours["requests"] / ours["cpu_s"] / 1e6
    for name in PEERS:
        theirs = peer(name, 100_000)
        if theirs is not None:
            yield Row(f"requests/s, 1,000 clients, 30 servers, 1 thread: {name}", "M/s", rate, theirs, name,
                      bigger_is_better=True)


def flatness():
    """What an event costs in runs of ever more of them, over 100 cities and 30 PoPs; then the dearest beside the cheapest.

    Without caches: in a short run nearly all of them miss, and a miss is a question and an answer more.
    """
    costs = []
    for events in (1e4, 1e5, 1e6, 1e7) + (() if QUICK else (1e8,)):
        run = engine("uncached", 100, 30, events / EVENTS, 1, rounds=3 if events < 1e8 else 1)
        costs.append(1e9 * run["cpu_s"] / run["requests"] / EVENTS)
        yield Row(f"processor time an event, {events:.0e} events", "ns", costs[-1])
    yield Row("the dearest of these beside the cheapest", "x", max(costs) / min(costs), bar=1.5)


def main():
    requests = 2e6 if QUICK else 1e7
    with tempfile.TemporaryDirectory() as home:
        sampled, events = engine("sampled", 5000, 308, 4 * requests, 2), engine("events", 5000, 308, requests, 2)
        rows = [
            Row("requests/s sampled, all cities x 308 PoPs, 2 threads", "M/s", sampled["requests"] / sampled["wall_s"] / 1e6,
                bar=20, bigger_is_better=True),
            Row("requests/s by events, all cities x 308 PoPs, 2 threads", "M/s", events["requests"] / events["wall_s"] / 1e6,
                bar=4, bigger_is_better=True),
            *against_peers(),
            *flatness(),
        ]
        tour = Path(home) / "tour.toml"
        tour.write_text(SCENARIO.format(root=ROOT))
        short = Path(home) / "short.toml"
        short.write_text(SCENARIO.format(root=ROOT).replace("500s", "1s"))
        command(home, short)  # measures the worker
        asked, took, memory = min((command(home, tour) for _ in range(3)), key=lambda run: run[1])
        rows += [
            Row(f"world tour by events, {asked / 1e6:.1f} M requests: command to report", "s", took, bar=3),
            Row("the same: memory for 10 M clients that ask once each", "MiB", memory),
        ]
        asked, took, memory = min((command(home, tour, "--sampled") for _ in range(3)), key=lambda run: run[1])
        rows += [Row(f"world tour sampled, {asked / 1e6:.1f} M requests: command to report", "s", took),
                 Row("the same: memory", "MiB", memory)]
        report("engine", rows)


if __name__ == "__main__":
    main()
