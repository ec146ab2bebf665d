"""Presets of anycast networks beside what was measured of such networks, on a synthetic Internet of 75,000 ASes."""
import json
import os
import subprocess
import tempfile
from pathlib import Path

from rows import Row

ROOT = Path(__file__).resolve().parents[2]
ASES = 75_000
# What a model of distributions should keep of the published figures, in percent.
ROOT_LONGER_MIN, ROOT_FAR_MIN, CDN_LONGER, CDN_SLOW_MAX, REGIONAL_BELOW_MIN = 85, 20, (15, 40), 10, 50


def ask(preset, sites, *more):
    """What `terrella net catchment` says of a preset at the first `sites` sites."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run([ROOT / "build" / "bin" / "terrella", "net", "catchment", "--preset", preset, "--pops",
                               str(sites), "--ases", str(ASES), "--json", *more], check=True, capture_output=True,
                              text=True, env={**os.environ, "TERRELLA_HOME": home})
    return json.loads(done.stdout)


class Presets:
    """Shares of the users of networks of 50 sites, in percent: whose path is longer than the best, ..."""

    def __init__(self):
        root, self.cdn = ask("root", 50, "--penalty"), ask("cdn", 50, "--penalty")
        self.root_longer, self.root_far = (100 * root["penalty"][key] for key in ("over_1_ms", "over_5000_km"))
        self.cdn_longer, self.cdn_slow = (100 * self.cdn["penalty"][key] for key in ("over_1_ms", "over_25_ms"))
        p90, p90_of_root = (asked["summary"]["rtt_p90_ms"] for asked in (ask("regional", 50), root))
        self.regional_below = 100 * (1 - p90 / p90_of_root)


def rows():
    of = Presets()
    yield Row("`root`, 50 sites: users with a longer path than the best; over 5,000 km farther",
              "Koch et al. 2021: over 95 %; Li et al. 2018: many", f">= {ROOT_LONGER_MIN} %, >= {ROOT_FAR_MIN} %",
              f"{of.root_longer:.0f} %, {of.root_far:.0f} %",
              of.root_longer >= ROOT_LONGER_MIN and of.root_far >= ROOT_FAR_MIN)
    least, most = CDN_LONGER
    yield Row("`cdn`, 50 sites: users with a longer path than the best; over 25 ms longer",
              "Koch et al. 2021: 35 %; Calder et al. 2015: roughly 20 %", f"{least} to {most} %, <= {CDN_SLOW_MAX} %",
              f"{of.cdn_longer:.0f} %, {of.cdn_slow:.0f} %",
              least <= of.cdn_longer <= most and of.cdn_slow <= CDN_SLOW_MAX)
    yield Row("`regional`, 50 sites: 90th percentile below `root`'s by", "Zhou et al. 2023: 58.7 to 78.6 %",
              f">= {REGIONAL_BELOW_MIN} %", f"{of.regional_below:.0f} %", of.regional_below >= REGIONAL_BELOW_MIN)
