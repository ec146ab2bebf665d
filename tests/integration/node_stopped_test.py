#!/usr/bin/env python3
"""A node that stands still (SIGSTOP: a hung machine, a long pause) is taken out of service and comes back by itself."""
import os
import signal
import unittest

from network import Network, wait_for

HELLO = "export default { async fetch(r) { return new Response(r.cf.colo); } };"


class StoppedNode(unittest.TestCase):
    def test_it_goes_down_alone_and_returns(self):
        with Network(pops=3) as net:
            net.run("deploy", net.write("hello.js", HELLO))
            stopped, *others = net.nodes()

            def colo(node):
                return net.body_at(node, "hello.edge.test")[1]

            os.kill(stopped["pid"], signal.SIGSTOP)
            try:
                wait_for("the lease to end", lambda: net.ready() == 2, 15)
                for node in others:
                    self.assertEqual(colo(node), node["name"])
            finally:
                os.kill(stopped["pid"], signal.SIGCONT)
            wait_for("the node to come back", lambda: net.ready() == 3, 15)
            self.assertEqual(colo(stopped), stopped["name"])


if __name__ == "__main__":
    unittest.main()
