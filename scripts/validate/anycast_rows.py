"""Presets of anycast networks beside what was measured of such networks, on a synthetic Internet of 75,000 ASes."""
import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from rows import Row
from svg import Axis, Plot

ROOT = Path(__file__).resolve().parents[2]
ASES = 75_000
# A seed draws the synthetic Internet and, of a preset, which networks have a session at which site; a figure is the median
# over the seeds. The shares of sessions were calibrated on seeds 1 to 15 (sim/bgp/presets.h): these are others.
SEEDS = range(21, 26)
CURVE_SEEDS = range(21, 24)
SITES = (3, 12, 50, 100, 308)
# What a model of distributions should keep of the published figures, in percent.
ROOT_LONGER_MIN, ROOT_FAR_MIN, CDN_LONGER, CDN_SLOW_MAX, REGIONAL_BELOW_MIN = 85, 20, (15, 40), 10, 50
SHARES = range(0, 101, 25)


def terrella(*words, home=None):
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run([ROOT / "build" / "bin" / "terrella", *map(str, words), "--json"], check=True,
                              capture_output=True, text=True, env={**os.environ, "TERRELLA_HOME": home or empty})
    return json.loads(done.stdout)


def ask(preset, sites, *more, seed=1, home=None):
    """What `terrella net catchment` says of a preset at the first `sites` sites.

    With `home`, a folder that `terrella data import caida` filled: on that graph, with the sessions of the first seed.
    """
    world = () if home else ("--ases", ASES, "--seed", seed)
    return terrella("net", "catchment", "--preset", preset, "--pops", sites, *world, *more, home=home)


class Figure:
    """A figure on several seeds: judged by its median, shown with its range."""

    def __init__(self, values):
        self.values = list(values)
        self.median = statistics.median(self.values)

    def text(self, unit=" %", digits=0):
        low, high = (f"{value:.{digits}f}" for value in (min(self.values), max(self.values)))
        return f"{self.median:.{digits}f}{unit} ({low} to {high})"


class Presets:
    """Networks of 50 sites on each of `seeds`: shares of users in percent whose path is longer than the best, ..."""

    def __init__(self, seeds=SEEDS, home=None):
        self.asked = {preset: [ask(preset, 50, "--penalty", seed=seed, home=home) for seed in seeds]
                      for preset in ("root", "cdn", "startup", "regional")}
        self.cdn = self.asked["cdn"][0]
        self.root_longer, self.root_far = self.penalty("root", "over_1_ms"), self.penalty("root", "over_5000_km")
        self.cdn_longer, self.cdn_slow = self.penalty("cdn", "over_1_ms"), self.penalty("cdn", "over_25_ms")
        p90 = {preset: [one["summary"]["rtt_p90_ms"] for one in self.asked[preset]] for preset in ("regional", "root")}
        self.regional_below = Figure(100 * (1 - a / b) for a, b in zip(p90["regional"], p90["root"]))

    def penalty(self, preset, key):
        return Figure(100 * one["penalty"][key] for one in self.asked[preset])


def presets_on(as_rel):
    """The same on the whole Internet: the graph of a file of CAIDA's AS relationships."""
    with tempfile.TemporaryDirectory() as home:
        subprocess.run([ROOT / "build" / "bin" / "terrella", "data", "import", "caida", as_rel], check=True,
                       capture_output=True, env={**os.environ, "TERRELLA_HOME": home})
        return Presets((1,), home)


class Anycast:
    def rows(self):
        of = self.presets = Presets()
        yield Row("`root`, 50 sites: users with a longer path than the best; over 5,000 km farther",
                  "Koch et al. 2021: over 95 %; Li et al. 2018: many", f">= {ROOT_LONGER_MIN} %, >= {ROOT_FAR_MIN} %",
                  f"{of.root_longer.text()}, {of.root_far.text()}",
                  of.root_longer.median >= ROOT_LONGER_MIN and of.root_far.median >= ROOT_FAR_MIN)
        least, most = CDN_LONGER
        yield Row("`cdn`, 50 sites: users with a longer path than the best; over 25 ms longer. Its shares of sessions are "
                  f"calibrated to these figures, on other seeds than the {len(SEEDS)} judged here",
                  "Koch et al. 2021: 35 %; Calder et al. 2015: roughly 20 %", f"{least} to {most} %, <= {CDN_SLOW_MAX} %",
                  f"{of.cdn_longer.text(digits=1)}, {of.cdn_slow.text(digits=1)}",
                  least <= of.cdn_longer.median <= most and of.cdn_slow.median <= CDN_SLOW_MAX)
        yield Row("`startup`, 50 sites: the same", "", "",
                  f"{of.penalty('startup', 'over_1_ms').text()}, {of.penalty('startup', 'over_25_ms').text()}", None)
        yield Row("`regional`, 50 sites: 90th percentile below `root`'s by", "Zhou et al. 2023: 58.7 to 78.6 %",
                  f">= {REGIONAL_BELOW_MIN} %", of.regional_below.text(), of.regional_below.median >= REGIONAL_BELOW_MIN)
        if as_rel := os.environ.get("TERRELLA_AS_REL"):
            graph = presets_on(as_rel)
            yield Row("on CAIDA's graph of the whole Internet: users with a longer path, `root`, `cdn`; over 25 ms longer, `cdn`",
                      "as above", "", f"{graph.root_longer.median:.0f} %, {graph.cdn_longer.median:.1f} %, "
                      f"{graph.cdn_slow.median:.1f} %", None)
        yield self._sites()
        yield self._steering()

    def _sites(self):
        self.by_sites = {preset: [Figure(ask(preset, sites, seed=seed)["summary"]["rtt_p50_ms"] for seed in CURVE_SEEDS)
                                  for sites in SITES] for preset in ("cdn", "startup")}
        medians = [figure.median for figure in self.by_sites["cdn"]]
        return Row("`cdn`: median round trip with " + ", ".join(map(str, SITES)) + " sites",
                   "Schmidt et al. 2017: around 12 sites are enough", "",
                   " ".join(f"{median:.0f}" for median in medians) + " ms", None)

    def _steering(self):
        self.large = terrella("net", "cdf", "--preset", "world-308")
        asked = terrella("net", "steering", "--pops", "world-308", "--resolvers", "google-dns")
        gain, everybody = (asked[who]["ecs_divides_rtt_by"] for who in ("far", "everybody"))
        return Row(f"round trips of users over {asked['far_km']:,} km from their public resolver, divided by what EDNS Client "
                   "Subnet leaves of them", "Chen et al. 2015: 2 (far users of Akamai)", "1.5 to 3",
                   f"{gain:.2f} (all users: {everybody:.2f})", 1.5 <= gain <= 3)

    def plots(self, folder):
        """Writes the figures; returns (file, caption) of each."""
        penalty = Plot("How much longer than the best anycast paths are, 50 sites", Axis(0, 200, "ms over the best site",
                       ticks=range(0, 201, 25)), Axis(0, 100, "share of users, %", ticks=SHARES))
        for preset, asked in self.presets.asked.items():
            curves = zip(*(one["penalty"]["quantiles_ms"] for one in asked))
            penalty.line([(statistics.median(at), percent) for percent, at in enumerate(curves)], preset)
        # Published: the share of users that lose nothing.
        for share, name in ((65, "Koch: a CDN"), (80, "Calder: a CDN"), (5, "Koch: root servers")):
            penalty.mark(1, share, name)
        by_sites = Plot("Median round trip by the number of sites", Axis(2, 400, "sites", True, SITES),
                        Axis(0, 150, "median round trip, ms", ticks=range(0, 151, 25)))
        for preset, figures in self.by_sites.items():
            by_sites.line([(n, figure.median) for n, figure in zip(SITES, figures)], preset)
        within = Plot("Users by round trip to the nearest of 308 sites", Axis(0, 150, "round trip, ms", ticks=range(0, 151, 25)),
                      Axis(0, 100, "share of users, %", ticks=SHARES))
        within.line([(q["rtt_ms"], 100 * q["share"]) for q in self.large["quantiles"]], "308 sites")
        within.mark(50, 95, "Cloudflare: 95 % within 50 ms", left=True)
        made = []
        for name, plot, caption in (
                ("anycast-penalty", penalty, f"Medians over {len(SEEDS)} Internets; circles are published shares of users without a penalty."),
                ("sites-latency", by_sites, "The axis of sites is logarithmic: ever more sites buy the same gain."),
                ("within-ms", within, "")):
            plot.write(folder / f"{name}.svg", names_on_top=name == "sites-latency")
            made.append((f"{name}.svg", caption))
        return made
