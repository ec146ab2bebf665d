#!/usr/bin/env python3
"""Nodes' caches in a scenario, live and in virtual time: the same share of hits, the same waiting, and an outage that the
same answers cover."""
import unittest

from both_ways import BothWays

SCENARIO = """version = 1
name = "caches"
seed = 3
duration = "12s"
assertions = [
  "hit_share.population:shop > 30%",
  "hit_share.population:news@start > 85%",
  "errors.population:news < 1%",
  "stale_share.population:news@out > 10%",
  "p50_ms.Hamburg@start < 500",
  "p50_ms.Osaka@start < 500",
]
[clients]
rate_per_s = 80
[[population]]
name = "shop"
cities = ["Berlin", "Tokyo"]
requests = ["news-shop"]
[[population]]
name = "news"
cities = ["Hamburg", "Osaka"]
requests = ["news-front"]
[[origin]]
host = "shop.example"
city = "Frankfurt"
think = "30ms"
bytes = 900
cache = "60s"
[[origin]]
host = "front.example"
city = "Frankfurt"
think = "30ms"
bytes = 900
cache = "2s"
stale_if_error = "60s"
etag = true
[[worker]]
path = "WORKERS/news-of"
name = "news-shop"
[[worker]]
path = "WORKERS/news-of"
name = "news-front"
[[request]]
host = "news-shop"
path = "/shop.example/item/{object}"
objects = 200
zipf = 0.8
origins = ["shop.example"]
[[request]]
host = "news-front"
path = "/front.example/page"
origins = ["front.example"]
[[timeline]]
at = "5s"
purge = "news-shop"
[[timeline]]
at = "6s"
origin_outage = "front.example"
for = "4s"
phase = "out"
[[timeline]]
at = "10s"
phase = "back"
"""


class Caches(BothWays):
    def test_live_and_virtual_hit_alike(self):
        virtual, live = self.both("caches", "FRA,NRT", SCENARIO)
        for name, report in (("virtual", virtual), ("live", live)):
            print(name, report["caches"]["hit_share"], report["caches"]["uses"], [self.p50_ms(report, city) for city in ("Hamburg", "Osaka")])
        self.assertEqual(live["total"]["requests"], virtual["total"]["requests"], "the same arrivals")
        self.assertLess(live["total"]["errors"], 5, "a look-up may fail on a busy machine")
        ours, theirs = live["caches"], virtual["caches"]
        # One that ends as another begins may be on either side.
        self.assertAlmostEqual(ours["asked"], theirs["asked"], delta=0.01 * theirs["asked"])
        rows = [(ours, theirs, "all")]
        for part in ("continents", "pops"):
            by_name = {row["name"]: row for row in theirs[part]}
            self.assertEqual({row["name"] for row in ours[part]}, set(by_name))
            rows += [(row, by_name[row["name"]], row["name"]) for row in ours[part]]
        for a, b, name in rows:
            self.assertAlmostEqual(a["hit_share"], b["hit_share"], delta=0.02, msg=f"{name}: hits, live and virtual")
            self.assertAlmostEqual(a["stale_share"], b["stale_share"], delta=0.02, msg=f"{name}: stale, live and virtual")
        for report in (virtual, live):
            self.assertIn(("purge news-shop", True), [(event["action"], event["ok"]) for event in report["events"]])
        self.assertGreater(theirs["uses"]["coalesced"], 0)
        self.assertEqual(ours["uses"]["coalesced"], 0, "live it is told as a hit")
        for kind in ("revalidated", "stale", "miss"):
            self.assertGreater(ours["uses"][kind], 0, kind)
            self.assertGreater(theirs["uses"][kind], 0, kind)
        # Before the outage nearly all of these are hits: the median is not between those and who waits.
        for city in ("Hamburg", "Osaka"):
            self.assert_as_long(self.p50_ms(live, city), self.p50_ms(virtual, city), city)

    @staticmethod
    def p50_ms(report, city):
        return next(row["actual"] for row in report["assertions"] if row["subject"] == f"p50_ms.{city}@start")


if __name__ == "__main__":
    unittest.main()
