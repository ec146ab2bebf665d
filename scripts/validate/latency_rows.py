"""What docs/validation.md says of round-trip times: rows and plots from measurements that are not part of the tree."""
import csv
import io
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from rows import Row
from svg import Axis, Plot

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "data"))
from fit_latency import show, unseen_cities  # noqa: E402
from rtt_process import Fit, least_relative  # noqa: E402
from rtt_sites import METROPOLIS_KM, Measured, fibre_ms  # noqa: E402

BIN = ROOT / "build" / "bin"
QUANTILES = np.linspace(0.01, 0.99, 99)
MS_TICKS = (1, 3, 10, 30, 100, 300)


def terrella(*words):
    return subprocess.run([BIN / "terrella", *words], check=True, capture_output=True, text=True).stdout


def shipped(pairs):
    """What the built program says of (lat1, lon1, country1, lat2, lon2, country2) rows."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write("lat1,lon1,country1,lat2,lon2,country2\n")
        file.writelines(",".join(map(str, pair)) + "\n" for pair in pairs)
        file.flush()
        out = terrella("net", "rtt", "--pairs", file.name)
    return np.array([float(row["predicted_rtt_ms"]) for row in csv.DictReader(io.StringIO(out))])


def percent(value, digits=1):
    return f"{100 * value:.{digits}f} %"


def two(name, reference, errors, median_max, p90_max):
    """A row on the median and the 90th percentile of relative errors."""
    median, p90 = np.median(errors), np.quantile(errors, .9)
    return Row(name, reference, f"median <= {percent(median_max)}, p90 <= {percent(p90_max, 0)}",
               f"{percent(median, 2)}, {percent(p90)}", bool(median <= median_max and p90 <= p90_max))


class Latency:
    def __init__(self, rtt_dir, backbone_csv=None, nested=False):
        self.m = Measured(rtt_dir)
        self.backbone_csv, self.nested = backbone_csv, nested
        self.unseen = np.full(self.m.rtt.shape, np.nan)  # [city left out, known city]

    def rows(self):
        yield self._pairs_left_out()
        yield from self._unseen_cities()
        yield self._twins()
        yield from self._both_unseen()
        ends = [(a, b, c) for a, b, c in zip(self.m.places.lat, self.m.places.lon, self.m.places.country)]
        self.i, self.j = np.where(np.triu(self.m.seen))
        self.said = shipped([ends[i] + ends[j] for i, j in zip(self.i, self.j)])
        yield self._faster_than_light(ends)
        yield self._inflation()
        if self.backbone_csv:
            yield self._backbone()
        yield self._jitter()
        yield from self._large_network()
        yield self._handshakes()

    def _pairs_left_out(self):
        i, j = np.where(np.triu(self.m.seen))
        out = np.random.default_rng(5).random(len(i)) < 0.2
        kept, everything = self.m.rtt.copy(), self.m.rtt
        kept[i[out], j[out]] = kept[j[out], i[out]] = np.nan
        self.m.rtt = kept
        guess = Fit(self.m, np.arange(len(self.m))).rtt(self.m.places, self.m.places)
        self.m.rtt = everything
        errors = np.abs(guess / everything - 1)[i[out], j[out]]
        return two("a pair of cities, 20 % of pairs left out of the fit", "WonderNetwork 2018", errors, .08, .35)

    def _unseen_cities(self):
        def keep(out, guess):
            known = np.setdiff1d(np.arange(len(self.m)), out)
            self.unseen[np.ix_(out, known)] = guess[np.ix_(out, known)]
        kinds = [("", "cities", unseen_cities(self.m, apart_km=0)), ("", "metropolises", unseen_cities(self.m, keep=keep))]
        if self.nested:
            kinds.append((", every setting chosen anew without its fold", "metropolises", unseen_cities(self.m, nested=True)))
        for kind, parts, f in kinds:
            show(f"unseen city, folds of {parts}{kind}", f)
            source = f"WonderNetwork 2018, 8 folds of {parts}"
            median, p90 = f["relative_p50"], f["relative_p90"]
            yield Row("a city the fit has not seen" + kind, source, "median <= 8.3 %, p90 <= 33 %",
                      f"{percent(median, 2)}, {percent(p90)}", bool(median <= .083 and p90 <= .33))
            yield Row("the best of 20 random sites for such a city" + kind, source, "right >= 58 %, regret p90 <= 28 ms",
                      f"{percent(f['best_of_20'])}, {f['regret_p90_ms']:.1f} ms (mean {f['regret_mean_ms']:.1f})",
                      bool(f["best_of_20"] >= .58 and f["regret_p90_ms"] <= 28))

    def _twins(self):
        """What a model cannot know: how much two servers of one metropolis differ."""
        errors = [np.abs(self.m.rtt[i, there] / self.m.rtt[j, there] - 1)
                  for i, j in zip(*np.where(np.triu(self.m.km < METROPOLIS_KM, 1)))
                  for there in [self.m.seen[i] & self.m.seen[j] & (self.m.km[i] > 200)]]
        errors = np.concatenate(errors)
        return Row(f"for comparison: one server against another less than {METROPOLIS_KM} km from it", "WonderNetwork 2018", "",
                   f"{percent(np.median(errors), 2)}, {percent(np.quantile(errors, .9))}", None)

    def _both_unseen(self):
        errors = []
        for out in self.m.folds():
            known = np.setdiff1d(np.arange(len(self.m)), out)
            there = self.m.places.take(out)
            guess = Fit(self.m, known, rounds=4).rtt(there, there)
            errors.extend(np.abs(guess / self.m.rtt[np.ix_(out, out)] - 1)[np.triu(self.m.seen[np.ix_(out, out)])])
        yield Row("a pair of cities of which the fit has seen neither", "neighbours' residuals: 10.0 %, 35 %", "",
                  f"{percent(np.median(errors), 2)}, {percent(np.quantile(errors, .9))}", None)

    def _faster_than_light(self, ends):
        draw = random.Random(6)
        somewhere = [(round(draw.uniform(-90, 90), 3), round(draw.uniform(-180, 180), 3), "") for _ in range(20000)]
        pairs = [(*draw.choice(somewhere), *draw.choice(somewhere + ends * 50)) for _ in range(100000)]
        said = np.concatenate([self.said, shipped(pairs)])
        lat, lon = (np.radians(np.array([[p[k], p[k + 3]] for p in pairs], float)) for k in (0, 1))
        half = np.sin((lat[:, 1] - lat[:, 0]) / 2) ** 2 + np.cos(lat).prod(1) * np.sin((lon[:, 1] - lon[:, 0]) / 2) ** 2
        km = np.concatenate([self.m.km[self.i, self.j], 2 * 6371.0088 * np.arcsin(np.sqrt(np.minimum(1, half)))])
        wrong = int((~(said >= fibre_ms(km))).sum())
        return Row("faster than light in glass, or no number", f"{len(said):,} pairs: all measured and 100,000 random ones",
                   "0", str(wrong), wrong == 0)

    def _inflation(self):
        far = self.m.km[self.i, self.j] > 200
        fibre = fibre_ms(self.m.km[self.i, self.j])[far]
        self.inflation = self.m.rtt[self.i, self.j][far] / fibre, self.said[far] / fibre
        true, said = (np.quantile(part, (.25, .5, .75)) for part in self.inflation)
        return Row("times the straight fibre, p25 p50 p75, over 200 km (pairs of the fit)", " ".join(f"{q:.2f}" for q in true), "within 10 %",
                   " ".join(f"{q:.2f}" for q in said), bool((np.abs(said / true - 1) <= .1).all()))

    def _backbone(self):
        with open(self.backbone_csv, encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        said = shipped([[row[k] for k in ("lat1", "lon1", "country1", "lat2", "lon2", "country2")] for row in rows])
        errors = np.abs(said / np.array([float(row["rtt_ms"]) for row in rows]) - 1)
        return Row("a private backbone six years later", f"IBM Cloud, August 2024, {len(rows)} pairs", "median <= 10 %",
                   f"{percent(np.median(errors))} (p90 {percent(np.quantile(errors, .9), 0)})", bool(np.median(errors) <= .1))

    def _jitter(self):
        out = subprocess.run([BIN / "net_bench", "--jitter"], check=True, capture_output=True, text=True).stdout
        self.mdev = np.array(self.m.mdev), np.array([float(line) for line in out.split()])
        true, said = (np.quantile(part, (.5, .9)) for part in self.mdev)
        return Row("deviation of 30 pings, p50 p90", " ".join(f"{q:.2f}" for q in true) + " ms", "within 25 %",
                   " ".join(f"{q:.2f}" for q in said) + " ms", bool((np.abs(said / true - 1) <= .25).all()))

    def _large_network(self):
        got = json.loads(terrella("net", "cdf", "--preset", "world-308", "--json"))
        share = next(w["share"] for w in got["within"] if w["rtt_ms"] == 50)
        china = next(c for c in got["countries"] if c["country"] == "CN")
        rest = (share * got["users"] - china["within_50_ms"] * china["users"]) / (got["users"] - china["users"])
        yield Row("users within 50 ms of the nearest of 308 sites", "Cloudflare: 95 % of the Internet's users", "90 to 99 %",
                  percent(share), bool(.9 <= share <= .99))
        yield Row("the same without mainland China, where sites are a partner's and the list has none", "the same claim",
                  "90 to 99 %", percent(rest), bool(.9 <= rest <= .99))
        outside = sorted(got["countries"], key=lambda c: -c["users"] * (1 - c["within_50_ms"]))[:8]
        yield Row("who is beyond 50 ms: country, share of all users", "", "", ", ".join(
            f"{c['country']} {percent(c['users'] * (1 - c['within_50_ms']) / got['users'])}" for c in outside), None)

    @staticmethod
    def _handshakes():
        done = subprocess.run([BIN / "sim_net_test", "--gtest_filter=Handshake.*:TransferModel.*"], capture_output=True, text=True)
        ok = done.returncode == 0 and all(f"[       OK ] {suite}." in done.stdout for suite in ("Handshake", "TransferModel"))
        return Row("round trips of handshakes: TCP, TLS 1.2, 1.3, 0-RTT, QUIC", "RFC 8446, 9000, 9001", "exact",
                   "exact" if ok else "a test fails", ok)

    def plots(self, folder):
        """Writes the figures; returns (file, caption) of each. Measurements show only as counts and quantiles."""
        seen = ~np.isnan(self.unseen) & self.m.seen
        true, guess = self.m.rtt[seen], self.unseen[seen]
        scatter = Plot("Modelled against measured, cities the fit has not seen", Axis(1, 600, "measured RTT, ms", True, MS_TICKS),
                       Axis(1, 600, "modelled RTT, ms", True, MS_TICKS))
        scatter.density(true, guess)
        scatter.line([(1, 1), (600, 600)], dashed=True, colour="#c8442b")
        errors = Plot("Error for a city the fit has not seen", Axis(0, 60, "relative error, %", ticks=range(0, 61, 10)),
                      Axis(0, 100, "share of pairs, %", ticks=range(0, 101, 25)))
        a, b = least_relative(self.m.km[seen], true)
        for name, said in (("this model", guess), ("one line by distance", a + b * self.m.km[seen]),
                           ("1.5 x fibre", 1.5 * fibre_ms(self.m.km[seen]))):
            errors.line(list(zip(100 * np.quantile(np.abs(said / true - 1), QUANTILES), 100 * QUANTILES)), name)
        inflation = Plot("Inflation over straight fibre, pairs over 200 km apart",
                         Axis(1, 12, "times straight fibre", True, (1, 1.5, 2, 3, 5, 10)), Axis(0, 100, "share of pairs, %", ticks=range(0, 101, 25)))
        jitter = Plot("Deviation of 30 pings", Axis(.01, 200, "mdev, ms", True, (.01, .1, 1, 10, 100)),
                      Axis(0, 100, "share of paths, %", ticks=range(0, 101, 25)))
        for plot, pair in ((inflation, self.inflation), (jitter, self.mdev)):
            for name, values in zip(("measured", "model"), pair):
                plot.line(list(zip(np.maximum(np.quantile(values, QUANTILES), plot.x.low), 100 * QUANTILES)), name)
        made = []
        for name, plot, caption in (("rtt-scatter", scatter, "Each cell's shade is the logarithm of how many pairs fall into it."),
                                    ("rtt-error", errors, "The line is fitted to the pairs it is judged on; this model is not."),
                                    ("inflation", inflation, ""), ("jitter", jitter, "")):
            plot.write(folder / f"{name}.svg")
            made.append((f"{name}.svg", caption))
        return made
