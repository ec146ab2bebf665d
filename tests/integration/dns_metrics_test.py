#!/usr/bin/env python3
"""/metrics of the DNS router: what was asked is what is counted, in a text that promtool finds no fault with.

Usage: dns_metrics_test.py   (TERRELLA_BIN and TERRELLA_SOURCE_DIR say where the program and the data are)

promtool is Debian's, as scripts/setup --test unpacks it; without it only its part is skipped.
"""
import http.client
import re
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import dns.edns
import dns.message
import dns.query
import dns.rdatatype

from dns_router_test import NODES, ROUTER, Router, view_json

LINE = re.compile(r'^([a-z_]+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


def parse(text):
    """{(name, frozenset of labels): value} of a text; every line must be well-formed."""
    out = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = LINE.match(line).groups()
        key = (name, frozenset(LABEL.findall(labels or "")))
        assert key not in out, f"twice: {line}"
        out[key] = float(value)
    return out


class MetricsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.http = free.getsockname()[1]
        self.start()

    def start(self, *flags, **more):
        (Path(self.folder.name) / "ready.json").unlink(missing_ok=True)
        self.router = Router(self.folder.name, "--metrics", f"127.0.0.1:{self.http}", *flags, **more)
        self.addCleanup(self.router.close)

    def get(self, path="/metrics", method="GET", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=10)
        self.addCleanup(connection.close)
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response, response.read().decode()

    def value(self, name, **labels):
        return parse(self.get()[1]).get((name, frozenset(labels.items())))

    def test_counts_what_was_asked(self):
        node = "FRA"
        self.router.ask("hello.edge.test", subnet="91.0.0.0/24")
        self.router.ask("hello.edge.test", subnet="91.0.0.0/24")
        self.router.ask("hello.edge.test", "AAAA")
        self.router.ask("none.edge.test")
        self.router.ask("elsewhere.test", "TXT")
        self.router.ask("hello.edge.test", tcp=True, subnet="91.0.0.0/24")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.sendto(b"short", ("127.0.0.1", self.router.port))
            udp.sendto(bytes(5000), ("127.0.0.1", self.router.port))
        client_cookie = dns.edns.GenericOption(10, b"clientck")
        first = self.router.ask("hello.edge.test", options=[client_cookie], use_edns=0)
        whole = next(o for o in first.options if o.otype == 10)
        self.router.ask("hello.edge.test", options=[whole], use_edns=0)
        forged = dns.edns.GenericOption(10, b"clientck" + bytes(16))
        self.router.ask("hello.edge.test", options=[forged], use_edns=0)
        metrics = parse(self.get()[1])

        def value(name, **labels):
            return metrics[("terrella_dns_" + name, frozenset(labels.items()))]

        self.assertEqual(value("answers_total", transport="udp", rcode="NOERROR"), 6)
        self.assertEqual(value("answers_total", transport="udp", rcode="NXDOMAIN"), 1)
        self.assertEqual(value("answers_total", transport="udp", rcode="REFUSED"), 1)
        self.assertEqual(value("answers_total", transport="tcp", rcode="NOERROR"), 1)
        self.assertEqual(value("answered_types_total", transport="udp", type="A"), 6)
        self.assertEqual(value("answered_types_total", transport="udp", type="AAAA"), 1)
        self.assertEqual(value("answered_types_total", transport="udp", type="TXT"), 1)
        self.assertEqual(value("answered_opcodes_total", opcode="QUERY"), 9)
        self.assertEqual(value("queries_total", transport="udp"), 8, "without what was not read, or too long to be")
        self.assertEqual(value("dropped_queries_total", transport="udp", reason="unanswerable"), 0)
        self.assertEqual(value("dropped_queries_total", transport="udp", reason="too_long"), 1)
        self.assertEqual(value("client_subnet_queries_total", transport="udp"), 2)
        for state in "first", "good", "bad":
            self.assertEqual(value("cookies_total", transport="udp", state=state), 1, state)
        self.assertEqual(value("accepted_connections_total", transport="tcp"), 1)
        self.assertGreaterEqual(value("node_answers_total", node=node), 3)
        self.assertEqual(sum(value("node_answers_total", node=n[0]) for n in NODES), 6)
        self.assertGreater(value("answer_duration_seconds_count", transport="udp"), 0)
        buckets = [v for (name, labels), v in metrics.items()
                   if name == "terrella_dns_answer_duration_seconds_bucket" and ("transport", "udp") in labels]
        self.assertEqual(buckets, sorted(buckets), "buckets are cumulative")

    def test_health_of_every_node_is_known_from_the_first_second(self):
        for state in "ready", "syncing", "draining", "down":
            self.assertEqual(self.value("terrella_dns_node_state", node="LOS", state=state), state == "ready")
        before = self.value("terrella_dns_view_timestamp_seconds")
        self.assertLess(abs(before - time.time()), 60)
        self.router.write_view(view_json({"LOS": "DOWN"}, serial=7))
        self.router.process.send_signal(1)  # SIGHUP
        deadline = time.monotonic() + 10
        while self.value("terrella_dns_view_serial") != 7 and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(self.value("terrella_dns_node_state", node="LOS", state="down"), 1)
        self.assertEqual(self.value("terrella_dns_node_state", node="LOS", state="ready"), 0)
        self.assertEqual(self.value("terrella_dns_nodes", state="ready"), len(NODES) - 1)
        self.assertGreater(self.value("terrella_dns_view_timestamp_seconds"), before)
        self.assertEqual(self.value("terrella_dns_views_total"), 2)

    def test_rate_limits_truncation_and_signatures_are_counted(self):
        self.router.close()
        keys = str(Path(self.folder.name) / "keys.pem")
        self.start("--rate-limit", "1", "--dnssec-keys", keys)
        for _ in range(20):
            query = dns.message.make_query("hello.edge.test", "A")
            try:
                dns.query.udp(query, "127.0.0.1", port=self.router.port, timeout=0.05)
            except dns.exception.Timeout:
                pass
        slips = self.value("terrella_dns_rate_limit_slips_total")
        dropped = self.value("terrella_dns_dropped_queries_total", transport="udp", reason="rate_limit")
        self.assertGreater(slips, 0)
        self.assertGreater(dropped, 0)
        self.assertGreaterEqual(self.value("terrella_dns_truncated_answers_total", transport="udp"), slips)
        for _ in range(2):
            self.router.ask("hello.edge.test", tcp=True, want_dnssec=True)
            self.router.ask("hello.edge.test", tcp=True)  # the counts are taken with the next batch
        self.assertEqual(self.value("terrella_dns_signatures_total", outcome="made"), 1)
        self.assertEqual(self.value("terrella_dns_signatures_total", outcome="found"), 1)

    def test_healthz_waits_for_the_first_view(self):
        response, _ = self.get("/healthz")
        self.assertEqual(response.status, 200)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        ready = Path(self.folder.name) / "alone.json"
        alone = subprocess.Popen([ROUTER, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:1", "--data",
                                  str(Path(__file__).resolve().parents[2] / "data"), "--ready-file", ready,
                                  "--metrics", f"127.0.0.1:{port}"], stderr=subprocess.DEVNULL)
        self.addCleanup(alone.wait)
        self.addCleanup(alone.terminate)
        deadline = time.monotonic() + 20
        while not ready.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.http = port
        response, body = self.get("/healthz")
        self.assertEqual((response.status, body), (503, "no view of the network yet\n"))
        metrics = parse(self.get()[1])
        self.assertEqual(metrics[("terrella_dns_control_plane_connected", frozenset())], 0)
        self.assertFalse([key for key in metrics if key[0] == "terrella_dns_node_state"])

    def test_refuses_what_it_does_not_serve(self):
        for method, path, status in [("GET", "/", 404), ("POST", "/metrics", 405), ("HEAD", "/metrics", 200),
                                     ("GET", "/metrics?x=1", 200), ("GET", "/" + "x" * 2000, 414)]:
            self.assertEqual(self.get(path, method)[0].status, status, (method, path[:20]))
        response, _ = self.get(headers={"x-long": "y" * 20000})
        self.assertEqual(response.status, 431)

    def test_speaks_both_formats(self):
        response, text = self.get()
        self.assertEqual(response.getheader("content-type"), "text/plain; version=0.0.4; charset=utf-8")
        response, openmetrics = self.get(headers={"Accept": "application/openmetrics-text; version=1.0.0,*/*;q=0.1"})
        self.assertTrue(response.getheader("content-type").startswith("application/openmetrics-text; version=1.0.0"))
        self.assertTrue(openmetrics.endswith("\n# EOF\n"))
        self.assertIn("# TYPE terrella_dns_answers counter\n", openmetrics)
        self.assertEqual(set(parse(text)), set(parse(openmetrics)))
        for line in text.splitlines():
            if not line.startswith("#"):
                family = re.sub("_(bucket|sum|count)$", "", LINE.match(line).group(1))
                self.assertIn(f"# HELP {family} ", text)
                self.assertIn(f"# TYPE {family} ", text)

    def test_promtool_finds_no_fault(self):
        promtool = Path(__file__).resolve().parents[2] / ".deps" / "oracles" / "usr" / "bin" / "promtool"
        if not promtool.exists():
            self.skipTest("no promtool; scripts/setup --test unpacks it")
        check = subprocess.run([promtool, "check", "metrics"], input=self.get()[1], capture_output=True, text=True,
                               timeout=60, check=False)
        self.assertEqual((check.returncode, check.stdout + check.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
