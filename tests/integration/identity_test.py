#!/usr/bin/env python3
"""Who is who in a cluster, with real processes: mutual TLS, join tokens, rotation and revocation."""
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from assets_test import ask
from network import BIN, Network, free_ports, wait_for

WORKER = "export default { fetch() { return new Response('served'); } };\n"
NOT_ALLOWED, UNREACHABLE = 6, 7


def forge(file, authority, uri, days=1):
    """An identity file as the authority in that folder would issue it."""
    key, request, names, certificate = (file.with_suffix(s) for s in (".key", ".csr", ".names", ".crt"))
    names.write_text(f"subjectAltName=URI:{uri}\nextendedKeyUsage=clientAuth\n")
    for words in (["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key],
                  ["req", "-new", "-key", key, "-subj", "/CN=forged", "-out", request],
                  ["x509", "-req", "-in", request, "-CA", authority / "ca.pem", "-CAkey", authority / "ca-key.pem",
                   "-CAcreateserial", "-days", str(days), "-extfile", names, "-out", certificate]):
        subprocess.run(["openssl", *words], check=True, capture_output=True)
    file.write_text(certificate.read_text() + (authority / "ca.pem").read_text() + key.read_text())
    return file


class Control:
    """A control plane that is its own authority, and the nodes that were started for it."""

    def __init__(self, test, *flags):
        temporary = tempfile.TemporaryDirectory(prefix="terrella-identity-")
        test.addCleanup(temporary.cleanup)
        test.addCleanup(self.stop_all)
        self.folder, self.flags, self.nodes = Path(temporary.name), flags, []
        self.identity = self.folder / "state" / "identity"
        self.port = free_ports(1)[0]
        self.address = f"127.0.0.1:{self.port}"
        self.start()

    def start(self):
        ready = self.folder / "control.ready"
        ready.unlink(missing_ok=True)
        with open(self.folder / "control.log", "ab") as log:
            self.process = subprocess.Popen(
                [BIN / "control_plane", "--listen", self.address, "--state", self.folder / "state", "--own_authority",
                 "--ready_file", ready, *self.flags], stdout=log, stderr=log)
        wait_for(lambda: (self.folder / "control.log").read_text(), ready.exists)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def stop_all(self):
        for process in [self.process, *(node.process for node in self.nodes)]:
            if process.poll() is None:
                process.kill()
            process.wait()

    def run(self, *words, check=True, identity=None):
        env = {**os.environ, "TERRELLA_HOME": str(self.folder), "TERRELLA_CONTROL": self.address, "NO_COLOR": "1",
               "TERRELLA_IDENTITY": str(identity or self.identity / "operator.pem")}
        done = subprocess.run([BIN / "terrella", *words], env=env, capture_output=True, text=True, timeout=60)
        if check and done.returncode != 0:
            raise AssertionError(f"terrella {' '.join(map(str, words))}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def token(self, *flags):
        return self.run("nodes", "join-token", *flags).stdout.strip()

    def state_of(self, node):
        nodes = json.loads(self.run("nodes", "--json").stdout)
        return next((n["state"] for n in nodes if n["id"] == node), None)

    def node(self, *words, **named):
        self.nodes.append(Node(self, *words, **named))
        return self.nodes[-1]


class Node:
    def __init__(self, control, name, *flags, folder=None):
        self.folder = control.folder / (folder or name)
        self.log = self.folder.with_suffix(".log")
        ready = self.folder.with_suffix(".ready")
        ready.unlink(missing_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [BIN / "edge_node", "--id", name, "--pop", "FRA", "--listen", "127.0.0.1:0", "--control",
                 control.address, "--state", self.folder, "--ready_file", ready, *flags], stdout=log, stderr=log)
        self.ready = ready

    def text(self):
        return self.log.read_text(errors="replace")

    def says(self, words, timeout_s=15):
        wait_for(lambda: f"'{words}' is not in:\n{self.text()}", lambda: words in self.text(), timeout_s)

    def end(self):
        return self.process.wait(20)

    def stop(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def address(self):
        wait_for(self.text, self.ready.exists)
        host, port = json.loads(self.ready.read_text())["address"].rsplit(":", 1)
        return host, int(port)


class Certificates(unittest.TestCase):
    def test_only_a_nodes_own_certificate_lets_it_speak(self):
        control, other = Control(self), Control(self)
        files = control.folder
        cases = [
            # Another node's: it may not speak for this one.
            (forge(files / "nrt.pem", control.identity, "edge://default/node/NRT"), "node 'NRT' speaks as node 'FRA'"),
            # A service is no node.
            (forge(files / "dns.pem", control.identity, "edge://default/service/dns_router"), "may not call"),
            # Another cluster under the same authority.
            (forge(files / "far.pem", control.identity, "edge://far/node/FRA"), "is not of cluster 'default'"),
            (forge(files / "odd.pem", control.identity, "https://example.test/"), "does not begin with edge://"),
            # Over since the second it was made.
            (forge(files / "old.pem", control.identity, "edge://default/node/FRA", days=0), None),
            (forge(files / "alien.pem", other.identity, "edge://default/node/FRA"), None),
        ]
        time.sleep(1)
        nodes = [(control.node("FRA", "--control_cert", file, folder=f"case{i}"), words)
                 for i, (file, words) in enumerate(cases)]
        for node, words in nodes:
            node.says(words or "control plane")
        time.sleep(0.5)
        self.assertIsNone(control.state_of("FRA"))
        for node, _ in nodes:
            node.stop()
        good = forge(files / "fra.pem", control.identity, "edge://default/node/FRA")
        control.node("FRA", "--control_cert", good, folder="good")
        wait_for("the node with its own certificate is not let in", lambda: control.state_of("FRA") == "ready")

    def test_people_get_sentences(self):
        control = Control(self)
        # One that shows nothing, one that shows a file which is none, one of another cluster's authority.
        bare = control.run("kv", "namespaces", check=False, identity="/nonexistent/operator.pem")
        self.assertEqual(bare.returncode, NOT_ALLOWED, bare.stderr)
        self.assertIn("has no certificate for cluster", bare.stderr)
        junk = control.folder / "junk.pem"
        junk.write_text("nonsense")
        self.assertEqual(control.run("kv", "namespaces", check=False, identity=junk).returncode, NOT_ALLOWED)
        old = forge(control.folder / "old.pem", control.identity, "edge://default/operator", days=0)
        time.sleep(1)
        done = control.run("kv", "namespaces", check=False, identity=old)
        self.assertEqual(done.returncode, NOT_ALLOWED, done.stderr)
        self.assertIn("not valid at this time", done.stderr)
        other = Control(self)
        done = control.run("kv", "namespaces", check=False, identity=other.identity / "operator.pem")
        self.assertEqual(done.returncode, UNREACHABLE, done.stderr)
        self.assertIn("of another cluster or authority", done.stderr)
        # A node's certificate is for a node.
        node = forge(control.folder / "fra.pem", control.identity, "edge://default/node/FRA")
        done = control.run("nodes", "join-token", check=False, identity=node)
        self.assertEqual(done.returncode, NOT_ALLOWED, done.stderr)
        control.run("kv", "namespaces")


class Joining(unittest.TestCase):
    def test_a_token_lets_one_node_in_once(self):
        control = Control(self)
        token = control.token()
        file = control.folder / "token"
        file.write_text(token + "\n")
        first = control.node("LAX", "--join", f"@{file}")
        wait_for(first.text, lambda: control.state_of("LAX") == "ready", 15)
        kept = first.folder / "identity" / "identity.pem"
        self.assertEqual(kept.stat().st_mode & 0o777, 0o600)
        refused = {
            "used already, by node LAX": control.node("SEA", "--join", token),
            "no join token": control.node("SFO", "--join", "te1." + "0" * 64 + token[-65:]),
            "a node LAX already": control.node("LAX", "--join", control.token(), folder="thief"),
            "is for node DEN": control.node("PHX", "--join", control.token("--node", "DEN")),
            "not the one the token was made by": control.node("MIA", "--join", Control(self).token()),
            "is over": None,
        }
        short = control.token("--ttl", "1s")
        time.sleep(1.2)
        refused["is over"] = control.node("BOS", "--join", short)
        for words, node in refused.items():
            self.assertEqual(node.end(), 1, node.text())
            self.assertIn(words, node.text())
        # Neither the token nor anything needs to be there the next time; a token that is does no harm.
        for flags in ((), ("--join", token)):
            first.stop()
            wait_for("the node is not missed", lambda: control.state_of("LAX") != "ready")
            first = control.node("LAX", *flags)
            wait_for(first.text, lambda: control.state_of("LAX") == "ready", 15)
        secret = token.split(".")[1]
        for path in (control.folder / "state").rglob("*"):
            if path.is_file():
                self.assertNotIn(bytes.fromhex(secret), path.read_bytes(), path)
        self.assertNotIn(secret, (control.folder / "control.log").read_text())

    def test_a_revoked_node_is_out_at_once_and_serves_on(self):
        control = Control(self)
        (control.folder / "w.js").write_text(WORKER)
        node = control.node("LAX", "--join", control.token())
        wait_for(node.text, lambda: control.state_of("LAX") == "ready", 15)
        control.run("deploy", control.folder / "w.js", "--name", "w")
        control.run("nodes", "revoke", "LAX")
        wait_for("the stream was not ended", lambda: control.state_of("LAX") == "down", 5)
        node.says("were revoked")
        time.sleep(1)
        self.assertEqual(control.state_of("LAX"), "down")
        self.assertEqual(ask(node.address(), "/", host="w.edge.test").body, b"served")
        # Over a restart of the control plane, and back by a token that names it.
        control.stop()
        control.start()
        time.sleep(1)
        self.assertNotIn(control.state_of("LAX"), ("ready", "syncing"))
        node.stop()
        node = control.node("LAX", "--join", control.token("--node", "LAX"))
        wait_for(node.text, lambda: control.state_of("LAX") == "ready", 15)


class Rotation(unittest.TestCase):
    def test_certificates_change_under_load_and_no_stream_ends(self):
        """A node whose certificate lasts 12 s gets several; the network must not notice."""
        control = Control(self, "--node_certificate_s=12")
        source = control.folder / "w.js"
        source.write_text(WORKER)
        node = control.node("LAX", "--join", control.token())
        wait_for(node.text, lambda: control.state_of("LAX") == "ready", 15)
        file = node.folder / "identity" / "identity.pem"
        seen, worst_s, deploys = set(), 0.0, 0
        end = time.monotonic() + 13
        while time.monotonic() < end:
            seen.add(file.read_bytes())
            source.write_text(WORKER.replace("served", f"served {deploys}"))
            start = time.monotonic()
            done = json.loads(control.run("deploy", source, "--name", "w", "--json").stdout)
            worst_s = max(worst_s, time.monotonic() - start)
            self.assertEqual(done["nodes"]["acked"], 1)
            deploys += 1
            self.assertEqual(ask(node.address(), "/", host="w.edge.test").body, f"served {deploys - 1}".encode())
            self.assertEqual(control.state_of("LAX"), "ready")
        print(f"{len(seen)} certificates, {deploys} deploys, the slowest {worst_s * 1000:.0f} ms")
        self.assertGreaterEqual(len(seen), 3)
        log = (control.folder / "control.log").read_text()
        self.assertEqual(log.count("node LAX connected"), 1, log)
        # The first certificate is over by now: what the node shows to a new control plane is its newest.
        control.stop()
        control.start()
        wait_for(node.text, lambda: control.state_of("LAX") == "ready", 15)


class Clusters(unittest.TestCase):
    def test_a_cluster_proves_itself_by_default(self):
        with Network(pops=1) as network:
            folder = network.home / network.name
            for path in [*folder.rglob("identity.pem"), folder / "control" / "identity" / "ca-key.pem"]:
                self.assertEqual(path.stat().st_mode & 0o777, 0o600, path)
            network.run("kv", "namespaces")
            own = network.identity("operator")
            own.rename(own.with_suffix(".away"))
            done = network.run("kv", "namespaces", check=False)
            self.assertEqual(done.returncode, NOT_ALLOWED, done.stderr)
            self.assertIn("'terrella up' issues one", done.stderr)
            # It does, and what runs keeps running.
            pids = [part["pid"] for part in network.status()["parts"]] if own.exists() else None
            network.run("up")
            self.assertIsNone(pids)
            network.run("kv", "namespaces")
            self.assertRegex(network.run("nodes", "join-token").stdout, r"^te1\.[0-9a-f]{64}\.[0-9a-f]{64}\n$")

    def test_plain_text_is_a_choice(self):
        with Network(pops=1, flags=("--plaintext",)) as network:
            self.assertEqual(list((network.home / network.name).rglob("identity.pem")), [])
            network.run("kv", "namespaces")
            self.assertIn("plain text", network.run("nodes", "join-token", check=False).stderr)


if __name__ == "__main__":
    unittest.main()
