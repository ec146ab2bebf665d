#!/usr/bin/env python3
"""A scenario's origins, live and in virtual time: distance and thought are felt, and an outage is what the worker makes of it."""
import unittest

from both_ways import BothWays

SCENARIO = """version = 1
name = "origins"
seed = 3
duration = "9s"
assertions = [
  "errors.population:nothing@out > 90%",
  "errors.population:yesterdays == 0",
  "errors@start < 3%",
]
[clients]
rate_per_s = 30
[[population]]
name = "nothing"
cities = ["Berlin", "Tokyo"]
requests = ["prices-or-nothing"]
[[population]]
name = "yesterdays"
cities = ["Hamburg", "Osaka"]
requests = ["prices-or-yesterdays"]
[[origin]]
host = "prices.example"
city = "Frankfurt"
think = "40ms"
bytes = 800
[[worker]]
path = "WORKERS/prices-or-nothing"
[[worker]]
path = "WORKERS/prices-or-yesterdays"
[[request]]
host = "prices-or-nothing"
origins = ["prices.example"]
[[request]]
host = "prices-or-yesterdays"
origins = ["prices.example"]
[[timeline]]
at = "4s"
origin_outage = "prices.example"
for = "3s"
phase = "out"
[[timeline]]
at = "7s"
phase = "back"
"""


class Origins(BothWays):
    def test_live_and_virtual_feel_the_same_origin(self):
        virtual, live = self.both("origins", "FRA,NRT", SCENARIO)
        self.assertEqual(live["total"]["requests"], virtual["total"]["requests"], "the same arrivals")
        # 40 ms of thought, and for Japan the way from Tokyo to Frankfurt and back.
        germany, japan = self.p50_ms(live, "Berlin"), self.p50_ms(live, "Tokyo")
        self.assertGreater(germany, 40)
        self.assertGreater(japan, germany + 150)
        for report in (live, virtual):
            print({row["name"]: row["p50_ms"] for row in report["cities"]}, "errors", report["total"]["errors"])
        for city in ("Berlin", "Tokyo", "Hamburg", "Osaka"):
            self.assert_as_long(self.p50_ms(live, city), self.p50_ms(virtual, city), city)
        for report in (live, virtual):
            self.assertEqual(report["failures"], {"status": report["total"]["errors"]}, "refused as the worker refuses")

    @staticmethod
    def p50_ms(report, city):
        return next(row["p50_ms"] for row in report["cities"] if row["name"] == city)


if __name__ == "__main__":
    unittest.main()
