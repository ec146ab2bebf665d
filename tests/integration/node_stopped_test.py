#!/usr/bin/env python3
"""A node that stands still (SIGSTOP: a hung machine, a long pause) is taken out of service and comes back by itself."""
import http.client
import os
import signal
import unittest

from network import Network, wait_for

HELLO = "export default { async fetch(r) { return new Response(r.cf.colo); } };"


class StoppedNode(unittest.TestCase):
    def test_it_goes_down_alone_and_returns(self):
        with Network(pops=3) as net:
            net.run("deploy", net.write("hello.js", HELLO))
            nodes = [p for p in net.status()["parts"] if p["name"] not in ("control", "dns", "ingress")]
            stopped, others = nodes[0], nodes[1:]

            def ready():
                return net.json("status", check=False)["nodes"]["ready"]  # exits 1 while a node is down

            def colo(node):
                connection = http.client.HTTPConnection(node["address"].split(":")[0], net.port, timeout=5)
                try:
                    connection.request("GET", "/", headers={"host": "hello.edge.test"})
                    return connection.getresponse().read().decode()
                finally:
                    connection.close()

            os.kill(stopped["pid"], signal.SIGSTOP)
            try:
                wait_for("the lease to end", lambda: ready() == 2, 15)
                for node in others:
                    self.assertEqual(colo(node), node["name"])
            finally:
                os.kill(stopped["pid"], signal.SIGCONT)
            wait_for("the node to come back", lambda: ready() == 3, 15)
            self.assertEqual(colo(stopped), stopped["name"])


if __name__ == "__main__":
    unittest.main()
