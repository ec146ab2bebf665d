#!/usr/bin/env python3
"""Fits the latency model (rtt_process.py) and prints how well it predicts cities it has not seen.

    scripts/data/fit_latency.py RTT_DIR [--write] [--nested] [--seeds N]

RTT_DIR is a folder as rtt_sites.py reads it: round-trip times between hosting servers, as WonderNetwork published
them in November 2018. The table is no part of terrella. --write writes what is derived from it, data/latency_fit.csv
and data/latency_places.csv. --nested also chooses all settings of each fold anew, without the fold, from wide ranges
(five minutes). Needs numpy.
"""
import argparse
import os
import random

import numpy as np

from rtt_process import RANGES, Fit, Settings, anywhere, steps
from rtt_sites import METROPOLIS_KM, Measured

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data")


class Judged:
    """Errors and choices for cities left out of a fit, against cities that were in."""

    def __init__(self):
        self.relative, self.absolute, self.true, self.right, self.regret = [], [], [], [], []

    def add(self, measured, guess, out, draw):
        """`guess` covers all places; `out` are the places the fit never saw. Draws 10 x 20 sites a city."""
        for city in out:
            known = np.setdiff1d(np.flatnonzero(measured.seen[city]), out)
            true = measured.rtt[city, known]
            error = np.abs(guess[city, known] - true)
            self.absolute.extend(error)
            self.relative.extend(error / true)
            self.true.extend(true)
            for _ in range(10 if len(known) >= 20 else 0):
                some = draw.sample(list(known), 20)
                times = measured.rtt[city, some]
                chosen = times[np.argmin(guess[city, some])]
                self.right.append(chosen == times.min())
                self.regret.append(chosen - times.min())

    def figures(self):
        return {"relative_p50": np.median(self.relative), "relative_p90": np.quantile(self.relative, .9),
                "absolute_p50_ms": np.median(self.absolute), "absolute_p90_ms": np.quantile(self.absolute, .9),
                "best_of_20": np.mean(self.right), "regret_mean_ms": np.mean(self.regret),
                "regret_p90_ms": np.quantile(self.regret, .9)}


def show(title, figures):
    f = figures
    print(f"{title}: relative error p50 {f['relative_p50']:.2%} p90 {f['relative_p90']:.1%}, absolute p50 "
          f"{f['absolute_p50_ms']:.1f} p90 {f['absolute_p90_ms']:.0f} ms; best of 20: {f['best_of_20']:.1%}, regret mean "
          f"{f['regret_mean_ms']:.1f} p90 {f['regret_p90_ms']:.1f} ms", flush=True)


class Choice:
    """Settings for a fit, chosen by predicting each of four parts of the known cities from the other three."""

    def __init__(self, measured, known, seed):
        self.measured, self.draw = measured, random.Random(seed)
        self.parts = [(out, np.setdiff1d(known, out)) for out in
                      (np.intersect1d(known, part) for part in measured.folds(4, 1000 + seed))]

    def loss(self, settings, parts=4):
        """Median and p90 of the relative error, each as a part of what is usual."""
        errors = []
        for out, inside in self.parts[:parts]:
            guess = Fit(self.measured, inside, settings, rounds=3).rtt(self.measured.places.take(out),
                                                                       self.measured.places.take(inside))
            errors.append(np.abs(guess / self.measured.rtt[np.ix_(out, inside)] - 1)[self.measured.seen[np.ix_(out, inside)]])
        errors = np.concatenate(errors)
        return np.median(errors) / .07 + .4 * np.quantile(errors, .9) / .28

    def best(self, draws=60, kept=6):
        """The best of draws over the whole ranges, the likeliest judged in full; then a step at a time from there."""
        drawn = sorted((anywhere(self.draw) for _ in range(draws)), key=lambda s: self.loss(s, 1))[:kept]
        least, best = min(((self.loss(s), s) for s in drawn), key=lambda scored: scored[0])
        for name in RANGES:
            for moved in steps(best, name):
                if (loss := self.loss(moved)) < least:
                    least, best = loss, moved
        return best


def unseen_cities(measured, seed=1, folds=8, apart_km=METROPOLIS_KM, nested=False, keep=None):
    """The figures of cities predicted by fits that never saw them. `keep(out, guess)` gets each fold's table."""
    judged, draw = Judged(), random.Random(2)
    for fold, out in enumerate(measured.folds(folds, seed, apart_km)):
        known = np.setdiff1d(np.arange(len(measured)), out)
        settings = Choice(measured, known, fold).best() if nested else Settings()
        guess = Fit(measured, known, settings).rtt(measured.places, measured.places)
        judged.add(measured, guess, out, draw)
        if keep:
            keep(out, guess)
    return judged.figures()


def write(fit):
    s, head = fit.s, ("# Derived by scripts/data/fit_latency.py from WonderNetwork's \"Global Ping Statistics\" of "
                      "November 2018\n# (193 hosting servers); the measurements are WonderNetwork's and are not here.\n")
    rows = {"intercept_ms": fit.intercept, "slope_ms_per_km": fit.slope, "line_fade_km": s.line_fade_km,
            "offset_ms": s.offset_ms, "fade_km": s.fade_km, "share_ms": s.share_ms, "wide_km": s.wide_km,
            "near_km": s.near_km, "near": s.near, "country_km": s.country_km, "country": s.country,
            "domestic": s.domestic, "domestic_kept": s.kept}
    for name, flat, sign in zip(("whole", "ends"), s.flat, fit.sign):
        rows |= {f"{name}_flat": flat, f"{name}_positive": int((sign > 0).sum()), f"{name}_negative": int((sign < 0).sum())}
    with open(os.path.join(DATA, "latency_fit.csv"), "w", encoding="utf-8") as out:
        out.write(head + "name,value\n")
        out.writelines(f"{name},{value:.7g}\n" for name, value in rows.items())
    with open(os.path.join(DATA, "latency_places.csv"), "w", encoding="utf-8") as out:
        out.write(head + "# What an anchor, a city of GeoNames, weighs in each of the factors of a place: see sim/net/place_factors.h.\n"
                  "latitude,longitude,country,weights\n")
        a, weight = fit.anchors, np.hstack(fit.weight)
        cities = sorted(set(zip(a.lat, a.lon, a.country)))  # two servers of one city: their weights add up
        for lat, lon, country in cities:
            sums = weight[(a.lat == lat) & (a.lon == lon) & (a.country == country)].sum(0)
            out.write(f"{lat:.2f},{lon:.2f},{country},{' '.join(f'{w:.6g}' for w in sums)}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rtt_dir")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--nested", action="store_true")
    parser.add_argument("--seeds", type=int, default=1, help="ways to deal the cities into folds (default 1)")
    args = parser.parse_args()
    measured = Measured(args.rtt_dir)
    everyone = np.arange(len(measured))
    print(f"{len(measured)} places, {np.triu(measured.seen).sum()} pairs")
    fit = Fit(measured, everyone)
    if args.write:
        write(fit)
    error = np.abs(fit.rtt(measured.places, measured.places) / measured.rtt - 1)[measured.seen]
    print(f"the pairs fitted to come back with a relative error of p50 {np.median(error):.2%} p90 {np.quantile(error, .9):.1%}")
    for seed in range(1, args.seeds + 1):
        show(f"unseen city, folds of cities {seed}", unseen_cities(measured, seed, apart_km=0))
        show(f"unseen city, folds of metropolises {seed}", unseen_cities(measured, seed))
    if args.nested:
        show("unseen city, folds of metropolises, settings chosen without the fold", unseen_cities(measured, nested=True))


if __name__ == "__main__":
    main()
