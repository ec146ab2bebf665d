#!/usr/bin/env python3
"""How fast the network model answers, on one core: round-trip times, prefixes, and a whole network anew."""
import json
import subprocess
import tempfile
import time
from pathlib import Path

from harness import BIN, Row, report


def ingress_mib(*flags):
    """Proportional memory of an ingress that has loaded its world, what it maps and nobody shares included."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready"
        process = subprocess.Popen([BIN / "ingress", "--listen=127.0.0.1:0", "--control=127.0.0.1:1",
                                    f"--ready_file={ready}", *flags], stderr=subprocess.DEVNULL)
        try:
            while not ready.exists():
                if process.poll() is not None:
                    raise SystemExit(f"ingress {' '.join(flags)}: exit {process.returncode}")
                time.sleep(0.02)
            rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
            return int(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1]) / 1024
        finally:
            process.terminate()
            process.wait()


def resident():
    """What each of two processes holds of the model with a table by city, in MiB: all, and with shared pages halved."""
    with tempfile.TemporaryDirectory() as folder:
        command = [BIN / "net_bench", "--resident", folder]
        subprocess.run(command, check=True)  # makes the table
        both = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        for process in both:
            assert process.stdout.readline() == "ready\n"
        both[0].stdin.write("\n")
        both[0].stdin.flush()
        got = json.loads(both[0].stdout.readline())
        for process in both:
            process.communicate("\n" if process is both[1] else None)
    return got["resident_kib"] / 1024, got["proportional_kib"] / 1024


def main():
    rss, pss = resident()
    relays = json.loads(subprocess.run([BIN / "net_bench", "--relays"], check=True, capture_output=True, text=True).stdout)
    got = json.loads(subprocess.run([BIN / "net_bench"], check=True, capture_output=True, text=True).stdout)
    report("net", [
        Row("RTT of two prepared endpoints", "M/s", got["rtt_lookups_per_s"] / 1e6, bar=20, bigger_is_better=True),
        Row("endpoint prepared from coordinates", "us", got["endpoint_us"]),
        Row("place of a random IPv4 address", "M/s", got["lpm_v4_per_s"] / 1e6, bar=30, bigger_is_better=True),
        Row("place of a random IPv6 address", "M/s", got["lpm_v6_per_s"] / 1e6, bar=30, bigger_is_better=True),
        Row("city of a random IPv4 address", "M/s", got["city_v4_per_s"] / 1e6, bar=30, bigger_is_better=True),
        Row("city of a random IPv6 address", "M/s", got["city_v6_per_s"] / 1e6, bar=30, bigger_is_better=True),
        Row("a process with the model and cities: resident", "MiB", rss, bar=40),
        Row("the same, what two share counted half", "MiB", pss),
        Row("load: places, model, prefixes, all cities", "ms", got["load_ms"]),
        Row("memory of the ingress", "MiB", ingress_mib(), bar=40),
        Row("memory of the ingress, --anycast cdn", "MiB", ingress_mib("--anycast=cdn"), bar=40),
        Row("pairs that a relay brings closer by > 10 % (measured in 2018: 33 %)", "%", 100 * relays["over_10_percent"]),
        Row("pairs that a relay brings closer by > 20 % (measured in 2018: 14 %)", "%", 100 * relays["over_20_percent"]),
        Row("a PoP goes dark: all cities x 308 sites", "ms", got["answer_ms"], bar=1000),
    ])


if __name__ == "__main__":
    main()
