#!/usr/bin/env python3
"""Compares the network model with what is known and writes docs/validation.md and its plots.

    scripts/dev validate [--rtt DIR] [--backbone FILE] [--nested]

DIR holds measured round-trip times between cities as scripts/data/rtt_sites.py reads them, FILE pairs as
lat1,lon1,country1,lat2,lon2,country2,rtt_ms with more columns; neither is part of the tree. $TERRELLA_RTT_DIR and
$TERRELLA_BACKBONE_CSV say the same. --nested repeats the judgement with settings chosen without the fold (minutes).
Exit 1 when a row is outside its tolerance. Needs numpy and a release build.
"""
import argparse
import os
import sys
from pathlib import Path

import anycast_rows
from rows import table

ROOT = Path(__file__).resolve().parents[2]
HEAD = """# Validation

What the network model says beside what is known, written by `scripts/dev validate`. The measurements are no part of
terrella: round-trip times are WonderNetwork's of November 2018, between 193 hosting servers; the backbone is IBM
Cloud's of August 2024.

"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rtt", default=os.environ.get("TERRELLA_RTT_DIR"))
    parser.add_argument("--backbone", default=os.environ.get("TERRELLA_BACKBONE_CSV"))
    parser.add_argument("--nested", action="store_true")
    args = parser.parse_args()
    if not args.rtt:
        print("validate: SKIPPED, no measured round-trip times: give --rtt DIR or set TERRELLA_RTT_DIR to a folder with "
              "cities.csv and rtt_ms.csv", file=sys.stderr)
        return 0
    from latency_rows import Latency  # needs numpy, which a skipped run should not
    folder = ROOT / "docs" / "validation"
    folder.mkdir(exist_ok=True)
    latency = Latency(args.rtt, args.backbone, args.nested)
    rows = list(latency.rows())
    page = HEAD + "## Round-trip times\n" + table(rows) + "\n"
    for file, caption in latency.plots(folder):
        page += f"\n![{file[:-4]}](validation/{file})\n" + (f"{caption}\n" if caption else "")
    anycast = list(anycast_rows.rows())
    page += "\n## Anycast\n" + table(anycast) + "\n"
    rows += anycast
    (ROOT / "docs" / "validation.md").write_text(page, encoding="utf-8")
    failed = [row for row in rows if row.ok is False]
    for row in failed:
        print(f"validate: {row.name}: expected {row.tolerance}, got {row.value}", file=sys.stderr)
    print(f"validate: {len(rows)} rows, {len(failed)} outside their tolerance; docs/validation.md")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
