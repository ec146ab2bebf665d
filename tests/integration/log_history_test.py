#!/usr/bin/env python3
"""Workers that ask for it keep their events: found by time, filter and text, bounded, and there after a restart."""
import json
import os
import signal
import urllib.request
import unittest

from network import Network, wait_for

WORKER = """export default {
  async fetch(request) {
    const path = new URL(request.url).pathname;
    console.log('asked for', path);
    if (path === '/boom') throw new TypeError('no stock');
    return new Response('ok');
  },
};
"""
CONFIG = """name = "shop"
main = "index.js"
compatibility_date = "2026-01-01"
"""


class LogHistory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = Network(pops=2, name="history")
        cls.addClassCleanup(cls.net.__exit__)
        cls.net.__enter__()

    def deploy(self, observability, name="shop"):
        self.net.write(f"{name}/index.js", WORKER)
        config = self.net.write(f"{name}/wrangler.toml", CONFIG.replace("shop", name) + observability)
        self.net.run("deploy", os.path.dirname(config))

    def ask(self, path, name="shop"):
        self.net.run("fetch", "--from", "Berlin", f"http://{name}.edge.test{path}", check=False)

    def history(self, *words, name="shop"):
        """Events as --json shows them, and what was said besides."""
        done = self.net.run("tail", name, "--since", "10m", *words)
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def paths(self, *words, name="shop"):
        return ["/" + e["event"]["request"]["url"].rsplit("/", 1)[1] for e in self.history(*words, name=name)[0]]

    def filters(self):
        """How many each node has: with one, what is asked from now on is kept."""
        def of(address):
            with urllib.request.urlopen(f"http://{address}/.terrella/health", timeout=5) as answer:
                return json.loads(answer.read())["tails"]
        return [of(p["address"]) for p in self.net.nodes()]

    def nodes_keep(self):
        return all(self.filters())

    def test_1_events_are_found_by_what_they_are(self):
        self.deploy("[observability]\nenabled = true\nhead_sampling_rate = 1\n")
        wait_for("nodes keep events", self.nodes_keep)
        for path in ("/one", "/boom", "/two"):
            self.ask(path)
        wait_for("three events", lambda: self.paths() == ["/one", "/boom", "/two"])
        events, _ = self.history()
        self.assertEqual(events[0]["logs"][0]["message"], ["asked for /one"])
        self.assertEqual(events[1]["outcome"], "exception")
        self.assertEqual(self.paths("--status", "error"), ["/boom"])
        self.assertEqual(self.paths("--search", "stock"), ["/boom"])
        self.assertEqual(self.paths("--search", "asked for /two"), ["/two"])
        self.assertEqual(self.paths("--limit", "2"), ["/boom", "/two"])
        self.assertIn("older ones", self.history("--limit", "2")[1])
        self.assertEqual(self.paths("--until", "9m"), [])
        version = events[0]["scriptVersion"]["id"]
        self.assertEqual(len(self.paths("--version-id", version[:8])), 3)
        self.assertEqual(self.paths("--version-id", "ffffffffff"), [])

    def test_2_they_are_there_after_the_control_plane_was_killed(self):
        control = next(p for p in self.net.status()["parts"] if p["name"] == "control")
        os.kill(control["pid"], signal.SIGKILL)
        self.net.up()
        self.assertEqual(self.paths(), ["/one", "/boom", "/two"])
        wait_for("nodes keep events again", lambda: self.nodes_keep() and not self.ask("/three") and
                 self.paths()[-1] == "/three")

    def test_3_a_version_that_asks_for_nothing_keeps_nothing(self):
        self.deploy("[observability]\nenabled = false\n", name="quiet")
        self.ask("/one", name="quiet")
        events, talk = self.history(name="quiet")
        self.assertEqual(events, [])
        self.assertIn("keeps no events now", talk)
        self.deploy("")
        wait_for("no filter is left", lambda: not any(self.filters()))
        self.assertIn("/boom", self.paths(), "what was kept before stays")

    def test_4_only_what_said_something_when_invocations_are_not_asked_for(self):
        self.net.write("calm/index.js", "export default { fetch(r) { if (r.url.endsWith('/say')) console.log('hi');"
                       " return new Response('ok'); } };")
        config = self.net.write("calm/wrangler.toml", CONFIG.replace("shop", "calm") +
                                "[observability.logs]\nenabled = true\ninvocation_logs = false\n")
        self.net.run("deploy", os.path.dirname(config))
        wait_for("nodes keep events", self.nodes_keep)
        for path in ("/still", "/say"):
            self.ask(path, name="calm")
        wait_for("one event", lambda: self.paths(name="calm") == ["/say"])

    def test_5_wrong_words_are_refused_with_what_was_expected(self):
        for words, expected in ((("--since", "1m", "--until", "2m"), "later moment"), (("--until", "2m"), "--since"),
                                (("--since", "1m", "--sampling-rate", "0.5"), "live tail")):
            done = self.net.run("tail", "shop", *words, check=False)
            self.assertEqual((done.returncode, expected in done.stderr), (2, True), done.stderr)
        self.assertEqual(self.net.run("tail", "nobody", "--since", "1m", check=False).returncode, 1)


if __name__ == "__main__":
    unittest.main()
