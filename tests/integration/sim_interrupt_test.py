#!/usr/bin/env python3
"""A live run that does not come to its end leaves the cluster as it was, and the dashboard knows what became of it."""
import http.client
import json
import signal
import unittest

from network import ROOT, Network, wait_for

SCENARIO = """version = 1
name = "cut-short"
seed = 7
duration = "DURATION"
assertions = ["requests > 0"]
[clients]
rate_per_s = 20
cities = ["Berlin", "Lagos"]
timeout = "1s"
[[worker]]
path = "EXAMPLES/hello"
[[request]]
host = "hello"
[[timeline]]
at = "1s"
kill = "TARGET"
"""


class CutShort(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = Network(pops=3)
        cls.net.__enter__()
        cls.addClassCleanup(cls.net.__exit__)
        cls.pop = cls.net.json("nodes")[0]["id"]

    def scenario(self, duration, target):
        text = SCENARIO.replace("DURATION", duration).replace("TARGET", target)
        return self.net.write("cut-short.toml", text.replace("EXAMPLES", str(ROOT / "examples")))

    def newest(self):
        """The newest run as a dashboard is told of it; none: {}."""
        connection = http.client.HTTPConnection("127.0.0.1", self.net.json("status", check=False)["ports"]["api"], timeout=20)
        self.addCleanup(connection.close)
        token = (self.net.home / self.net.name / "control" / "gateway.token").read_text().strip()
        connection.request("POST", "/v1/Runs/WatchRuns", "{}",
                           {"authorization": f"Bearer {token}", "content-type": "application/json"})
        response = connection.getresponse()
        runs = json.loads(response.readline())["runs"]
        connection.close()
        return runs[0] if runs else {}

    def ready(self):
        return {node["id"] for node in self.net.json("nodes", check=False) if node["state"] == "ready"}

    def test_a_signal_ends_the_run_and_what_it_killed_comes_back(self):
        before = self.ready()
        for how in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(how=how):
                run = self.net.start("sim", "run", self.scenario("60s", self.pop))
                self.addCleanup(run.kill)
                wait_for("the PoP is not killed", lambda: (now := self.newest()).get("state") == "RUNNING"
                         and now["timeline"][0]["done"], timeout_s=30)
                wait_for("it is not dead", lambda: self.pop not in self.ready())
                run.send_signal(how)
                _, said = run.communicate(timeout=30)
                self.assertEqual(run.returncode, 130, said)
                self.assertIn(f"started again what the scenario killed: {self.pop}", said)
                self.assertEqual(self.newest()["state"], "INTERRUPTED")
                wait_for("it is not restored", lambda: self.ready() == before)

    def test_a_signal_before_the_first_request_ends_it_too(self):
        run = self.net.start("sim", "run", self.scenario("60s", self.pop))
        self.addCleanup(run.kill)
        blocked = 1 << (signal.SIGINT - 1)

        def waits_for_signals():
            with open(f"/proc/{run.pid}/status", encoding="ascii") as status:
                return int(next(line for line in status if line.startswith("SigBlk")).split()[1], 16) & blocked

        wait_for("signals are not waited for", waits_for_signals)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=30)
        self.assertEqual(run.returncode, 130, said)
        self.assertIn("interrupted", said)

    def test_a_run_without_a_verdict_does_not_run_for_ever(self):
        missing = self.net.home / "missing.json"
        before = self.newest()
        done = self.net.run("sim", "run", self.scenario("2s", self.pop), "--baseline", str(missing), check=False)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(self.newest(), before, "nothing was run")
        # One that goes away during the run leaves it without a verdict.
        baseline = self.net.home / "baseline.json"
        scenario = self.scenario("2s", self.pop)
        self.net.run("sim", "run", scenario, "--out", str(baseline))
        run = self.net.start("sim", "run", scenario, "--baseline", str(baseline))
        wait_for("the run is not told of", lambda: self.newest()["state"] == "RUNNING")
        baseline.unlink()
        _, said = run.communicate(timeout=30)
        self.assertEqual(run.returncode, 2, said)
        self.assertEqual(self.newest()["state"], "INTERRUPTED")
        done = self.net.run("sim", "run", scenario, "--out", f"{scenario}/no-folder.json", check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("no-folder.json", done.stderr)
        self.assertEqual(self.newest()["state"], "PASSED")

    def test_the_last_word_arrives_after_the_control_plane_was_killed(self):
        done = self.net.run("sim", "run", self.scenario("6s", "control"))
        self.assertNotIn("does not know", done.stderr)
        self.assertIn("started again what the scenario killed: control", done.stderr)
        self.assertEqual(self.newest()["state"], "PASSED")


if __name__ == "__main__":
    unittest.main()
