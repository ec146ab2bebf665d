#!/usr/bin/env python3
"""What is shipped: every flag that units and manifests use exists, and a network runs from the unpacked package."""
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import kubernetes_fields
from etcd import find_etcd
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
        for document in documents:
            self.assertEqual(kubernetes_fields.wrong(document), [])
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
            if "volumeClaimTemplates" in document["spec"]:  # key files stay as they were made
                self.assertEqual(pod["spec"]["securityContext"]["fsGroupChangePolicy"], "OnRootMismatch")
            volumes = {v["name"] for v in pod["spec"]["volumes"]}
            volumes |= {v["metadata"]["name"] for v in document["spec"].get("volumeClaimTemplates", [])}
            for container in pod["spec"]["containers"]:
                self.assertEqual({m["name"] for m in container["volumeMounts"]}, volumes)
                self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
                for word in container["command"]:
                    control = re.match(r"--control=([a-z]+)\.terrella\.svc:7070", word)
                    if control:
                        self.assertIn(control.group(1), services)


class Kubernetes(unittest.TestCase):
    """The manifest's containers, each started by its command as it stands there; addresses of this machine stand in for
    the names and ports of a cluster, and folders for its volumes."""

    def setUp(self):
        try:
            import yaml
        except ImportError:
            self.skipTest("python3-yaml is not here")
        if find_etcd() is None:
            self.skipTest("etcd is not here: scripts/setup --test")
        text = (PACKAGING / "kubernetes" / "terrella.yaml").read_text()
        self.sets = {d["metadata"]["name"]: d for d in yaml.safe_load_all(text) if d["kind"] in ("StatefulSet", "Deployment")}
        folder = tempfile.TemporaryDirectory(prefix="terrella-kubernetes-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.ports = {}

    def port(self, *key):
        """The same for the same pod and port."""
        if key not in self.ports:
            pods = [(name, i) for name, one in self.sets.items() for i in range(one["spec"]["replicas"])]
            wanted = [(f"{name}-{i}", port["containerPort"]) for name, i in pods
                      for port in self.container(name)["ports"] if port.get("protocol") != "UDP"]
            self.ports = dict(zip(wanted, free_ports(len(wanted))))
        return self.ports[key]

    def container(self, name):
        return self.sets[name]["spec"]["template"]["spec"]["containers"][0]

    def words(self, name, i):
        """The command of a set's pod, for this machine."""
        pod = f"{name}-{i}"
        here = {"/state": self.folder / pod / "state", "/tmp": self.folder / pod / "tmp",
                "/tokens": self.folder / "tokens", "/identity": self.folder / "identity",
                "/usr/lib/terrella/bin": BIN}
        for path in list(here.values())[:2]:
            path.mkdir(parents=True, exist_ok=True)
        for word in self.container(name)["command"]:
            word = word.replace("$(POD_NAME)", pod).replace("$(POD_IP)", "0.0.0.0")
            word = re.sub(r"(etcd-\d)\.etcd\.terrella\.svc:(\d+)",
                          lambda m: f"127.0.0.1:{self.port(m[1], int(m[2]))}", word)
            word = word.replace("control.terrella.svc:7070", f"127.0.0.1:{self.port('control-0', 7070)}")
            word = re.sub(r"0\.0\.0\.0:(\d+)", lambda m: f"127.0.0.1:{self.port(pod, int(m[1]))}", word)
            self.assertNotIn("terrella.svc", word)
            yield re.sub(r"(?<![\w/.])(/state|/tmp|/tokens|/identity|/usr/lib/terrella/bin)(?=/|$)",
                         lambda m: str(here[m[1]]), word)

    def start(self, name):
        """All pods of a set."""
        for i in range(self.sets[name]["spec"]["replicas"]):
            command = list(self.words(name, i))
            if command[0] == "etcd":
                command[0] = find_etcd()
            log = open(self.folder / f"{name}-{i}" / "log", "wb")
            self.addCleanup(log.close)
            process = subprocess.Popen(command, stdout=log, stderr=log, env={"PATH": "/usr/bin:/bin"})
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)

    def logs(self):
        return "\n".join(p.read_text(errors="replace")[-2000:] for p in self.folder.glob("*/log") if not p.parent.name.startswith("etcd"))

    def terrella(self, *words, check=True):
        env = {"PATH": "/usr/bin:/bin", "TERRELLA_CLUSTER": "world", "TERRELLA_HOME": str(self.folder / "home"),
               "TERRELLA_CONTROL": f"127.0.0.1:{self.port('control-0', 7070)}",
               "TERRELLA_IDENTITY": str(self.folder / "control-0" / "state" / "identity" / "operator.pem")}
        done = subprocess.run([BIN / "terrella", *words], env=env, capture_output=True, text=True, timeout=60)
        if check and done.returncode != 0:
            raise AssertionError(done.stderr + self.logs())
        return done

    def states(self):
        done = self.terrella("nodes", "--json", check=False)
        return [n["state"] for n in json.loads(done.stdout)] if done.returncode == 0 else []

    def test_its_commands_make_a_network_that_serves(self):
        self.start("etcd")
        self.start("control")
        wait_for(self.logs, lambda: self.terrella("versions", check=False).returncode == 0, 30)
        # As README.md says it.
        (self.folder / "identity").mkdir()
        (self.folder / "tokens").mkdir()
        subprocess.run([BIN / "control_plane", f"--state={self.folder / 'control-0' / 'state'}", "--cluster=world",
                        "--issue=dns_router", f"--out={self.folder / 'identity' / 'dns_router.pem'}"], check=True)
        for i in range(3):
            token = self.terrella("nodes", "join-token", "--node", f"edge-{i}", "--ttl", "1h").stdout
            (self.folder / "tokens" / f"edge-{i}").write_text(token)
        self.start("edge")
        self.start("dns")
        wait_for(self.logs, lambda: self.states() == ["ready"] * 3, 30)
        worker = self.folder / "w.js"
        worker.write_text("export default { fetch() { return new Response('from a pod') } };\n")
        deployed = json.loads(self.terrella("deploy", worker, "--name", "w", "--json").stdout)
        self.assertEqual(deployed["nodes"]["acked"], 3)
        for i in range(3):
            connection = http.client.HTTPConnection("127.0.0.1", self.port(f"edge-{i}", 8080), timeout=10)
            connection.request("GET", "/", headers={"host": "w.edge.test"})
            self.assertEqual(connection.getresponse().read(), b"from a pod")
            connection.close()
        for i in range(2):
            self.assertEqual(wait_for(self.logs, lambda: self.named(i)), ["127.0.0.1"])
        # What it knows is on etcd.
        self.assertFalse((self.folder / "control-0" / "state" / "state.db").exists())

    def named(self, router):
        import dns.message
        import dns.query
        question = dns.message.make_query("w.edge.test", "A")
        try:
            answer = dns.query.udp(question, "127.0.0.1", timeout=1, port=self.port(f"dns-{router}", 5353))
        except (dns.exception.Timeout, OSError):
            return None
        return [item.address for rrset in answer.answer for item in rrset if item.rdtype == 1] or None


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
