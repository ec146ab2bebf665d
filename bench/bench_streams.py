#!/usr/bin/env python3
"""Bodies through one node beside workerd, same worker source: what an echo of 64 KiB costs, and what memory 1 GiB takes.

Server on core 0, wrk on core 1, keep-alive, 64 connections; rounds of ours and the peer in turn; medians. Bars: the
aims of the project, and no dearer than the peer in the same run.
"""
import http.client
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from harness import BIN, ROOT, Row, Server, median, npm_package, report, talk, temporary, wait_ready

WORKERD = ("workerd", "1.20261117.1")
ROUNDS, SECONDS, CONNECTIONS, BODY_BYTES = 3, 4, 64, 64 * 1024
# name, worker, the project's bar for server CPU a request in us
WORKLOADS = (
    ("echo streamed", "echo_streamed.js", 60),
    ("echo buffered", "echo_buffered.js", 45),
    ("echo piped through identity", "echo_piped.js", 60),
    ("echo through a JS transform", "echo_transformed.js", None),
)
RELAYED_MIB, GROWTH_MIB_MAX = 1024, 8
CONFIG = """using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (modules = [(name = "worker", esModule = embed "worker.js")],
                              compatibilityDate = "2026-01-01")),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:{port}", http = (), service = "main")]
);
"""
LUA = """wrk.method = "POST"
wrk.body = string.rep("0123456789abcdef", %d / 16)
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_open(port):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.005)
    raise TimeoutError(f"nothing listens on port {port}")


def ours(source, folder, origin_port=0):
    ready, worker = folder / "ready", folder / "ours"
    worker.mkdir()
    (worker / "index.js").write_text(source)
    (worker / "terrella.toml").write_text(
        'name = "bench"\nmain = "index.js"\n[[origins]]\nhost = "origin.example"\n'
        f'address = "127.0.0.1:{origin_port or 1}"\n')
    server = Server([BIN / "edge_node", "--worker", worker, "--listen", "127.0.0.1:0", "--ready_file", ready], cpu=0)
    return server, int(wait_ready(ready)["address"].rsplit(":", 1)[1])


def workerd(source, folder, origin_port=0):
    modules = npm_package(*WORKERD)
    if modules is None:
        return None
    port = free_port()
    (folder / "worker.js").write_text(source.replace("origin.example", f"127.0.0.1:{origin_port}"))
    (folder / "config.capnp").write_text(CONFIG.format(port=port))
    return Server([modules / ".bin" / "workerd", "serve", folder / "config.capnp"], cpu=0), port


def load(server, port, folder):
    """(server CPU us per request, p99 ms) of one round, after a warm-up."""
    wait_open(port)
    script = folder / "post.lua"
    script.write_text(LUA % BODY_BYTES)
    wrk = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", "-s", script, "--latency", f"http://127.0.0.1:{port}/"]
    subprocess.run([*wrk, "-d1s"], check=True, capture_output=True)
    before = server.cpu_s()
    text = subprocess.run([*wrk, f"-d{SECONDS}s"], check=True, capture_output=True, text=True).stdout
    cpu_s = server.cpu_s() - before
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"the load met errors:\n{text}")
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    return cpu_s * 1e6 / requests, float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def serve_large(listener):
    """Answers every connection with RELAYED_MIB of zeros."""
    piece = bytes(1 << 20)
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
            try:
                for _ in range(RELAYED_MIB):
                    connection.sendall(piece)
            except OSError:
                pass


def own_mib(pid):
    return int(re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def relay(server, port):
    """By how many MiB the server's own memory grows while RELAYED_MIB pass through."""
    wait_open(port)
    growth, before = 0.0, None
    for size in (16 << 20, RELAYED_MIB << 20):  # the first warms up
        before = own_mib(server.process.pid) if size > 16 << 20 else before
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/")
        response, total = connection.getresponse(), 0
        while total < size and (piece := response.read(1 << 20)):
            total += len(piece)
            if before is not None:
                growth = max(growth, own_mib(server.process.pid) - before)
        connection.close()
        if total < size:
            raise RuntimeError(f"{total} bytes came, expected {size}")
    return growth


def measure_echoes():
    rows = []
    for name, file, bar in WORKLOADS:
        source = (ROOT / "bench" / "workers" / file).read_text()
        figures = {"ours": [], "peer": []}
        for _ in range(ROUNDS):
            for who, start in (("ours", ours), ("peer", workerd)):
                with temporary() as folder:
                    started = start(source, Path(folder))
                    if started is not None:
                        with started[0] as server:
                            figures[who].append(load(server, started[1], Path(folder)))
        for index, (what, unit, aim) in enumerate((("CPU per request", "us", bar), ("p99", "ms", None))):
            theirs = median([f[index] for f in figures["peer"]]) if figures["peer"] else None
            rows.append(Row(f"{name} 64 KiB: {what}", unit, median([f[index] for f in figures["ours"]]), theirs,
                            f"workerd {WORKERD[1]}", bar=min((b for b in (aim, theirs) if b is not None), default=None)))
    return rows


def measure_relay():
    listener = socket.create_server(("127.0.0.1", 0))
    origin_port = listener.getsockname()[1]
    threading.Thread(target=serve_large, args=(listener,), daemon=True).start()
    source = (ROOT / "bench" / "workers" / "relay.js").read_text()
    growth = {}
    for who, start in (("ours", ours), ("peer", workerd)):
        with temporary() as folder:
            started = start(source, Path(folder), origin_port)
            if started is not None:
                with started[0] as server:
                    growth[who] = relay(server, started[1])
    return Row(f"{RELAYED_MIB} MiB through one node: memory grows by", "MiB", growth["ours"], growth.get("peer"),
               f"workerd {WORKERD[1]}", bar=GROWTH_MIB_MAX)


def main():
    if not shutil.which("wrk"):
        talk("wrk is not installed: run scripts/setup --test")
        sys.exit(2)
    report("streams", [*measure_echoes(), measure_relay()])


if __name__ == "__main__":
    main()
