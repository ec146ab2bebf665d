#!/usr/bin/env python3
"""A bad deploy live and in virtual time: the same people get the bad version, and the gates take it back after the same time.

All answers of the bad version fail, so that the verdict does not depend on chance: the first look, at ten requests of it,
trips. Where it is spread is decided by people's keys, which are the same both ways; when nodes report and are judged is
not, and a machine that is busy does it later.
"""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

BIN = Path(os.environ["TERRELLA_BIN"])
WORKER = "export default {{ fetch() {{ return new Response('{0}', {{ status: {1} }}); }} }};\n"
SCENARIO = """version = 1
name = "bad-deploy-twice"
seed = 5
duration = "9s"
assertions = ["rollback_ms < 4000", "errors@later == 0", "errors.Tokyo == 0"]
[network]
pops = ["FRA", "NRT"]
[clients]
rate_per_s = 120
cities = ["Berlin", "Munich", "Tokyo"]
steering = "dns"
timeout = "3s"
sticky = true
[[worker]]
path = "good"
[[request]]
host = "shop"
service = { ms = 0.4, cpu_ms = 0.05, cold_ms = 1.5, bytes = 200 }
[[timeline]]
at = "1s"
deploy = "bad"
service = { ms = 0.4, cpu_ms = 0.05, cold_ms = 1.5, bytes = 200, status = 500 }
[timeline.rollout]
bake = "5s"
[[timeline.rollout.waves]]
place = "FRA"
percent = 20
[[timeline]]
at = "6s"
phase = "later"
"""


class BadDeploy(unittest.TestCase):
    def run_cli(self, *words):
        done = subprocess.run([BIN / "terrella", *map(str, words)], capture_output=True, text=True, timeout=120,
                              env={**os.environ, "TERRELLA_HOME": str(self.home)})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def test_the_gates_take_it_back_after_the_same_time(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        root = Path(folder.name)
        self.home = root / "home"
        for name, status in (("good", 200), ("bad", 500)):
            (root / name).mkdir()
            (root / name / "terrella.toml").write_text('name = "shop"\nmain = "index.js"\n')
            (root / name / "index.js").write_text(WORKER.format(name, status))
        file = root / "scenario.toml"
        file.write_text(SCENARIO)
        virtual = json.loads(self.run_cli("sim", "run", "--virtual", "--declared", file, "--json").stdout)
        self.run_cli("up", "--pops", "FRA,NRT", "--port", 0, "--dns-port", 0, "--control-port", 0, "--no-tls")
        self.addCleanup(self.run_cli, "down", "--purge")
        live = json.loads(self.run_cli("sim", "run", file, "--json").stdout)

        def rollback_ms(report):
            return next(row["actual"] for row in report["assertions"] if row["text"].startswith("rollback_ms"))

        print(f"rolled back after {rollback_ms(virtual):.0f} ms in virtual time, {rollback_ms(live):.0f} ms live; "
              f"failed requests: {virtual['failures'].get('status', 0)}, {live['failures'].get('status', 0)}")
        # A beat of reports, a judgement, and what a busy machine adds to a deploy.
        self.assertGreater(rollback_ms(live), rollback_ms(virtual) - 500)
        self.assertLess(rollback_ms(live), rollback_ms(virtual) + 1500)
        steps = [[event["action"] for event in report["events"]] for report in (virtual, live)]
        self.assertEqual(steps[0], steps[1])
        self.assertEqual(steps[0], ["deploy bad", "rollout started", "rollout rolled back", "phase later"])
        # Nobody outside the canary's place, and of those in it only who has the key.
        self.assertGreater(virtual["failures"]["status"], 9)
        self.assertAlmostEqual(virtual["failures"]["status"], live["failures"]["status"], delta=25)


if __name__ == "__main__":
    unittest.main()
