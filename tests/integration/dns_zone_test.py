#!/usr/bin/env python3
"""Records and policies in the control plane's store: typed once, answered by every router, without a restart.

Usage: dns_zone_test.py   (TERRELLA_BIN says where the programs are)

Boots three PoPs and a second DNS router beside the cluster's own, and asks both.
"""
import os
import signal
import sys
import time
import unittest
from pathlib import Path

import dns.message
import dns.query
import dns.rcode

from network import DnsRouter, Network, wait_for


def ask(port, name, rdtype="A"):
    return dns.query.udp(dns.message.make_query(name, rdtype), "127.0.0.1", port=port, timeout=5)


def texts(port, name, rdtype="A"):
    return sorted(item.to_text() for rrset in ask(port, name, rdtype).answer for item in rrset)


class DnsZoneTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = Network(pops=3)
        cls.net.__enter__()
        cls.addClassCleanup(cls.net.__exit__)
        worker = cls.net.write("hello.js", "export default { fetch() { return new Response('hi'); } };")
        cls.net.run("deploy", worker, "--name", "hello")
        cls.zone_file = cls.net.home / "zone"
        cls.zone_file.write_text("$ORIGIN edge.test.\nfile TXT \"of the file\"\nboth TXT \"of the file\"\n")
        cls.second = DnsRouter(cls.net, "--zone-file", str(cls.zone_file))
        cls.addClassCleanup(cls.second.stop)
        cls.ports = [cls.net.dns_port, cls.second.port]
        cls.nodes = {p["name"]: p["address"].split(":")[0] for p in cls.net.status()["parts"] if p["name"].isupper()}
        for port in cls.ports:
            wait_for("no answer", lambda port=port: texts(port, "hello.edge.test"))

    def everywhere(self, name, rdtype, expected):
        for port in self.ports:
            wait_for(lambda port=port: f"{name} {rdtype} at {port}: {texts(port, name, rdtype)}",
                     lambda port=port: texts(port, name, rdtype) == expected)

    def test_a_record_is_answered_by_every_router_until_it_is_removed(self):
        serial = ask(self.ports[0], "edge.test", "SOA").answer[0][0].serial
        time.sleep(0.1)  # a serial counts 65.5 ms
        self.net.run("dns", "record", "add", "www.edge.test", "CNAME", "hello.edge.test")
        self.everywhere("www.edge.test", "CNAME", ["hello.edge.test."])
        self.assertGreater(ask(self.ports[0], "edge.test", "SOA").answer[0][0].serial, serial)
        self.assertEqual(len(texts(self.ports[0], "www.edge.test")), 2, "the alias and a steered address")
        self.net.run("dns", "record", "add", "@", "MX", "10", "mail.edge.test", "--ttl", "60")
        self.everywhere("edge.test", "MX", ["10 mail.edge.test."])
        listed = self.net.json("dns", "record", "list")["records"]
        self.assertEqual([(r["name"], r["type"], r["ttl_s"], r["content"]) for r in listed
                          if r["type"] != "TXT"],
                         [("edge.test", "MX", 60, "10 mail.edge.test"),
                          ("www.edge.test", "CNAME", 3600, "hello.edge.test")])
        self.net.run("dns", "record", "remove", "www.edge.test")
        self.everywhere("www.edge.test", "CNAME", [])
        self.assertEqual(ask(self.ports[1], "www.edge.test").rcode(), dns.rcode.NXDOMAIN)

    def test_what_cannot_be_is_refused_with_the_reason(self):
        for words, says in [(("x.edge.test", "A", "1.2.3"), "error"),
                            (("hello.edge.test", "A", "192.0.2.1"), "has a route"),
                            (("www.example.com", "A", "192.0.2.1"), "outside the zone")]:
            done = self.net.run("dns", "record", "add", *words, check=False)
            self.assertNotEqual(done.returncode, 0, words)
            self.assertIn(says, done.stderr)
        done = self.net.run("dns", "policy", "set", "hello.edge.test", "geo", "up", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("expected 'up' in front of 'geo'", done.stderr)

    def test_the_same_request_twice_is_one_change(self):
        add = ("dns", "record", "add", "once.edge.test", "TXT", "one", "--request-id", "r-1")
        first = self.net.json(*add)
        self.net.run("dns", "record", "remove", "once.edge.test")
        self.assertEqual(self.net.json(*add), first)
        self.everywhere("once.edge.test", "TXT", [])

    def test_the_control_plane_wins_over_a_file(self):
        self.assertEqual(texts(self.second.port, "file.edge.test", "TXT"), ['"of the file"'])
        self.net.run("dns", "record", "add", "both.edge.test", "TXT", "stored")
        self.everywhere("both.edge.test", "TXT", ['"stored"'])
        self.net.run("dns", "record", "remove", "both.edge.test")
        wait_for("the file's record is not back",
                 lambda: texts(self.second.port, "both.edge.test", "TXT") == ['"of the file"'])

    def test_a_policy_steers_every_router_and_outlives_the_control_plane(self):
        nearest = texts(self.ports[0], "hello.edge.test")
        other = next(pop for pop in sorted(self.nodes) if [self.nodes[pop]] != nearest)
        self.net.run("dns", "policy", "set", "hello.edge.test", "up", f"failover {other}", "--ttl", "7")
        self.everywhere("hello.edge.test", "A", [self.nodes[other]])
        self.assertEqual(ask(self.ports[1], "hello.edge.test").answer[0].ttl, 7)
        control = next(p["pid"] for p in self.net.status()["parts"] if p["name"] == "control")
        os.kill(control, signal.SIGKILL)
        wait_for("the control plane does not die", lambda: not Path(f"/proc/{control}/exe").exists())
        self.net.up()
        self.assertEqual([p["name"] for p in self.net.json("dns", "policy", "list")["policies"]],
                         ["hello.edge.test"])
        self.everywhere("hello.edge.test", "A", [self.nodes[other]])
        self.net.run("dns", "policy", "remove", "hello.edge.test")
        self.everywhere("hello.edge.test", "A", nearest)


if __name__ == "__main__":
    if "TERRELLA_BIN" not in os.environ:
        sys.exit(__doc__)
    unittest.main()
