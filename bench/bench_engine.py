#!/usr/bin/env python3
"""Virtual time: simulated requests a second through the whole model, and what one costs as runs grow."""
import json
import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path

from harness import BIN, ROOT, Row, report

SCENARIO = """version = 1
name = "bench"
duration = "{duration}s"
[clients]
rate_per_s = 20000
cities = "world:5000"
steering = ["dns", "anycast"]
[[worker]]
path = "{root}/examples/hello"
[[request]]
host = "hello"
[[timeline]]
at = "{at}s"
kill = "FRA"
"""


def run(home, duration, threads):
    """Requests of a run over all cities and 308 PoPs, its seconds, processor seconds and peak memory in MiB."""
    file = Path(home) / "scenario.toml"
    file.write_text(SCENARIO.format(duration=duration, at=duration / 2, root=ROOT))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    process = subprocess.Popen([BIN / "terrella", "sim", "run", "--virtual", file, "--preset", "world-308",
                                "--threads", str(threads), "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               env={**os.environ, "TERRELLA_HOME": home})
    out = process.stdout.read()
    _, _, used = os.wait4(process.pid, 0)
    took = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(out)["total"]["requests"], took, cpu, used.ru_maxrss / 1024


def main():
    with tempfile.TemporaryDirectory() as home:
        run(home, 1, 1)  # measures the worker
        _, _, idle_cpu, _ = run(home, 0.5, 1)
        rows = []
        for duration in (5, 50, 500):
            requests, took, cpu, _ = min((run(home, duration, 1) for _ in range(3)), key=lambda r: r[2])
            rows.append(Row(f"processor time a request, {requests / 1e6:.1f} M requests", "ns", 1e9 * (cpu - idle_cpu) / requests))
        requests, took, cpu, memory = min((run(home, 500, 2) for _ in range(3)), key=lambda r: r[1])
        rows += [
            Row("requests/s of 10 M, 4,442 cities x 308 PoPs, 2 threads", "M/s", requests / took / 1e6, bar=4, bigger_is_better=True),
            Row("the same: from command to report", "s", took, bar=3),
            Row("its memory", "MiB", memory),
        ]
        report("engine", rows)


if __name__ == "__main__":
    main()
