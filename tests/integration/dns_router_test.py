#!/usr/bin/env python3
"""The DNS router as a process, asked by two independent clients: dnspython and dig.

Usage: dns_router_test.py   (TERRELLA_BIN and TERRELLA_SOURCE_DIR say where the program and the data are)

Starts the router on a free port with a static view of eight nodes and checks steering by real client
prefixes, the shapes of answers, both transports, malformed storms, reload, signals and a busy port.
"""
import json
import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

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


def find_oracle(name):
    """A server to compare with: as scripts/setup --test unpacks it, else the machine's own; None: there is none."""
    unpacked = Path(__file__).resolve().parents[2] / ".deps" / "oracles" / "usr" / "sbin"
    return shutil.which(name, path=f"{unpacked}:{os.environ.get('PATH', '')}:/usr/sbin")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def read_message(sock):
    """One message of a stream (RFC 1035 section 4.2.2); EOFError when it ends before."""
    def exactly(size):
        out = b""
        while len(out) < size:
            chunk = sock.recv(size - len(out))
            if not chunk:
                raise EOFError("the connection ended")
            out += chunk
        return out
    return exactly(int.from_bytes(exactly(2), "big"))


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

    def test_explains_itself_over_dns(self):
        lines = sorted(self.router.dig("+short", "TXT", "_explain.hello.edge.test", "+subnet=102.89.0.0/24").split("\n"))
        text = "\n".join(lines)
        self.assertRegex(text, r'"0 client 102\.89\.0\.0 in Lagos, NG, by the client subnet; cell 102\.\d+\.0\.0/\d+; ttl 5 s"')
        self.assertRegex(text, r'"1 -> LOS 127\.16\.0\.3 \d+\.\d ms ready: nearest healthy"')
        for node, *_ in NODES:
            self.assertIn(f" {node} ", text)
        whole = self.router.dig("TXT", "_explain.hello.edge.test")
        self.assertIn("status: NOERROR", whole)
        self.assertNotIn("flags: qr aa tc", whole)
        self.assertIn("status: NXDOMAIN", self.router.dig("TXT", "_explain.none.edge.test"))

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

    def test_steers_names_by_their_policies_and_reads_them_again(self):
        path = os.path.join(self.folder.name, "policies.toml")

        def write(steps):
            with open(path, "w", encoding="utf-8") as file:
                file.write(f'[[policy]]\nnames = ["hello.edge.test"]\nsteps = {json.dumps(steps)}\nttl_s = 77\n')

        def answer(router):
            query = dns.message.make_query("hello.edge.test", "A", use_edns=0,
                                           options=[dns.edns.ECSOption("102.89.0.0", 24)])
            found = dns.query.udp(query, "127.0.0.1", port=router.port, timeout=10).answer[0]
            return [record.address for record in found], found.ttl

        write(["up", "failover SYD,FRA"])
        router = Router(self.folder.name, "--policies", path)
        self.addCleanup(router.close)
        self.assertEqual(answer(router), (["127.16.0.6"], 77))
        write(["up", "failover FRA,SYD", "first 2"])
        router.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while answer(router)[0][0] != "127.16.0.1" and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(sorted(answer(router)[0]), ["127.16.0.1", "127.16.0.6"])
        write(["upp"])  # refused: what is in use stays
        router.process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        self.assertEqual(answer(router)[0][0], "127.16.0.1")

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

    def test_cookies_of_one_instance_are_known_to_the_others(self):
        """RFC 9018 section 5: two instances share secrets in a file, which rolls over while they run."""
        old, new = "e5e973e5a6b2a43f48e7dc849e37bfcf", "445536bcd2513298075a5d379663c962"
        path = os.path.join(self.folder.name, "cookies")

        def write(*secrets):
            with open(path, "w", encoding="utf-8") as file:
                file.write("# shared\n" + "\n".join(secrets) + "\n")

        write(old)
        first = self.start("--cookie-secrets", path)
        with tempfile.TemporaryDirectory() as other:
            second = Router(other, "--cookie-secrets", path)
            self.addCleanup(second.close, signal.SIGKILL)
            cookie = re.search("COOKIE: ([0-9a-f]{48}) ", first.dig("hello.edge.test", "+cookie=2464c4abcf10c957"))
            self.assertIn(f"COOKIE: {cookie[1]} (good)", second.dig("hello.edge.test", f"+cookie={cookie[1]}"))
            write(new, old)
            second.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 10
            made = cookie[1]
            while made == cookie[1]:  # the old secret's are taken, the new one makes them
                self.assertLess(time.monotonic(), deadline)
                made = re.search("COOKIE: ([0-9a-f]{48}) ",
                                 second.dig("hello.edge.test", "+cookie=2464c4abcf10c957"))[1]
            self.assertIn(cookie[1], second.dig("hello.edge.test", f"+cookie={cookie[1]}"))
            write("not a secret")
            second.process.send_signal(signal.SIGHUP)
            self.assertIn(made, second.dig("hello.edge.test", f"+cookie={made}"))
            _, log = second.close()
            self.assertIn("cookies:2: expected a secret of 32 hexadecimal digits", log)
            self.assertNotIn(new, log)

    def test_serves_a_zone_file_and_reads_it_again(self):
        path = os.path.join(self.folder.name, "edge.zone")

        def write(text):
            with open(path + ".new", "w", encoding="utf-8") as file:
                file.write("$ORIGIN edge.test.\n" + text)
            os.replace(path + ".new", path)

        write("hello TXT one\nwww CNAME hello\nhello A 192.0.2.1\n")
        router = self.start("--zone-file", path, "--https-alpn", "h2")
        self.assertEqual(router.dig("+short", "TXT", "hello.edge.test"), '"one"\n')
        self.assertEqual(node_of(router.ask("www.edge.test", subnet="102.89.0.0/24")), "LOS")
        self.assertEqual(router.dig("+short", "HTTPS", "www.edge.test", "+subnet=102.89.0.0/24"),
                         'hello.edge.test.\n1 . alpn="h2" ipv4hint=127.16.0.3\n')
        write("hello TXT two\n")
        router.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while router.dig("+short", "TXT", "hello.edge.test") != '"two"\n':
            self.assertLess(time.monotonic(), deadline)
        self.assertEqual(router.ask("www.edge.test").rcode(), dns.rcode.NXDOMAIN)
        write("hello TXT three\nhello BOGUS\n")
        router.process.send_signal(signal.SIGHUP)
        self.assertEqual(router.dig("+short", "TXT", "hello.edge.test"), '"two"\n')
        _, log = router.close()
        self.assertIn("edge.zone:3: ", log)
        self.assertIn("edge.zone:4: 'hello.edge.test' has a route, so its addresses are steered", log)

    def test_answers_over_tls(self):
        """RFC 7858 for kdig and for Python's TLS: strict and opportunistic, pipelined, padded, with ALPN and without."""
        certificate, key = (os.path.join(self.folder.name, name) for name in ("cert.pem", "key.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                        key, "-out", certificate, "-days", "2", "-subj", "/CN=dns.test", "-addext",
                        "subjectAltName=DNS:dns.test"], check=True, capture_output=True, timeout=30)
        router = self.start("--listen-tls", "127.0.0.1:0", "--tls-certificate", certificate, "--tls-key", key)
        with open(router.ready, encoding="utf-8") as file:
            port = json.load(file)["tls"].rsplit(":", 1)[1]

        def kdig(*args):
            return subprocess.run(["kdig", "@127.0.0.1", "-p", port, "hello.edge.test", "+subnet=102.89.0.0/24", *args],
                                  capture_output=True, text=True, timeout=30, check=False).stdout

        strict = kdig("+tls-ca=" + certificate, "+tls-hostname=dns.test", "+padding=128", "+nsid")
        self.assertIn("127.16.0.3", strict)
        self.assertRegex(strict, r"PADDING: \d+ B")
        self.assertIn("Received 468 B", strict)
        self.assertIn("127.16.0.3", kdig("+tls"))
        self.assertNotIn("127.16.0.3", kdig("+tls-ca=" + certificate, "+tls-hostname=other.test"))

        for protocols in (["dot"], None):
            context = ssl.create_default_context(cafile=certificate)
            if protocols:
                context.set_alpn_protocols(protocols)
            with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as plain:
                with context.wrap_socket(plain, server_hostname="dns.test") as tls:
                    self.assertEqual(tls.selected_alpn_protocol(), protocols and "dot")
                    queries = [dns.message.make_query("hello.edge.test", "A", id=i).to_wire() for i in range(50)]
                    tls.sendall(b"".join(len(q).to_bytes(2, "big") + q for q in queries))
                    with tls.makefile("rb") as stream:
                        for i in range(50):
                            size = int.from_bytes(stream.read(2), "big")
                            self.assertEqual(dns.message.from_wire(stream.read(size)).id, i)
        # What is no TLS ends its own connection and nobody else's.
        with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as plain:
            plain.sendall(dns.message.make_query("hello.edge.test", "A").to_wire() * 10)
            while plain.recv(100):
                pass
        self.assertIn("127.16.0.3", kdig("+tls"))

    def test_logs_some_queries(self):
        path = os.path.join(self.folder.name, "queries.jsonl")
        router = self.start("--query-log", path, "--query-log-every", "10")
        for _ in range(400):
            router.ask("hello.edge.test", subnet="102.89.0.0/24")
        os.rename(path, path + ".1")  # as logrotate does
        router.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while not os.path.exists(path) or os.path.getsize(path) == 0:
            router.ask("no.edge.test", tcp=True)
            self.assertLess(time.monotonic(), deadline)
        router.close()
        with open(path + ".1", encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        self.assertTrue(20 <= len(lines) <= 70, len(lines))
        self.assertGreater(lines[0]["scope"], 0)
        del lines[0]["time_ms"], lines[0]["bytes"], lines[0]["scope"]
        self.assertEqual(lines[0], {"client": "127.0.0.1", "transport": "udp", "name": "hello.edge.test", "type": 1,
                                    "subnet": "102.89.0.0/24", "rcode": 0, "nodes": ["LOS"]})
        with open(path, encoding="utf-8") as file:
            last = json.loads(file.readlines()[-1])
        self.assertEqual((last["transport"], last["name"], last["rcode"]), ("tcp", "no.edge.test", 3))

    def test_limits_answers_to_who_may_be_somebody_elses_victim(self):
        router = self.start("--rate-limit", "5", "--rate-slip", "1")
        flags = [router.ask("hello.edge.test").flags & dns.flags.TC for _ in range(12)]
        self.assertEqual(flags[:5], [0] * 5)
        self.assertGreaterEqual(sum(1 for f in flags if f), 5)
        self.assertEqual(len(addresses(router.ask("hello.edge.test", tcp=True))), 1)
        out = router.dig("hello.edge.test", "+cookie", "+nobadcookie")
        self.assertIn("status: BADCOOKIE", out)
        # dig takes the hint: it asks again with the cookie it got.
        self.assertIn("status: NOERROR", router.dig("hello.edge.test", "+cookie", "+badcookie"))
        self.assertIn("status: NXDOMAIN", router.dig("no.edge.test", "+nocookie"), "another kind has room")
        _, log = router.close()
        self.assertIn("over the rate limit", log)

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
