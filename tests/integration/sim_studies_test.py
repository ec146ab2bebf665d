#!/usr/bin/env python3
"""Studies of a scenario: what they answer is true of the runs that one can make by hand, and mistakes are told."""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

BIN = Path(os.environ["TERRELLA_BIN"])
ROOT = Path(os.environ["TERRELLA_SOURCE_DIR"])
SCENARIO = """version = 1
name = "study"
seed = 3
duration = "10s"
assertions = ["p95_ms < 400", "errors < 1%"]
[clients]
rate_per_s = 200
cities = "world:60"
steering = ["dns", "anycast"]
[[worker]]
path = "PATH"
[[request]]
host = "hello"
"""


class Studies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.home = Path(cls.folder.name)
        cls.file = cls.home / "study.toml"
        cls.file.write_text(SCENARIO.replace("PATH", str(ROOT / "examples" / "hello")))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_cli(self, *words, exits=0):
        done = subprocess.run([BIN / "terrella", "sim", *map(str, words)], capture_output=True, text=True, timeout=120,
                              env={**os.environ, "TERRELLA_HOME": str(self.home / "home")})
        self.assertEqual(done.returncode, exits, done.stdout + done.stderr)
        return done

    def ask(self, *words, exits=0):
        return json.loads(self.run_cli(*words, "--json", exits=exits).stdout)

    def test_a_sweep_says_of_each_setting_what_a_run_would(self):
        sweep = self.ask("sweep", self.file, "--vary", "pops=3,30", "--vary", "seed=3,4", "--by-events", "--goal", "p95_ms < 200")
        self.assertEqual([[s["value"] for s in row["settings"]] for row in sweep["rows"]], [[3, 3], [3, 4], [30, 3], [30, 4]])
        for row, pops in ((sweep["rows"][0], 3), (sweep["rows"][2], 30)):
            total = self.ask("run", "--virtual", self.file, "--pops", pops, exits=0 if row["p95_ms"] < 400 else 1)["total"]
            for key in ("requests", "errors", "p50_ms", "p95_ms", "p99_ms"):
                self.assertEqual(row[key], total[key], key)
        self.assertLess(sweep["rows"][2]["p50_ms"], sweep["rows"][0]["p50_ms"])
        self.assertGreater(sweep["rows"][2]["goal_share"], sweep["rows"][0]["goal_share"])
        # Sampled, with more requests than the scenario has, the same within chance.
        sampled = self.ask("sweep", self.file, "--vary", "pops=30")["rows"][0]
        self.assertGreater(sampled["requests"], 1_900_000)
        self.assertAlmostEqual(sampled["p50_ms"] / sweep["rows"][2]["p50_ms"], 1, delta=0.1)

    def test_more_load_makes_people_wait_only_by_events(self):
        rows = self.ask("sweep", self.file, "--vary", "cpu=0.1,20")
        self.assertEqual(rows["how"], "events")
        self.assertGreater(rows["rows"][1]["p95_ms"], rows["rows"][0]["p95_ms"] + 20)

    def test_a_bisected_set_is_enough_and_no_pop_of_it_can_go(self):
        found = self.ask("bisect", self.file, "--goal", "p95_ms < 300", "--people", 90, "--preset", "world-30",
                         "--requests", 300_000)
        self.assertTrue(found["reached"])
        self.assertGreaterEqual(found["goal_share"], 0.9)
        self.assertLess(found["count"], 30)
        self.assertEqual(sorted(row["pop"] for row in found["without"]), sorted(site["pop"] for site in found["sites"]))
        for row in found["without"]:
            self.assertLess(row["goal_share"], 0.9)
        never = self.run_cli("bisect", self.file, "--goal", "p95_ms < 1", "--preset", "world-12", "--requests", 20_000, exits=1)
        self.assertIn("all 12 PoPs keep p95_ms < 1 for 0.00 % of the people only", never.stderr)

    def test_capacity_is_where_the_busiest_node_is_full(self):
        found = self.ask("capacity", self.file, "--slo", "p95_ms < 1000", "--pops", 1)
        holds = [trial for trial in found["trials"] if trial["broken"] is None]
        breaks = [trial for trial in found["trials"] if trial["broken"] is not None]
        self.assertEqual(found["capacity_per_s"], max(trial["rate_per_s"] for trial in holds))
        self.assertLess(min(trial["rate_per_s"] for trial in breaks) / found["capacity_per_s"], 1.021)
        self.assertEqual(found["limited_by"], "p95_ms < 1000")
        more = self.ask("capacity", self.file, "--slo", "p95_ms < 1000", "--pops", 12)["capacity_per_s"]
        self.assertGreater(more, 1.5 * found["capacity_per_s"])
        nothing = self.run_cli("capacity", self.file, "--slo", "p95_ms < 0.001", exits=1)
        self.assertIn("no load keeps it", nothing.stderr)

    def test_two_reports_are_compared_city_by_city(self):
        few, many = self.home / "few.json", self.home / "many.json"
        self.run_cli("run", "--virtual", self.file, "--pops", 3, "--out", few, exits=1)
        self.run_cli("run", "--virtual", self.file, "--pops", 30, "--out", many)
        difference = self.ask("compare", few, many)
        total = difference["total"]
        self.assertTrue(total["p50_ms"]["sure"])
        self.assertLess(total["p50_ms"]["high"], 0)
        moved = [city for city in difference["cities"] if city["moved"]]
        self.assertGreater(len(moved), 20)
        mine = {row["name"]: max(row["pops"], key=row["pops"].get) for row in json.loads(many.read_text())["cities"]}
        for city in moved:
            self.assertNotEqual(city["pop_before"], city["pop_after"])
            self.assertEqual(mine[city["name"]], city["pop_after"])
        same = self.ask("compare", many, many)
        self.assertFalse(any(row["moved"] or row["p50_ms"]["sure"] for row in same["cities"]))
        self.run_cli("compare", few, many, "--fail-if-worse")
        self.assertIn("worse by more than chance", self.run_cli("compare", many, few, "--fail-if-worse", exits=1).stderr)
        wrong = self.run_cli("compare", few, self.file, exits=2)
        self.assertIn("the second report: not JSON", wrong.stderr)

    def test_costs_follow_the_rate(self):
        costs = self.ask("sweep", self.file, "--vary", "pops=3", "--requests", 1000)["costs"]
        # 200 a second for 30 days at 0.30 USD a million, and the worker's processor time.
        self.assertGreater(costs[0]["monthly_cost"], 200 * 30 * 86400 * 0.30 / 1e6)
        self.assertLess(costs[0]["monthly_cost"], 2 * 200 * 30 * 86400 * 0.30 / 1e6)

    def test_chaos_finds_nothing_to_complain_of(self):
        outcome = self.ask("chaos", self.file, "--seeds", 50, "--pops", 12)
        self.assertEqual((outcome["seeds"], outcome["broken"]), (50, []))
        self.assertEqual(outcome["requests"], outcome["answered"] + outcome["failed"] + outcome["given_up"])
        self.assertGreater(outcome["failed"], 0)

    def test_mistakes_are_told(self):
        for words, said in (
            (("sweep", self.file), "expected --vary"),
            (("sweep", self.file, "--vary", "pop=3"), "did you mean 'pops'?"),
            (("sweep", self.file, "--vary", "pops=0..3"), "of 1 to 308"),
            (("bisect", self.file, "--goal", "p95_ms.Lagos < 3"), "is no goal"),
            (("capacity", self.file, "--slo", "p95 < 3"), "p95_ms"),
        ):
            self.assertIn(said, self.run_cli(*words, exits=2).stderr)


if __name__ == "__main__":
    unittest.main()
