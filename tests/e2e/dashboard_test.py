#!/usr/bin/env python3
"""The dashboard in Chromium, on a real cluster, and a scenario's report. What happens there is in dashboard.mjs.

Exit code 77, "skipped", where there is no Chromium or no Node.js: scripts/setup --test installs both.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))
from network import BIN, ROOT, Network  # noqa: E402

SKIPPED = 77
# Run live while the page looks on, on the cluster's FRA, IAD and SIN.
SCENARIO = """version = 1
name = "a-drill"
duration = "6s"
assertions = ["errors < 50%", "requests < 1", "p50_ms@late < 9000"]
[clients]
rate_per_s = 30
cities = ["Berlin", "Lagos", "Tokyo"]
[[request]]
host = "hello"
[[timeline]]
at = "2s"
drain = "SIN"
[[timeline]]
at = "4s"
undrain = "SIN"
phase = "late"
"""
# Not over in a moment: five million requests, on one thread.
VIRTUAL_SCENARIO = """version = 1
name = "half-an-hour"
duration = "30m"
assertions = ["errors < 1%"]
[clients]
rate_per_s = 3000
cities = ["Berlin", "Lagos", "Tokyo"]
[[request]]
host = "hello"
service = { ms = 0.1 }
[[timeline]]
at = "60s"
drain = "SIN"
[[timeline]]
at = "1790s"
undrain = "SIN"
"""


def missing():
    if not shutil.which("node"):
        return "node"
    if not Path(os.environ.get("CHROMIUM", "/usr/bin/chromium")).exists():
        return "chromium"
    return "" if (HERE / "node_modules" / "playwright-core").exists() else "tests/e2e/node_modules"


def main():
    if what := missing():
        print(f"SKIPPED: there is no {what}; scripts/setup --test installs it", file=sys.stderr)
        return SKIPPED
    with Network(pops=3) as net:
        report = net.home / "report.html"
        net.run("sim", "run", "--virtual", ROOT / "scenarios" / "frankfurt-goes-dark.toml", "--html", report)
        env = {**net.env, "REPORT": str(report), "SCENARIO": str(net.write("a-drill.toml", SCENARIO)),
               "VIRTUAL_SCENARIO": str(net.write("half-an-hour.toml", VIRTUAL_SCENARIO)), "TERRELLA_BIN": str(BIN), "TERRELLA_PORT": str(net.port)}
        return subprocess.run(["node", HERE / "dashboard.mjs"], env=env, timeout=280).returncode


if __name__ == "__main__":
    sys.exit(main())
