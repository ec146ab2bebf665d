#!/usr/bin/env python3
"""Workers KV, live and in virtual time: the same reads and writes, as many of them stale, and by as much; and as many
errors while a node is cut off from where KV is kept.

Who reads what when is the same to the request; when a copy is made differs by the milliseconds that a busy machine adds,
so a read close to such a moment may fall on either side of it, and now and then a look-up on a busy machine fails.
"""
import unittest

from both_ways import BothWays

SCENARIO = """version = 1
name = "ledger"
seed = 5
duration = "12s"
assertions = ["errors.Berlin < 2%", "errors.Boston < 5%", "errors.Tokyo@together < 2%", "errors.Tokyo@apart > 3%",
  "kv_writes > 50", "kv_stale_share > 5%", "kv_stale_reads.pop:IAD > 0", "kv_stale_max_ms < 12000"]
[clients]
rate_per_s = 80
cities = ["Berlin", "Boston", "Tokyo"]
[[worker]]
path = "WORKERS/ledger"
[[request]]
host = "ledger"
kv = { keys = 40, zipf = 1, write_share = 0.1, cache_ttl = "30s" }
[[timeline]]
at = "0s"
phase = "together"
[[timeline]]
at = "5500ms"
phase = "parting"
[[timeline]]
at = "6s"
partition = "NRT"
phase = "apart"
"""


class Kv(BothWays):
    def test_live_and_virtual_read_the_same(self):
        virtual, live = self.both("ledger", "FRA,IAD,NRT", SCENARIO)
        print("virtual", virtual["kv"], virtual["failures"], "live", live["kv"], live["failures"], sep="\n")
        self.assertEqual([row["name"] for row in live["kv"]], [row["name"] for row in virtual["kv"]])
        for ours, theirs in zip(virtual["kv"], live["kv"]):
            name = ours["name"]
            for count in ("reads", "writes"):
                # Those near the moment of the partition may fall on either side.
                self.assertLess(abs(ours[count] - theirs[count]), 4 + 0.02 * ours[count], name)
            self.assertGreater(ours["stale_reads"], 5, name)
            self.assertLess(abs(ours["stale_reads"] - theirs["stale_reads"]), 3 + 0.1 * ours["stale_reads"], name)
            self.assertLess(abs(ours["stale_max_ms"] - theirs["stale_max_ms"]), 1500, name)
        self.assertEqual(set(virtual["failures"]), {"status"})
        self.assertLess(abs(virtual["failures"]["status"] - live["failures"]["status"]), 3 + 0.2 * virtual["failures"]["status"])


if __name__ == "__main__":
    unittest.main()
