#!/usr/bin/env python3
"""The DNS router under fire, in small: slow clients by the thousand, and a storm of malformed packets.

Usage: dns_fire_test.py   (TERRELLA_BIN and TERRELLA_SOURCE_DIR say where the programs and the data are)

Honest clients ask before, meanwhile and afterwards: every one of them is answered, and rightly. `scripts/bench
dns_fire` has the same storm of 10 million packets.
"""
import json
import os
import resource
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import dns.message
import dns.query

from dns_router_test import Router

SOURCE = Path(os.environ["TERRELLA_SOURCE_DIR"])
BLAST = os.path.join(os.environ["TERRELLA_BIN"], "dns_blast")
sys.path.insert(0, str(SOURCE / "bench"))
sys.argv = sys.argv[:1]  # the benches read it
import dns_corpus  # noqa: E402
import dns_world  # noqa: E402

NAME = "hello.edge.test"
PLAIN, TLS = 2100, 300  # slow clients; the router takes 2,000 of each kind at once
PER_ADDRESS = 180  # it takes 200
TURNS = 40
GROWTH_BYTES_MAX = 100 << 20  # 16 MiB of what waits, and what each connection needs, for TLS some 50 KiB
STORM = 300_000
SEED = int(os.environ.get("TERRELLA_STORM_SEED", "1"))


def own_bytes(pid):
    """Not what it shares: that grows when others end."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) << 10
    raise RuntimeError("no such line")


def framed(message):
    return struct.pack(">H", len(message)) + message


class FireTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def start(self, *flags):
        router = Router(str(self.folder), *flags)
        self.addCleanup(router.close)
        return router


class SlowClientsTest(FireTest):
    """A byte a turn, never reading, never even a handshake: none of it is in the way of those who ask and go."""

    def start_with_tls(self):
        key, certificate = self.folder / "key.pem", self.folder / "cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=dns.test"],
                       check=True, capture_output=True)
        router = self.start("--listen-tls", "127.0.0.1:0", "--tls-certificate", str(certificate), "--tls-key", str(key))
        self.tls_port = int(json.loads(Path(router.ready).read_text())["tls"].rsplit(":", 1)[1])
        return router

    def ask_all(self, router):
        """The addresses by TCP, UDP and TLS."""
        query = dns.message.make_query(NAME, "A")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        found = []
        for how, port, more in ((dns.query.tcp, router.port, {}), (dns.query.udp, router.port, {}),
                                (dns.query.tls, self.tls_port, {"ssl_context": context})):
            answer = how(query, "127.0.0.1", timeout=20, port=port, **more)
            found.append(sorted(str(item) for rrset in answer.answer for item in rrset))
        return found

    def connect(self, number, port):
        s = socket.socket()
        self.addCleanup(s.close)
        s.bind((f"127.5.{number // PER_ADDRESS}.1", 0))
        s.setblocking(False)
        s.connect_ex(("127.0.0.1", port))
        return s

    def test_slow_clients_starve_nobody(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < PLAIN + TLS + 100:
            self.skipTest(f"only {hard} open files are allowed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        router = self.start_with_tls()
        expected = self.ask_all(router)
        self.assertEqual([len(e) for e in expected], [1, 1, 1])
        before = own_bytes(router.process.pid)
        query = framed(dns.message.make_query(NAME, "A").to_wire())
        much = query * (65536 // len(query))
        slow = [self.connect(i, router.port) for i in range(PLAIN)]
        slow += [self.connect(PLAIN + i, self.tls_port) for i in range(TLS)]
        grown = 0
        for turn in range(TURNS):
            for i, s in enumerate(slow):
                try:
                    if i % 3 == 0 or i >= PLAIN:  # a long query, or a handshake, a byte a turn
                        s.send(b"\x16\x03\x01\x01"[turn:turn + 1] if i >= PLAIN else b"\x01\x00"[turn:turn + 1] or b"x")
                    elif i % 3 == 1 and turn % 10 == 0:  # asks as much as it can and never reads
                        s.send(much)
                except OSError:  # it was ended to make room, or nothing more is taken
                    pass
            self.assertEqual(self.ask_all(router), expected, f"turn {turn}")
            grown = max(grown, own_bytes(router.process.pid) - before)
        print(f"memory grew by {grown >> 20} MiB", file=sys.stderr)
        self.assertLess(grown, GROWTH_BYTES_MAX)
        self.assertIsNone(router.process.poll())


class StormTest(FireTest):
    """Packets made of good ones of every kind (bench/dns_corpus.py), the same for the same seed."""

    def start_in_full(self):
        router = self.start("--rate-limit", "100000", "--dnssec-keys", str(self.folder / "keys.pem"), "--query-log",
                            str(self.folder / "queries.log"))
        dns_world.write_queries(self.folder / "queries", [dns_world.query(NAME, options=dns_world.GUARD_OPTIONS)])
        dns_world.write_queries(self.folder / "corpus", dns_corpus.corpus())
        answer = dns.query.udp(dns.message.make_query(NAME, "A"), "127.0.0.1", timeout=10, port=router.port)
        (self.folder / "expect").write_bytes(2 * socket.inet_aton(str(answer.answer[0][0])))
        return router

    def blast(self, router, mode, **flags):
        argv = [BLAST, mode, "--server", f"127.0.0.1:{router.port}", "--queries", self.folder / "queries",
                "--corpus", self.folder / "corpus", "--expect", self.folder / "expect", "--sockets", "1"]
        for name, value in flags.items():
            argv += [f"--{name}", str(value)]
        return json.loads(subprocess.run(argv, check=True, capture_output=True, text=True, timeout=100).stdout)

    def storm(self, router, count, seed):
        got = self.blast(router, "storm", count=count, seed=seed)
        self.assertGreaterEqual(got["junk"], count)
        self.assertEqual((got["lost"], got["wrong"]), (0, 0), got)
        self.assertGreater(got["junk_replies"], count // 10, "most are refused, not ignored")

    def test_malformed_packets_cost_neither_memory_nor_answers(self):
        router = self.start_in_full()
        self.storm(router, STORM // 3, SEED)
        before = own_bytes(router.process.pid)
        self.storm(router, STORM, SEED + 1)
        # One allocation left behind a packet would be more; tables still fill up a little.
        self.assertLess(own_bytes(router.process.pid) - before, 4 << 20)
        got = self.blast(router, "paced", rate=1000, seconds=0.5)
        self.assertGreater(got["answers"], 100)
        self.assertEqual(got["wrong"], 0)
        self.assertIsNone(router.process.poll())

    def test_a_flood_beside_them_leaves_honest_clients_their_answers(self):
        router = self.start_in_full()
        for source in "near", "everywhere":
            # The machine of a test may have better to do for a second, not for three.
            tries = [self.blast(router, "flood", rate=500, junk_rate=20000, seconds=1, junk_from=source)
                     for _ in range(3)]
            self.assertGreater(max(got["answers"] / got["sent"] for got in tries), 0.5, f"{source}: {tries}")
            self.assertEqual(sum(got["wrong"] for got in tries), 0)


if __name__ == "__main__":
    unittest.main()
