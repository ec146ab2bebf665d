#!/usr/bin/env python3
"""A whole network of real processes does what the README says: steering, failover, faults, a lost control plane."""
import concurrent.futures
import http.client
import os
import signal
import subprocess
import time
import unittest
from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode

from network import ROOT, Network, wait_for

FAULTS = Path(__file__).with_name("faults")
WHEREAMI = "export default { async fetch(r) { return new Response(`${r.cf.colo} ${r.cf.city}\\n`); } };"


def setUpModule():
    global net
    net = Network(pops=12).__enter__()
    net.run("deploy", net.write("whereami.js", WHEREAMI))


def tearDownModule():
    net.__exit__()


def ask(name, subnet=None, tcp=False, rdtype="A"):
    options = [dns.edns.ECSOption.from_text(subnet)] if subnet else []
    query = dns.message.make_query(name, rdtype, use_edns=0, options=options)
    send = dns.query.tcp if tcp else dns.query.udp
    return send(query, "127.0.0.1", port=net.dns_port, timeout=5)


def addresses(response):
    return [item.address for rrset in response.answer for item in rrset if rrset.rdtype == 1]


def get(host, address, path="/", headers=None, timeout=30):
    """(status, body, headers) of one request."""
    connection = http.client.HTTPConnection(address, net.port, timeout=timeout)
    try:
        connection.request("GET", path, headers={"host": host, **(headers or {})})
        response = connection.getresponse()
        return response.status, response.read().decode(), response.headers
    finally:
        connection.close()


class Load:
    """Requests through the ingress, one after another on `clients` threads, until the block ends."""

    def __init__(self, host, clients=4, city="Berlin"):
        self.host, self.clients, self.city = host, clients, city
        self.stop, self.bad, self.good = False, [], 0

    def work(self):
        while not self.stop:
            try:
                status, body, _ = get(self.host, "127.0.0.1", headers={"terrella-from": self.city})
                if status == 200:
                    self.good += 1
                else:
                    self.bad.append((status, body))
            except OSError as error:
                self.bad.append(repr(error))

    def __enter__(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(self.clients)
        self.futures = [self.pool.submit(self.work) for _ in range(self.clients)]
        wait_for("load runs", lambda: self.good > 2 or self.bad)
        return self

    def __exit__(self, *_):
        self.stop = True
        self.pool.shutdown()
        for future in self.futures:
            future.result()


class Steering(unittest.TestCase):
    def test_prefixes_of_four_continents_are_sent_to_different_nodes_that_answer(self):
        found = {}
        for where, subnet in {"Nigeria": "102.89.0.0/24", "Brazil": "200.160.0.0/24", "Japan": "133.0.0.0/24",
                              "Germany": "91.0.0.0/24"}.items():
            response = ask("whereami.edge.test", subnet)
            self.assertEqual(len(addresses(response)), 1, response)
            self.assertLessEqual(response.answer[0].ttl, 60)
            found[where] = addresses(response)[0]
            status, body, headers = get("whereami.edge.test", found[where])
            self.assertEqual(status, 200)
            self.assertTrue(headers["terrella-ray"].endswith("-" + body.split()[0]))
        self.assertEqual(len(set(found.values())), 4, found)

    def test_tcp_unknown_names_any_and_other_zones(self):
        self.assertEqual(addresses(ask("whereami.edge.test", tcp=True)), addresses(ask("whereami.edge.test")))
        unknown = ask("nobody.edge.test")
        self.assertEqual(unknown.rcode(), dns.rcode.NXDOMAIN)
        self.assertEqual(unknown.authority[0].rdtype, 6)
        self.assertEqual(ask("whereami.edge.test", rdtype="AAAA").rcode(), dns.rcode.NOERROR)
        self.assertEqual(ask("example.com").rcode(), dns.rcode.REFUSED)
        self.assertLessEqual(len(ask("whereami.edge.test", rdtype="ANY").answer), 1)

    def test_lagos_and_tokyo_reach_different_pops(self):
        pops = {city: net.run("fetch", "--from", city, "http://whereami.edge.test/").stdout.split()[0]
                for city in ("Lagos", "Tokyo")}
        self.assertNotEqual(pops["Lagos"], pops["Tokyo"])

    def test_a_source_address_of_a_city_is_in_that_city(self):
        tokyo = next(c for c in net.json("net", "cities") if c["name"] == "Tokyo")
        source = tokyo["addresses"].rsplit(".", 1)[0] + ".9"
        connection = http.client.HTTPConnection("127.0.0.1", net.port, timeout=10, source_address=(source, 0))
        connection.request("GET", "/", headers={"host": "whereami.edge.test"})
        self.assertIn("Tokyo", connection.getresponse().read().decode())
        connection.close()


class Faults(unittest.TestCase):
    """Whatever a worker does, its node lives and its neighbours answer."""

    def deploy(self, name):
        net.run("deploy", str(FAULTS / name if name == "heap" else FAULTS / f"{name}.js"))

    def expect(self, name, status, words):
        node = next(p for p in net.status()["parts"] if p["name"] == "FRA")
        address = node["address"].split(":")[0]
        got, body, _ = get(f"{name}.edge.test", address)
        self.assertEqual((got, [w for w in words if w not in body.lower()]), (status, []), body)
        self.assertEqual(get("whereami.edge.test", address)[0], 200)
        self.assertEqual(next(p for p in net.status()["parts"] if p["name"] == "FRA")["pid"], node["pid"])

    def test_an_endless_loop_is_a_503(self):
        self.deploy("loop")
        self.expect("loop", 503, ["cpu"])

    def test_a_heap_bomb_is_a_503(self):
        self.deploy("heap")
        self.expect("heap", 503, ["memory"])

    def test_deep_recursion_is_a_500(self):
        self.deploy("recursion")
        self.expect("recursion", 500, [])

    def test_a_thrown_error_and_a_rejected_promise_are_500s(self):
        for name in ("throws", "rejects"):
            self.deploy(name)
            self.expect(name, 500, [])

    def test_a_promise_that_can_never_settle_is_an_error_at_once(self):
        self.deploy("hangs")
        start = time.monotonic()
        self.expect("hangs", 500, [])
        self.assertLess(time.monotonic() - start, 10)

    def test_code_that_cannot_run_is_rejected_and_nothing_changes(self):
        before = net.status()["scripts"]
        for name, words in {"syntax": ["syntax.js:3:"], "no_handler": ["fetch"]}.items():
            done = net.run("deploy", str(FAULTS / f"{name}.js"), "--name", "whereami", check=False)
            self.assertEqual(done.returncode, 3, done.stderr)
            for word in words:
                self.assertIn(word, done.stderr)
        huge = net.write("huge.js", "// " + "x" * 30_000_000 + "\nexport default {};")
        done = net.run("deploy", huge, "--name", "whereami", check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(net.status()["scripts"], before)


class ControlPlane(unittest.TestCase):
    def pid(self):
        return next(p["pid"] for p in net.status()["parts"] if p["name"] == "control")

    def test_killed_under_load_nobody_notices_and_nodes_come_back(self):
        with Load("whereami.edge.test") as load:
            os.kill(self.pid(), signal.SIGKILL)
            before = load.good
            wait_for("answers without a control plane", lambda: load.good > before + 40 or load.bad, 30)
            net.up()  # repairs what is dead
            wait_for("all nodes back", lambda: net.status()["nodes"]["ready"] == 12, 15)
        self.assertEqual(load.bad, [])

    def test_killed_in_the_middle_of_deploys_nothing_acknowledged_is_lost(self):
        for round_number in range(20):
            source = net.write("crash.js", f"export default {{ fetch() {{ return new Response('{round_number}'); }} }};")
            deploy = net.start("deploy", source, "--name", "crash", "--timeout", "20s")
            time.sleep(0.004 * round_number)  # a different moment of the deploy each time
            os.kill(self.pid(), signal.SIGKILL)
            out, err = deploy.communicate(timeout=60)
            net.up()
            versions = [s["version"] for s in net.status()["scripts"] if s["name"] == "crash"]
            if deploy.returncode == 0:
                self.assertEqual(versions, [out.strip()], err)
            self.assertLessEqual(len(versions), 1)
            wait_for("all nodes back", lambda: net.status()["nodes"]["ready"] == 12, 20)
        final = net.run("deploy", source, "--name", "crash").stdout.strip()
        self.assertEqual([s["version"] for s in net.status()["scripts"] if s["name"] == "crash"], [final])
        address = next(p for p in net.status()["parts"] if p["name"] == "FRA")["address"].split(":")[0]
        self.assertEqual(get("crash.edge.test", address)[1], "19")


class Scenarios(unittest.TestCase):
    def test_frankfurt_goes_dark(self):
        report = net.json("sim", "run", str(ROOT / "scenarios" / "frankfurt-goes-dark.toml"))
        self.assertTrue(report["passed"], report["assertions"])
        self.assertEqual({f["steering"] for f in report["failovers"]}, {"dns", "anycast"})
        self.assertGreater(sum(f["moved"] for f in report["failovers"]), 0)

    def test_deploy_under_load_loses_nothing_and_mixes_nothing(self):
        report = net.json("sim", "run", str(ROOT / "scenarios" / "deploy-under-load.toml"))
        self.assertTrue(report["passed"], report["assertions"])
        self.assertEqual(len(report["versions"]), 2)

    def test_an_assertion_that_does_not_hold_is_exit_code_1(self):
        text = (ROOT / "scenarios" / "world-tour.toml").read_text()
        text = text.replace('duration = "15s"', 'duration = "2s"').replace('"p50_ms < 150"', '"p50_ms < 1"')
        text = text.replace("../examples", str(ROOT / "examples"))
        done = net.run("sim", "run", net.write("tour.toml", text), check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("p50_ms < 1", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
