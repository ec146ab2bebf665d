#!/usr/bin/env python3
"""Takes the pictures of docs/dashboard.md anew: boots 30 cities, deploys, rolls out, drains and kills, and lets people ask;
runs a scenario in virtual time. What is pictured is in screenshots.mjs.

  tests/e2e/screenshots.py [FOLDER]     default: docs/dashboard
"""
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))
from network import BIN, ROOT, Network  # noqa: E402

CODE = """export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname.endsWith("/13")) throw new TypeError("item 13 has no price");
    if (pathname.endsWith("7")) console.log("asked for " + pathname);
    return new Response(`%s ${request.cf.city}, from ${request.cf.colo}\\n`);
  },
};
"""


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "docs" / "dashboard").resolve()
    out.mkdir(exist_ok=True)
    with Network(pops=30, name="docs") as net:
        reports = {}
        for name in ("frankfurt-goes-dark", "world-tour"):
            reports[f"report-{name}"] = file = net.home / f"{name}.html"
            net.run("sim", "run", "--virtual", ROOT / "scenarios" / f"{name}.toml", "--html", file, check=False)
        net.run("sim", "run", ROOT / "scenarios" / "frankfurt-goes-dark.toml", check=False)  # live, for the page to show
        for greeting, message in (("Hi", "the first"), ("Hello", "politer")):
            net.run("deploy", net.write("hello.mjs", CODE % greeting), "-m", message)
        for example in ("geo", "static-site"):
            net.run("deploy", ROOT / "examples" / example)
        new = net.run("versions", "upload", net.write("geo/index.mjs", CODE % "Bonjour"), "--name", "geo", "-q").stdout.strip()
        net.run("versions", "deploy", "geo", f"{new}@20")
        net.run("deploy", net.write("hello.mjs", CODE % "Ciao"), "--rollout", "safe", "--detach", "-m", "warmer")
        net.run("drain", "SIN")
        net.run("kill", "GRU")
        env = {**net.env, "TERRELLA_BIN": str(BIN), "TERRELLA_PORT": str(net.port), "OUT": str(out),
               "REPORTS": ",".join(f"{name}={file}" for name, file in reports.items())}
        return subprocess.run(["node", HERE / "screenshots.mjs"], env=env, timeout=280).returncode


if __name__ == "__main__":
    sys.exit(main())
