#!/usr/bin/env python3
"""Presets of anycast networks beside what was measured of such networks: shares of users, in percent.

On a synthetic Internet of 75,000 ASes. The peer's column is the published figure, the bars are what a model of
distributions should keep (some have two, as a range).
"""
import json

from harness import Row, cluster, report, talk, temporary

ASES = 75_000
KOCH = "Koch et al. 2021"


def main():
    with temporary() as home:
        terrella = cluster(home)

        def ask(preset, sites, *more):
            talk(f"{preset}, {sites} sites ...")
            done = terrella("net", "catchment", "--preset", preset, "--pops", sites, "--ases", ASES, "--json", *more)
            return json.loads(done.stdout)

        root, cdn = (ask(preset, 50, "--penalty") for preset in ("root", "cdn"))
        regional = ask("regional", 50)
        medians = [ask("startup", sites)["summary"]["rtt_p50_ms"] for sites in (3, 12, 50)]
        large = ask("cdn", 308)["summary"]

    def share(asked, key):
        return 100 * asked["penalty"][key]

    def p90(asked):
        return asked["summary"]["rtt_p90_ms"]

    report("anycast", [
        Row("root: users with a longer path than the best", "%", share(root, "over_1_ms"), 95, KOCH, bar=85,
            bigger_is_better=True),
        Row("root: over 5,000 km farther than the nearest", "%", share(root, "over_5000_km"), None,
            "many (Li et al. 2018)", bar=20, bigger_is_better=True),
        Row("cdn: users with a longer path, at most", "%", share(cdn, "over_1_ms"), 35, KOCH, bar=40),
        Row("cdn: the same, at least", "%", share(cdn, "over_1_ms"), 20, "Calder et al. 2015", bar=15,
            bigger_is_better=True),
        Row("cdn: over 25 ms longer", "%", share(cdn, "over_25_ms"), bar=10),
        Row("regional: 90th percentile below root's by", "%", 100 * (1 - p90(regional) / p90(root)), 58.7,
            "Zhou et al. 2023", bar=50, bigger_is_better=True),
        *(Row(f"startup, {sites} sites: median round trip", "ms", median)
          for sites, median in zip((3, 12, 50), medians)),
        Row("cdn, 308 sites: users within 50 ms", "%", 100 * large["within_50_ms"], 95, "Cloudflare's claim"),
        Row("cdn, 50 sites: users whom a tie decides for", "%", 100 * sum(
            s["tied"] * s["share"] for s in cdn["sites"])),
    ])


if __name__ == "__main__":
    main()
