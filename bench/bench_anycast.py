#!/usr/bin/env python3
"""Presets of anycast networks beside what was measured of such networks: shares of users, in percent.

On five synthetic Internets of 75,000 ASes. The peer's column is the published figure, the bars are what a model of
distributions should keep (some have two, as a range). Figures and bars are those of docs/validation.md. With
$TERRELLA_AS_REL (CAIDA's AS relationships) the same follow of that graph, beside the synthetic ones, without bars.
"""
import os
import sys

from harness import ROOT, Row, report, talk

sys.path.append(str(ROOT / "scripts" / "validate"))
from anycast_rows import (  # noqa: E402
    CDN_LONGER, CDN_SLOW_MAX, REGIONAL_BELOW_MIN, ROOT_FAR_MIN, ROOT_LONGER_MIN, Presets, ask, presets_on, terrella)

KOCH = "Koch et al. 2021"


def graph_rows(as_rel, synthetic):
    """Figures of the presets on the graph of a file; the peer's are those of the synthetic Internets."""
    talk(f"the same on {as_rel} ...")
    of = presets_on(as_rel)
    for name, key in (("root: a longer path", "root_longer"), ("root: over 5,000 km farther", "root_far"),
                      ("cdn: a longer path", "cdn_longer"), ("cdn: over 25 ms longer", "cdn_slow"),
                      ("regional: below root's", "regional_below")):
        yield Row(f"of that graph, {name}", "%", getattr(of, key).median, getattr(synthetic, key).median, "synthetic")


def place_row():
    """Four sites beside twelve, chosen by what users gain and by distance: what the mean round trip falls by."""
    talk("net place ...")
    asked = terrella("net", "place", "--preset", "cdn", "--pops", 12, "--next", 4, "--ases", 75_000)
    gain, by_distance = (asked["rtt_mean_ms"] - asked[key][-1]["rtt_mean_ms"] for key in ("add", "by_distance"))
    return Row("place, 4 beside 12 sites: mean round trip falls by", "ms", gain, by_distance, "by distance",
               bar=by_distance, bigger_is_better=True)


def main():
    talk("presets of 50 sites ...")
    of = Presets()
    talk("startup and cdn by their sites ...")
    medians = [ask("startup", sites)["summary"]["rtt_p50_ms"] for sites in (3, 12, 50)]
    large = ask("cdn", 308)["summary"]
    report("anycast", [
        Row("root: users with a longer path than the best", "%", of.root_longer.median, 95, KOCH, bar=ROOT_LONGER_MIN,
            bigger_is_better=True),
        Row("root: over 5,000 km farther than the nearest", "%", of.root_far.median, None, "many (Li et al. 2018)",
            bar=ROOT_FAR_MIN, bigger_is_better=True),
        Row("cdn: users with a longer path, at most", "%", of.cdn_longer.median, 35, KOCH, bar=CDN_LONGER[1]),
        Row("cdn: the same, at least", "%", of.cdn_longer.median, 20, "Calder et al. 2015", bar=CDN_LONGER[0],
            bigger_is_better=True),
        Row("cdn: over 25 ms longer", "%", of.cdn_slow.median, bar=CDN_SLOW_MAX),
        Row("cdn: the same, on the worst seed", "%", max(of.cdn_slow.values)),
        Row("regional: 90th percentile below root's by", "%", of.regional_below.median, 58.7, "Zhou et al. 2023",
            bar=REGIONAL_BELOW_MIN, bigger_is_better=True),
        *(Row(f"startup, {sites} sites: median round trip", "ms", median)
          for sites, median in zip((3, 12, 50), medians)),
        Row("cdn, 308 sites: users within 50 ms", "%", 100 * large["within_50_ms"], 95, "Cloudflare's claim"),
        Row("cdn, 50 sites: users whom a tie decides for", "%", 100 * sum(
            s["tied"] * s["share"] for s in of.cdn["sites"])),
        place_row(),
        *(graph_rows(as_rel, of) if (as_rel := os.environ.get("TERRELLA_AS_REL")) else ()),
    ])


if __name__ == "__main__":
    main()
