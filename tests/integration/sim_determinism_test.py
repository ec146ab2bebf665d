#!/usr/bin/env python3
"""A seed's run is the same to the byte: its event log and its report, with one thread and with two, twice each."""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

BIN = Path(os.environ["TERRELLA_BIN"])
ROOT = Path(os.environ["TERRELLA_SOURCE_DIR"])
# Four windows of arrivals, and everything random there is: accesses, losses, evening queues, faults, cold isolates, caches.
SCENARIO = """version = 1
name = "twice"
seed = SEED
duration = "12s"
[clients]
rate_per_s = 20000
cities = "world:300"
steering = ["dns", "anycast"]
timeout = "3s"
[network]
access = "mix"
loss = "1%/3"
hour = "20:30"
[[worker]]
path = "PATH"
ASKED
[[timeline]]
at = "3s"
kill = "FRA"
[[timeline]]
at = "5s"
drain = "NRT"
[[timeline]]
at = "6s"
deploy = "PATH"
[[timeline]]
at = "8s"
start = "FRA"
"""


ASKED = """[[origin]]
host = "api.example"
city = "Frankfurt"
think = "20ms"
spread = 2
errors = 0.02
cache = "2s"
stale_while_revalidate = "1s"
stale_if_error = "3s"
[[request]]
host = "hello"
path = "/{object}"
objects = 1000
zipf = 0.9
origins = ["api.example"]
[[timeline]]
at = "7s"
origin_outage = "api.example"
for = "3s"
"""
ASKED_OF_NOBODY = """[[request]]
host = "hello"
"""


class Determinism(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.home = Path(cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_scenario(self, *words, seed=7):
        """The log (none of a sampled run) and the report of one run, as bytes."""
        file, log = self.home / "scenario.toml", self.home / "log.csv"
        asked = ASKED_OF_NOBODY if "--sampled" in words else ASKED
        file.write_text(SCENARIO.replace("ASKED", asked).replace("PATH", str(ROOT / "examples" / "hello")).replace("SEED", str(seed)))
        log.unlink(missing_ok=True)
        wanted = [] if "--sampled" in words else ["--log", log]
        done = subprocess.run([BIN / "terrella", "sim", "run", "--virtual", file, "--pops", "12", "--json", *wanted, *words],
                              capture_output=True, timeout=120, env={**os.environ, "TERRELLA_HOME": str(self.home / "home")})
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return log.read_bytes() if wanted else b"", done.stdout

    def test_the_same_bytes_at_any_number_of_threads(self):
        runs = [self.run_scenario("--threads", threads) for threads in ("1", "2", "1", "2")]
        log, report = runs[0]
        self.assertGreater(log.count(b"\n"), 200_000)
        for other_log, other_report in runs[1:]:
            self.assertTrue(other_log == log, "the event logs differ")
            self.assertTrue(other_report == report, "the reports differ")
        # What would be equal whatever happened proves nothing.
        self.assertIn(b",kill FRA,,,FRA,", log)
        self.assertIn(b",connect,", log)
        for use in (b"hit", b"coalesced", b"updating", b"stale", b"expired", b"miss"):
            self.assertRegex(log, rb"\d," + use + rb"\n")
        uses = json.loads(report)["caches"]["uses"]
        self.assertTrue(all(uses[use] > 0 for use in ("hit", "coalesced", "updating", "stale", "expired", "miss")), uses)
        other_log, other_report = self.run_scenario("--threads", "2", seed=8)
        self.assertFalse(other_log == log or other_report == report, "another seed, the same run")

    def test_requests_to_kv_too(self):
        reports = []
        for threads in ("1", "2", "1", "2"):
            done = subprocess.run([BIN / "terrella", "sim", "run", "--virtual", "--declared", ROOT / "scenarios" / "kv-staleness.toml",
                                   "--json", "--threads", threads], capture_output=True, timeout=120,
                                  env={**os.environ, "TERRELLA_HOME": str(self.home / "home")})
            self.assertEqual(done.returncode, 0, done.stderr)
            reports.append(done.stdout)
        self.assertIn(b'"stale_reads"', reports[0])
        self.assertEqual(len({report.partition(b'"replay"')[0] for report in reports}), 1)

    def test_sampled_runs_too(self):
        reports = [self.run_scenario("--sampled", "--threads", threads)[1] for threads in ("1", "2", "1", "2")]
        self.assertEqual(len(set(reports)), 1)
        self.assertNotEqual(self.run_scenario("--sampled", seed=8)[1], reports[0])


if __name__ == "__main__":
    unittest.main()
