#!/usr/bin/env python3
"""The network's questions by their JSON: what net place and net lint advise does what they say when net catchment runs it."""
import json
import os
import subprocess
import tempfile
import unittest

BIN = os.environ.get("TERRELLA_BIN", "build/bin")
WORLD = ["--preset", "cdn", "--pops", "12", "--ases", "1500", "--seed", "3"]


class NetQuestions(unittest.TestCase):
    def ask(self, *args, exits=0):
        with tempfile.TemporaryDirectory() as home:
            done = subprocess.run([f"{BIN}/terrella", "net", *args, "--json"], capture_output=True, text=True,
                                  env={**os.environ, "TERRELLA_HOME": home})
        self.assertEqual(done.returncode, exits, done.stderr)
        return json.loads(done.stdout) if done.stdout else None

    def test_place_gains_what_catchment_shows_and_more_than_distance(self):
        placed = self.ask("place", *WORLD, "--next", "2", "--candidates", "world-100")
        self.assertEqual(len(placed["add"]), 2)
        codes = [site["site"] for site in placed["add"]]
        shown = self.ask("catchment", *WORLD, *(word for code in codes for word in ("--add", code)))
        self.assertAlmostEqual(shown["before"]["rtt_mean_ms"], placed["rtt_mean_ms"], places=3)
        self.assertAlmostEqual(shown["after"]["rtt_mean_ms"], placed["add"][-1]["rtt_mean_ms"], places=3)
        self.assertLess(placed["add"][-1]["rtt_mean_ms"], placed["by_distance"][-1]["rtt_mean_ms"])

    def test_sites_of_operators_go_by_their_own_code(self):
        # CloudFront's in mainland China are at hubs that are cities and have no code; Fastly's JFK is at Newark's hub.
        world = ["--preset", "cdn", "--ases", "1500"]
        for operator, code in (("cloudfront", "PVG"), ("fastly", "JFK")):
            sites = [site["site"] for site in self.ask("catchment", *world, "--pops", operator)["sites"]]
            self.assertNotIn("", sites)
            self.assertIn(code, sites)
        moves = self.ask("catchment", *world, "--pops", "JFK,FRA", "--drop", "JFK")["moves"]
        self.assertEqual({(move["from"], move["to"]) for move in moves}, {("JFK", "FRA")})
        self.assertEqual(self.ask("place", *WORLD, "--next", "1", "--candidates", "PVG")["add"][0]["site"], "PVG")

    def test_transfer_bounds_what_it_draws(self):
        much = ["--from", "Lagos", "--to", "FRA", "--bytes", "100000000", "--answers", "1000"]
        self.assertIn("steps", self.ask("transfer", *much))
        self.ask("transfer", *much, "--loss", "50%", exits=1)
        self.assertEqual(self.ask("transfer", *much, "--loss", "0.001%", "--fetches", "2")["loss"]["fetches"], 2)

    def test_place_takes_candidates_by_code_and_refuses_unknown_ones(self):
        placed = self.ask("place", *WORLD, "--next", "1", "--candidates", "NBO,LOS")
        self.assertIn(placed["add"][0]["site"], ("NBO", "LOS"))
        self.ask("place", *WORLD, "--candidates", "QQQ,LOS", exits=1)
        self.ask("place", *WORLD, "--next", "0", exits=2)

    def test_lint_exits_with_one_and_its_withdrawals_help(self):
        world = ["--preset", "root", "--pops", "20", "--ases", "1500", "--seed", "3"]
        found = self.ask("lint", *world, exits=1)["findings"]
        self.assertTrue(found)
        gains = [finding["gain_mean_ms"] for finding in found]
        self.assertEqual(gains, sorted(gains, reverse=True))
        withdrawn = [f for f in found if f["change"].startswith("--withdraw ")]
        for finding in withdrawn[:3]:
            shown = self.ask("catchment", *world, *finding["change"].split())
            self.assertGreater(shown["before"]["rtt_mean_ms"], shown["after"]["rtt_mean_ms"], finding)

    def test_lint_of_what_touches_nobody_exits_with_zero(self):
        self.assertEqual(self.ask("lint", *WORLD, "--users", "9000000000")["findings"], [])


if __name__ == "__main__":
    unittest.main()
