#!/usr/bin/env python3
"""Runs ten scenarios live and in virtual time and writes how well they agree into docs/validation.md.

    scripts/validate/agreement.py [--check] [NAME ...]

Each scenario's arrivals are the same both ways. Of every region with enough answers p50 must agree within 2 % and p95
within 5 %, or within what chance does to the quantiles of so few (both runs' 95 % intervals, of order statistics, overlap); of all the
number of errors must agree within chance (three standard deviations of the difference, and as much as the times that a
live cluster takes differ from run to run). Live, processes share processors, which the model leaves out: run it on a
machine that does nothing else. --check writes nothing, and runs the three shortest; NAME picks scenarios.
Exit 1 when a row is outside its tolerance. Needs a release build.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rows import Row, table

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("TERRELLA_BIN", ROOT / "build" / "bin"))
BEGIN, END = "<!-- agreement: scripts/validate/agreement.py -->", "<!-- agreement ends -->"
P50_PERCENT, P95_PERCENT, DEVIATIONS = 2, 5, 3
ANSWERS_MIN = 100  # of a region: below, p95 is the fifth slowest of a handful
# What the median of commands takes differs between runs by about this; requests of that time may fail or not.
COMMAND_JITTER_S = 0.3
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
CHECKED = ("a-quiet-world", "by-anycast-alone", "frankfurt-dies")


class Cluster:
    """Thirty PoPs of a folder of their own."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="terrella-agreement-")
        self.env = {**os.environ, "TERRELLA_HOME": self.folder.name, "TERRELLA_CLUSTER": "agreement"}

    def terrella(self, *words, codes=(0,)):
        done = subprocess.run([BIN / "terrella", *map(str, words)], capture_output=True, text=True, env=self.env)
        if done.returncode not in codes:
            raise RuntimeError(f"terrella {' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def __enter__(self):
        self.terrella("up", "--pops", 30, "--port", 0, "--dns-port", 0, "--control-port", 0, "--plaintext")
        return self

    def __exit__(self, *_):
        self.terrella("down", "--purge")
        self.folder.cleanup()

    def both(self, case):
        """The reports of the live and of the virtual run."""
        file = Path(self.folder.name) / f"{case.name}.toml"
        file.write_text(case.text(), encoding="utf-8")
        virtual = json.loads(self.terrella("sim", "run", "--virtual", file, "--pops", 30, "--json", codes=(0, 1)))
        live = json.loads(self.terrella("sim", "run", file, "--json", codes=(0, 1)))
        return live, virtual


def apart(live, virtual, key):
    """By how many percent a quantile differs, and whether chance alone explains it."""
    ours, theirs = live[f"{key}_ms"], virtual[f"{key}_ms"]
    overlap = (live[f"{key}_low_ms"] <= virtual[f"{key}_high_ms"] and virtual[f"{key}_low_ms"] <= live[f"{key}_high_ms"])
    return 100 * (ours / theirs - 1), overlap


def rows_of(case, live, virtual):
    regions = {row["name"]: row for row in virtual["continents"]}
    quantiles, ok = [], True
    for row in live["continents"]:
        other = regions[row["name"]]
        answers = min(row["requests"] - row["errors"], other["requests"] - other["errors"])
        if answers < ANSWERS_MIN:
            continue
        p50, p50_chance = apart(row, other, "p50")
        p95, p95_chance = apart(row, other, "p95")
        fine = (abs(p50) <= P50_PERCENT or p50_chance) and (abs(p95) <= P95_PERCENT or p95_chance)
        ok = ok and fine
        quantiles.append(f"{row['name']} {p50:+.1f} %, {p95:+.1f} %" + ("" if fine else " (!)"))
    asked = live["total"]["requests"]
    yield Row(f"{case.name}: p50, p95 of {asked} requests, live over virtual", "virtual time",
              f"{P50_PERCENT} %, {P95_PERCENT} %, or chance", "; ".join(quantiles), ok)
    a, b = live["total"]["errors"], virtual["total"]["errors"]
    slack = COMMAND_JITTER_S * case.rate * (2 if case.more.startswith("[[timeline]]") else 0)
    bound = DEVIATIONS * math.sqrt(a + b) + slack
    same = live["total"]["requests"] == virtual["total"]["requests"] and abs(a - b) <= bound
    yield Row(f"{case.name}: errors", f"virtual time: {b}", f"within {bound:.0f}", str(a), same)


def write(rows):
    page = ROOT / "docs" / "validation.md"
    text = page.read_text(encoding="utf-8")
    section = (f"{BEGIN}\n## Live and virtual\nTen scenarios run on thirty processes and in virtual time, the same arrivals: written by\n"
               "`scripts/validate/agreement.py`. A difference is of the live figure over the virtual one, by region. Where a region has few\n"
               "requests, 2 % is less than chance: then the 95 % intervals of both must overlap.\n\n"
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
    rows = []
    with Cluster() as cluster:
        for case in CASES:
            if case.name in names:
                rows += rows_of(case, *cluster.both(case))
                for row in rows[-2:]:
                    print(f"{'ok  ' if row.ok else 'FAIL'} {row.name}: {row.value} ({row.tolerance}; {row.reference})", flush=True)
    if not args.check and not args.names:
        write(rows)
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
