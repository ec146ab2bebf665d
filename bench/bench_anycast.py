#!/usr/bin/env python3
"""Presets of anycast networks beside what was measured of such networks: shares of users, in percent.

On a synthetic Internet of 75,000 ASes. The peer's column is the published figure, the bars are what a model of
distributions should keep (some have two, as a range). Figures and bars are those of docs/validation.md.
"""
import sys

from harness import ROOT, Row, report, talk

sys.path.append(str(ROOT / "scripts" / "validate"))
from anycast_rows import (  # noqa: E402
    CDN_LONGER, CDN_SLOW_MAX, REGIONAL_BELOW_MIN, ROOT_FAR_MIN, ROOT_LONGER_MIN, Presets, ask)

KOCH = "Koch et al. 2021"


def main():
    talk("presets of 50 sites ...")
    of = Presets()
    talk("startup and cdn by their sites ...")
    medians = [ask("startup", sites)["summary"]["rtt_p50_ms"] for sites in (3, 12, 50)]
    large = ask("cdn", 308)["summary"]
    report("anycast", [
        Row("root: users with a longer path than the best", "%", of.root_longer, 95, KOCH, bar=ROOT_LONGER_MIN,
            bigger_is_better=True),
        Row("root: over 5,000 km farther than the nearest", "%", of.root_far, None, "many (Li et al. 2018)",
            bar=ROOT_FAR_MIN, bigger_is_better=True),
        Row("cdn: users with a longer path, at most", "%", of.cdn_longer, 35, KOCH, bar=CDN_LONGER[1]),
        Row("cdn: the same, at least", "%", of.cdn_longer, 20, "Calder et al. 2015", bar=CDN_LONGER[0],
            bigger_is_better=True),
        Row("cdn: over 25 ms longer", "%", of.cdn_slow, bar=CDN_SLOW_MAX),
        Row("regional: 90th percentile below root's by", "%", of.regional_below, 58.7, "Zhou et al. 2023",
            bar=REGIONAL_BELOW_MIN, bigger_is_better=True),
        *(Row(f"startup, {sites} sites: median round trip", "ms", median)
          for sites, median in zip((3, 12, 50), medians)),
        Row("cdn, 308 sites: users within 50 ms", "%", 100 * large["within_50_ms"], 95, "Cloudflare's claim"),
        Row("cdn, 50 sites: users whom a tie decides for", "%", 100 * sum(
            s["tied"] * s["share"] for s in of.cdn["sites"])),
    ])


if __name__ == "__main__":
    main()
