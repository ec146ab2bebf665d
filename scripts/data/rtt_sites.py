"""A table of measured round-trip times between places, as the fit and its validation read it.

A folder holds cities.csv (id,name,country,lat,lon,population) and rtt_ms.csv
(src_id,dst_id,min_ms,avg_ms,max_ms,mdev_ms). A pair's base RTT is the smaller of its two directions' min_ms.

Where a server stands is the owner's to say, so it is used to judge but not passed on: what is fitted and written sits
on `anchors`, the nearest city of data/cities.csv or town of towns.csv, both of GeoNames.
"""
import csv
import os
import random
from dataclasses import dataclass

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
GAZETTEERS = (os.path.join(HERE, "..", "..", "data", "cities.csv"), os.path.join(HERE, "towns.csv"))
EARTH_RADIUS_KM = 6371.0088
METROPOLIS_KM = 50
FIBRE_KM_PER_MS = 199.86
# A server that is not where it says it is: 55 of its pairs are faster than light in glass.
MISPLACED = {("La Ceiba", "HN")}


def on_sphere(lat_deg, lon_deg):
    """Unit vectors, one row a place."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], 1)


def chord_km(a, b):
    """Straight through the Earth, from unit vectors: rows of `a` by rows of `b`."""
    return EARTH_RADIUS_KM * np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))


def arc_km(chord):
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(1, chord / (2 * EARTH_RADIUS_KM)))


def fibre_ms(km):
    """Round trip through straight glass."""
    return 2 * km / FIBRE_KM_PER_MS


@dataclass
class Places:
    lat: np.ndarray
    lon: np.ndarray
    country: np.ndarray

    def __post_init__(self):
        # 1 km is finer than where a data centre is, and coarse enough to write down.
        self.lat, self.lon = np.round(self.lat, 2), np.round(self.lon, 2)
        self.point = on_sphere(self.lat, self.lon)

    def __len__(self):
        return len(self.lat)

    def take(self, which):
        return Places(self.lat[which], self.lon[which], self.country[which])


def gazetteer():
    """GeoNames' cities of 100,000 people, and some towns."""
    rows = []
    for path in GAZETTEERS:
        with open(path, encoding="utf-8") as file:
            rows += csv.DictReader(line for line in file if not line.startswith("#"))
    return Places(np.array([float(r["latitude"]) for r in rows]), np.array([float(r["longitude"]) for r in rows]),
                  np.array([r["country"] for r in rows]))


def nearest(places, known):
    """For each of `places` the nearest known one of the same country."""
    km = chord_km(places.point, known.point)
    km[places.country[:, None] != known.country[None]] = np.inf
    if np.isinf(km.min(1)).any():
        raise ValueError(f"no known place in {sorted(set(places.country[np.isinf(km.min(1))]))}: add one to towns.csv")
    return known.take(km.argmin(1))


def groups(km, apart_km):
    """A number for each row: the same where steps shorter than apart_km lead from one to the other."""
    of = np.arange(len(km))
    for i, j in zip(*np.where(km < apart_km)):
        of[of == of[i]] = of[j]
    return of


class Measured:
    """`rtt` and `km` are square; `rtt` is NaN on the diagonal, where nothing was measured, and for pairs faster
    than 0.9 x light in glass, of which one end is misplaced. `mdev` holds both directions. `places` is where the
    servers are, `anchors` the cities that stand for them."""

    def __init__(self, folder):
        with open(os.path.join(folder, "cities.csv"), encoding="utf-8") as file:
            rows = [r for r in csv.DictReader(file) if (r["name"], r["country"]) not in MISPLACED]
        self.ids = [int(r["id"]) for r in rows]
        self.name = [r["name"] for r in rows]
        number = {site: k for k, site in enumerate(self.ids)}
        self.places = Places(np.array([float(r["lat"]) for r in rows]), np.array([float(r["lon"]) for r in rows]),
                             np.array([r["country"] for r in rows]))
        self.anchors = nearest(self.places, gazetteer())
        self.km = arc_km(chord_km(self.places.point, self.places.point))
        count = len(rows)
        self.rtt, self.mdev = np.full((count, count), np.nan), []
        with open(os.path.join(folder, "rtt_ms.csv"), encoding="utf-8") as file:
            for row in csv.DictReader(file):
                i, j = number.get(int(row["src_id"])), number.get(int(row["dst_id"]))
                if i is None or j is None or i == j:
                    continue
                self.mdev.append(float(row["mdev_ms"]))
                base = np.fmin(self.rtt[i, j], float(row["min_ms"]))
                self.rtt[i, j] = self.rtt[j, i] = base
        self.rtt[~((self.rtt > 0) & (self.rtt >= 0.9 * fibre_ms(self.km)))] = np.nan
        self.seen = ~np.isnan(self.rtt)

    def __len__(self):
        return len(self.ids)

    def folds(self, count=8, seed=1, apart_km=METROPOLIS_KM):
        """Cities dealt into `count` parts, those less than `apart_km` apart (or linked by such) into one; fixed for a
        seed. With 0 each city is dealt alone."""
        of = groups(self.km, apart_km)
        order = sorted(set(of))
        random.Random(seed).shuffle(order)
        return [np.flatnonzero(np.isin(of, order[f::count])) for f in range(count)]
