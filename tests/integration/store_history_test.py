#!/usr/bin/env python3
"""Failure test 12: deployers that race, while control planes and members of etcd are killed and stopped.

Usage: store_history_test.py [--seeds N]

Three clients deploy one script, each change naming the deployment it replaces (expected_revision), and record when
they asked and what was answered. The history of each seed is then checked: the deployments are one register of
compare-and-sets, and a refused deployer was really too late.
"""
import random
import signal
import sys
import threading
import time
import unittest
from pathlib import Path

from network import SEED
from replicas import Replicas, wait_for

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "history"))
from register import Operation, is_linearizable  # noqa: E402

seeds = 1
net = None
RUN_S = 8


def setUpModule():
    global net
    net = Replicas(pops=1, name="history").__enter__()


def tearDownModule():
    net.__exit__()


class Deployer(threading.Thread):
    """Deploys again and again by what it read last; what it did is in `history`."""

    def __init__(self, number, versions, until):
        super().__init__()
        self.number, self.versions, self.until, self.history = number, versions, until, []

    def run(self):
        rng = random.Random(self.number)
        while time.monotonic() < self.until:
            row = net.script()
            leader = net.leader()
            if row is None or leader is None:
                time.sleep(0.1)
                continue
            called = time.monotonic()
            status, answer = net.api(leader, "Deployments/Deploy", {
                "script": "w", "versionId": rng.choice(self.versions), "expectedRevision": row["revision"],
                "requestId": f"{self.number}-{time.time_ns()}"}, timeout_s=6)
            answered = time.monotonic()
            if status == 200:
                self.history.append(Operation("cas", answer["revision"], row["revision"], called, answered))
            elif status == 409 and "expected" in answer["error"]["message"] and "leader/" not in str(answer):
                self.history.append(Operation("cas", None, row["revision"], called, answered, ok=False))
            else:
                # Nobody can say whether it happened; what it would have become is not known either.
                self.history.append(Operation("cas", f"lost-{self.number}-{called}", row["revision"], called))
            time.sleep(rng.uniform(0, 0.05))


def disturb(rng, until):
    """One after the other: a control plane or a member of etcd dies or stands still, and is back a little later."""
    while time.monotonic() < until - 3:
        time.sleep(rng.uniform(0.5, 1.5))
        kind = rng.choice(["stop leader", "stop member", "kill member"])
        if kind == "stop leader":
            replica = net.leader()
            if replica:
                net.signal(replica, signal.SIGSTOP)
                time.sleep(rng.uniform(0.2, 4))
                net.signal(replica, signal.SIGCONT)
        elif kind == "stop member":
            member = rng.randrange(3)
            net.etcd.signal(member, signal.SIGSTOP)
            time.sleep(rng.uniform(0.2, 2))
            net.etcd.signal(member, signal.SIGCONT)
        else:
            member = rng.randrange(3)
            net.etcd.kill(member)
            time.sleep(rng.uniform(0.2, 1))
            net.etcd.start(member)


class Histories(unittest.TestCase):
    def test_12_racing_deployers_see_one_register(self):
        for seed in range(SEED, SEED + seeds):
            rng = random.Random(seed)
            versions = [net.upload(text) for text in ("a", "b", "c")]
            net.await_leader()
            net.run("deploy", str(net.home / "workers" / "w"), "--quiet")
            initial = net.script()["revision"]
            until = time.monotonic() + RUN_S
            deployers = [Deployer(seed * 10 + n, versions, until) for n in range(3)]
            for one in deployers:
                one.start()
            disturb(rng, until)
            for one in deployers:
                one.join()
            net.await_leader()
            final = wait_for("nobody answers", net.script, 30)
            history = [o for one in deployers for o in one.history]
            history = settle(history, initial, final["revision"])
            history.append(Operation("read", final["revision"], None, time.monotonic(), time.monotonic()))
            won = sum(o.ok and o.answered < float("inf") for o in history if o.kind == "cas")
            late = sum(not o.ok for o in history)
            lost = sum(o.answered == float("inf") for o in history)
            print(f"  seed {seed}: {won} won, {late} were too late, {lost} without an answer", file=sys.stderr, flush=True)
            self.assertGreater(won, 3)
            self.assertTrue(is_linearizable(history, initial), f"seed {seed}: {history}")


def settle(history, initial, final):
    """Gives changes without an answer the revision they had, where somebody saw it; drops those that nobody saw.

    A change that nobody built on and that is not the last cannot have happened: each deployment is replaced by one
    that names it.
    """
    known = {initial} | {o.value for o in history if o.ok and o.answered < float("inf")}
    seen = {o.expected for o in history} | {final}
    lost = [o for o in history if o.answered == float("inf")]
    settled = [o for o in history if o.answered < float("inf")]
    for revision in sorted(seen - known, key=int):
        # The one it can be: of those that expect an older revision, the newest.
        able = [o for o in lost if int(o.expected) < int(revision)]
        if not able:
            raise AssertionError(f"revision {revision} was seen, but nobody made it")
        made = max(able, key=lambda o: int(o.expected))
        lost.remove(made)
        settled.append(Operation("cas", revision, made.expected, made.called))
    return settled


if __name__ == "__main__":
    if "--seeds" in sys.argv:
        at = sys.argv.index("--seeds")
        seeds = int(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    unittest.main(verbosity=2)
