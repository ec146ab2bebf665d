#!/usr/bin/env python3
"""Static assets: a site with a single-page application and an API, on one node and through a whole network."""
import http.client
import os
import random
import shutil
import signal
import tempfile
import unittest
from pathlib import Path

from network import Network
from one_node import OneNode

APP = Path(os.environ["TERRELLA_SOURCE_DIR"]) / "tests" / "apps" / "spa"


def ask(address, path, method="GET", headers=None, host="spa.edge.test"):
    connection = http.client.HTTPConnection(*address, timeout=20)
    try:
        connection.request(method, path, headers={"host": host, **(headers or {})})
        response = connection.getresponse()
        response.body = response.read()
        return response
    finally:
        connection.close()


class OneSite(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = OneNode(APP)

    @classmethod
    def tearDownClass(cls):
        cls.node.__exit__()

    def ask(self, path, method="GET", headers=None):
        return ask(self.node.address, path, method, headers)

    def test_files_are_served_with_their_heads(self):
        page = self.ask("/about")
        self.assertEqual((page.status, page.headers["content-type"]), (200, "text/html; charset=utf-8"))
        self.assertIn(b"<title>about", page.body)
        self.assertEqual(page.headers["cache-control"], "public, max-age=0, must-revalidate")
        self.assertEqual(page.headers["x-frame-options"], "DENY")
        again = self.ask("/about", headers={"if-none-match": page.headers["etag"]})
        self.assertEqual((again.status, again.body), (304, b""))
        head = self.ask("/about", "HEAD")
        self.assertEqual((head.status, head.body, head.headers["content-length"]),
                         (200, b"", str(len(page.body))))
        part = self.ask("/about", headers={"range": "bytes=2-8"})
        self.assertEqual((part.status, part.body), (206, b"doctype"))
        self.assertEqual(self.ask("/two%20words.txt").body, b"two words\n")
        self.assertIn("immutable", self.ask("/app/main.js").headers["cache-control"])

    def test_paths_lead_to_one_path_each(self):
        for path, status, location in [("/about.html", 307, "/about"), ("/docs", 307, "/docs/"),
                                       ("/docs/index.html?q=1", 307, "/docs/?q=1"), ("/index", 307, "/"),
                                       ("/blog/x", 301, "/docs/#x")]:
            answer = self.ask(path)
            self.assertEqual((answer.status, answer.headers["location"]), (status, location), path)
        self.assertIn(b"docs", self.ask("/latest").body)

    def test_the_worker_gets_the_rest(self):
        self.assertIn(b"from the worker", self.ask("/api/hello").body)
        self.assertIn(b"POST", self.ask("/api/hello", "POST").body)
        self.assertEqual(self.ask("/nothing/here").body, b"worker: /nothing/here")
        self.assertEqual(self.ask("/app/main.js.map").status, 418)
        deep = self.ask("/deep/link", headers={"sec-fetch-mode": "navigate"})
        self.assertEqual((deep.status, deep.body), (200, self.ask("/").body))

    def test_nothing_outside_of_the_folder_is_served(self):
        for path in ["/../src/index.js", "/%2e%2e/src/index.js", "/..%2fsrc%2findex.js", "/_headers", "/.assetsignore",
                     "/wrangler.jsonc", "/app/../../src/index.js"]:
            self.assertEqual(self.ask(path).status, 418, path)

    def test_the_worker_asks_for_assets_by_its_binding(self):
        page = self.ask("/wrapped/about")
        self.assertEqual((page.status, page.headers["x-wrapped"]), (200, "200 /about"))
        self.assertIn(b"<title>about", page.body)
        moved = self.ask("/wrapped/about.html")
        self.assertEqual((moved.status, moved.headers["x-wrapped"]), (200, "200 /about"), "fetch follows")
        fallback = self.ask("/wrapped/nowhere")
        self.assertEqual((fallback.status, fallback.body), (200, self.ask("/").body))
        part = self.ask("/wrapped/about", headers={"range": "bytes=0-1"})
        self.assertEqual((part.status, part.body), (206, b"<!"))


class AssetsAlone(unittest.TestCase):
    def test_a_site_needs_no_worker(self):
        with tempfile.TemporaryDirectory(prefix="terrella-assets-") as folder:
            root = Path(folder)
            (root / "dist").mkdir()
            (root / "dist" / "index.html").write_text("home")
            (root / "dist" / "404.html").write_text("lost")
            big = random.Random(1).randbytes(20 << 20)
            (root / "dist" / "big.bin").write_bytes(big)
            (root / "wrangler.toml").write_text(
                "name = 'site'\n[assets]\ndirectory = 'dist'\nnot_found_handling = '404-page'\n")
            with OneNode(root) as node:
                self.assertEqual(ask(node.address, "/").body, b"home")
                lost = ask(node.address, "/x/y")
                self.assertEqual((lost.status, lost.body), (404, b"lost"))
                self.assertEqual(ask(node.address, "/", "POST").status, 405)
                self.assertEqual(ask(node.address, "/big.bin").body, big)
                part = ask(node.address, "/big.bin", headers={"range": f"bytes={10 << 20}-{(10 << 20) + 9}"})
                self.assertEqual(part.body, big[10 << 20:(10 << 20) + 10])


class WholeNetwork(unittest.TestCase):
    def test_assets_are_uploaded_once_and_served_without_a_control_plane(self):
        with tempfile.TemporaryDirectory(prefix="terrella-assets-") as folder, Network() as network:
            project = Path(folder) / "spa"
            shutil.copytree(APP, project)
            first = network.run("deploy", project)
            self.assertIn("5 assets, 5 of them new", first.stderr)
            parts = network.record()["parts"]
            host, port = next(p["address"] for p in parts if p["name"] == "FRA").rsplit(":", 1)
            node = (host, int(port))
            self.assertIn(b"<title>about", ask(node, "/about").body)
            self.assertIn(b"from the worker", ask(node, "/api/hello").body)
            # Another version of one file: one upload, and another answer.
            (project / "public" / "about.html").write_text("<title>new</title>")
            second = network.run("deploy", project)
            self.assertIn("5 assets, 1 of them new", second.stderr)
            self.assertEqual(ask(node, "/about").body, b"<title>new</title>")
            # What the node has served it serves on its own, also after a start without anybody to ask.
            os.kill(next(p["process"]["pid"] for p in parts if p["name"] == "control"), signal.SIGKILL)
            self.assertEqual(ask(node, "/about").body, b"<title>new</title>")
            self.assertEqual(ask(node, "/docs/").status, 503, "never asked for here")


if __name__ == "__main__":
    unittest.main()
