#!/usr/bin/env python3
"""A node whose disk is slow, and one whose clock is wrong: what people feel of it, and that it ends."""
import http.client
import json
import threading
import time
import unittest
from email.utils import parsedate_to_datetime

from cache_test import Origin, worker_folder
from network import Network, wait_for

WORKER = """
export default {
  fetch(request) {
    const path = new URL(request.url).pathname;
    if (path === '/now') return Response.json(Date.now());
    return fetch('http://origin.test' + path, { cf: { cacheEverything: true } });
  },
};
"""
SLOW_S = 0.4
# One that a node's memory holds, and one that it reads from its disk each time.
SMALL, LARGE = 1_000, 100_000
READERS = 4


def setUpModule():
    global net, origin, wrong, right
    net = Network(pops=2).__enter__()
    origin = Origin()
    origin.serve("/small", {"Cache-Control": "max-age=600"}, "s" * SMALL)
    origin.serve("/large", {"Cache-Control": "max-age=600"}, "l" * LARGE)
    origin.serve("/aged", {"Cache-Control": "max-age=600"})
    origin.serve("/minute", {"Cache-Control": "max-age=60"})
    origin.serve("/kept", {"Cache-Control": "max-age=2"})
    net.run("deploy", str(worker_folder(net.home, origin.port, WORKER)))
    wrong, right = net.nodes()


def tearDownModule():
    origin.close()
    net.__exit__()


def ask(node, path):
    """(answer, its text, seconds it took)"""
    began = time.monotonic()
    connection = http.client.HTTPConnection(node["address"].split(":")[0], net.port, timeout=30)
    try:
        connection.request("GET", path, headers={"host": "cached.edge.test"})
        answer = connection.getresponse()
        text = answer.read().decode()
        return answer, text, time.monotonic() - began
    finally:
        connection.close()


def status(node, path):
    return ask(node, path)[0].headers["cf-cache-status"]


def ahead_s(node):
    """How far the clock of a node's workers is ahead of ours."""
    return json.loads(ask(node, "/now")[1]) / 1000 - time.time()


class SkewedClock(unittest.TestCase):
    def tearDown(self):
        net.run("skew", wrong["name"], "0")

    def skew(self, by, expected_s):
        net.run("skew", wrong["name"], by)
        wait_for(f"a clock that is wrong by {by}", lambda: abs(ahead_s(wrong) - expected_s) < 5, 10)

    def test_workers_and_answers_go_by_it_and_other_nodes_do_not(self):
        self.skew("+90s", 90)
        self.assertLess(abs(ahead_s(right)), 5)
        dated = parsedate_to_datetime(ask(wrong, "/now")[0].headers["date"]).timestamp()
        self.assertAlmostEqual(dated - time.time(), 90, delta=5)
        self.skew("-5m", -300)
        self.skew("0", 0)

    def test_what_is_cached_is_older_by_as_much_and_what_comes_is_stale_at_once(self):
        self.assertEqual([status(wrong, "/aged") for _ in range(2)], ["MISS", "HIT"])
        self.assertEqual([status(right, "/minute") for _ in range(2)], ["MISS", "HIT"])
        self.skew("+90s", 90)
        answer = ask(wrong, "/aged")[0]
        self.assertEqual(answer.headers["cf-cache-status"], "HIT")
        self.assertGreaterEqual(int(answer.headers["age"]), 90)
        before = origin.count("/minute")
        self.assertEqual({status(wrong, "/minute") for _ in range(3)}, {"BYPASS"}, "older than a minute when it comes")
        self.assertEqual(origin.count("/minute"), before + 3, "and asked for each time")

    def test_with_a_clock_set_back_what_is_stored_is_served_for_longer(self):
        self.assertEqual([status(node, "/kept") for node in (wrong, right)], ["MISS", "MISS"])
        stored = time.monotonic()
        self.skew("-1m", -60)
        time.sleep(max(0.0, stored + 2.5 - time.monotonic()))
        self.assertEqual(status(wrong, "/kept"), "HIT", "its clock says that no time has gone by")
        self.assertEqual(status(right, "/kept"), "EXPIRED")

    def test_a_node_that_is_started_again_has_the_right_time(self):
        self.skew("+90s", 90)
        net.run("kill", wrong["name"])
        self.assertIn("is dead", net.run("skew", wrong["name"], "+90s", check=False).stderr)
        net.run("start", wrong["name"])
        self.assertLess(abs(ahead_s(wrong)), 5)

    def test_what_it_cannot_be_is_refused(self):
        for by, said in (("2h", "expected -1h to 1h"), ("soon", "is not a duration"), ("90", "is not a duration")):
            done = net.run("skew", wrong["name"], by, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn(said, done.stderr)
        self.assertIn("expected 0s to 10s", net.run("slow-disk", wrong["name"], "-1s", check=False).stderr)


class SlowDisk(unittest.TestCase):
    def tearDown(self):
        net.run("slow-disk", wrong["name"], "0")

    def test_what_memory_does_not_hold_waits_and_nobody_else(self):
        for path in ("/small", "/large"):
            status(wrong, path)
        wait_for("both to be cached", lambda: {status(wrong, p) for p in ("/small", "/large")} == {"HIT"}, 10)
        quick_s = min(ask(wrong, "/large")[2] for _ in range(5))
        self.assertLess(quick_s, SLOW_S)
        net.run("slow-disk", wrong["name"], f"{int(1000 * SLOW_S)}ms")
        wait_for("the disk to be slow", lambda: ask(wrong, "/large")[2] >= SLOW_S, 10)
        slow = []
        readers = [threading.Thread(target=lambda: slow.append(ask(wrong, "/large"))) for _ in range(READERS)]
        for reader in readers:
            reader.start()
        time.sleep(SLOW_S / 8)  # they are being read
        beside_s = max(ask(wrong, path)[2] for path in ("/small", "/now", "/small"))
        for reader in readers:
            reader.join()
        for answer, text, slow_s in slow:
            self.assertEqual((answer.headers["cf-cache-status"], len(text)), ("HIT", LARGE))
            self.assertGreaterEqual(slow_s, SLOW_S)
            self.assertLess(slow_s, READERS * SLOW_S, "they are read at once")
        self.assertLess(beside_s, SLOW_S, "the thread that serves does not wait")
        print(f"large, from a disk {1000 * SLOW_S:.0f} ms slower: {1000 * slow[0][2]:.0f} ms, {1000 * quick_s:.1f} before; "
              f"small, beside it: {1000 * beside_s:.1f} ms")
        # What is deployed meanwhile comes later, and comes.
        net.run("deploy", net.write("next.js", "export default { fetch: () => new Response('next') };"), "--name", "next")
        self.assertEqual(net.body_at(wrong, "next.edge.test"), (200, "next"))
        net.run("slow-disk", wrong["name"], "0")
        wait_for("the disk to be quick again", lambda: ask(wrong, "/large")[2] < SLOW_S, 10)


if __name__ == "__main__":
    unittest.main()
