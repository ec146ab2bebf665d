#!/usr/bin/env python3
"""Slow clients by the hundred (slowhttptest) leave an edge node able to answer, and are themselves ended.

Usage: slow_client_test.py   (TERRELLA_BIN says where the programs are)
"""
import re
import shutil
import subprocess
import sys
import threading
import time
import unittest
import urllib.request

from one_node import OneNode

WORKER = """export default {
  async fetch(request) {
    if (request.method === 'POST') return new Response(String((await request.arrayBuffer()).byteLength));
    return new Response('x'.repeat(new URL(request.url).pathname === '/large' ? 1 << 18 : 5));
  },
};
"""
CONNECTIONS = 300


class SlowClientTest(unittest.TestCase):
    def attack(self, mode, path="/"):
        """Runs slowhttptest for 20 s and asks the node meanwhile; returns what it said."""
        with OneNode(WORKER) as node:
            url = f"http://127.0.0.1:{node.port}{path}"
            attack = subprocess.Popen(
                ["slowhttptest", mode, "-u", url, "-c", str(CONNECTIONS), "-r", "200", "-l", "20", "-p", "3", "-i", "5"],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            output = []
            reading = threading.Thread(target=lambda: output.append(attack.stdout.read()))
            reading.start()
            worst, asked = 0.0, 0
            while attack.poll() is None:
                began = time.monotonic()
                with urllib.request.urlopen(f"http://127.0.0.1:{node.port}/", timeout=15) as answer:
                    self.assertEqual(answer.status, 200)
                worst = max(worst, time.monotonic() - began)
                asked += 1
                time.sleep(0.1)
            reading.join()
            self.assertGreater(asked, 20)
            self.assertLess(worst, 10.0)  # CI's machine is shared
            said = re.sub(r"\x1b\[[0-9;]*m", "", output[0])
            states = re.findall(r"service available:\s+(\w+)", said)
            self.assertTrue(states and set(states) == {"YES"}, said[-2000:])

    def test_headers_that_never_end(self):
        self.attack("-H")

    def test_bodies_that_never_end(self):
        self.attack("-B")

    def test_answers_that_are_never_read(self):
        self.attack("-X", "/large")


if __name__ == "__main__":
    if not shutil.which("slowhttptest"):
        print("SKIPPED: slowhttptest is not installed (scripts/setup --test)")
        sys.exit(0)
    unittest.main(verbosity=1, argv=[sys.argv[0], *sys.argv[1:]])
