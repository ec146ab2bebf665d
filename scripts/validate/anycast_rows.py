"""Presets of anycast networks beside what was measured of such networks, on a synthetic Internet of 75,000 ASes."""
import json
import os
import subprocess
import tempfile
from pathlib import Path

from rows import Row

ROOT = Path(__file__).resolve().parents[2]
ASES = 75_000


def ask(preset, sites, *more):
    """What `terrella net catchment` says of a preset at the first `sites` sites."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run([ROOT / "build" / "bin" / "terrella", "net", "catchment", "--preset", preset, "--pops",
                               str(sites), "--ases", str(ASES), "--json", *more], check=True, capture_output=True,
                              text=True, env={**os.environ, "TERRELLA_HOME": home})
    return json.loads(done.stdout)


def rows():
    root, cdn = ask("root", 50, "--penalty"), ask("cdn", 50, "--penalty")
    regional = ask("regional", 50)
    inflated, far = 100 * root["penalty"]["over_1_ms"], 100 * root["penalty"]["over_5000_km"]
    yield Row("`root`, 50 sites: users with a longer path than the best; over 5,000 km farther",
              "Koch et al. 2021: over 95 %; Li et al. 2018: many", ">= 85 %, >= 20 %", f"{inflated:.0f} %, {far:.0f} %",
              inflated >= 85 and far >= 20)
    longer, slow = 100 * cdn["penalty"]["over_1_ms"], 100 * cdn["penalty"]["over_25_ms"]
    yield Row("`cdn`, 50 sites: users with a longer path than the best; over 25 ms longer",
              "Koch et al. 2021: 35 %; Calder et al. 2015: roughly 20 %", "15 to 40 %, <= 10 %",
              f"{longer:.0f} %, {slow:.0f} %", 15 <= longer <= 40 and slow <= 10)
    below = 100 * (1 - regional["summary"]["rtt_p90_ms"] / root["summary"]["rtt_p90_ms"])
    yield Row("`regional`, 50 sites: 90th percentile below `root`'s by", "Zhou et al. 2023: 58.7 to 78.6 %", ">= 50 %",
              f"{below:.0f} %", below >= 50)
