#!/usr/bin/env python3
"""Bodies through one node beside workerd, same worker source: what an echo of 64 KiB costs, and what memory 1 GiB takes.

Server on core 0, wrk on core 1, keep-alive, 64 connections; rounds of ours and the peer in turn; medians. Bars: the
aims of the project, and no dearer than the peer in the same run.
"""
import http.client
import re
import socket
import sys
import threading
from pathlib import Path

from harness import ROOT, Row, median, report, talk, temporary
from http_peers import VERSIONS, ours, require_wrk, wait_open, workerd, wrk

ROUNDS, SECONDS, CONNECTIONS, BODY_BYTES = 3, 4, 64, 64 * 1024
# name, worker, the project's bar for server CPU a request in us
WORKLOADS = (
    ("echo streamed", "echo_streamed.js", 60),
    ("echo buffered", "echo_buffered.js", 45),
    ("echo piped through identity", "echo_piped.js", 60),
    ("echo through a JS transform", "echo_transformed.js", None),
)
RELAYED_MIB, GROWTH_MIB_MAX = 1024, 8


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
                            figures[who].append(wrk(server, started[1], Path(folder), CONNECTIONS, SECONDS, BODY_BYTES))
        for key, what, unit, aim in (("cpu", "CPU a request", "us", bar), ("p99", "p99", "ms", None)):
            theirs = median([f[key] for f in figures["peer"]]) if figures["peer"] else None
            rows.append(Row(f"{name} 64 KiB: {what}", unit, median([f[key] for f in figures["ours"]]), theirs,
                            f"workerd {VERSIONS['workerd']}", bar=min((b for b in (aim, theirs) if b is not None), default=None)))
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
               f"workerd {VERSIONS['workerd']}", bar=GROWTH_MIB_MAX)


def main():
    if not require_wrk():
        talk("wrk or h2load is not installed: run scripts/setup --test")
        sys.exit(2)
    report("streams", [*measure_echoes(), measure_relay()])


if __name__ == "__main__":
    main()
