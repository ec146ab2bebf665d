#!/usr/bin/env python3
"""Fits what the latency model adds to the region-pair lines, and prints how well the whole does.

    scripts/data/fit_latency.py RTT_DIR [--write]

RTT_DIR holds cities.csv (id,name,country,lat,lon,population) and rtt_ms.csv (src_id,dst_id,min_ms,...):
round-trip times between hosting servers, as WonderNetwork published them in November 2018. The table is
not part of terrella; `--write` writes only what is derived from it: data/heights.csv, one number a site.

The model is that of sim/net/latency_model.cc: floor, line, fading intercept, heights interpolated from
the nearest anchors. Standard library only.
"""
import csv
import math
import os
import random
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "..", "data")
NEAR_MS, FLOOR = 1.0, 1.05
KM_PER_MS = 199.86
# A server that is not where it says it is: 55 of its pairs are faster than light in glass.
MISPLACED = {("La Ceiba", "HN")}
# Interpolation of heights: nearest anchors, distance softening, and the pull towards 0 far from all.
NEIGHBOURS, SOFT_KM, PRIOR_KM = 6, 50.0, 1500.0

COUNTRIES = {
    "CIS": "BY KG KZ MD RU TJ TM UA UZ", "CN": "CN", "ME": "AE AM AZ BH CY GE IL IQ IR JO KW LB OM PS QA SA SY TR YE",
    "SA": "AF BD BT IN LK MV NP PK", "NA": "BM CA GL PM US",
    "EA": "BN CC CX HK ID JP KH KP KR LA MM MN MO MY PH SG TH TL TW VN", "OC": "AU NZ FJ",
    "AF": "DZ EG GH KE LY MA NG RW SN TN TZ UG ZA ZM ZW",
    "LA": "AR BO BR CL CO CR CU DO EC GT HN JM MX NI PA PE PR PY SR SV TT UY VE"}
REGION = {code: region for region, codes in COUNTRIES.items() for code in codes.split()}


def region_of(country, lon):
    if country in ("RU", "UA", "BY", "MD") and 0 < lon < 30:
        return "EU"
    return REGION.get(country, "EU")


def distance_km(a, b):
    la1, lo1, la2, lo2 = map(math.radians, (a[0], a[1], b[0], b[1]))
    s = math.sin((la2 - la1) / 2) ** 2 + math.cos(la1) * math.cos(la2) * math.sin((lo2 - lo1) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(min(1.0, s)))


class Sites:
    def __init__(self, folder):
        self.at, self.region, self.name = {}, {}, {}
        for row in csv.DictReader(open(os.path.join(folder, "cities.csv"), encoding="utf-8")):
            if (row["name"], row["country"]) in MISPLACED:
                continue
            i = int(row["id"])
            self.at[i] = (float(row["lat"]), float(row["lon"]))
            self.region[i] = region_of(row["country"], self.at[i][1])
            self.name[i] = row["name"]
        best = {}
        for row in csv.DictReader(open(os.path.join(folder, "rtt_ms.csv"), encoding="utf-8")):
            pair = tuple(sorted((int(row["src_id"]), int(row["dst_id"]))))
            if pair[0] == pair[1] or not all(p in self.at for p in pair):
                continue
            best[pair] = min(best.get(pair, 1e9), float(row["min_ms"]))
        self.km = {p: distance_km(self.at[p[0]], self.at[p[1]]) for p in best}
        # Faster than light in glass: one of the two is misplaced.
        self.rtt = {p: ms for p, ms in best.items() if ms > 0 and ms >= 0.9 * 2 * self.km[p] / KM_PER_MS}


class Lines:
    def __init__(self):
        self.line = {}
        text = [l for l in open(os.path.join(DATA, "region_fit.csv"), encoding="utf-8") if l[0] != "#"]
        for row in csv.DictReader(text):
            pair = (row["region_a"], row["region_b"])
            self.line[pair] = self.line[pair[::-1]] = (
                float(row["intercept_ms"]), float(row["slope_ms_per_1000km"]) / 1000)

    def rtt(self, ra, rb, km, fade_km, heights=0.0):
        a, b = self.line[(ra, rb)]
        faded = 1 - math.exp(-km / fade_km)
        if a > NEAR_MS:
            a = NEAR_MS + (a - NEAR_MS) * faded
        return max(NEAR_MS + FLOOR * 2 * km / KM_PER_MS, a + b * km + heights * faded)


def fit_heights(sites, lines, pairs, fade_km, rounds=20):
    """One additive term a site: the median of what the lines leave over, by coordinate descent."""
    over = {}
    for pair in pairs:
        km = sites.km[pair]
        if km < 300:
            continue  # near pairs say more about the fading than about the site
        left = sites.rtt[pair] - lines.rtt(sites.region[pair[0]], sites.region[pair[1]], km, fade_km)
        over.setdefault(pair[0], []).append((pair[1], left))
        over.setdefault(pair[1], []).append((pair[0], left))
    height = dict.fromkeys(over, 0.0)
    for _ in range(rounds):
        for i, seen in over.items():
            height[i] = statistics.median(left - height[j] for j, left in seen)
    return height


def interpolate(anchors, at):
    """Weighted mean of the nearest anchors' heights; far from all of them it goes to 0."""
    near = sorted((distance_km(p, at), h) for p, h in anchors)[:NEIGHBOURS]
    total, weights = 0.0, 1 / PRIOR_KM
    for km, h in near:
        total += h / (km + SOFT_KM)
        weights += 1 / (km + SOFT_KM)
    return total / weights


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))]


def unseen_city(sites, lines, fade_km, with_heights, folds=8):
    """Errors for cities whose measurements were not used, against cities that were."""
    ids = sorted(sites.at)
    random.Random(1).shuffle(ids)
    rows, model = [], {}
    for fold in range(folds):
        out = set(ids[fold::folds])
        known = [p for p in sites.rtt if p[0] not in out and p[1] not in out]
        anchors = []
        if with_heights:
            anchors = [(sites.at[i], h) for i, h in fit_heights(sites, lines, known, fade_km, 8).items()]
        at_height = {i: interpolate(anchors, sites.at[i]) if anchors else 0.0 for i in ids}
        for pair, rtt in sites.rtt.items():
            if (pair[0] in out) == (pair[1] in out):
                continue
            guess = lines.rtt(sites.region[pair[0]], sites.region[pair[1]], sites.km[pair], fade_km,
                              at_height[pair[0]] + at_height[pair[1]])
            city, site = pair if pair[0] in out else pair[::-1]
            model[(city, site)] = guess
            rows.append((abs(guess - rtt), abs(guess - rtt) / rtt, sites.km[pair]))
    return rows, model


def choice_quality(sites, model):
    """How well the model picks the best of 20 random sites for a city it has not seen."""
    rng, right, regret = random.Random(2), 0, []
    by_city = {}
    for city, site in model:
        by_city.setdefault(city, []).append(site)
    for city, others in sorted(by_city.items()):
        for _ in range(10):
            if len(others) < 20:
                continue
            some = rng.sample(sorted(others), 20)
            true = {s: sites.rtt[tuple(sorted((city, s)))] for s in some}
            chosen = min(some, key=lambda s: model[(city, s)])
            right += true[chosen] == min(true.values())
            regret.append(true[chosen] - min(true.values()))
    return right / len(regret), regret


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sites, lines = Sites(sys.argv[1]), Lines()
    print(f"{len(sites.at)} sites, {len(sites.rtt)} pairs")
    print("fade_km  median |error| ms of pairs: < 100 km  100-300  300-700  700-1500  (all < 1500)")
    for fade in (100, 200, 300, 500, 700, 1000, 1500, 2500):
        bands = [[] for _ in range(4)]
        for pair, rtt in sites.rtt.items():
            km = sites.km[pair]
            band = next((i for i, top in enumerate((100, 300, 700, 1500)) if km < top), None)
            if band is not None:
                guess = lines.rtt(sites.region[pair[0]], sites.region[pair[1]], km, fade)
                bands[band].append(abs(guess - rtt))
        print(f"{fade:7}", *(f"{statistics.median(b):9.2f}" for b in bands),
              f"{statistics.mean(sum(bands, [])):9.2f} (mean)")
    fade = 500  # LatencyOptions::fade_km
    for with_heights in (False, True):
        rows, model = unseen_city(sites, lines, fade, with_heights)
        right, regret = choice_quality(sites, model)
        print(f"unseen city, heights {'on ' if with_heights else 'off'}: "
              f"abs p50 {quantile([r[0] for r in rows], .5):.1f} p90 {quantile([r[0] for r in rows], .9):.0f} ms, "
              f"rel p50 {quantile([r[1] for r in rows], .5):.1%} p90 {quantile([r[1] for r in rows], .9):.0%}; "
              f"best of 20: {right:.0%}, regret mean {statistics.mean(regret):.1f} p90 {quantile(regret, .9):.0f} ms")
    # What distance alone explains, fitted by least absolute deviations to the same pairs.
    plain = [abs(13.2 + 0.0173 * sites.km[p] - rtt) / rtt for p, rtt in sites.rtt.items()]
    print(f"one line for the whole world (13.2 ms + 17.3 ms/1000 km): rel p50 {quantile(plain, .5):.1%}")
    heights = fit_heights(sites, lines, sites.rtt, fade)
    print(f"heights: p10 {quantile(heights.values(), .1):.1f} p50 {quantile(heights.values(), .5):.1f} "
          f"p90 {quantile(heights.values(), .9):.1f} ms")
    if "--write" in sys.argv:
        with open(os.path.join(DATA, "heights.csv"), "w", encoding="utf-8") as out:
            out.write("# What a place adds to every path beyond its region's line, in ms of round trip. Fitted by\n"
                      "# scripts/data/fit_latency.py to WonderNetwork's \"Global Ping Statistics\" of November 2018.\n"
                      "latitude,longitude,height_ms\n")
            for i in sorted(heights, key=lambda i: sites.at[i]):
                out.write(f"{sites.at[i][0]:.2f},{sites.at[i][1]:.2f},{heights[i]:.1f}\n")


if __name__ == "__main__":
    main()
