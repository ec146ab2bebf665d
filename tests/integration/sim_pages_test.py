#!/usr/bin/env python3
"""Pages live and in virtual time: by HTTP/1.1 and HTTP/2, near and far, with parts that are larger than a connection's
first window, and parts of another host."""
import unittest

from both_ways import BothWays

SCENARIO = """version = 1
name = "pages"
seed = 5
duration = "10s"
assertions = [
  "errors < 5%",
  "page_errors < 5%",
  ASSERTIONS
]
[clients]
rate_per_s = 8
cities = ["Berlin", "Lagos", "Nairobi"]
protocol = { "http/1.1" = 1, h2 = 1 }
[[worker]]
path = "WORKERS/sized"
name = "shop"
[[worker]]
path = "WORKERS/sized"
name = "pictures"
[[request]]
host = "shop"
path = "/9000"
[[request]]
host = "shop"
path = "/60000"
weight = 0
[[request]]
host = "shop"
path = "/2000"
weight = 0
[[request]]
host = "pictures"
path = "/12000"
weight = 0
[[page]]
host = "shop"
path = "/9000"
parts = [
  { path = "/60000", count = 12 },
  { path = "/2000", count = 20, cached = 0.3 },
  { host = "pictures", path = "/12000", count = 8 },
  { path = "/2000", count = 2, depth = 2 },
]
"""
CITIES, PROTOCOLS = ("Berlin", "Lagos", "Nairobi"), ("h2", "http/1.1")
SUBJECTS = [f"{metric}.{city} & protocol:{protocol}" for metric in ("page_p50_ms", "page_p95_ms") for city in CITIES for protocol in PROTOCOLS]


class Pages(BothWays):
    def test_live_and_virtual_take_as_long(self):
        lines = ",\n  ".join(f'"{subject} > 0"' for subject in SUBJECTS)
        virtual, live = self.both("pages", "FRA", SCENARIO.replace("ASSERTIONS", lines))
        self.assertEqual(live["total"]["requests"], virtual["total"]["requests"], "the same arrivals")
        self.assertEqual(live["pages"]["requests"], virtual["pages"]["requests"])
        self.assertEqual(virtual["pages"]["errors"], 0)
        self.assertLess(live["pages"]["errors"], 3, "a look-up may fail on a busy machine")
        for subject in SUBJECTS:
            ours, theirs = self.value(live, subject), self.value(virtual, subject)
            print(f"{subject}: live {ours:.1f} ms, virtual {theirs:.1f} ms")
            if "p50" in subject:
                self.assert_as_long(ours, theirs, subject)
        for city in ("Lagos", "Nairobi"):
            by_h2, by_http1 = (self.value(virtual, f"page_p50_ms.{city} & protocol:{protocol}") for protocol in PROTOCOLS)
            self.assertNotAlmostEqual(by_h2, by_http1, delta=20)

    @staticmethod
    def value(report, subject):
        return next(row["actual"] for row in report["assertions"] if row["text"].startswith(subject))


if __name__ == "__main__":
    unittest.main()
