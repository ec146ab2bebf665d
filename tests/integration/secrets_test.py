#!/usr/bin/env python3
"""Secrets, version metadata and rate limits through a whole network: what a worker finds in env, and what nobody else does."""
import json
import os
import resource
import signal
import stat
import tempfile
import unittest
from pathlib import Path

from network import Network, wait_for
from one_node import OneNode
from assets_test import ask

VALUE = "correct horse battery staple é"
WORKER = """
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === '/limit') return new Response((await env.LIMITER.limit({ key: 'me' })).success ? 'yes' : 'no');
    return Response.json({ token: env.TOKEN ?? null, other: env.OTHER ?? null, meta: env.META, mode: env.MODE });
  },
};
"""
WRANGLER = {"name": "api", "main": "index.js", "compatibility_date": "2026-01-01", "vars": {"MODE": "test"},
            "version_metadata": {"binding": "META"},
            "ratelimits": [{"name": "LIMITER", "namespace_id": "7", "simple": {"limit": 3, "period": 60}}]}


def project(folder, config=None):
    root = Path(folder) / "api"
    root.mkdir(exist_ok=True)
    (root / "index.js").write_text(WORKER)
    (root / "wrangler.json").write_text(json.dumps(config or WRANGLER))
    return root


class Secrets(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="terrella-secrets-")
        self.addCleanup(temporary.cleanup)
        self.root = project(temporary.name)

    def env_at(self, network, pop):
        host, port = self.address(network, pop)
        return json.loads(ask((host, port), "/", host="api.edge.test").body)

    def address(self, network, pop):
        host, port = next(p["address"] for p in network.record()["parts"] if p["name"] == pop).rsplit(":", 1)
        return host, int(port)

    def files_with(self, folder, text):
        return [p for p in Path(folder).rglob("*") if p.is_file() and text.encode() in p.read_bytes()]

    def test_a_secret_reaches_the_worker_and_nobody_else(self):
        with Network() as network:
            # Before there is a script: it waits.
            early = network.run("secret", "put", "api", "TOKEN", stdin="early\n")
            self.assertIn("not deployed yet", early.stderr)
            network.run("deploy", self.root)
            nodes = [p["name"] for p in network.record()["parts"] if p["kind"] == "node"]
            for node in nodes:
                self.assertEqual(self.env_at(network, node)["token"], "early")
            before = self.env_at(network, nodes[0])
            self.assertEqual(set(before["meta"]), {"id", "tag", "timestamp"})
            self.assertRegex(before["meta"]["timestamp"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

            changed = network.run("secret", "put", "api", "TOKEN", "--json", stdin=VALUE + "\n")
            report = json.loads(changed.stdout)
            self.assertEqual((report["deployment"], report["complete"]), ("api-2", True))
            for node in nodes:
                now = self.env_at(network, node)
                self.assertEqual(now["token"], VALUE)
                self.assertEqual(now["meta"], before["meta"], "the code is the same")
            self.assertNotIn(VALUE, changed.stdout + changed.stderr)
            self.assertEqual(network.run("secret", "list", "api").stdout, "TOKEN\n")

            # No file has it: the control plane keeps it sealed to a key of its own, each node to its own.
            self.assertEqual(self.files_with(network.home, VALUE), [])
            keys = [*network.home.rglob("secrets.key"), *network.home.rglob("sealing.key")]
            self.assertEqual([stat.S_IMODE(k.stat().st_mode) for k in keys], [0o600] * (1 + len(nodes)))
            self.assertEqual(len({k.read_bytes() for k in keys}), 1 + len(nodes), "no two share one")

            # A name is one thing.
            config = {**WRANGLER, "vars": {"TOKEN": "x"}}
            refused = network.run("deploy", project(self.root.parent, config), check=False)
            self.assertEqual(refused.returncode, 3)
            self.assertIn("'TOKEN' is a binding of version", refused.stderr)
            refused = network.run("secret", "put", "api", "MODE", stdin="v", check=False)
            self.assertIn("'MODE' is a binding of version", refused.stderr)

            # It survives the control plane and the node.
            control = next(p for p in network.record()["parts"] if p["name"] == "control")
            os.kill(control["process"]["pid"], signal.SIGKILL)
            node = nodes[0]
            network.run("kill", node)
            network.up()
            self.assertEqual(self.env_at(network, node)["token"], VALUE)
            network.run("secret", "bulk", "api", stdin='{"OTHER": "o", "TOKEN": "t"}')
            wait_for("both are new", lambda: self.env_at(network, node)["other"] == "o")
            self.assertEqual(self.env_at(network, node)["token"], "t")
            network.run("secret", "delete", "api", "TOKEN")
            self.assertIsNone(self.env_at(network, node)["token"])
            lost = network.run("secret", "delete", "api", "TOKEN", check=False)
            self.assertIn("has no secret 'TOKEN'", lost.stderr)

    def test_a_node_alone_opens_what_was_sealed_to_it_and_no_other_does(self):
        with Network() as network:
            network.run("deploy", self.root)
            network.run("secret", "put", "api", "TOKEN", stdin=VALUE + "\n")
            record = network.record()
            parts = {p["name"]: p for p in record["parts"]}
            first, second = [p["name"] for p in record["parts"] if p["kind"] == "node"][:2]
            wait_for("the state is on the disks", lambda: all(self.state_of(network, n) for n in (first, second)))
            os.kill(parts["control"]["process"]["pid"], signal.SIGKILL)
            # Failure test 2: a restart without a control plane.
            network.run("kill", first)
            network.run("start", first, "--timeout", "1s", check=False)
            self.assertEqual(self.env_at(network, first)["token"], VALUE)
            # The state of one node is of no use with the key of another: it serves the code, without the secret.
            network.run("kill", second)
            (self.state_of(network, second) / "sealing.key").write_bytes((self.state_of(network, first) / "sealing.key").read_bytes())
            network.run("start", second, "--timeout", "1s", check=False)
            self.assertIsNone(self.env_at(network, second)["token"])
            # And gets it again from a control plane, sealed to the key that it has now.
            network.up()
            wait_for("it is told again", lambda: self.env_at(network, second)["token"] == VALUE)
            self.assertEqual(self.files_with(network.home, VALUE), [])

    def state_of(self, network, node):
        """The node's folder, once it keeps a state."""
        found = [p.parent for p in network.home.rglob("lkg.*.pb") if p.parent.name == node]
        return found[0] if found else None

    def test_who_crashes_leaves_no_core_file_with_a_secret(self):
        # Children inherit it, so without what the programs do themselves each crash leaves a core file where it ran.
        before = resource.getrlimit(resource.RLIMIT_CORE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_CORE, before)
        resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
        with Network() as network:
            network.run("deploy", self.root)
            network.run("secret", "put", "api", "TOKEN", stdin=VALUE + "\n")
            parts = [p for p in network.record()["parts"] if p["kind"] != "cluster"]
            folders = {network.home}
            for part in parts:
                pid = part["process"]["pid"]
                limits = Path(f"/proc/{pid}/limits").read_text()
                self.assertRegex(limits, r"Max core file size\s+[01]\s+[01]\s", part["name"])
                folders.add(Path(os.readlink(f"/proc/{pid}/cwd")))
            began = {folder: set(folder.glob("core*")) for folder in folders}
            for part in parts:
                os.kill(part["process"]["pid"], signal.SIGSEGV)
            wait_for("all have crashed", lambda: not any(Path(f"/proc/{p['process']['pid']}/exe").exists() for p in parts))
            for folder in folders:
                self.assertEqual(set(folder.glob("core*")) - began[folder], set())

    def test_calls_are_counted_for_the_whole_node(self):
        with OneNode(self.root, "--shards", "2") as node:
            answers = [ask(node.address, "/limit").body for _ in range(8)]  # of either shard
            self.assertEqual(answers.count(b"yes"), 3, answers)


if __name__ == "__main__":
    unittest.main()
