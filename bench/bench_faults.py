#!/usr/bin/env python3
"""What a well-behaved worker feels while another on the same node loops, hoards memory, sets timers, floods its console,
recurses or throws.

One node of a small network. wrk asks the neighbour over 16 connections; the faulty worker is asked one request
after another the whole time. Each fault's round is paired with a quiet round just before it; medians of 3. The bar:
a p99 that moves by no more than one CPU budget of the faulty worker.
"""
import http.client
import json
import re
import subprocess
import threading

from harness import ROOT, Row, cluster, median, report, talk, temporary

FAULTS = ROOT / "tests" / "integration" / "faults"
NAMES = ("loop", "hoard", "heap", "timers", "console", "recursion", "throws", "rejects", "hangs")
CPU_BUDGET_MS = {"heap": 20_000}  # to meet its limit of memory before that of time; 50 for all others
PORTS = ("--port", "18080", "--dns-port", "15353")
ROUNDS, SECONDS = 3, 6


class Pest(threading.Thread):
    """Asks the faulty worker over and over and counts its answers by status."""

    def __init__(self, address, host):
        super().__init__(daemon=True)
        self.address, self.host = address, host
        self.ended, self.answers = threading.Event(), {}

    def run(self):
        while not self.ended.is_set():
            connection = http.client.HTTPConnection(*self.address, timeout=60)
            try:
                connection.request("GET", "/", headers={"host": self.host})
                status = connection.getresponse().status
            except OSError:
                status = 0
            self.answers[status] = self.answers.get(status, 0) + 1
            connection.close()
            self.ended.wait(0.02)


def neighbour_p99_ms(address):
    url = f"http://{address[0]}:{address[1]}/"
    text = subprocess.run(["wrk", "-t1", "-c16", f"-d{SECONDS}s", "--latency", "-H", "Host: neighbour.edge.test", url],
                          check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"the neighbour failed:\n{text}")
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def main():
    rows = []
    with temporary() as home:
        terrella = cluster(home)
        terrella("up", "--pops", 1, *PORTS)
        try:
            status = json.loads(terrella("status", "--json").stdout)
            node = next(p for p in status["parts"] if p["name"] not in ("control", "dns", "ingress"))
            address = (node["address"].split(":")[0], 18080)
            terrella("deploy", FAULTS / "neighbour.js")
            for name in NAMES:
                terrella("deploy", FAULTS / name if name == "heap" else FAULTS / f"{name}.js")
                quiet, loud = [], []
                for _ in range(ROUNDS):
                    quiet.append(neighbour_p99_ms(address))
                    pest = Pest(address, f"{name}.edge.test")
                    pest.start()
                    loud.append(neighbour_p99_ms(address))
                    pest.ended.set()
                    pest.join()
                talk(f"{name}: answers {pest.answers}")
                if 200 in pest.answers or 0 in pest.answers:
                    raise RuntimeError(f"{name} was answered {pest.answers}; expected refusals only")
                rows.append(Row(f"neighbour's p99 beside '{name}'", "ms", median(loud), median(quiet),
                                "the same node, quiet", bar=median(quiet) + CPU_BUDGET_MS.get(name, 50)))
            after = json.loads(terrella("status", "--json").stdout)
            if next(p for p in after["parts"] if p["name"] == node["name"])["pid"] != node["pid"]:
                raise RuntimeError("the node died")
        finally:
            terrella("down")
    report("faults", rows)


if __name__ == "__main__":
    main()
