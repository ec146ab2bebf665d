#!/usr/bin/env python3
"""Flags of `terrella up` that nodes and the control plane get: kept with the cluster, refused in words where they cannot be."""
import json
import subprocess
import time
import unittest
import urllib.request

from network import BIN, Network, free_ports, wait_for

WORKER = "export default { fetch() { return new Response('hello'); } };"


class Up(unittest.TestCase):
    def setUp(self):
        self.net = Network(pops=1, name="flags", flags=("--shards", "2"))
        self.addCleanup(self.net.__exit__)

    def shards(self):
        """How many threads of its node serve."""
        node = next(p for p in self.net.record()["parts"] if p["kind"] == "node")
        with urllib.request.urlopen(f"http://{node['address']}/.terrella/health", timeout=10) as answer:
            return json.load(answer)["shards"]

    def refused(self, code, *words):
        done = self.net.run("up", *words, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def test_flags_are_kept_and_contradictions_said(self):
        self.assertIn("expected a number from 1 to 64 or MIN..MAX, found '4..1'", self.refused(2, "--shards", "4..1"))
        self.assertIn("found '65'", self.refused(2, "--shards", "65"))
        self.assertIn("up: --store-ca needs --store etcds://... beside it", self.refused(2, "--store-ca", "ca.pem"))
        self.net.flags = ()
        self.net.up()
        self.net.run("up", "--shards", "1")  # that is what it has
        self.net.run("down")
        self.net.flags = ("--shards", "2")
        self.net.up()
        self.assertEqual(self.shards(), 2)
        # A running cluster: nothing is changed, and what does not fit is said.
        self.net.run("up", "--shards", "2..2")
        self.assertIn("is running already, with --shards 2", self.refused(1, "--shards", "1..4"))
        self.assertIn("up: --store-ca needs --store etcds://... beside it", self.refused(2, "--store-ca", "ca.pem"))
        self.assertIn("up: --store-key is for --store etcds://..., got 'sqlite'",
                      self.refused(2, "--store", "sqlite", "--store-key", "key.pem"))
        self.assertIn("is running already, with its own database",
                      self.refused(1, "--store", "etcds://db:2379", "--store-ca", "ca.pem"))
        # Kept: after a node died, and after an end of all.
        node = next(p["name"] for p in self.net.record()["parts"] if p["kind"] == "node")
        self.net.run("kill", node)
        self.net.run("start", node)
        self.assertEqual(self.shards(), 2)
        self.net.run("down")
        self.net.flags = ()
        self.net.up()
        self.assertEqual(self.shards(), 2)
        self.net.run("down")
        self.net.flags = ("--shards", "1..2")
        self.net.up()
        self.assertEqual((self.shards(), self.net.record()["shards"]), (1, "1..2"))

    def test_dev_takes_shards_too(self):
        refused = self.net.run("dev", self.net.write("w.js", WORKER), "--shards", "none", check=False)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("dev: --shards: expected a number", refused.stderr)
        port = free_ports(1)[0]
        dev = subprocess.Popen([BIN / "terrella", "dev", self.net.write("w.js", WORKER), "--port", str(port), "--shards", "3"],
                               env=self.net.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(dev.wait)
        self.addCleanup(dev.terminate)
        self.assertEqual(wait_for("it does not serve", lambda: self.health(port), 20)["shards"], 3)

    def health(self, port):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/.terrella/health", timeout=2) as answer:
                return json.load(answer)
        except OSError:
            time.sleep(0.1)
            return None


if __name__ == "__main__":
    unittest.main(verbosity=2)
