"""What a node costs that is kept busy, and one that is only connected to.

One node answers HTTP/1.1, HTTP/2, streamed echoes and connections that open and close, for TERRELLA_SOAK_S seconds
(300 by default) at a load of two client processes; its resident memory must stay flat after the first fifth. Then
1,000 connections are opened, ask once, and idle. Bounded in time and count; loopback only. TERRELLA_BIN names the folder of
another build: with that of `scripts/dev asan` the node's last row says whether it leaked.
"""
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from harness import BIN, Row, Server, private_mib, report, talk, temporary, wait_ready

SECONDS = int(os.environ.get("TERRELLA_SOAK_S", "300"))
IDLE = 1000
WORKER = """export default {
  async fetch(request) {
    if (request.method === 'POST') return new Response(request.body);
    return new Response('hello', { headers: { 'x-url': new URL(request.url).pathname } });
  },
};
"""


def rss_mib(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the node is gone")


def churn(port, until, counts):
    """New connections, each with a streamed echo of 256 KiB."""
    body = b"x" * (256 * 1024)
    head = f"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    while time.monotonic() < until:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
            sender = threading.Thread(target=s.sendall, args=(head + body,))
            sender.start()
            got = 0
            while (more := s.recv(65536)):
                got += len(more)
            sender.join()
            counts["ok" if got > len(body) else "short"] += 1
        time.sleep(0.01)


def soak(server, port):
    """(growth of resident memory in MiB after the first fifth, failures, requests)"""
    until = time.monotonic() + SECONDS
    counts = {"ok": 0, "short": 0}
    churning = threading.Thread(target=churn, args=(port, until, counts))
    churning.start()
    url, failures, requests = f"http://127.0.0.1:{port}/a", 0, 0
    pid, samples, rounds = server.process.pid, [], 0
    while time.monotonic() < until:
        loads = [["h2load", "--h1", "-n", "20000", "-c32", "-t1", url], ["h2load", "-n", "20000", "-c8", "-m16", "-t1", url]]
        for load in [subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for argv in loads]:
            text = load.communicate(timeout=120)[0]
            line = next(line for line in text.splitlines() if line.startswith("requests:"))
            succeeded = int(line.split("done, ")[1].split()[0])
            requests += succeeded
            failures += 20000 - succeeded
        rounds += 1
        samples.append((time.monotonic(), rss_mib(pid)))
    churning.join()
    began = samples[0][0]
    settled = [mib for at, mib in samples if at - began >= (samples[-1][0] - began) / 5]
    quarter = max(1, len(settled) // 4)
    growth = sum(settled[-quarter:]) / quarter - sum(settled[:quarter]) / quarter
    talk(f"soak: {requests} requests, {counts['ok']} echoes in {SECONDS} s, RSS {samples[0][1]:.1f} -> {samples[-1][1]:.1f} MiB")
    return growth, failures + counts["short"], requests


def idle_bytes(server, port):
    """Private memory of the node for each of IDLE connections that have asked once."""
    pid = server.process.pid
    before = private_mib(pid)
    sockets = []
    for _ in range(IDLE):
        s = socket.create_connection(("127.0.0.1", port), timeout=10)
        s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        s.recv(4096)
        sockets.append(s)
    time.sleep(0.5)
    after = private_mib(pid)
    for s in sockets:
        s.close()
    return (after - before) * 1024 * 1024 / IDLE


def main():
    if not shutil.which("h2load"):
        talk("h2load is not installed: run scripts/setup --test")
        sys.exit(2)
    with temporary() as folder:
        worker, ready = Path(folder) / "worker.js", Path(folder) / "ready"
        worker.write_text(WORKER)
        with Server([BIN / "edge_node", "--worker", worker, "--listen", "127.0.0.1:0", "--ready_file", ready,
                     "--log_level", "warn"]) as server:
            port = int(wait_ready(ready)["address"].rsplit(":", 1)[1])
            growth, failures, _ = soak(server, port)
            idle = idle_bytes(server, port)
        status = server.process.returncode  # LeakSanitizer's is 23
    report("soak", [Row("resident memory, growth under load", "MiB", growth, bar=8),
                    Row("requests that failed", "", failures, bar=0),
                    Row(f"an idle connection, of {IDLE}", "bytes", idle, bar=8192),
                    Row("exit status of the node", "", status, bar=0)])


if __name__ == "__main__":
    main()
