#!/usr/bin/env python3
"""The master key of secrets is put anew: with a network that serves, killed at any moment, lost, and over an etcd.

Usage: secret_keys_test.py [--kills N]
"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from network import SEED, Network, wait_for
from replicas import Replicas

kills = 6
WORKER = "export default { fetch(request, env) { return new Response(env.TOKEN ?? 'none'); } };"


def deploy(net, name, value):
    net.run("deploy", net.write(f"{name}/index.js", WORKER).rsplit("/", 1)[0], "--quiet")
    net.run("secret", "put", name, "TOKEN", "--quiet", stdin=value)


def key_of(net):
    return (net.home / net.name / "control" / "secrets.key").read_bytes()


def next_key(net):
    return net.home / net.name / "control" / "secrets.key.next"


def at_a_fresh_node(net, name):
    """What a node answers that has forgotten everything: it has its secrets from the control plane of now."""
    part = next(p for p in net.record()["parts"] if p["kind"] == "node")
    net.run("kill", part["name"])
    for folder in [p.parent for p in net.home.rglob("sealing.key") if p.parent.name == part["name"]]:
        shutil.rmtree(folder)
    wait_for("the node does not start", lambda: starts(net, part["name"]), 30)
    return wait_for("the node does not serve", lambda: answer(net, part, f"{name}.edge.test"))


def starts(net, name):
    """Whether it does; what is said otherwise is shown, and it is tried again: how nodes start is not the matter here."""
    done = net.run("start", name, check=False)
    if done.returncode != 0:
        print(f"  start {name}: {done.stderr.strip()}", file=sys.stderr, flush=True)
    return done.returncode == 0


def answer(net, part, host):
    """None until the node has the script."""
    try:
        status, text = net.body_at(part, host)
    except OSError:
        return None
    return text if status == 200 else None


def control(net):
    return next(p for p in net.record()["parts"] if p["name"] == "control")


def command_of(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]


class OneControlPlane(unittest.TestCase):
    def setUp(self):
        self.net = Network(pops=2, name="keys").__enter__()
        self.addCleanup(self.net.__exit__)

    def test_a_new_key_is_needed_from_now_on_and_the_old_one_is_nowhere(self):
        deploy(self.net, "shop", "first value")
        deploy(self.net, "blog", "second value")
        old = key_of(self.net)
        done = self.net.json("secret", "rotate-key")
        self.assertEqual((done["scripts"], done["moved"]), (2, 0))
        self.assertNotEqual(done["before"], done["after"])
        self.assertNotEqual(key_of(self.net), old)
        self.assertFalse(next_key(self.net).exists())
        self.assertEqual([p for p in self.net.home.rglob("*") if p.is_file() and old in p.read_bytes()], [])
        self.assertEqual(at_a_fresh_node(self.net, "shop"), "first value")
        self.assertEqual(at_a_fresh_node(self.net, "blog"), "second value")
        self.net.run("secret", "put", "shop", "TOKEN", stdin="third value")
        self.assertEqual(at_a_fresh_node(self.net, "shop"), "third value")
        # A backup has wrapped keys and not what wrapped them: it needs the master key of its time.
        backup = self.net.home / "state.backup"
        self.net.run("backup", str(backup))
        self.assertNotIn(key_of(self.net), backup.read_bytes())
        of_then = key_of(self.net)
        self.net.run("secret", "rotate-key")
        self.net.run("restore", str(backup))
        refused = self.net.run("secret", "put", "shop", "OTHER", stdin="x", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(f"the secrets of blog, shop need the key {done['after']}: put that one back", refused.stderr)
        # Nodes start over from the backup, are sent no values, and are sent them when the key is back.
        self.await_bodies("none")
        self.put_key(of_then)
        self.await_bodies("third value")
        self.assertEqual(at_a_fresh_node(self.net, "shop"), "third value")
        self.net.run("secret", "put", "shop", "OTHER", stdin="x")

    def test_killed_at_any_moment_it_is_ended_by_whoever_comes_next(self):
        scripts = [f"s{i}" for i in range(24)]
        for name in scripts:  # without a deployment: the rows are what counts
            self.net.run("secret", "put", name, "TOKEN", "--quiet", "--detach", stdin=f"value of {name}")
        deploy(self.net, "shop", "the value")
        rng, begun, ended = random.Random(SEED), 0, 0
        for round_ in range(kills):
            before = key_of(self.net)
            command = command_of(control(self.net)["process"]["pid"])
            os.kill(control(self.net)["process"]["pid"], signal.SIGKILL)
            tool = subprocess.Popen([*command, b"--rotate_secrets_key"], stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
            wait_for("it makes no key", lambda: next_key(self.net).exists() or key_of(self.net) != before)
            try:
                tool.wait(rng.uniform(0, 0.2))
            except subprocess.TimeoutExpired:
                tool.kill()
            tool.wait()
            begun, ended = begun + next_key(self.net).exists(), ended + (key_of(self.net) != before)
            if round_ % 2:  # by the command, or by the control plane before it serves
                self.net.run("secret", "rotate-key")
            self.net.up()
            self.assertFalse(next_key(self.net).exists())
            self.assertNotEqual(key_of(self.net), before)
            self.assertEqual(at_a_fresh_node(self.net, "shop"), "the value")
            # Refused if any of all these could not be opened any more.
            self.net.run("secret", "put", "s0", f"ROUND_{round_}", "--quiet", "--detach", stdin="x")
        print(f"  {kills} kills: {begun} broke it off, {ended} after the end", file=sys.stderr, flush=True)
        self.assertEqual(self.net.json("secret", "rotate-key")["scripts"], len(scripts) + 1)

    def test_15_a_lost_key_is_said_and_nothing_is_sealed_by_the_one_in_its_place(self):
        deploy(self.net, "shop", "the value")
        kept = key_of(self.net)
        self.put_key(None)
        refused = self.net.run("secret", "put", "blog", "TOKEN", stdin="x", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("the secrets of shop need the key", refused.stderr)
        refused = self.net.run("secret", "rotate-key", check=False)
        self.assertIn("no key was changed", refused.stderr)
        nodes = [p for p in self.net.record()["parts"] if p["kind"] == "node"]
        for node in nodes:
            self.assertEqual(self.net.body_at(node, "shop.edge.test"), (200, "the value"), "nodes have it")
        self.put_key(kept)
        self.net.run("secret", "put", "blog", "TOKEN", stdin="x")
        self.assertEqual(at_a_fresh_node(self.net, "shop"), "the value")
        # For good: what needed it is deleted, and a new one takes its place.
        self.put_key(None)
        self.net.run("secret", "delete", "shop", "TOKEN")
        self.net.run("secret", "delete", "blog", "TOKEN")
        self.net.run("secret", "put", "shop", "TOKEN", stdin="another")
        self.assertEqual(at_a_fresh_node(self.net, "shop"), "another")

    def await_bodies(self, text):
        """Until every node answers for the shop with that."""
        for node in [p for p in self.net.record()["parts"] if p["kind"] == "node"]:
            wait_for(f"a node does not answer {text}", lambda: self.net.body_at(node, "shop.edge.test")[1] == text)

    def put_key(self, key):
        """The control plane starts again, with that key file, or none."""
        file = self.net.home / self.net.name / "control" / "secrets.key"
        os.kill(control(self.net)["process"]["pid"], signal.SIGKILL)
        file.unlink() if key is None else file.write_bytes(key)
        self.net.up()


class ThreeOverEtcd(unittest.TestCase):
    def test_every_replica_has_the_new_key(self):
        with Replicas(pops=2) as net:
            deploy(net, "shop", "the value")
            leader = net.leader()
            tool = self.tool(net, leader)
            self.assertIn("a control plane serves from this store; end it first", tool.stderr)
            self.assertFalse(next_key(net).exists())
            done = net.json("secret", "rotate-key")
            self.assertEqual(done["scripts"], 1)
            net.await_leader()
            net.await_nodes()
            self.assertEqual(at_a_fresh_node(net, "shop"), "the value")
            old = net.leader()
            net.signal(old, signal.SIGKILL)
            net.new_leader(old)
            self.assertEqual(at_a_fresh_node(net, "shop"), "the value")

    def tool(self, net, replica):
        """The rotation beside one who serves."""
        command = command_of(net.replicas()[replica][1])
        return subprocess.run([*command, b"--rotate_secrets_key"], capture_output=True, text=True, timeout=60)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=kills)
    options, rest = parser.parse_known_args()
    kills = options.kills
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
