#!/usr/bin/env python3
"""Runs ten scenarios live and in virtual time and writes how well they agree into docs/validation.md.

    scripts/validate/agreement.py [--check] [NAME ...]

Each scenario's arrivals are the same both ways, and so is every draw of the network, so the two runs are compared request
by request, from their logs, to the nanosecond. Of every region with enough answers p50 must agree within 2 % and p95
within 5 %. Chance may excuse more (both runs' 95 % intervals, of order statistics, overlap), but never a shift of all:
then the median of the differences must be within 2 % of p50, too. Of requests that fail in one run and not in the other
there may be as many as come while one run's command has acted and the other's has not, and three standard deviations.

Live, processes share processors, which the model leaves out: run it on a machine that does nothing else. Where that is
allowed (root) it goes ahead of other work (SCHED_FIFO), so that neighbours disturb little. What a request waited for
processors in the mean, by the kernel's accounts of the cluster's processes, is printed. --check writes nothing and runs the
three shortest; where requests waited for more than a quiet machine lets them, it judges only that none was faster than in
virtual time, and says so. NAME picks scenarios. Exit 1 when a row is outside its tolerance. Needs a release build.
"""
import argparse
import csv
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rows import Row, table

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("TERRELLA_BIN", ROOT / "build" / "bin"))
BEGIN, END = "<!-- agreement: scripts/validate/agreement.py -->", "<!-- agreement ends -->"
P50_PERCENT, P95_PERCENT, DEVIATIONS = 2, 5, 3
ANSWERS_MIN = 100  # of a region: below, p95 is the fifth slowest of a handful
QUIET_MS = 1.5  # a request waits less for processors, in all processes, on a machine that does nothing else
EVENT_SLACK_S = 0.005  # until the DNS router and the ingress have heard of an event
CONTINENTS = {"DE": "Europe", "FR": "Europe", "GB": "Europe", "ES": "Europe", "PL": "Europe", "IT": "Europe",
              "NG": "Africa", "KE": "Africa", "JP": "Asia", "IN": "Asia", "BR": "South America", "US": "North America",
              "AU": "Oceania"}
EUROPE = '["Berlin", "Paris", "London", "Madrid", "Warsaw", "Rome"]'
WORLD = '["Berlin", "London", "Lagos", "Nairobi", "Tokyo", "Mumbai", "São Paulo", "Chicago", "New York City", "Sydney"]'


@dataclass
class Case:
    name: str
    seed: int
    cities: str
    steering: str = '["dns", "anycast"]'
    duration: int = 12
    rate: int = 100
    more: str = ""          # tables of the scenario
    worker: str = "examples/hello"
    host: str = "hello"
    timeout: str = "5s"

    def text(self):
        return (f'version = 1\nname = "{self.name}"\nseed = {self.seed}\nduration = "{self.duration}s"\n'
                f'[clients]\nrate_per_s = {self.rate}\ncities = {self.cities}\nsteering = {self.steering}\n'
                f'timeout = "{self.timeout}"\n[[worker]]\npath = "{ROOT / self.worker}"\n[[request]]\n'
                f'host = "{self.host}"\n{self.more}\n')


def events(*pairs):
    return "\n".join(f'[[timeline]]\nat = "{at}s"\n{action}' for at, action in pairs)


CASES = [
    Case("a-quiet-world", 1, WORLD, duration=8),
    Case("by-dns-alone", 2, WORLD, steering='["dns"]', duration=8),
    Case("by-anycast-alone", 3, WORLD, steering='["anycast"]', duration=8),
    Case("frankfurt-dies", 4, EUROPE, more=events((3, 'kill = "FRA"'))),
    Case("frankfurt-dies-and-returns", 5, EUROPE, duration=16, more=events((3, 'kill = "FRA"'), (10, 'start = "FRA"'))),
    Case("london-drains", 6, EUROPE, more=events((3, 'drain = "LHR"'), (9, 'undrain = "LHR"'))),
    Case("two-sites-die", 7, WORLD, duration=16, more=events((3, 'kill = "NRT"'), (6, 'kill = "GRU"'))),
    Case("one-percent-lost", 8, WORLD, more='[network]\nloss = "1%/3"', timeout="10s"),
    Case("by-telephone-in-the-evening", 9, WORLD, more='[network]\naccess = "4g"\nhour = 20', timeout="10s"),
    Case("a-deploy-in-between", 10, WORLD, duration=8, more=events((4, f'deploy = "{ROOT / "examples/hello"}"'))),
]
# The fifth slowest of a hundred answers is anybody: whoever has the time asks for three times as long.
LONGER = 3
CHECKED = ("a-quiet-world", "by-anycast-alone", "frankfurt-dies")


@dataclass
class Request:
    due_s: float
    region: str
    steering: str
    outcome: str
    felt_ms: float


class Run:
    """A run's log."""

    def __init__(self, file):
        self.requests, self.events = {}, []
        with open(file, encoding="utf-8", newline="") as lines:
            for line in csv.DictReader(lines):
                at = int(line["at_ns"])
                if line["what"] == "request":
                    felt_ms = int(line["felt_ns"]) / 1e6 if line["felt_ns"] else math.nan
                    self.requests[at, line["city"]] = Request(at / 1e9, CONTINENTS[line["city"][-2:]], line["steering"],
                                                              line["outcome"], felt_ms)
                else:
                    self.events.append((line["what"], (at + int(line["felt_ns"])) / 1e9))  # when it was done

    def failed(self):
        return {key for key, request in self.requests.items() if request.outcome != "answered"}

    def felt_ms(self, region):
        return sorted(r.felt_ms for r in self.requests.values() if r.region == region and r.outcome == "answered")


class Waits:
    """How long processes have waited for a processor since they started, by the kernel's accounts."""

    def __init__(self, pids):
        self.pids, self.seen_ns = pids, {}

    def look(self):
        for pid in self.pids:
            for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
                try:
                    self.seen_ns[thread] = int(thread.read_text(encoding="ascii").split()[1])
                except (OSError, IndexError):
                    pass  # a thread that has ended
        return sum(self.seen_ns.values()) / 1e6


class Cluster:
    """Thirty PoPs of a folder of their own, started anew for every scenario: each begins with cold isolates."""

    def __init__(self, home):
        self.home = home
        self.env = {**os.environ, "TERRELLA_HOME": home, "TERRELLA_CLUSTER": "agreement"}

    def start(self, *words):
        return subprocess.Popen([BIN / "terrella", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, env=self.env)

    def end(self, process, codes=(0,)):
        out, err = process.communicate()
        if process.returncode not in codes:
            raise RuntimeError(f"terrella {' '.join(process.args[1:])}: exit {process.returncode}\n{out}{err}")
        return out

    def terrella(self, *words, codes=(0,)):
        return self.end(self.start(*words), codes)

    def __enter__(self):
        self.terrella("up", "--pops", 30, "--port", 0, "--dns-port", 0, "--control-port", 0, "--plaintext")
        return self

    def __exit__(self, *_):
        self.terrella("down", "--purge")

    def pids(self):
        parts = json.loads((Path(self.home) / "agreement" / "cluster.json").read_text(encoding="utf-8"))["parts"]
        return [part["process"]["pid"] for part in parts]


def both(home, case):
    """The live and the virtual run, and what a request of the live one waited for a processor, ms."""
    folder = Path(home)
    file, live_log, virtual_log = (folder / f"{case.name}.{kind}" for kind in ("toml", "live.csv", "virtual.csv"))
    file.write_text(case.text(), encoding="utf-8")
    Cluster(home).terrella("sim", "run", "--virtual", file, "--pops", 30, "--log", virtual_log, codes=(0, 1))
    with Cluster(home) as cluster:
        driver = cluster.start("sim", "run", file, "--log", live_log)
        waits = Waits([*cluster.pids(), driver.pid])
        before_ms = waits.look()
        while driver.poll() is None:
            time.sleep(0.25)
            waits.look()
        cluster.end(driver, codes=(0, 1))
        waited_ms = waits.look() - before_ms
    live = Run(live_log)
    return live, Run(virtual_log), waited_ms / max(len(live.requests), 1)


def quantile(values, q):
    return values[min(int(q * len(values)), len(values) - 1)]


def bounds(values, q):
    """Between which the true quantile is with 95 %: ranks 1.96 binomial deviations off (Conover 1999, section 3.2)."""
    spread = 1.96 * math.sqrt(q * (1 - q) / len(values))
    return quantile(values, max(q - spread, 0)), quantile(values, q + spread)


def compare(ours, theirs, q, percent):
    """By how many percent a quantile differs, whether within its tolerance, and whether within chance."""
    a, b = quantile(ours, q), quantile(theirs, q)
    (a_low, a_high), (b_low, b_high) = bounds(ours, q), bounds(theirs, q)
    return 100 * (a / b - 1), abs(a - b) <= percent / 100 * b, a_low <= b_high and b_low <= a_high


def regions_of(live, virtual, busy):
    """What to say of each region, and whether all is well."""
    said, ok = [], True
    for region in sorted(set(CONTINENTS.values())):
        ours, theirs = live.felt_ms(region), virtual.felt_ms(region)
        if min(len(ours), len(theirs)) < ANSWERS_MIN:
            continue
        pairs = ((request, virtual.requests[key]) for key, request in live.requests.items()
                 if request.region == region and key in virtual.requests)
        shifts = sorted(a.felt_ms - b.felt_ms for a, b in pairs if a.outcome == b.outcome == "answered")
        bias_ms, most_ms = quantile(shifts, 0.5), P50_PERCENT / 100 * quantile(theirs, 0.5)
        p50, p50_fits, p50_chance = compare(ours, theirs, 0.5, P50_PERCENT)
        p95, p95_fits, p95_chance = compare(ours, theirs, 0.95, P95_PERCENT)
        shifted = abs(bias_ms) > most_ms
        fine = (p50_fits or (p50_chance and not shifted)) and (p95_fits or (p95_chance and not shifted))
        if busy:
            fine = bias_ms > -most_ms
        ok = ok and fine
        said.append(f"{region} {p50:+.1f} %, {p95:+.1f} %, {bias_ms:+.2f} ms" + ("" if fine else " (!)"))
    return said, ok


def rows_of(case, live, virtual, waited_ms, forgive):
    busy = forgive and waited_ms > QUIET_MS
    said, ok = regions_of(live, virtual, busy)
    yield Row(f"{case.name}: p50, p95, median of the differences; {len(live.requests)} requests", "virtual time",
              "not faster: the machine is busy" if busy else f"{P50_PERCENT} %, {P95_PERCENT} %",
              f"{'; '.join(said)} (waited for a processor: {waited_ms:.2f} ms)", ok and bool(said))
    a, b = live.failed(), virtual.failed()
    apart_s = sum(abs(x[1] - y[1]) + EVENT_SLACK_S for x, y in zip(live.events, virtual.events)
                  if x[0].startswith("kill"))  # nothing else makes requests fail
    mean = apart_s * case.rate
    bound = math.ceil(mean + DEVIATIONS * math.sqrt(mean))
    same = live.requests.keys() == virtual.requests.keys() and len(a ^ b) <= bound
    yield Row(f"{case.name}: errors", f"virtual time: {len(b)}", f"{bound} in one run alone",
              f"{len(a)}, {len(a ^ b)} in one run alone", same)


def write(rows):
    page = ROOT / "docs" / "validation.md"
    text = page.read_text(encoding="utf-8")
    section = (f"{BEGIN}\n## Live and virtual\nTen scenarios run on thirty processes and in virtual time, the same arrivals and the same draws of the network,\n"
               "compared request by request: written by `scripts/validate/agreement.py`. A difference is of the live figure over the virtual one,\n"
               f"by region with at least {ANSWERS_MIN} answers; the third figure is the median of what a request took longer live.\n"
               "Where a quantile falls between two groups of cities, a single request moves it by more than 2 or 5 %: then the 95 % intervals of both\n"
               "must overlap, and that median must be within 2 % of p50, too.\n\n"
               f"{table(rows)}\n{END}\n")
    if BEGIN in text:
        text = text[:text.index(BEGIN)] + section + text[text.index(END) + len(END) + 1:]
    else:
        text += "\n" + section
    page.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    names = args.names or (CHECKED if args.check else [case.name for case in CASES])
    unknown = set(names) - {case.name for case in CASES}
    if unknown:
        parser.error(f"no scenario called {', '.join(sorted(unknown))}; there are {', '.join(c.name for c in CASES)}")
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))  # what it starts inherits that
    except PermissionError:
        pass
    rows = []
    with tempfile.TemporaryDirectory(prefix="terrella-agreement-") as home:
        for case in CASES:
            if case.name in names:
                if not args.check:
                    case.duration *= LONGER
                rows += rows_of(case, *both(home, case), args.check)
                for row in rows[-2:]:
                    print(f"{'ok  ' if row.ok else 'FAIL'} {row.name}: {row.value} ({row.tolerance}; {row.reference})", flush=True)
    if not args.check and not args.names:
        write(rows)
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
