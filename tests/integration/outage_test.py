#!/usr/bin/env python3
"""The control plane goes away: nodes serve on, come back by themselves, and nobody is sent to one that lags.

Usage: outage_test.py [--seeds N] [--nodes N] [--seconds N] [unittest's words]

Failure tests 2, 3 and 11 of docs/failure-tests.md, each --seeds times (default 1) with --nodes nodes in the storm
(default 40) and --seconds of outage (default 4).
"""
import argparse
import http.client
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

import dns.edns
import dns.message
import dns.query
from network import SEED, Network, wait_for
from traffic import Traffic

ARGUMENTS = argparse.Namespace(seeds=1, nodes=40, seconds=4)
SERVICES = ("control", "dns", "ingress")


def code(text):
    return "export default { async fetch() { return new Response('%s'); } };" % text


def parts(net):
    """Addresses and pids by name. Exit code 1 while something is dead is no failure here."""
    return {p["name"]: p for p in net.json("status", check=False)["parts"]}


def nodes_of(net):
    return [name for name in parts(net) if name not in SERVICES]


def deploy(net, text, *words):
    done = net.json("deploy", net.write("app.js", code(text)), "--name", "app", *words)
    return done["nodes"]["acked"]


def address(net, name):
    host, port = parts(net)[name]["address"].rsplit(":", 1)
    return host, int(port)


def kill_control(net):
    os.kill(parts(net)["control"]["pid"], signal.SIGKILL)


class Control:
    """The control plane of a network, started again with more flags than `terrella up` gives it."""

    def __init__(self, net):
        self.net, self.pid, self.process = net, parts(net)["control"]["pid"], None
        self.words = Path(f"/proc/{self.pid}/cmdline").read_text().split("\0")[:-1]

    def restart(self, *flags):
        self.kill()
        with open(self.net.home / self.net.name / "logs" / "control.log", "ab") as log:
            self.process = subprocess.Popen([*self.words, *flags], stdout=log, stderr=log)
        self.pid = self.process.pid
        wait_for("it answers", self.answers)

    def answers(self):
        # Not just its port: that is open a moment before calls are taken.
        return self.net.run("versions", check=False).returncode == 0

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        if self.process:
            self.process.wait()
            self.process = None
        else:
            wait_for("it is gone", lambda: not os.path.exists(f"/proc/{self.pid}/exe"))


def log_of(net, part):
    return (net.home / net.name / "logs" / f"{part}.log").read_text()


def seeds(test):
    """Runs a test once a seed; a failure names it."""
    def run(self):
        for seed in range(SEED or 1, (SEED or 1) + ARGUMENTS.seeds):
            with self.subTest(seed=seed):
                test(self, random.Random(seed))
    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


class Outage(unittest.TestCase):
    @seeds
    def test_2_nothing_fails_while_it_is_down_and_a_node_restarts_from_its_disk(self, random_):
        with Network(pops=4, name="outage") as net:
            self.assertEqual(deploy(net, "one"), 4)
            names = nodes_of(net)
            restarted = random_.choice(names)
            asked = {name: (*address(net, name), 40) for name in names if name != restarted}
            host, port = address(net, restarted)
            with Traffic(asked, "app.edge.test") as traffic:
                wait_for("traffic", lambda: traffic.sum() > 100)
                kill_control(net)
                down = time.monotonic()
                time.sleep(ARGUMENTS.seconds / 2)
                net.run("kill", restarted)
                # Says that the control plane does not answer; the node serves all the same.
                net.run("start", restarted, "--timeout", "1s", check=False)
                with Traffic({restarted: (host, port, 40)}, "app.edge.test") as alone:
                    time.sleep(ARGUMENTS.seconds / 2)
                    seconds = time.monotonic() - down
                    net.up()
                    self.assertEqual(deploy(net, "two"), 4, "all converge")
                    wait_for("traffic on the new version", lambda: len({v for _, v, _ in alone.counts}) == 2)
                self.assertEqual(alone.sum(bad=True), 0, alone.counts)
            self.assertEqual(traffic.sum(bad=True), 0, traffic.counts)
            self.assertIn("serving revision", log_of(net, restarted))
            print(f"\n2: control plane down for {seconds:.1f} s: {traffic.sum() + alone.sum()} requests, 0 failed; "
                  f"{restarted} restarted from its disk", flush=True)

    @seeds
    def test_3_a_node_that_was_away_gets_one_push_and_no_clients_before_it(self, random_):
        with Network(pops=3, name="away") as net:
            deploy(net, "old")
            away = random_.choice(nodes_of(net))
            where = address(net, away)
            subnet = self.subnet_of(net, away)
            control = Control(net)
            control.restart("--keep_revisions=20")
            self.addCleanup(lambda: control.process and control.kill())
            wait_for("all are back", lambda: deploy(net, "old") == 3)
            net.run("kill", away)
            wait_for("the router has noticed", lambda: where[0] not in self.answers(net, subnet))
            for i in range(50):
                deploy(net, f"between-{i}")
            deploy(net, "new")
            control.restart()  # its memory knows more than the log
            watcher = Watcher(self, net, where, subnet)
            with watcher:
                net.run("start", away)
                wait_for("clients are sent to it again", lambda: watcher.named_at is not None, 20)
                time.sleep(0.2)
            self.assertEqual(watcher.wrong, [], "a client that DNS sent there met an old version")
            self.assertLessEqual(watcher.bodies, {"old", "new"}, "no version between was ever served")
            log = log_of(net, away).split("serves on")[-1]
            self.assertEqual(len(re.findall(r"revision \d+ applied", log)), 1, log)
            self.assertIn(f"node {away} connected", log_of(net, "control"))
            self.assertRegex(log_of(net, "control"), rf"node {away} connected.* starts over at")
            print(f"\n3: {away} was away for 51 deploys and a compaction: 1 push, {watcher.asked} DNS answers watched, "
                  "0 of them led to an old version", flush=True)

    def subnet_of(self, net, name):
        """A client's network that the router sends to this node."""
        for subnet in ("5.9.0.0/24", "8.8.8.0/24", "1.0.16.0/24", "200.160.2.0/24", "41.58.0.0/24", "1.1.1.0/24",
                       "103.6.84.0/24", "62.149.128.0/24"):
            if address(net, name)[0] in self.answers(net, subnet):
                return subnet
        self.fail(f"no client is sent to {name}")

    def answers(self, net, subnet):
        network, bits = subnet.split("/")
        query = dns.message.make_query("app.edge.test", "A", use_edns=0,
                                       options=[dns.edns.ECSOption(network, int(bits))])
        reply = dns.query.udp(query, "127.0.0.1", port=net.dns_port, timeout=5)
        return [item.address for rrset in reply.answer for item in rrset]

    @seeds
    def test_11_all_nodes_come_back_at_once_and_get_nothing_twice(self, _):
        count = ARGUMENTS.nodes
        with Network(pops=count, name="storm") as net:
            self.assertEqual(deploy(net, "one"), count)
            applied = {name: log_of(net, name).count("applied in") for name in nodes_of(net)}
            lines = len(log_of(net, "control").splitlines())
            kill_control(net)
            killed = time.time()
            net.up()
            back = wait_for("all nodes are back",
                            lambda: re.search(r"all (\d+) nodes are back, (\d+) ms after the start",
                                              "\n".join(log_of(net, "control").splitlines()[lines:])), 20)
            self.assertEqual(int(back[1]), count)
            log = "\n".join(log_of(net, "control").splitlines()[lines:])
            self.assertNotIn("starts over at", log, "nobody needs everything again")
            self.assertEqual(len(re.findall(r"node \S+ connected", log)), count, "nobody connects twice")
            pid = parts(net)["control"]["pid"]
            status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
            peak_mib = int(status["VmHWM"].split()[0]) / 1024
            self.assertLess(peak_mib, 200)
            for name, before in applied.items():
                # One greeting, which may be empty; never the whole state again.
                self.assertLessEqual(log_of(net, name).count("applied in") - before, 1, name)
            self.assertEqual(deploy(net, "two"), count)
            print(f"\n11: {count} nodes back {int(back[2])} ms after the start, at most {peak_mib:.0f} MiB resident",
                  flush=True)
            self.assertLess(time.time() - killed, 60)


class Watcher:
    """Asks DNS and the node, over and over, while the node comes back."""

    def __init__(self, test, net, where, subnet):
        self.test, self.net, self.where, self.subnet = test, net, where, subnet
        self.ended = threading.Event()
        self.bodies, self.wrong, self.asked, self.named_at = set(), [], 0, None
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join(10)

    def watch(self):
        while not self.ended.is_set():
            named = self.where[0] in self.test.answers(self.net, self.subnet)
            body = self.body()
            self.asked += 1
            if body is not None:
                self.bodies.add(body)
            if named:
                self.named_at = self.named_at or time.monotonic()
                if body != "new":
                    self.wrong.append(body)

    def body(self):
        connection = http.client.HTTPConnection(*self.where, timeout=2)
        try:
            connection.request("GET", "/", headers={"host": "app.edge.test"})
            response = connection.getresponse()
            return response.read().decode() if response.status == 200 else None
        except OSError:
            return None
        finally:
            connection.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("seeds", "nodes", "seconds"):
        parser.add_argument(f"--{name}", type=int, default=getattr(ARGUMENTS, name))
    ARGUMENTS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
