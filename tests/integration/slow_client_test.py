#!/usr/bin/env python3
"""Slow clients by the hundred (slowhttptest) leave an edge node able to answer, and are themselves ended.

During each attack ordinary clients ask one after another: none may fail, and their 99th percentile stays within a
bound. What the server promises of deadlines is measured by sockets of our own.

Usage: slow_client_test.py   (TERRELLA_BIN says where the programs are)
"""
import re
import shutil
import subprocess
import sys
import threading
import time
import unittest

from one_node import OneNode

WORKER = """export default {
  async fetch(request) {
    if (request.method === 'POST') return new Response(String((await request.arrayBuffer()).byteLength));
    return new Response('x'.repeat(new URL(request.url).pathname === '/large' ? 1 << 18 : 5));
  },
};
"""
CONNECTIONS = 300
SECONDS = 13  # beyond the deadlines of heads and bodies, which are 10 s
P99_S_MAX = 0.5  # CI's machine is shared; alone it is a few milliseconds
GROWTH_BYTES_MAX = CONNECTIONS * (400 << 10)  # a queue of 256 KiB, and what belongs to a connection


def ask(node):
    """(seconds, status line) of one GET on a connection of its own."""
    began = time.monotonic()
    with node.connect(15) as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        status = s.recv(4096)[:15]
    return time.monotonic() - began, status


class SlowClientTest(unittest.TestCase):
    def attack(self, mode, path, ends):
        """Runs slowhttptest, asks the node meanwhile; whether all its connections have `ends` by then."""
        with OneNode(WORKER) as node:
            for _ in range(5):
                ask(node)
            before = node.rss_bytes()
            attack = subprocess.Popen(
                ["slowhttptest", mode, "-u", f"http://127.0.0.1:{node.port}{path}", "-c", str(CONNECTIONS), "-r", "300",
                 "-l", str(SECONDS), "-p", "3", "-i", "5"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            output = []
            reading = threading.Thread(target=lambda: output.append(attack.stdout.read()))
            reading.start()
            took, grown = [], 0
            while attack.poll() is None:
                seconds, status = ask(node)
                self.assertEqual(status, b"HTTP/1.1 200 OK")
                took.append(seconds)
                grown = max(grown, node.rss_bytes() - before)
                time.sleep(0.02)
            reading.join()
            self.assertGreater(len(took), 100)
            self.assertLess(sorted(took)[len(took) * 99 // 100], P99_S_MAX)
            self.assertLess(grown, GROWTH_BYTES_MAX)
            said = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", output[0])
            states = re.findall(r"service available:\s+(\w+)", said)
            self.assertTrue(states and set(states) == {"YES"}, said[-2000:])
            self.assertEqual("No open connections left" in said, ends, said[-2000:])

    def test_headers_that_never_end(self):
        self.attack("-H", "/", ends=True)

    def test_bodies_that_never_end(self):
        self.attack("-B", "/", ends=True)

    def test_answers_that_are_hardly_read(self):
        # Each takes a little: nobody is stalled for 30 s, and what waits for them is bounded.
        self.attack("-X", "/large", ends=False)

    def test_each_is_ended_at_its_deadline(self):
        """(what is sent first, octets each second after it, what the server says): each after 10 to 14 s."""
        dribbles = [
            (b"", b"", b""),
            (b"GET / HTTP/1.1\r\nHost: a\r\n", b"x", b"HTTP/1.1 408"),
            (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n", b"x", b"HTTP/1.1 408"),
            (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", b"HTTP/1.1 408"),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"", b""),
        ]
        ended = {}
        with OneNode(WORKER) as node:
            def dribble(first, each, number):
                began, heard = time.monotonic(), b""
                with node.connect(20) as s:
                    s.settimeout(1)
                    s.sendall(first)
                    while time.monotonic() - began < 20:
                        try:
                            more = s.recv(4096)
                            heard += more
                            if not more:
                                break
                        except TimeoutError:
                            if each:
                                s.sendall(each)
                        except ConnectionError:
                            break
                ended[number] = (time.monotonic() - began, heard)

            threads = [threading.Thread(target=dribble, args=(first, each, number))
                       for number, (first, each, _) in enumerate(dribbles)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        for number, (first, _, said) in enumerate(dribbles):
            with self.subTest(first=first):
                seconds, heard = ended[number]
                self.assertTrue(9.5 < seconds < 14, seconds)
                self.assertTrue(heard.startswith(said), heard[:100])


if __name__ == "__main__":
    if not shutil.which("slowhttptest"):
        print("SKIPPED: slowhttptest is not installed (scripts/setup --test)")
        sys.exit(0)
    unittest.main(verbosity=1, argv=[sys.argv[0], *sys.argv[1:]])
