"""What every bench shares: rows with one contract, servers started and ended, CPU and memory from /proc.

A row is better when it is smaller unless said otherwise. `ok` is true when `ours` keeps the bar; a row without
a bar only informs.
"""
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

if any(argument not in ("--json", "--quick") for argument in sys.argv[1:]):
    print(f"unknown arguments {sys.argv[1:]}; expected --json, --quick or nothing", file=sys.stderr)
    sys.exit(2)
QUICK = "--quick" in sys.argv[1:]  # fewer and shorter rounds, where a bench has them

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(os.environ.get("TERRELLA_BIN", ROOT / "build" / "bin"))
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "terrella-bench"


@dataclass
class Row:
    name: str
    unit: str
    ours: float
    peer: float | None = None
    peer_name: str | None = None
    bar: float | None = None
    bigger_is_better: bool = False

    @property
    def ok(self):
        if self.bar is None:
            return True
        return self.ours >= self.bar if self.bigger_is_better else self.ours <= self.bar


def report(bench, rows):
    """Prints the rows as the arguments ask and ends the process: 1 when a bar was missed."""
    if "--json" in sys.argv[1:]:
        keys = ("name", "unit", "ours", "peer", "peer_name", "bar", "ok")
        print(json.dumps({"bench": bench, "rows": [{k: getattr(r, k) for k in keys} for r in rows]}))
    else:
        width = max(len(r.name) for r in rows)
        print(f"{'figure':{width}} {'unit':7} {'ours':>10} {'peer':>10} {'ratio':>7} {'bar':>10}  ok    peer's name")
        for r in rows:
            peer = "-" if r.peer is None else f"{r.peer:.2f}"
            ratio = "-" if not r.peer else f"{r.ours / r.peer:.2f}"
            bar = "-" if r.bar is None else f"{r.bar:.2f}"
            verdict = "-" if r.bar is None else "PASS" if r.ok else "MISS"
            print(f"{r.name:{width}} {r.unit:7} {r.ours:10.2f} {peer:>10} {ratio:>7} {bar:>10}  "
                  f"{verdict:4}  {r.peer_name or ''}")
    sys.exit(0 if all(r.ok for r in rows) else 1)


def talk(text):
    print(text, file=sys.stderr, flush=True)


def npm_package(name, version):
    """The folder of an npm package at a pinned version, installed on first use."""
    folder = CACHE / f"{name.replace('/', '_')}-{version}"
    complete = folder / "complete"  # an install that was cut short does not count
    if not complete.exists():
        if not shutil.which("npm"):
            talk(f"npm is not installed: the peer {name} is left out")
            return None
        talk(f"fetching {name}@{version} from npm ...")
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder,
                               f"{name}@{version}"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            talk(f"npm could not install {name}@{version}; the peer is left out\n{done.stderr.strip()}")
            return None
        complete.touch()
    return folder / "node_modules"


def code(answer, size_bytes):
    """A worker that answers with `answer`, so many bytes long; what follows its first line is minified code as bundlers write
    it (the dashboard's), because code travels compressed."""
    head = f"export default {{ async fetch() {{ return new Response('{answer}'); }} }};\n/*"
    real = (BIN.parent / "web" / "app.js").read_text(encoding="latin-1").encode("ascii", "replace").decode().replace("*/", "* ")
    room = size_bytes - len(head) - 2
    return head + (real * (room // len(real) + 1))[:room] + "*/"


def median(values):
    return statistics.median(values)


class Server:
    """A process under measurement, pinned to one core, ended with the `with` block."""

    def __init__(self, argv, cpu=None, cwd=None, env=None):
        pin = ["taskset", "-c", str(cpu)] if cpu is not None else []
        self.process = subprocess.Popen([*pin, *map(str, argv)], cwd=cwd, env=env, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def tree(self):
        """The process and its descendants."""
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            parents[int(stat.parent.name)] = int(fields[1])
        out, grown = {self.process.pid}, True
        while grown:
            more = {pid for pid, parent in parents.items() if parent in out and pid not in out}
            out |= more
            grown = bool(more)
        return out

    def cpu_s(self):
        ticks = os.sysconf("SC_CLK_TCK")
        total = 0
        for pid in self.tree():
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / ticks

    def private_mib(self):
        return sum(private_mib(pid) for pid in self.tree())


def private_mib(pid):
    total_kib = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(("Private_Clean:", "Private_Dirty:")):
            total_kib += int(line.split()[1])
    return total_kib / 1024


def wait_ready(ready_file, timeout_s=20):
    """The JSON a daemon writes when it serves."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            return json.loads(Path(ready_file).read_text())
        except (OSError, json.JSONDecodeError):
            time.sleep(0.0005)
    raise TimeoutError(f"{ready_file} did not appear in {timeout_s} s")


def cluster(home):
    """Runs `terrella` against a cluster of this bench's own; returns a function."""
    env = {**os.environ, "TERRELLA_HOME": str(home), "TERRELLA_CLUSTER": "bench"}

    def terrella(*args, check=True):
        done = subprocess.run([BIN / "terrella", *map(str, args)], env=env, capture_output=True, text=True)
        if check and done.returncode != 0:
            raise RuntimeError(f"terrella {' '.join(map(str, args))}: exit {done.returncode}\n{done.stderr}")
        return done

    return terrella


def temporary():
    return tempfile.TemporaryDirectory(prefix="terrella-bench-")
