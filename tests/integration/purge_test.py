#!/usr/bin/env python3
"""terrella purge over real processes: what is purged is gone at every node, also at one that was down meanwhile."""
import http.client
import unittest

from cache_test import Origin, worker_folder
from network import Network, wait_for

WORKER = """
export default { fetch(request) { return fetch('http://origin.test' + new URL(request.url).pathname); } };
"""
PATHS = ["/news/a.js", "/news/b.js", "/shop/c.js"]


def setUpModule():
    global net, origin, nodes
    net = Network(pops=3).__enter__()
    origin = Origin()
    for path in PATHS:
        tags = {"/news/a.js": "front,Red", "/shop/c.js": "red"}.get(path, "blue")
        origin.serve(path, {"Cache-Control": "max-age=600", "Cache-Tag": tags})
    net.run("deploy", str(worker_folder(net.home, origin.port, WORKER)))
    nodes = {p["name"]: p["address"].split(":")[0] for p in net.status()["parts"]
             if p["name"] not in ("control", "dns", "ingress")}


def tearDownModule():
    origin.close()
    net.__exit__()


def status(node, path):
    connection = http.client.HTTPConnection(nodes[node], net.port, timeout=30)
    try:
        connection.request("GET", path, headers={"host": "cached.edge.test"})
        response = connection.getresponse()
        response.read()
        return response.headers["cf-cache-status"]
    finally:
        connection.close()


def missed(node, path):
    try:
        return status(node, path) != "HIT"
    except OSError:
        return False


class Purge(unittest.TestCase):
    def setUp(self):
        for node in nodes:
            for path in PATHS:
                status(node, path)
                self.assertEqual(status(node, path), "HIT", f"{path} at {node}")

    def gone(self):
        """The paths that no node has any more, and that all nodes agree about."""
        found = {node: tuple(path for path in PATHS if status(node, path) != "HIT") for node in nodes}
        self.assertEqual(len(set(found.values())), 1, found)
        return list(next(iter(found.values())))

    def test_a_url(self):
        report = net.json("purge", "cached", "--url", "http://origin.test/news/a.js")
        self.assertEqual(report["nodes"], {"acked": 3, "total": 3})
        self.assertEqual(self.gone(), ["/news/a.js"])

    def test_a_prefix(self):
        net.run("purge", "cached", "--prefix", "origin.test/news/")
        self.assertEqual(self.gone(), ["/news/a.js", "/news/b.js"])

    def test_a_tag_in_any_case(self):
        net.run("purge", "cached", "--tag", "RED")
        self.assertEqual(self.gone(), ["/news/a.js", "/shop/c.js"])

    def test_a_host(self):
        net.run("purge", "cached", "--host", "other.test")
        self.assertEqual(self.gone(), [])
        net.run("purge", "cached", "--host", "origin.test")
        self.assertEqual(self.gone(), PATHS)

    def test_everything_also_at_a_node_that_was_down(self):
        node = sorted(nodes)[0]
        net.run("kill", node)
        net.run("purge", "cached", "--everything")
        net.run("start", node)
        # It serves what it last knew until it hears the news.
        wait_for(f"{node} hears of the purge", lambda: missed(node, PATHS[0]))
        self.assertEqual([status(n, PATHS[0]) for n in nodes if n != node], ["MISS"] * (len(nodes) - 1))
        self.assertEqual(self.gone(), PATHS[1:])

    def test_what_cannot_be_purged_is_said(self):
        for words, said in [(["cached"], "expected a URL"), (["nobody", "--everything"], "nobody"),
                            (["cached", "--url", "news/a.js"], "news/a.js")]:
            done = net.run("purge", *words, check=False)
            self.assertNotEqual(done.returncode, 0, words)
            self.assertIn(said, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
