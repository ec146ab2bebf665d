#!/usr/bin/env python3
"""A node that is cut off from the control plane serves on with what it has, and hears what it missed when they are together again."""
import unittest

from network import Network, wait_for

WORKER = "export default { async fetch(r) { return new Response('%s'); } };"


class Partition(unittest.TestCase):
    def test_it_serves_on_misses_a_deploy_and_gets_it_later(self):
        with Network(pops=3) as net:
            net.run("deploy", net.write("hello.js", WORKER % "old"))
            apart, *others = net.nodes()

            def says(node):
                status, text = net.body_at(node, "hello.edge.test")
                self.assertEqual(status, 200)
                return text

            net.run("partition", apart["name"])
            wait_for("the control plane to miss it", lambda: net.ready() == 2, 15)
            self.assertEqual(says(apart), "old")
            net.run("deploy", net.write("hello.js", WORKER % "new"))
            for node in others:
                self.assertEqual(says(node), "new")
            self.assertEqual(says(apart), "old", "nothing reaches it")
            net.run("rejoin", apart["name"])
            wait_for("the node to be together again", lambda: net.ready() == 3, 15)
            wait_for("what it missed", lambda: says(apart) == "new", 5)

            # Ending it while it is cut off is as ending any other.
            net.run("partition", apart["name"])
            net.run("kill", apart["name"])
            self.assertIn("is dead", net.run("rejoin", apart["name"], check=False).stderr)
            net.run("start", apart["name"])
            self.assertEqual(says(apart), "new")
            net.run("partition", apart["name"])  # and "down" ends it


if __name__ == "__main__":
    unittest.main()
