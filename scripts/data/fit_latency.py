#!/usr/bin/env python3
"""Fits the latency model (rtt_process.py) and prints how well it predicts cities it has not seen.

    scripts/data/fit_latency.py RTT_DIR [--write] [--nested] [--seeds N]

RTT_DIR is a folder as rtt_sites.py reads it: round-trip times between hosting servers, as WonderNetwork published
them in November 2018. The table is no part of terrella. --write writes what is derived from it, data/latency_fit.csv
and data/latency_places.csv. --nested also chooses the settings of each fold without the fold. Needs numpy.
"""
import argparse
import os
import random

import numpy as np

from rtt_process import Fit, Settings, neighbours
from rtt_sites import Measured

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


def choose(measured, known):
    """The settings with the least error over four folds of the known cities."""
    def loss(settings):
        judged, draw = Judged(), random.Random(3)
        order = list(known)
        random.Random(4).shuffle(order)
        for fold in range(4):
            out = np.array(sorted(order[fold::4]))
            inside = np.setdiff1d(known, out)
            guess = np.full(measured.rtt.shape, np.nan)
            guess[np.ix_(out, inside)] = Fit(measured, inside, settings, rounds=4).rtt(
                measured.places.take(out), measured.places.take(inside))
            for city in out:
                there = inside[measured.seen[city, inside]]
                judged.relative.extend(np.abs(guess[city, there] / measured.rtt[city, there] - 1))
        return np.median(judged.relative) / .07 + .4 * np.quantile(judged.relative, .9) / .28
    return min(neighbours(Settings()), key=loss)


def unseen_cities(measured, seed=1, folds=8, nested=False, keep=None):
    """The figures of cities predicted by fits that never saw them. `keep(out, guess)` gets each fold's table."""
    judged, draw = Judged(), random.Random(2)
    for out in measured.folds(folds, seed):
        known = np.setdiff1d(np.arange(len(measured)), out)
        settings = choose(measured, known) if nested else Settings()
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
            "domestic": s.domestic}
    for name, flat, sign in zip(("whole", "ends"), s.flat, fit.sign):
        rows |= {f"{name}_flat": flat, f"{name}_positive": int((sign > 0).sum()), f"{name}_negative": int((sign < 0).sum())}
    with open(os.path.join(DATA, "latency_fit.csv"), "w", encoding="utf-8") as out:
        out.write(head + "name,value\n")
        out.writelines(f"{name},{value:.7g}\n" for name, value in rows.items())
    with open(os.path.join(DATA, "latency_places.csv"), "w", encoding="utf-8") as out:
        out.write(head + "# What an anchor weighs in each of the factors of a place: see sim/net/place_factors.h.\n"
                  "latitude,longitude,country,weights\n")
        a = fit.anchors
        for i in sorted(range(len(a)), key=lambda i: (a.lat[i], a.lon[i])):
            weights = " ".join(f"{w:.6g}" for part in fit.weight for w in part[i])
            out.write(f"{a.lat[i]:.2f},{a.lon[i]:.2f},{a.country[i]},{weights}\n")


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
        show(f"unseen city, folds {seed}", unseen_cities(measured, seed))
    if args.nested:
        show("unseen city, settings chosen without the fold", unseen_cities(measured, nested=True))


if __name__ == "__main__":
    main()
