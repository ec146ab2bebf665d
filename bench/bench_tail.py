#!/usr/bin/env python3
"""What it costs a node to be watched: at the highest rate one client thread makes, and at one that the machine holds.

One node answers `hello` without a tail, with one, and with one that asks for nothing that comes; each for SECONDS, in turns,
medians of ROUNDS. At the highest rate: CPU time of the node's process, so that who else uses the machine matters little.
At RATE requests a second, asked for by the clock and not when an answer has come: how long answers take, without and with
a tail. Every request must be an event or be counted as left out. Needs wrk and h2load. --quick: one short round.
"""
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

from harness import QUICK, ROOT, Row, median, report, talk, temporary

sys.path.insert(0, str(ROOT / "tests" / "integration"))
from network import Network, wait_for  # noqa: E402

ROUNDS, SECONDS = (1, 2) if QUICK else (3, 4)
OPEN_ROUNDS = 1 if QUICK else 7
# Each connection has 12.5 ms for an answer before it asks late.
CONNECTIONS, PER_CONNECTION_S = 64, 80
RATE = CONNECTIONS * PER_CONNECTION_S
HELLO = "export default { fetch() { console.log('hello'); return new Response('hello'); } };\n"
QUIET = "export default { fetch() { return new Response('hello'); } };\n"


def cpu_s(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Tail:
    def __init__(self, net, *flags):
        self.process = net.start("tail", "shop", *flags)
        self.events = self.dropped = 0
        self.talk = []
        threading.Thread(target=lambda: [self.talk.append(x) for x in self.process.stderr], daemon=True).start()
        threading.Thread(target=self.read, daemon=True).start()
        wait_for(lambda: f"no tail: {self.talk}", lambda: any("watching" in x for x in self.talk))
        time.sleep(0.5)

    def read(self):
        for line in self.process.stdout:
            if line.startswith('{"dropped"'):
                self.dropped += json.loads(line)["dropped"]["events"]
            else:
                self.events += 1

    def end(self):
        time.sleep(1.5)
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)


def load(net, part):
    """Requests, microseconds of CPU time each, 99th percentile in ms."""
    before = cpu_s(part["pid"])
    out = subprocess.run(["wrk", "-t1", "-c8", f"-d{SECONDS}s", "--latency", "-H", "Host: shop.edge.test",
                          f"http://{part['address']}/"], capture_output=True, text=True, check=True).stdout
    spent = cpu_s(part["pid"]) - before
    if "Non-2xx" in out:
        sys.exit(f"bench tail: not all answers were good ones\n{out}")
    requests = int(re.search(r"(\d+) requests in", out)[1])
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    return requests, 1e6 * spent / requests, float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def open_load(part):
    """Requests, their 50th and 99th percentile in ms, at RATE."""
    with temporary() as folder:
        log = f"{folder}/requests.tsv"
        subprocess.run(["h2load", "--h1", f"-c{CONNECTIONS}", f"--rps={PER_CONNECTION_S}", f"-n{RATE * SECONDS}",
                        f"--connect-to={part['address']}", f"--log-file={log}", "http://shop.edge.test/"],
                       capture_output=True, check=True)
        rows = [line.split() for line in open(log)]
    if any(row[1] != "200" for row in rows):
        sys.exit(f"bench tail: not all answers were good ones: {sorted({row[1] for row in rows})}")
    waits_us = sorted(int(row[2]) for row in rows)
    return len(rows), waits_us[len(rows) // 2] / 1000, waits_us[len(rows) * 99 // 100] / 1000


def held_rate(net, part):
    """Rows of what a tail adds to the time of answers at RATE, and whether all requests were accounted for."""
    seen, exact = {"nobody watches": [], "a tail": []}, True
    for number in range(OPEN_ROUNDS):
        # Who goes first takes turns, too: a machine that other things use has moods.
        for name in sorted(seen, reverse=number % 2 == 1):
            tail = Tail(net) if name == "a tail" else None
            requests, p50_ms, p99_ms = open_load(part)
            seen[name].append((requests / SECONDS, p50_ms, p99_ms))
            text = ""
            if tail is not None:
                tail.end()
                text = f", {tail.events} events, {tail.dropped} left out"
                exact &= tail.events + tail.dropped == requests
            talk(f"{RATE} requests/s asked, {name}, round {number + 1}: {requests / SECONDS:.0f} answered, "
                 f"p50 {p50_ms:.2f} ms, p99 {p99_ms:.2f} ms{text}")
    rows = [Row(f"{what} at {median([s[0] for s in values]):.0f} requests/s, {name}", "ms", median([s[i] for s in values]))
            for i, what in ((1, "p50"), (2, "p99")) for name, values in seen.items()]
    return rows, exact


def main():
    figures = {"nobody watches": [], "a tail that wants nothing of it": [], "a tail": []}
    flags = {"a tail that wants nothing of it": ["--method", "POST"], "a tail": []}
    exact = True
    with Network(pops=1, name="tail") as net:
        net.run("deploy", net.write("shop.js", QUIET if "--quiet-worker" in sys.argv else HELLO))
        part = next(p for p in net.status()["parts"] if p["name"] not in ("control", "dns", "ingress"))
        load(net, part)
        for number in range(ROUNDS):
            for name, seen in figures.items():
                tail = Tail(net, *flags[name]) if name in flags else None
                requests, cpu_us, p99_ms = load(net, part)
                seen.append((cpu_us, p99_ms, requests / SECONDS))
                text = ""
                if tail is not None:
                    tail.end()
                    text = f", {tail.events} events, {tail.dropped} left out"
                    # wrk does not count what it cuts at its end: at most one request a connection.
                    exact &= name != "a tail" or 0 <= tail.events + tail.dropped - requests <= 8
                talk(f"{name}, round {number + 1}: {requests / SECONDS:.0f} requests/s, {cpu_us:.2f} us CPU each, "
                     f"p99 {p99_ms:.2f} ms{text}")
        held, held_exact = held_rate(net, part)
        exact &= held_exact
    rows = []
    for name, seen in figures.items():
        rows.append(Row(f"CPU time a request, {name}", "us", median([s[0] for s in seen])))
        rows.append(Row(f"p99 at the highest rate, {name}", "ms", median([s[1] for s in seen])))
        rows.append(Row(f"requests a second, {name}", "1/s", median([s[2] for s in seen])))
    rows += held
    rows.append(Row("every request is shown or counted", "", 1 if exact else 0, bar=1, bigger_is_better=True))
    report("tail", rows)


if __name__ == "__main__":
    main()
