#!/usr/bin/env python3
"""The DNS router as a process, asked by two independent clients: dnspython and dig.

Usage: dns_router_test.py   (TERRELLA_BIN and TERRELLA_SOURCE_DIR say where the program and the data are)

Starts the router on a free port with a static view of eight nodes and checks steering by real client
prefixes, the shapes of answers, both transports, malformed storms, reload, signals and a busy port.
"""
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.rdatatype

ROUTER = os.path.join(os.environ["TERRELLA_BIN"], "dns_router")
DATA = os.path.join(os.environ["TERRELLA_SOURCE_DIR"], "data")
NODES = [  # id, country, latitude, longitude, address
    ("FRA", "DE", 50.03, 8.56, "127.16.0.1"),
    ("GRU", "BR", -23.43, -46.47, "127.16.0.2"),
    ("LOS", "NG", 6.58, 3.32, "127.16.0.3"),
    ("NRT", "JP", 35.76, 140.39, "127.16.0.4"),
    ("JFK", "US", 40.64, -73.78, "127.16.0.5"),
    ("SYD", "AU", -33.95, 151.18, "127.16.0.6"),
    ("JNB", "ZA", -26.13, 28.24, "127.16.0.7"),
    ("SIN", "SG", 1.36, 103.99, "127.16.0.8"),
]


def view_json(states=None, serial=1):
    states = states or {}
    return json.dumps({
        "zone": "edge.test", "serial": serial,
        "hostnames": ["hello.edge.test", "*.wild.edge.test"],
        "nodes": [{"state": "NODE_STATE_" + states.get(i, "READY"),
                   "info": {"id": i, "country": c, "latitudeDeg": la, "longitudeDeg": lo, "address": a}}
                  for i, c, la, lo, a in NODES]})


class Router:
    """One running router, stopped by close()."""

    def __init__(self, folder, *flags, view=None):
        self.view = os.path.join(folder, "view.json")
        self.ready = os.path.join(folder, "ready.json")
        self.write_view(view or view_json())
        self.process = subprocess.Popen(
            [ROUTER, "--listen", "127.0.0.1:0", "--static-view", self.view, "--data", DATA,
             "--ready-file", self.ready, *flags], stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 20
        while not os.path.exists(self.ready):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the router did not start: " + self.process.stderr.read())
            time.sleep(0.005)
        with open(self.ready, encoding="utf-8") as file:
            self.port = int(json.load(file)["address"].rsplit(":", 1)[1])

    def write_view(self, text):
        with open(self.view + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(self.view + ".new", self.view)

    def close(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        _, log = self.process.communicate(timeout=20)
        return self.process.returncode, log

    def ask(self, name, rdtype="A", subnet=None, tcp=False, **edns):
        if subnet:
            edns["options"] = [dns.edns.ECSOption.from_text(subnet)]
            edns["use_edns"] = 0
        query = dns.message.make_query(name, rdtype, **edns)
        how = dns.query.tcp if tcp else dns.query.udp
        return how(query, "127.0.0.1", port=self.port, timeout=10)

    def dig(self, *args):
        return subprocess.run(["dig", "@127.0.0.1", "-p", str(self.port), "+tries=1", *args],
                              capture_output=True, text=True, timeout=30, check=True).stdout


def addresses(response):
    return [item.address for rrset in response.answer for item in rrset
            if rrset.rdtype == dns.rdatatype.A]


def scope(response):
    return next(o.scopelen for o in response.options if isinstance(o, dns.edns.ECSOption))


def node_of(response):
    by_address = {address: name for name, _, _, _, address in NODES}
    found = addresses(response)
    assert len(found) == 1, response
    return by_address[found[0]]


class RouterTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.router = Router(cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        code, log = cls.router.close()
        cls.folder.cleanup()
        assert code == 0, f"exit code {code}: {log}"

    def test_steers_real_prefixes_to_the_nearest_node(self):
        for prefix, node in [("102.89.0.0/24", "LOS"), ("177.32.0.0/16", "GRU"), ("126.0.0.0/16", "NRT"),
                             ("91.0.0.0/24", "FRA"), ("1.128.0.0/11", "SYD"), ("105.0.0.0/24", "JNB"),
                             ("2a00:1450:4001::/48", None), ("2003::/19", "FRA")]:
            response = self.router.ask("hello.edge.test", subnet=prefix)
            if node:
                self.assertEqual(node_of(response), node, prefix)
            self.assertEqual(response.answer[0].ttl, 5)
            self.assertGreater(scope(response), 0)

    def test_gives_the_same_answer_to_every_address_inside_the_scope(self):
        rng = random.Random(7)
        for _ in range(60):
            first = rng.randrange(1, 224) << 24 | rng.getrandbits(24)
            text = socket.inet_ntoa(first.to_bytes(4, "big"))
            response = self.router.ask("hello.edge.test", subnet=f"{text}/32")
            bits = scope(response)
            mask = (0xffffffff << (32 - bits)) & 0xffffffff
            for _ in range(4):
                other = (first & mask) | (rng.getrandbits(32) & ~mask & 0xffffffff)
                again = self.router.ask("hello.edge.test",
                                        subnet=socket.inet_ntoa(other.to_bytes(4, "big")) + "/32")
                self.assertEqual(addresses(again), addresses(response), (text, bits, other))

    def test_steers_simulated_cities_by_their_source_address(self):
        """Without a subnet the source counts: two clients from blocks of different cities."""
        with open(os.path.join(DATA, "cities.csv"), encoding="utf-8") as file:
            rows = [line for line in file if not line.startswith("#")][1:]
        seen = set()
        for city in range(0, len(rows), len(rows) // 25):
            source = f"127.{128 + (city >> 8)}.{city & 255}.1"
            query = dns.message.make_query("hello.edge.test", "A")
            response = dns.query.udp(query, "127.0.0.1", port=self.router.port, source=source, timeout=10)
            by_subnet = self.router.ask("hello.edge.test", subnet=source + "/32")
            self.assertEqual(addresses(response), addresses(by_subnet), source)
            self.assertEqual(scope(by_subnet), 24, source)
            seen.add(node_of(response))
        self.assertGreaterEqual(len(seen), 5)

    def test_answers_alike_over_udp_and_tcp(self):
        for name, rdtype in [("hello.edge.test", "A"), ("x.wild.edge.test", "A"), ("edge.test", "SOA"),
                             ("edge.test", "NS"), ("ns1.edge.test", "A"), ("no.edge.test", "A"),
                             ("hello.edge.test", "AAAA"), ("hello.edge.test", "ANY")]:
            udp, tcp = (self.router.ask(name, rdtype, tcp=tcp) for tcp in (False, True))
            udp.id = tcp.id
            self.assertEqual(udp.to_text(), tcp.to_text())
            self.assertTrue(udp.flags & dns.flags.AA)

    def test_dig_understands_every_shape(self):
        self.assertIn("status: NOERROR", self.router.dig("hello.edge.test"))
        nx = self.router.dig("no.edge.test")
        self.assertIn("status: NXDOMAIN", nx)
        self.assertIn("SOA\tns1.edge.test. hostmaster.edge.test. 1 ", nx)
        self.assertIn("127.16.0.3", self.router.dig("+tcp", "+short", "+subnet=102.89.0.0/24",
                                                    "hello.edge.test"))
        self.assertIn('"RFC8482"', self.router.dig("+short", "ANY", "hello.edge.test"))
        self.assertIn("EDE: 20 (Not Authoritative)", self.router.dig("example.com"))
        self.assertIn('("dns-1")', self.router.dig("+nsid", "hello.edge.test"))
        self.assertEqual(self.router.dig("+short", "CH", "TXT", "id.server"), '"dns-1"\n')
        self.assertIn("BADVERS", self.router.dig("+edns=1", "+noednsneg", "hello.edge.test"))
        self.assertIn("Transfer failed", self.router.dig("AXFR", "edge.test"))
        self.assertIn("CLIENT-SUBNET: 0.0.0.0/0/0", self.router.dig("+subnet=0", "hello.edge.test"))
        self.assertIn("status: NOTIMP", self.router.dig("+opcode=NOTIFY", "edge.test", "SOA"))
        for args in (["hello.edge.test"], ["no.edge.test"], ["+nsid", "+subnet=1.2.3.0/24", "a.wild.edge.test"]):
            out = self.router.dig(*args)
            self.assertNotIn("malformed", out)
            self.assertNotIn("WARNING: Message", out)

    def test_survives_a_storm_of_mutated_packets(self):
        rng = random.Random(20240)
        seeds = [
            dns.message.make_query("hello.edge.test", "A").to_wire(),
            dns.message.make_query("hello.edge.test", "A", use_edns=0, options=[
                dns.edns.ECSOption("102.89.0.0", 24), dns.edns.GenericOption(3, b"")]).to_wire(),
            dns.message.make_query("edge.test", "IXFR").to_wire(),
        ]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(("127.0.0.1", self.router.port))
            sock.setblocking(False)
            answers = 0
            for number in range(10000):
                packet = bytearray(rng.choice(seeds))
                for _ in range(rng.randrange(1, 6)):
                    what = rng.randrange(4)
                    at = rng.randrange(len(packet)) if packet else 0
                    if what == 0 and packet:
                        packet[at] = rng.randrange(256)
                    elif what == 1 and packet:
                        del packet[at:at + rng.randrange(1, 9)]
                    elif what == 2:
                        packet[at:at] = rng.randbytes(rng.randrange(1, 9))
                    elif packet:
                        packet[at] ^= 1 << rng.randrange(8)
                sock.send(bytes(packet))
                if number % 20 == 0:
                    # Keeps the storm within the socket's buffer: this one must be answered.
                    self.router.ask("hello.edge.test")
                try:
                    while True:
                        answer = sock.recv(65535)
                        self.assertGreaterEqual(len(answer), 12)
                        self.assertLessEqual(len(answer), 1232)
                        if answer[2] >> 3 & 0xf == dns.opcode.QUERY:  # dnspython knows no others
                            dns.message.from_wire(answer)
                        answers += 1
                except BlockingIOError:
                    pass
        self.assertGreater(answers, 5000)
        self.assertEqual(len(addresses(self.router.ask("hello.edge.test"))), 1)

    def test_stops_talking_to_a_tcp_client_that_speaks_no_dns(self):
        with socket.create_connection(("127.0.0.1", self.router.port), timeout=10) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nhost: hello.edge.test\r\n\r\n")
            self.assertEqual(sock.recv(100), b"")
        self.assertEqual(len(addresses(self.router.ask("hello.edge.test", tcp=True))), 1)


class LifeTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def start(self, *flags, view=None):
        router = Router(self.folder.name, *flags, view=view)
        self.addCleanup(router.close, signal.SIGKILL)
        return router

    def test_follows_its_view_and_keeps_the_last_one(self):
        router = self.start()
        lagos = "102.89.0.0/24"
        self.assertEqual(node_of(router.ask("hello.edge.test", subnet=lagos)), "LOS")

        def reload(text, until):
            router.write_view(text)
            router.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 10
            while not until(router.ask("hello.edge.test", subnet=lagos)):
                self.assertLess(time.monotonic(), deadline)

        reload(view_json({"LOS": "DRAINING"}, 2), lambda r: addresses(r) and node_of(r) != "LOS")
        everybody = {name: "DOWN" for name, *_ in NODES}
        reload(view_json(everybody, 3), lambda r: not r.answer)
        response = router.ask("hello.edge.test", subnet=lagos)
        self.assertEqual(response.rcode(), dns.rcode.NOERROR)
        self.assertIn("no edge node is serving", router.dig("hello.edge.test"))
        reload(view_json({}, 4), lambda r: r.answer)
        router.write_view("{ not json")
        router.process.send_signal(signal.SIGHUP)
        self.assertEqual(node_of(router.ask("hello.edge.test", subnet=lagos)), "LOS")
        code, log = router.close()
        self.assertEqual(code, 0, log)

    def test_truncates_and_gives_all_over_tcp(self):
        view = json.dumps({"zone": "edge.test", "serial": 1, "hostnames": ["hello.edge.test"], "nodes": [
            {"state": "NODE_STATE_READY", "info": {"id": f"N{i:02}", "address": f"127.16.0.{i + 1}"}}
            for i in range(60)]})
        router = self.start("--addresses", "60", "--ttl-s", "9", view=view)
        query = dns.message.make_query("hello.edge.test", "A")
        response = dns.query.udp(query, "127.0.0.1", port=router.port, timeout=10)
        self.assertTrue(response.flags & dns.flags.TC)
        self.assertEqual(addresses(response), [])
        for whole in (router.ask("hello.edge.test", tcp=True), router.ask("hello.edge.test", payload=1232)):
            self.assertEqual(len(addresses(whole)), 60)
            self.assertEqual(whole.answer[0].ttl, 9)
        self.assertEqual(len(router.dig("+noedns", "+short", "hello.edge.test").split()), 60)

    def test_a_busy_port_is_an_error_that_says_so(self):
        router = self.start()
        second = subprocess.run([ROUTER, "--listen", f"127.0.0.1:{router.port}", "--static-view",
                                 router.view, "--data", DATA], capture_output=True, text=True, timeout=20,
                                check=False)
        self.assertEqual(second.returncode, 1)
        self.assertIn("already in use", second.stderr)
        code, _ = router.close(signal.SIGINT)
        self.assertEqual(code, 0)

    def test_mistakes_on_the_command_line_exit_with_2(self):
        for flags, text in [(["--lisen=1"], "did you mean --listen"), (["--ttl-s=x"], "ttl-s"),
                            (["--udp-threads=0"], "expected 1 to 64"), (["extra"], "extra"),
                            (["--static-view=/nonexistent"], "nonexistent")]:
            run = subprocess.run([ROUTER, "--listen=127.0.0.1:0", "--data", DATA, *flags],
                                 capture_output=True, text=True, timeout=20, check=False)
            self.assertIn(run.returncode, (1, 2) if "view" in flags[0] else (2,), run.stderr)
            self.assertIn(text, run.stderr)

    def test_is_not_ready_without_a_view_and_stops_at_once(self):
        ready = os.path.join(self.folder.name, "ready")
        process = subprocess.Popen([ROUTER, "--listen=127.0.0.1:0", "--control=127.0.0.1:1", "--data", DATA,
                                    "--ready-file", ready], stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        while not os.path.exists(ready):
            self.assertIsNone(process.poll())
            time.sleep(0.005)
        with open(ready, encoding="utf-8") as file:
            port = int(json.load(file)["address"].rsplit(":", 1)[1])
        query = dns.message.make_query("hello.edge.test", "A")
        response = dns.query.udp(query, "127.0.0.1", port=port, timeout=10)
        self.assertEqual(response.rcode(), dns.rcode.SERVFAIL)
        process.terminate()
        process.communicate(timeout=5)
        self.assertEqual(process.returncode, 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
