#!/usr/bin/env python3
"""Workers KV keeps its promises while nodes and the control plane are killed and stopped: a check of recorded histories.

Usage: kv_consistency_test.py [--seeds N] [--first SEED] [--seconds S]

Two clients a node put and get the same few keys through a worker, two at the same time and often; others read at the
centre. What they asked and were answered, and when, is then checked by tests/history/kv_history.py: writes are one
register a key, no node's answer is older than cacheTtl and a refresh, and a node reads what it wrote. The shortest
cacheTtl there is are 30 s: only a run of 40 s sees copies come to their end. CI's is shorter, and what ends a copy is
held by edge_kv_test there.
"""
import base64
import http.client
import json
import os
import random
import signal
import sys
import threading
import time
import unittest
from collections import Counter, defaultdict
from pathlib import Path

from network import SEED, Network, wait_for

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "history"))
from kv_history import Access, staleness, violations  # noqa: E402

seeds, first, seconds = 1, SEED, 20
TTL_S, REFRESH_S = 30, 2
KEYS_AT_ONCE = 8
CLIENT_TIMEOUT_S = 20

WORKER = """
export default {
  async fetch(request, { KV }) {
    const key = new URL(request.url).pathname.slice(1);
    if (request.method === 'PUT') {
      await KV.put(key, await request.text());
      return new Response('written');
    }
    const value = await KV.get(key, { cacheTtl: 30 });
    return value === null ? new Response('none', { status: 404 }) : new Response(value);
  },
};
"""


def setUpModule():
    global net, nodes
    net = Network(pops=3, name="kvcheck").__enter__()
    folder = net.home / "workers" / "store"
    folder.mkdir(parents=True)
    (folder / "index.js").write_text(WORKER)
    (folder / "terrella.toml").write_text('name = "store"\n[kv]\nKV = "things"\n')
    net.run("deploy", str(folder))
    nodes = {p["name"]: p["address"].split(":")[0] for p in net.record()["parts"] if p["kind"] == "node"}


def tearDownModule():
    net.__exit__()


def control():
    return next(p for p in net.record()["parts"] if p["name"] == "control")


class Client(threading.Thread):
    """Does things to keys, one after the other, until the time is up; `history` has them by key."""

    def __init__(self, name, node, seed, until, prefix):
        super().__init__()
        self.node, self.until, self.prefix = node, until, prefix
        self.label, self.rng, self.history, self.written = f"{name}-{seed}", random.Random(f"{name}{seed}"), defaultdict(list), 0

    def run(self):
        while time.monotonic() < self.until:
            number = self.rng.randrange(KEYS_AT_ONCE)
            key = f"{self.prefix}{number}"
            # Half of the keys are only read at the first node: a copy of its own write is a new one.
            may_put = self.node and (self.node != min(nodes) or number % 2 == 0)
            access = self.put(key) if may_put and self.rng.random() < 0.25 else self.get(key)
            if access is not None:
                self.history[key].append(access)
            time.sleep(self.rng.uniform(0, 0.12))

    def put(self, key):
        self.written += 1
        value = f"{self.label}-{self.written}"
        called = time.monotonic()
        status, _ = self.ask("PUT", key, value)
        if status == "refused":
            return None  # it never left
        done = status == 200
        return Access("put", value, called, time.monotonic() if done else float("inf"), self.node)

    def get(self, key):
        called = time.monotonic()
        status, value = self.ask("GET", key) if self.node else at_centre(key)
        if status not in (200, 404):
            return None
        return Access("get", value if status == 200 else None, called, time.monotonic(), self.node)

    def ask(self, method, key, body=None):
        connection = http.client.HTTPConnection(nodes[self.node], net.port, timeout=CLIENT_TIMEOUT_S)
        try:
            connection.connect()
        except OSError:
            return "refused", None
        try:
            connection.request(method, f"/{key}", body, {"host": "store.edge.test"})
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException):
            return None, None
        finally:
            connection.close()


def at_centre(key):
    """(status, value) of a read that no copy answers."""
    token = (net.home / net.name / "control" / "gateway.token").read_text().strip()
    connection = http.client.HTTPConnection("127.0.0.1", net.record()["api_port"], timeout=CLIENT_TIMEOUT_S)
    try:
        connection.request("POST", "/v1/Kv/Get",
                           json.dumps({"namespace": "things", "keys": [base64.b64encode(key.encode()).decode()]}),
                           {"authorization": f"Bearer {token}", "content-type": "application/json"})
        response = connection.getresponse()
        entries = json.loads(response.read()).get("entries", [])
    except (OSError, ValueError, http.client.HTTPException):
        return None, None
    finally:
        connection.close()
    if response.status != 200:
        return None, None
    return (200, base64.b64decode(entries[0]["value"]).decode()) if entries else (404, None)


def disturb(rng, until, victims):
    """One after the other: the control plane or a node dies or stands still, and is back a little later."""
    done = Counter()
    while time.monotonic() < until - 4:
        time.sleep(rng.uniform(0.5, 2))
        what = rng.choice(["kill control", "stop control", "kill node", "stop node"])
        done[what] += 1
        if what == "kill control":
            pid = control()["process"]["pid"]
            os.kill(pid, signal.SIGKILL)
            wait_for("the control plane does not end", lambda: not Path(f"/proc/{pid}").exists())
            time.sleep(rng.uniform(0, 0.5))
            net.up()
        elif what == "stop control":
            pause(control()["process"]["pid"], rng.uniform(0.1, 1.5))
        elif what == "kill node":
            node = rng.choice(victims)
            net.run("kill", node)
            time.sleep(rng.uniform(0, 0.5))
            net.run("start", node)
        else:
            node = rng.choice(victims)
            pause(next(p for p in net.record()["parts"] if p["name"] == node)["process"]["pid"], rng.uniform(0.1, 1))
    return done


def pause(pid, for_s):
    os.kill(pid, signal.SIGSTOP)
    time.sleep(for_s)
    os.kill(pid, signal.SIGCONT)


class KvConsistency(unittest.TestCase):
    def test_kv_keeps_its_promises_under_faults(self):
        for seed in range(first, first + seeds):
            with self.subTest(seed=seed):
                self.check(seed)

    def check(self, seed):
        rng, until, prefix = random.Random(seed), time.monotonic() + seconds, f"s{seed}-"
        clients = [Client(f"{node}{n}", node, seed, until, prefix) for node in nodes for n in range(2)]
        clients += [Client("centre", None, seed, until, prefix)]
        for one in clients:
            one.start()
        try:
            # The first node lives on, so that its copies come to their end.
            faults = disturb(rng, until, sorted(nodes)[1:])
        finally:
            for one in clients:
                one.join()
        wait_for("nobody answers", lambda: at_centre("none")[0] == 404, 30)
        histories = defaultdict(list)
        for one in clients:
            for key, accesses in one.history.items():
                histories[key] += accesses
        oldest, found, counts = 0.0, [], Counter()
        for key, history in histories.items():
            called = time.monotonic()
            status, value = at_centre(key)
            history.append(Access("get", value if status == 200 else None, called, time.monotonic()))
            counts.update("lost" if one.answered == float("inf") else one.kind for one in history)
            oldest = max([oldest] + [old for _, old in staleness(history)])
            found += [f"{key}: {text}" for text in violations(history, TTL_S + REFRESH_S)]
        print(f"  seed {seed}: {counts['put']} writes, {counts['lost']} without an answer, {counts['get']} reads, "
              f"{dict(faults)}; the oldest answer was {oldest:.1f} s old; {len(found)} violations",
              file=sys.stderr, flush=True)
        self.assertEqual(found, [])
        self.assertGreater(counts["put"], 10 * seconds / 4)
        self.assertGreater(oldest, min(seconds / 2, TTL_S / 2), "copies were never old: nothing was checked")


def take_flag(name, default):
    if name not in sys.argv:
        return default
    at = sys.argv.index(name)
    value = int(sys.argv[at + 1])
    del sys.argv[at:at + 2]
    return value


if __name__ == "__main__":
    seeds, first, seconds = (take_flag(f"--{name}", of) for name, of in
                             (("seeds", seeds), ("first", first), ("seconds", seconds)))
    unittest.main(verbosity=2)
