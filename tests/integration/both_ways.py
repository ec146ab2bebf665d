"""Tests that run one scenario both ways, live and in virtual time."""
import json
import os
import unittest
from pathlib import Path

from network import Network

ROOT = Path(os.environ["TERRELLA_SOURCE_DIR"])


class BothWays(unittest.TestCase):
    def both(self, name, pops, scenario):
        """The reports (virtual, live) of runs that passed. WORKERS in the scenario is where the library's workers are."""
        with Network(pops=pops, name=name) as net:
            file = net.write(f"{name}.toml", scenario.replace("WORKERS", str(ROOT / "scenarios" / "workers")))
            virtual = self.passed(net.run("sim", "run", "--virtual", "--pops", pops, "--json", file))
            return virtual, self.passed(net.run("sim", "run", "--json", file))

    def passed(self, done):
        report = json.loads(done.stdout)
        self.assertTrue(report["passed"], report["assertions"])
        return report

    def assert_as_long(self, live_ms, virtual_ms, what):
        """Live shares the machine with whoever is there, which only makes people wait longer."""
        self.assertGreater(live_ms, 0.95 * virtual_ms - 5, f"{what}: live {live_ms} ms, virtual {virtual_ms} ms")
        self.assertLess(live_ms, 1.25 * virtual_ms + 25, f"{what}: live {live_ms} ms, virtual {virtual_ms} ms")
