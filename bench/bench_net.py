#!/usr/bin/env python3
"""How fast the network model answers, on one core: round-trip times, prefixes, and a whole network anew."""
import json
import subprocess

from harness import BIN, Row, report


def main():
    got = json.loads(subprocess.run([BIN / "net_bench"], check=True, capture_output=True, text=True).stdout)
    report("net", [
        Row("RTT of two prepared endpoints", "M/s", got["rtt_lookups_per_s"] / 1e6, bar=20, bigger_is_better=True),
        Row("endpoint prepared from coordinates", "us", got["endpoint_us"]),
        Row("place of a random IPv4 address", "M/s", got["lpm_v4_per_s"] / 1e6, bar=30, bigger_is_better=True),
        Row("place of a random IPv6 address", "M/s", got["lpm_v6_per_s"] / 1e6, bar=30, bigger_is_better=True),
        Row("load: places, model, prefixes, all cities", "ms", got["load_ms"]),
        Row("a PoP goes dark: all cities x 308 sites", "ms", got["answer_ms"], bar=1000),
    ])


if __name__ == "__main__":
    main()
