"""The latency model as a Gaussian process over pairs of places, cut down to a few numbers a place.

    ln((rtt + c) / (line(d) + c)) = fade(d) [ domestic + kept (f(i, j) + share(d) g(i, j)) ]

line(d) is one line for the whole world. Across borders `domestic` is 0 and `kept` 1; within a country they are what
such a path is by itself, and how much of the country's ways abroad it shares. f and g are symmetric functions of two places with the prior covariance
    cov(f(i,j), f(k,l)) = K(i,k) K(j,l),    K(i,k) = flat + wide(i,k) + near(i,k) + country(i,k),
so that what is known of a pair of places tells about all pairs near them at both ends. The flat part alone times
the others is a height a place; the product of the others is what a pair of neighbourhoods has beyond it (a cable, a
detour through another continent). f is a factor of the whole time; g, whose share falls with the length of the path,
is what the ends add. The noise is Student's t: a tenth of all pairs take a way that nothing near them takes.

Fitting gives one symmetric matrix over the anchors for each of f and g. It is cut to its largest eigenvectors, so that
    f(x, y) = sum over r of +-F_r(x) F_r(y),    F_r(x) = sum over anchors a of K(x, a) weight_r(a):
a place becomes 48 numbers, a pair one product of them, and the measurements come back from them only roughly.
sim/net/latency_model.cc computes the same from the files this writes.
"""
from dataclasses import dataclass, replace

import numpy as np

from rtt_sites import Places, arc_km, chord_km, fibre_ms

NEAR_MS, FLOOR = 1.0, 1.05  # LatencyOptions: two servers in one city; real paths against straight glass


@dataclass(frozen=True)
class Settings:
    """What is fixed before a fit. fit_latency.py --nested starts from none of these and chooses without the judged fold."""
    offset_ms: float = 4.0       # c: below it a pair's error counts in ms rather than in per cent
    line_fade_km: float = 500.0  # how far from a place its line's intercept is half there
    fade_km: float = 80.0        # the same of f and g
    share_ms: float = 35.0       # share = 2 share_ms / (line + share_ms)
    wide_km: float = 2000.0
    near_km: float = 60.0
    near: float = 0.0256         # variances, as parts of that of `wide`
    country_km: float = 900.0
    country: float = 0.16
    flat: tuple = (0.25, 1.0)    # of f and of g
    deviation: tuple = (0.12, 0.35)  # of f and of g, per end's unit of K
    noise: float = 0.12          # scale of the noise, natural logarithm
    freedom: float = 0.8         # degrees of freedom of the noise
    rank: tuple = (16, 32)
    # Of 21 countries left out one at a time the domestic paths come back within exp(0.4) in the median with
    # these; within exp(0.64) with all of the ways abroad kept, which makes badly connected countries bad inside.
    domestic: float = -0.25
    kept: float = 0.5


def one_country(a, b):
    return (a.country[:, None] == b.country[None]) & (a.country[:, None] != "")


def kept(s, a, b):
    return np.where(one_country(a, b), s.kept, 1)


def kernel(s, a, b):
    """K without its flat part: rows of places `a` by rows of places `b`. Every part is completely monotone in the
    chord, so K is a covariance on the sphere."""
    km = chord_km(a.point, b.point)
    same = one_country(a, b)
    return 1 / (1 + km / s.wide_km) + s.near / (1 + km / s.near_km) + same * s.country / (1 + km / s.country_km)


def least_relative(km, rtt, rounds=40):
    """Intercept and slope per km of the line of least absolute relative error, by reweighting."""
    a, b = 13.0, 0.0173
    for _ in range(rounds):
        w = 1 / (rtt * np.maximum(np.abs(rtt - a - b * km), 0.01 * rtt))
        left = np.array([[w.sum(), (w * km).sum()], [(w * km).sum(), (w * km * km).sum()]])
        a, b = np.linalg.solve(left, [(w * rtt).sum(), (w * km * rtt).sum()])
    return a, b


class Fit:
    """A fit to the pairs among `which` of the measured places."""

    def __init__(self, measured, which, settings=Settings(), rounds=6):
        self.s = s = settings
        self.anchors = measured.anchors.take(which)
        km = measured.km[np.ix_(which, which)]
        rtt = measured.rtt[np.ix_(which, which)]
        self.seen = ~np.isnan(rtt)
        far = np.triu(self.seen & (km > 300))
        self.intercept, self.slope = least_relative(km[far], rtt[far])
        line, fade = self.line(km), km / (km + s.fade_km)
        y = np.where(self.seen, np.log((np.where(self.seen, rtt, 1) + s.offset_ms) / (line + s.offset_ms))
                     - fade * s.domestic * one_country(self.anchors, self.anchors), 0)
        felt = fade * kept(s, self.anchors, self.anchors)
        self.scale = [felt * d for d in (s.deviation[0], s.deviation[1] * self.share(line))]
        k = kernel(s, self.anchors, self.anchors)
        self.k = [k + flat for flat in s.flat]
        coefficients = self._robust(y, rounds)
        self.weight, self.sign = zip(*(self._cut(scale * coefficients, k, d, rank) for scale, k, d, rank in
                                       zip(self.scale, self.k, s.deviation, s.rank)))

    def line(self, km):
        s = self.s
        faded = NEAR_MS + (self.intercept - NEAR_MS) * km / (km + s.line_fade_km)
        return np.maximum(NEAR_MS + FLOOR * fibre_ms(km), faded + self.slope * km)

    def share(self, line):
        return 2 * self.s.share_ms / (line + self.s.share_ms)

    def _covariance(self, v):
        return sum(scale * (k @ (scale * v) @ k) for scale, k in zip(self.scale, self.k))

    def _robust(self, y, rounds):
        """The dual coefficients of the posterior mean: Student's t by reweighting, each round a system of one
        equation a pair, solved by conjugate gradients with the Kronecker structure of equal noise as preconditioner."""
        noise2 = self.s.noise ** 2
        values, vectors = np.linalg.eigh(sum(k * np.sqrt((c * c).mean()) for k, c in zip(self.k, self.scale)) / 2 ** .5)
        spectrum = np.outer(np.maximum(values, 0), np.maximum(values, 0))
        noise, v = np.full(y.shape, noise2), np.zeros(y.shape)
        for _ in range(rounds):
            inverse = 1 / (spectrum + np.exp(np.log(noise[self.seen]).mean()))
            v = self._solve(y, noise, v, lambda r, inverse=inverse: np.where(
                self.seen, vectors @ ((vectors.T @ r @ vectors) * inverse) @ vectors.T, 0))
            left = y - self._covariance(v)
            noise = noise2 * (self.s.freedom + left * left / noise2) / (self.s.freedom + 1)
        return v

    def _solve(self, y, noise, v, precondition, steps=200, tolerance=1e-7):
        def apply(x):
            return np.where(self.seen, self._covariance(x) + noise * x, 0)
        r = np.where(self.seen, y - apply(v), 0)
        z = precondition(r)
        p, rz, enough = z.copy(), (r * z).sum(), tolerance * (y * y).sum()
        for _ in range(steps):
            if (r * r).sum() < enough:
                break
            q = apply(p)
            step = rz / (p * q).sum()
            v, r = v + step * p, r - step * q
            z = precondition(r)
            rz, before = (r * z).sum(), rz
            p = z + rz / before * p
        return v

    @staticmethod
    def _cut(a, k, deviation, rank):
        """Weights (anchors x rank, positive eigenvalues first) and signs of the best approximation of K A K of that
        rank; K^-1 u = A K u / eigenvalue, so nothing is inverted."""
        values, u = np.linalg.eigh(k @ a @ k * deviation)
        largest = np.argsort(-np.abs(values))[:rank]
        largest = largest[np.argsort(values[largest] < 0, kind="stable")]
        values, u = values[largest], u[:, largest]
        return (a @ k @ u * deviation) / np.sqrt(np.abs(values)) * np.sign(values), np.sign(values)

    def features(self, places):
        """F of f and of g: one row a place."""
        k = kernel(self.s, places, self.anchors)
        return [k @ w + flat * w.sum(0) for w, flat in zip(self.weight, self.s.flat)]

    def rtt(self, a, b):
        """Base RTT in ms: rows of places `a` by rows of places `b`."""
        s, km = self.s, arc_km(chord_km(a.point, b.point))
        line = self.line(km)
        f, g = ((fa * sign) @ fb.T for fa, fb, sign in zip(self.features(a), self.features(b), self.sign))
        factor = np.exp(km / (km + s.fade_km) * (s.domestic * one_country(a, b) + kept(s, a, b) * (f + self.share(line) * g)))
        return np.maximum(NEAR_MS + FLOOR * fibre_ms(km), (line + s.offset_ms) * factor - s.offset_ms)


# Where a nested choice looks, whatever the settings above say: lengths in km, times in ms, variances, logarithms.
RANGES = {"offset_ms": (1, 16), "line_fade_km": (50, 2000), "fade_km": (20, 400), "share_ms": (10, 150),
          "wide_km": (500, 8000), "near_km": (20, 400), "near": (.003, .3), "country_km": (200, 4000),
          "country": (.02, 1), "flat": (.05, 2), "deviation": (.03, 1), "noise": (.03, .5), "domestic": (-1.2, 0), "kept": (.1, 1)}


def anywhere(draw):
    """Settings drawn evenly over the logarithms of RANGES; of pairs each by itself."""
    def one(name):
        low, high = RANGES[name]
        return draw.uniform(low, high) if name == "domestic" else low * (high / low) ** draw.random()
    return Settings(**{name: (one(name), one(name)) if name in ("flat", "deviation") else one(name) for name in RANGES})


def steps(s, name, factor=2.0):
    """Settings that differ from `s` in one thing, by a factor up or down (a logarithm by 0.2)."""
    value = getattr(s, name)
    if name == "domestic":
        moved = (value - .2, value + .2)
    elif name in ("flat", "deviation"):
        moved = [(value[0] * f, value[1] * g) for f, g in ((factor, 1), (1 / factor, 1), (1, factor), (1, 1 / factor))]
    else:
        moved = (value * factor, value / factor)
    return [replace(s, **{name: to}) for to in moved]


__all__ = ["FLOOR", "NEAR_MS", "Fit", "Places", "RANGES", "Settings", "anywhere", "kernel", "steps"]
