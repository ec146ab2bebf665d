#!/usr/bin/env python3
"""Compares the network model with what is known and writes docs/validation.md and its plots.

    scripts/dev validate [--rtt DIR] [--backbone FILE] [--nested]

DIR holds measured round-trip times between cities as scripts/data/rtt_sites.py reads them, FILE pairs as
lat1,lon1,country1,lat2,lon2,country2,rtt_ms with more columns; neither is part of the tree. $TERRELLA_RTT_DIR and
$TERRELLA_BACKBONE_CSV say the same; without DIR only the rows of anycast are judged, and nothing is written. With
$TERRELLA_AS_REL, CAIDA's AS relationships, a row shows the presets on that graph.
--nested repeats the judgement with every setting chosen without the fold (ten minutes of one core).
Exit 1 when a row is outside its tolerance. Needs numpy and a release build.
"""
import argparse
import os
import sys
from pathlib import Path

import agreement
from anycast_rows import Anycast
from rows import table

ROOT = Path(__file__).resolve().parents[2]
HEAD = """# Validation

What the network model says beside what is known, written by `scripts/dev validate`. The measurements are no part of
terrella: round-trip times are WonderNetwork's of November 2018, between 193 hosting servers; the backbone is IBM
Cloud's of August 2024.

"""

ANYCAST = """
## Anycast
Synthetic Internets of 75,000 ASes, each with five seeds, which draw the presets' sessions too: the median, and the range.
Published figures are of real networks of other sizes; what a model of distributions should keep of them is the tolerance.

"""


def pictures(made):
    return "".join(f"\n![{file[:-4]}](validation/{file})\n" + (f"{caption}\n" if caption else "") for file, caption in made)


def verdict(rows, page):
    """The exit code; says which rows are outside their tolerance."""
    failed = [row for row in rows if row.ok is False]
    for row in failed:
        print(f"validate: {row.name}: expected {row.tolerance}, got {row.value}", file=sys.stderr)
    print(f"validate: {len(rows)} rows, {len(failed)} outside their tolerance; {page}")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rtt", default=os.environ.get("TERRELLA_RTT_DIR"))
    parser.add_argument("--backbone", default=os.environ.get("TERRELLA_BACKBONE_CSV"))
    parser.add_argument("--nested", action="store_true")
    args = parser.parse_args()
    if not args.rtt:
        print("validate: rows of round-trip times SKIPPED, none are measured: give --rtt DIR or set TERRELLA_RTT_DIR to a "
              "folder with cities.csv and rtt_ms.csv", file=sys.stderr)
        rows = list(Anycast().rows())
        print(table(rows))
        return verdict(rows, "docs/validation.md stays as it is")
    from latency_rows import Latency  # needs numpy, which a skipped run should not
    folder = ROOT / "docs" / "validation"
    folder.mkdir(exist_ok=True)
    latency = Latency(args.rtt, args.backbone, args.nested)
    rows = list(latency.rows())
    page = HEAD + "## Round-trip times\n" + table(rows) + "\n"
    page += pictures(latency.plots(folder))
    anycast = Anycast()
    of_anycast = list(anycast.rows())
    page += ANYCAST + table(of_anycast) + "\n" + pictures(anycast.plots(folder))
    rows += of_anycast
    # The section about live and virtual runs is another script's: it stays.
    old = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    if agreement.BEGIN in old:
        page += "\n" + old[old.index(agreement.BEGIN):]
    (ROOT / "docs" / "validation.md").write_text(page, encoding="utf-8")
    return verdict(rows, "docs/validation.md")


if __name__ == "__main__":
    sys.exit(main())
