#!/usr/bin/env python3
"""How long people are still sent to a node that died, by the TTL of the answer: real processes from end to end.

A cluster of terrella is up; beside its own router there is one more for every TTL, following the same control plane. Behind
each stands a caching resolver (unbound), as people's providers run them. Names of a wildcard are looked up at moments
spread over the TTL, so their cached answers expire as those of many resolvers would. Then the node they all have is
killed with SIGKILL, and every name is asked for ten times a second, of the router and through the resolver, until nothing
names the dead node any more. What is measured is the time since the kill at which it was named for the last time. A killed
node's connection to the control plane ends with it; another one is stopped afterwards, of which only its silence tells.
"""
import json
import os
import signal
import socket
import struct
import sys
import tempfile
import time
from pathlib import Path

from harness import BIN, QUICK, ROOT, Row, Server, cluster, report, temporary, wait_ready
from http_peers import free_port
from unbound import UNBOUND, unbound_conf

TTLS_S = (1, 5) if QUICK else (1, 5, 15)
NAMES = 40
EVERY_S = 0.1
LEASE_S = 3  # of the control plane: --lease-ms


class Asker:
    """Asks one server for names w0.fail.edge.test and on, many at once."""

    def __init__(self, port, ttl_s):
        self.ttl_s = ttl_s
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.last_named = {}  # of each name: when `address` was last the answer

    def ask(self, name):
        label = f"w{name}".encode()
        self.socket.send(struct.pack(">6H", name, 0x0100, 1, 0, 0, 0) + bytes([len(label)]) + label +
                         b"\x04fail\x04edge\x04test\x00" + struct.pack(">2H", 1, 1))

    def take(self, dead):
        """Reads the answers there are; the address of any of them."""
        seen = None
        while True:
            try:
                answer = self.socket.recv(4096)
            except (BlockingIOError, ConnectionRefusedError):
                return seen
            if struct.unpack_from(">H", answer, 6)[0] == 0:
                continue
            at = answer.index(b"\x04fail\x04edge\x04test\x00") + 16 + 4  # behind the question
            seen = socket.inet_ntoa(answer[at + 12:at + 16])
            if seen == dead:
                self.last_named[struct.unpack_from(">H", answer)[0]] = time.monotonic()


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(int(q * len(ordered)), len(ordered) - 1)]


def measure(askers, dead, kill):
    """Seconds from `kill()` to the last time each name had the dead node, by asker."""
    # Names are first asked for at moments spread over the TTL, and then once a second.
    begin, turn = time.monotonic(), 0
    while (passed := time.monotonic() - begin) < 2 * max(TTLS_S) + 1:
        for asker in askers:
            for name in range(turn % 10, NAMES, 10):
                if passed >= name / NAMES * asker.ttl_s:
                    asker.ask(name)
        turn += 1
        time.sleep(EVERY_S)
        for asker in askers:
            asker.take(dead)
    start = time.monotonic()
    kill()
    while time.monotonic() - start < max(TTLS_S) + 6:
        begin = time.monotonic()
        for asker in askers:
            for name in range(NAMES):
                asker.ask(name)
        while time.monotonic() - begin < EVERY_S:
            time.sleep(0.005)
            for asker in askers:
                asker.take(dead)
    return [[max(asker.last_named.get(name, start) - start, 0) for name in range(NAMES)] for asker in askers]


def named_after(asker, address, act, limit_s=20):
    """Seconds from `act()` to the last answer with the address."""
    start = last = time.monotonic()
    act()
    while time.monotonic() - start < limit_s:
        asker.ask(0)
        time.sleep(0.01)
        seen = asker.take(None)
        if seen == address:
            last = time.monotonic()
        elif seen is not None and time.monotonic() - last > 3:
            break
    return last - start


def routers(folder, control, identity):
    """(TTL, router's port, resolver's port) and the processes."""
    for ttl_s in TTLS_S:
        home = Path(folder) / f"ttl{ttl_s}"
        home.mkdir()
        router = Server([BIN / "dns_router", "--listen", "127.0.0.1:0", "--control", control, "--control-cert", identity,
                         "--data", ROOT / "data", "--ttl-s", ttl_s, "--instance", f"ttl{ttl_s}", "--ready-file", home / "ready.json"])
        port = int(wait_ready(home / "ready.json")["address"].rsplit(":", 1)[1])
        resolver_port = free_port()
        (home / "unbound.conf").write_text(unbound_conf(home, resolver_port, port))
        yield ttl_s, port, resolver_port, [router, Server([UNBOUND, "-d", "-c", home / "unbound.conf"])]


def main():
    if UNBOUND is None:
        sys.exit("unbound is not here; scripts/setup --test unpacks it")
    rows, running = [], []
    with temporary() as home, tempfile.TemporaryDirectory(prefix="terrella-failover-") as folder:
        terrella = cluster(home)
        terrella("up", "--pops", 4, "--port", 0, "--dns-port", 0, "--control-port", 0)
        try:
            worker = Path(folder) / "w.js"
            worker.write_text("export default { fetch() { return new Response('here\\n') } }\n")
            terrella("deploy", worker, "--name", "w", "--route", "*.fail.edge.test/*")
            status = json.loads(terrella("status", "--json").stdout)
            control = next(part["address"] for part in status["parts"] if part["name"] == "control")
            started = list(routers(folder, control, Path(home) / "bench" / "identity" / "dns" / "identity.pem"))
            running = [process for *_, processes in started for process in processes]
            askers = [Asker(port, ttl_s) for ttl_s, *ports, _ in started for port in ports]
            time.sleep(1.5)
            askers[0].ask(0)
            time.sleep(0.5)
            dead = askers[0].take(None)
            node = next(part for part in status["parts"] if part["address"].startswith(dead + ":"))
            times = measure(askers, dead, lambda: os.kill(node["pid"], signal.SIGKILL))
            hung = askers[0].take(None) or dead
            while hung == dead:
                askers[0].ask(0)
                time.sleep(0.2)
                hung = askers[0].take(None) or dead
            part = next(part for part in status["parts"] if part["address"].startswith(hung + ":"))
            hang_s = named_after(askers[0], hung, lambda: os.kill(part["pid"], signal.SIGSTOP))
            os.kill(part["pid"], signal.SIGCONT)
            for i, (ttl_s, *_) in enumerate(started):
                direct, cached = times[2 * i], times[2 * i + 1]
                if i == 0:
                    rows.append(Row("killed: the router names it for", "s", max(direct), bar=1.5))
                    rows.append(Row("hung (SIGSTOP): the router names it for", "s", hang_s, bar=LEASE_S + 0.5))
                rows.append(Row(f"TTL {ttl_s} s: through a resolver, median", "s", quantile(cached, 0.5)))
                rows.append(Row(f"TTL {ttl_s} s: through a resolver, p90", "s", quantile(cached, 0.9)))
                rows.append(Row(f"TTL {ttl_s} s: through a resolver, the last", "s", max(cached),
                                bar=max(direct) + ttl_s + 1))
        finally:
            for process in running:
                process.stop()
            terrella("down", check=False)
    report("dns_failover", rows)


if __name__ == "__main__":
    main()
