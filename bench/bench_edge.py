#!/usr/bin/env python3
"""Requests through one node beside workerd: server CPU per request, throughput and tail, same worker source.

Server on core 0, wrk on core 1, keep-alive, 64 connections; rounds of ours and the peer in turn; medians.
Bars: no dearer in CPU and no longer in the tail than the peer in the same run.
"""
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from harness import BIN, ROOT, Row, Server, median, npm_package, report, talk, temporary, wait_ready

WORKERD = ("workerd", "1.20261117.1")
ROUNDS, SECONDS, CONNECTIONS = 3, 4, 64
WORKLOADS = {"hello": "hello.js", "url+headers to json": "json.js"}
CONFIG = """using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (modules = [(name = "worker", esModule = embed "{source}")],
                                         compatibilityDate = "2026-01-01"))],
  sockets = [(name = "http", address = "127.0.0.1:{port}", http = (), service = "main")]
);
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_http(port):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as s:
                s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                if s.recv(12).startswith(b"HTTP/1.1 200"):
                    return
        except OSError:
            time.sleep(0.005)
    raise TimeoutError(f"nothing answers on port {port}")


def ours(source, folder):
    ready = folder / "ready"
    ready.unlink(missing_ok=True)
    server = Server([BIN / "edge_node", "--worker", source, "--listen", "127.0.0.1:0", "--ready_file", ready], cpu=0)
    return server, int(wait_ready(ready)["address"].rsplit(":", 1)[1])


def workerd(source, folder):
    modules = npm_package(*WORKERD)
    if modules is None:
        return None
    port = free_port()
    shutil.copy(source, folder / "worker.js")
    config = folder / "config.capnp"
    config.write_text(CONFIG.format(source="worker.js", port=port))
    return Server([modules / ".bin" / "workerd", "serve", config], cpu=0), port


def load(server, port):
    """(req/s, p99 ms, server CPU us per request) of one round, after a warm-up."""
    wait_http(port)
    wrk = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", "--latency", f"http://127.0.0.1:{port}/a/b?x=1&y=2"]
    subprocess.run([*wrk, "-d1s"], check=True, capture_output=True)
    before = server.cpu_s()
    text = subprocess.run([*wrk, f"-d{SECONDS}s"], check=True, capture_output=True, text=True).stdout
    cpu_s = server.cpu_s() - before
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"the load met errors:\n{text}")
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    return rate, float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit], cpu_s * 1e6 / requests


def main():
    if not shutil.which("wrk"):
        talk("wrk is not installed: run scripts/setup --test")
        sys.exit(2)
    rows = []
    for name, file in WORKLOADS.items():
        source = ROOT / "bench" / "workers" / file
        figures = {"ours": [], "peer": []}
        for _ in range(ROUNDS):
            for who, start in (("ours", ours), ("peer", workerd)):
                with temporary() as folder:
                    started = start(source, Path(folder))
                    if started is None:
                        continue
                    with started[0] as server:
                        figures[who].append(load(server, started[1]))
        for index, (what, unit, bigger) in enumerate((("req/s", "1/s", True), ("p99", "ms", False),
                                                      ("CPU per request", "us", False))):
            mine = median([f[index] for f in figures["ours"]])
            theirs = median([f[index] for f in figures["peer"]]) if figures["peer"] else None
            rows.append(Row(f"{name}: {what}, c={CONNECTIONS}", unit, mine, theirs, f"workerd {WORKERD[1]}",
                            bar=theirs, bigger_is_better=bigger))
    report("edge", rows)


if __name__ == "__main__":
    main()
