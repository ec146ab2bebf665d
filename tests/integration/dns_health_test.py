#!/usr/bin/env python3
"""Whom the DNS router names while nodes die, hang, drain, are busy and come back, and its control plane is gone.

Usage: dns_health_test.py   (TERRELLA_BIN says where the programs are)

Boots four PoPs, and beside the cluster's own router one that probes nodes itself and keeps its view.
"""
import http.client
import os
import signal
import sys
import threading
import time
import unittest
from pathlib import Path

import dns.edns
import dns.message
import dns.query

from network import ROOT, DnsRouter, Network, wait_for

NAME = "hello.edge.test"
WORKER = """
export default {
  fetch() {
    let x = 1;
    for (let i = 0; i < 3_000_000; i++) x = (x * 31 + i) % 1_000_003;
    return new Response(String(x));
  },
};
"""
CITIES = len([line for line in (ROOT / "data" / "cities.csv").read_text().splitlines()
              if line and not line.startswith("#")]) - 1


def ask(port, subnet=None):
    options = [dns.edns.ECSOption.from_text(subnet)] if subnet else None
    query = dns.message.make_query(NAME, "A", use_edns=0, options=options)
    return dns.query.udp(query, "127.0.0.1", port=port, timeout=5)


def named(port, subnet=None):
    answer = ask(port, subnet).answer
    return answer[0][0].address if answer else None


def subnet_of(city):
    return f"127.{128 + (city >> 8)}.{city & 255}.0/24"


class DnsHealthTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = Network(pops=4)
        cls.net.__enter__()
        cls.addClassCleanup(cls.net.__exit__)
        cls.net.run("deploy", cls.net.write("hello.js", WORKER), "--name", "hello")
        cls.kept = cls.net.home / "kept-view"
        cls.second = DnsRouter(cls.net, "--view-cache", str(cls.kept), "--probe", "http", "--probe-interval-ms", "200",
                               "--probe-timeout-ms", "200", "--probe-fall", "2", "--flap-half-life-s", "1")
        cls.addClassCleanup(lambda: cls.second.stop())
        cls.ports = [cls.net.dns_port, cls.second.port]
        for port in cls.ports:
            wait_for("no answer", lambda port=port: named(port))

    def setUp(self):
        wait_for("not everything is ready", lambda: self.states() == {"ready"} and len(self.nodes()) == 4, 30)

    def parts(self):
        return {p["name"]: p for p in self.net.json("status", check=False)["parts"]}

    def nodes(self):
        return {name: p["address"].split(":")[0] for name, p in self.parts().items() if name.isupper()}

    def states(self):
        return {p["state"] for name, p in self.parts().items() if name.isupper()}

    def candidates(self, subnet):
        return self.net.json("dns", "explain", NAME, "--from", subnet)["candidates"]

    def a_client(self, not_of=()):
        """A client's block and the PoP it is sent to."""
        by_address = {address: name for name, address in self.nodes().items()}
        for city in range(0, CITIES, 97):
            pop = by_address.get(named(self.net.dns_port, subnet_of(city)))
            if pop and pop not in not_of:
                return subnet_of(city), pop
        raise AssertionError("no client found")

    def test_a_killed_node_is_not_named_and_comes_back(self):
        subnet, pop = self.a_client()
        address = self.nodes()[pop]
        os.kill(self.parts()[pop]["pid"], signal.SIGKILL)
        for port in self.ports:
            wait_for(f"{pop} is still named", lambda port=port: named(port, subnet) not in (address, None))
        self.net.run("start", pop)
        for port in self.ports:
            wait_for(f"{pop} is not back", lambda port=port: named(port, subnet) == address, 30)

    def test_a_router_sees_for_itself_when_its_control_plane_is_gone(self):
        subnet, pop = self.a_client()
        address, pid = self.nodes()[pop], self.parts()[pop]["pid"]
        control = self.parts()["control"]["pid"]
        os.kill(control, signal.SIGKILL)
        wait_for("the control plane does not die", lambda: not Path(f"/proc/{control}/exe").exists())
        self.assertEqual(named(self.ports[0], subnet), address, "the last view is served")
        os.kill(pid, signal.SIGKILL)
        wait_for(f"the prober still names {pop}", lambda: named(self.second.port, subnet) not in (address, None))
        self.assertEqual(named(self.ports[0], subnet), address, "who does not probe cannot know")
        # Killed and started without a control plane: it serves what it kept, and looks for itself.
        self.second.stop(signal.SIGKILL)
        self.second.start()
        self.ports[1] = self.second.port
        wait_for("the kept view is not served", lambda: named(self.second.port, subnet))
        self.assertIn("as it was kept", self.second.log())
        wait_for(f"{pop} is named again", lambda: named(self.second.port, subnet) not in (address, None))
        self.net.up()

    def test_a_network_that_is_dark_to_the_router_stays_as_it_was(self):
        """All nodes stop answering at once: that is the router's own trouble, or all the same."""
        subnet, _ = self.a_client()
        before = named(self.second.port, subnet)
        pids = [p["pid"] for name, p in self.parts().items() if name.isupper()]
        control = self.parts()["control"]["pid"]
        for pid in [control, *pids]:
            os.kill(pid, signal.SIGSTOP)
        try:
            end = time.monotonic() + 2
            while time.monotonic() < end:
                self.assertEqual(named(self.second.port, subnet), before)
                time.sleep(0.05)
        finally:
            for pid in [*pids, control]:
                os.kill(pid, signal.SIGCONT)

    def test_drained_clients_are_counted_until_they_forget(self):
        subnet, pop = self.a_client()
        address = self.nodes()[pop]
        for _ in range(30):
            self.assertEqual(named(self.net.dns_port, subnet), address)
        before = self.net.json("dns", "drain", pop)
        self.assertGreaterEqual(before["holders"], 30)
        self.assertLessEqual(before["gone_99_s"], 6)
        # Asked for until it leaves, however long the command takes to be heard.
        left = threading.Event()
        asking = threading.Thread(target=lambda: [named(self.net.dns_port, subnet) for _ in iter(left.is_set, True)])
        asking.start()
        try:
            drained = self.net.json("drain", pop, "--wait", "--timeout", "60s")
        finally:
            left.set()
            asking.join()
        self.assertEqual(drained["state"], "drained")
        self.assertNotEqual(named(self.net.dns_port, subnet), address)
        after = self.net.json("dns", "drain", pop)
        self.assertGreaterEqual(after["holders_at_peak"], 5)
        self.assertLessEqual(after["holders"] * 100, after["holders_at_peak"])
        self.net.run("undrain", pop)
        wait_for(f"{pop} is not back", lambda: named(self.net.dns_port, subnet) == address)

    def test_a_busy_node_loses_clients_and_gets_them_back(self):
        subnet, pop = self.a_client()
        address = self.nodes()[pop]
        self.net.run("dns", "policy", "set", NAME, "up", "shed 0.3 0.9", "--otherwise", "nearest")
        cities = [city for city in range(0, CITIES, 23) if named(self.net.dns_port, subnet_of(city)) == address]
        self.assertGreater(len(cities), 5)

        def kept():
            return sum(named(self.net.dns_port, subnet_of(city)) == address for city in cities)

        wait_for("idle nodes shed", lambda: kept() == len(cities))
        ended = threading.Event()

        def load():
            while not ended.is_set():
                connection = http.client.HTTPConnection(address, self.net.port, timeout=20)
                try:
                    connection.request("GET", "/", headers={"host": NAME})
                    connection.getresponse().read()
                except OSError:
                    time.sleep(0.05)
                finally:
                    connection.close()

        threads = [threading.Thread(target=load, daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            wait_for(lambda: f"{pop} keeps {kept()} of {len(cities)}: {self.candidates(subnet)[0]}",
                     lambda: kept() < len(cities) / 2, 60)
            reasons = [c["reason"] for c in self.candidates(subnet) if c["node"] == pop]
            self.assertGreater(next(c["load"] for c in self.candidates(subnet) if c["node"] == pop), 0.3, reasons)
        finally:
            ended.set()
            for thread in threads:
                thread.join(30)
        wait_for(lambda: f"{pop} got back {kept()} of {len(cities)}", lambda: kept() == len(cities), 60)
        self.net.run("dns", "policy", "remove", NAME)


if __name__ == "__main__":
    if "TERRELLA_BIN" not in os.environ:
        sys.exit(__doc__)
    unittest.main()
