#!/usr/bin/env python3
"""What is shipped: every flag that units and manifests use exists, and a network runs from the unpacked package."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from network import BIN, ROOT, free_ports, wait_for

PACKAGING = ROOT / "packaging"
DAEMONS = ("control_plane", "edge_node", "dns_router", "ingress")


def flags_of(program):
    text = subprocess.run([BIN / program, "--help"], capture_output=True, text=True, check=True).stdout
    return {flag.replace("-", "_") for flag in re.findall(r"--([a-z][a-z_-]*)", text)}


def commands(path):
    """(program, flags) of each command line in a unit, an environment file, a manifest or a page."""
    text = path.read_text().replace("\\\n", " ")
    if path.suffix == ".yaml":
        text = re.sub(r"\n\s+- (?=--)", " ", text)
    program = {"control-plane": "control_plane", "dns-router": "dns_router", "ingress": "ingress",
               "node": "edge_node"}.get(path.name.split(".")[0])
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        named = re.search(r"(?:^|[\s/`])(" + "|".join(DAEMONS) + r") (?=.*--)", line)
        if named:
            yield named.group(1), re.findall(r"--([a-z_]+)", line[named.end():])
        elif program is not None and "TERRELLA_FLAGS=" in line:
            yield program, re.findall(r"--([a-z_]+)", line)


class Texts(unittest.TestCase):
    def test_every_flag_exists(self):
        known = {program: flags_of(program) for program in DAEMONS}
        seen = 0
        paths = [*PACKAGING.glob("systemd/*.service"), *PACKAGING.glob("debian/*.default"),
                 *PACKAGING.glob("debian/*.example"), *PACKAGING.glob("kubernetes/*.yaml"),
                 *PACKAGING.glob("kubernetes/*.md"), ROOT / "docs" / "join.md"]
        for path in paths:
            found = list(commands(path))
            self.assertTrue(found or path.suffix == ".md", f"{path} starts nothing")
            for program, flags in found:
                for flag in flags:
                    self.assertIn(flag, known[program], f"{path}: {program} has no --{flag}")
                    seen += 1
        self.assertGreater(seen, 30)

    def test_the_manifest_is_sound(self):
        try:
            import yaml
        except ImportError:
            self.skipTest("python3-yaml is not here")
        documents = list(yaml.safe_load_all((PACKAGING / "kubernetes" / "terrella.yaml").read_text()))
        names = {(d["kind"], d["metadata"]["name"]) for d in documents}
        self.assertEqual(len(names), len(documents))
        services = {name for kind, name in names if kind == "Service"}
        for document in documents:
            if document["kind"] not in ("StatefulSet", "Deployment"):
                continue
            pod = document["spec"]["template"]
            labels = pod["metadata"]["labels"]
            self.assertEqual(document["spec"]["selector"]["matchLabels"], labels)
            self.assertTrue(pod["spec"]["securityContext"]["runAsNonRoot"])
            volumes = {v["name"] for v in pod["spec"]["volumes"]}
            volumes |= {v["metadata"]["name"] for v in document["spec"].get("volumeClaimTemplates", [])}
            for container in pod["spec"]["containers"]:
                self.assertEqual({m["name"] for m in container["volumeMounts"]}, volumes)
                self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
                for word in container["command"]:
                    control = re.match(r"--control=([a-z]+)\.terrella\.svc:7070", word)
                    if control:
                        self.assertIn(control.group(1), services)


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        config = BIN.parent / "CPackConfig.cmake"
        if shutil.which("cpack") is None or shutil.which("dpkg-deb") is None or not config.exists():
            raise unittest.SkipTest("cpack or dpkg-deb is not here, or the build is not for packages")
        cls.folder = tempfile.TemporaryDirectory(prefix="terrella-package-")
        cls.addClassCleanup(cls.folder.cleanup)
        folder = Path(cls.folder.name)
        made = subprocess.run(["cpack", "-G", "DEB", "--config", config, "-B", folder / "out",
                               "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=zstd"], capture_output=True, text=True)
        if made.returncode != 0:
            raise AssertionError(made.stdout + made.stderr)
        cls.deb = next((folder / "out").glob("*.deb"))
        cls.root = folder / "root"
        subprocess.run(["dpkg-deb", "-x", cls.deb, cls.root], check=True)
        cls.bin = cls.root / "usr" / "lib" / "terrella" / "bin"

    def test_a_node_joins_a_control_plane_from_the_package(self):
        home = Path(self.folder.name) / "home"
        home.mkdir()
        control = f"127.0.0.1:{free_ports(1)[0]}"
        log = open(home / "log", "wb")
        self.addCleanup(log.close)

        def start(program, *flags):
            process = subprocess.Popen([self.bin / program, *flags], stdout=log, stderr=log, cwd=home,
                                       env={"PATH": "/usr/bin:/bin", "HOME": str(home)})
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
            return process

        def terrella(*words):
            env = {"PATH": "/usr/bin:/bin", "HOME": str(home), "TERRELLA_CONTROL": control,
                   "TERRELLA_IDENTITY": str(home / "control" / "identity" / "operator.pem")}
            done = subprocess.run([self.root / "usr" / "bin" / "terrella", *words], env=env, capture_output=True,
                                  text=True)
            if done.returncode != 0:
                raise AssertionError(done.stderr + (home / "log").read_text())
            return done.stdout

        start("control_plane", "--own_authority", "--state", home / "control", "--listen", control, "--ready_file",
              home / "ready")
        wait_for(lambda: (home / "log").read_text(), (home / "ready").exists)
        token = terrella("nodes", "join-token").strip()
        start("edge_node", "--id", "lax-1", "--pop", "LAX", "--listen", "127.0.0.1:0", "--state", home / "node",
              "--control", control, "--join", token)
        wait_for(lambda: (home / "log").read_text(),
                 lambda: [n["state"] for n in json.loads(terrella("nodes", "--json"))] == ["ready"], 20)
        (home / "w.js").write_text("export default { fetch() { return new Response('from the package') } };\n")
        self.assertIn('"acked": 1', terrella("deploy", home / "w.js", "--name", "w", "--json").replace('":1', '": 1'))
        # The world's data is found.
        self.assertIn("ms", terrella("net", "rtt", "Frankfurt", "Tokyo"))

    def test_nothing_of_the_build_is_in_it(self):
        for program in self.bin.iterdir():
            dynamic = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
            self.assertRegex(dynamic, r"RUNPATH.*\[\$ORIGIN/\.\./lib\]" if program.name == "edge_node" else "NEEDED")
            self.assertNotIn(str(ROOT), dynamic)
        listing = subprocess.run(["dpkg-deb", "-c", self.deb], capture_output=True, text=True, check=True).stdout
        for path in ("./usr/bin/terrella", "./usr/lib/systemd/system/terrella-edge-node@.service",
                     "./usr/share/man/man1/terrella.1.gz", "./usr/share/doc/terrella/copyright",
                     "./etc/default/terrella-control-plane", "./usr/share/terrella/data/cities.csv"):
            self.assertRegex(listing, re.escape(path) + r"( ->|\n)", path)
        depends = subprocess.run(["dpkg-deb", "-f", self.deb, "Depends"], capture_output=True, text=True).stdout
        self.assertIn("libssl3", depends)
        self.assertNotIn("libnode", depends)


if __name__ == "__main__":
    unittest.main()
