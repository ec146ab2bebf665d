#!/usr/bin/env python3
"""Nodes as people steer them: cordoned they serve, drained they are done, evicted they are nobody."""
import http.client
import threading
import time
import unittest

import dns.edns
import dns.message
import dns.query
from network import Network, wait_for

SLOW = """export default { async fetch(request) {
  if (request.url.endsWith('/slow')) await scheduler.wait(3000);
  return new Response(request.cf.colo);
} };"""


class Nodes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = Network(pops=3, name="nodes")
        cls.net.__enter__()
        cls.addClassCleanup(cls.net.__exit__)
        cls.net.run("deploy", cls.net.write("app.js", SLOW), "--name", "app")

    def node(self, name):
        return next((n for n in self.net.json("nodes") if n["id"] == name), None)

    def names(self):
        return [n["id"] for n in self.net.json("nodes")]

    def ask(self, name, path="/"):
        """Status, body and whether the connection stays open."""
        ip, port = self.node(name)["address"].rsplit(":", 1)
        connection = http.client.HTTPConnection(ip, int(port), timeout=10)
        try:
            connection.request("GET", path, headers={"host": "app.edge.test"})
            response = connection.getresponse()
            return response.status, response.read().decode(), not response.will_close
        finally:
            connection.close()

    def named(self):
        """The addresses that DNS gives to a client near each node."""
        found = set()
        for subnet in ("5.9.0.0", "8.8.8.0", "1.0.16.0", "200.160.2.0", "41.58.0.0", "103.6.84.0"):
            query = dns.message.make_query("app.edge.test", "A", use_edns=0,
                                           options=[dns.edns.ECSOption(subnet, 24)])
            reply = dns.query.udp(query, "127.0.0.1", port=self.net.dns_port, timeout=5)
            found |= {item.address for rrset in reply.answer for item in rrset}
        return found

    def test_a_cordoned_node_serves_and_gets_no_new_clients_and_no_trials(self):
        name = min(self.names())  # the one that would try first
        self.assertIn("is cordoned", self.net.run("cordon", name).stderr)
        ip = self.node(name)["address"].rsplit(":", 1)[0]
        wait_for("DNS leaves it", lambda: ip not in self.named())
        self.assertEqual(self.node(name)["state"], "cordoned")
        self.assertEqual(self.ask(name), (200, name, True), "it asks nobody to leave")
        done = self.net.json("deploy", self.net.write("other.js", SLOW), "--name", "other")
        self.assertNotEqual(done["validated_by"], name)
        self.assertEqual(done["nodes"]["acked"], 3, "it follows all the same")
        self.net.run("uncordon", name)
        wait_for("it is ready", lambda: self.node(name)["state"] == "ready")
        wait_for("DNS names it", lambda: ip in self.named(), 20)

    def test_a_drained_node_has_finished_what_it_had(self):
        name = self.names()[1]
        answer = []
        slow = threading.Thread(target=lambda: answer.append(self.ask(name, "/slow")))
        slow.start()
        time.sleep(0.3)
        began = time.monotonic()
        done = self.net.json("drain", name, "--wait", "--timeout", "60s")
        took = time.monotonic() - began
        self.assertEqual(done["state"], "drained")
        self.assertEqual([a[:2] for a in answer], [(200, name)], "drained means answered")
        slow.join()
        self.assertEqual(self.ask(name)[2], False, "who comes all the same is answered, and asked to leave")
        self.net.run("undrain", name)
        wait_for("it is ready", lambda: self.node(name)["state"] == "ready")
        print(f"\ndrained {took:.1f} s after it was asked to, with an answer of 3 s in flight", flush=True)

    def test_an_evicted_node_says_hello_anew_or_is_gone(self):
        name = self.names()[2]
        self.assertIn("says Hello anew", self.net.run("evict", name).stderr)
        wait_for("it is back", lambda: self.node(name)["state"] == "ready")
        self.net.run("kill", name)
        log = self.net.home / self.net.name / "logs" / "control.log"
        wait_for("its stream has ended", lambda: f"node {name} is down" in log.read_text().split("is evicted")[-1])
        self.assertIn("it was down", self.net.run("evict", name).stderr)
        gone = self.net.run("evict", name, check=False)
        self.assertNotEqual(gone.returncode, 0)
        self.assertIn("ever registered", gone.stderr)
        self.assertEqual(self.net.json("deploy", self.net.write("app.js", SLOW), "--name", "app")["nodes"]["total"], 2)
        self.net.run("start", name)
        wait_for("it is back", lambda: self.node(name)["state"] == "ready")


if __name__ == "__main__":
    unittest.main()
