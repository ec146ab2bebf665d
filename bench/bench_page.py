#!/usr/bin/env python3
"""The dashboard by itself in Chromium: how small, how soon, and how smooth with 308 nodes, 10,000 requests a second and
as many events of a tail. What it is shown are messages as the control plane's, made up (tests/e2e/synthetic_gateway.mjs)."""
import gzip
import json
import os
import subprocess
import sys

from harness import QUICK, ROOT, Row, report, talk

E2E = ROOT / "tests" / "e2e"


def main():
    if not (E2E / "node_modules" / "playwright-core").exists():
        talk("bench page needs what scripts/setup --test installs")
        sys.exit(2)
    web = ROOT / "build" / "web"
    served = [file for file in web.iterdir() if file.suffix in (".html", ".js", ".css", ".svg")]
    kib = sum(len(gzip.compress(file.read_bytes(), 9)) for file in served) / 1024
    talk("three pages, one after the other ...")
    env = {**os.environ, "WEB": str(web), "DATA": str(ROOT / "data"), "SECONDS": "3" if QUICK else "10"}
    done = subprocess.run(["node", E2E / "measure.mjs"], env=env, capture_output=True, text=True, timeout=300, check=True)
    seen = json.loads(done.stdout)
    quiet, busy, tailing = seen["quiet"], seen["busy"], seen["tailing"]
    report("page", [
        Row("all files, compressed", "KiB", kib, bar=300),
        Row("first paint", "ms", quiet["firstPaintMs"], bar=1000),
        Row("308 nodes: the page whole", "ms", busy["shownMs"]),
        Row("frames, nothing going on", "1/s", quiet["fps"], bigger_is_better=True),
        Row("frames, 308 nodes, 10k requests/s", "1/s", busy["fps"], bar=55, bigger_is_better=True),
        Row("the same: 99 % of frames within", "ms", busy["p99Ms"]),
        Row("frames, and a tail of 10k events/s", "1/s", tailing["fps"], bar=50, bigger_is_better=True),
        Row("the same: 99 % of frames within", "ms", tailing["p99Ms"]),
    ])


if __name__ == "__main__":
    main()
