#!/usr/bin/env python3
"""An existing user of wrangler: a project with KV, a secret and a cron is deployed, watched, split 10/90, promoted, rolled back."""
import http.client
import json
import os
import signal
import threading
import time
import unittest

from network import Network, wait_for

WRANGLER = """name = "shop"
main = "src/index.js"
compatibility_date = "2026-01-01"

[[kv_namespaces]]
binding = "DATA"
id = "shop-data"

[triggers]
crons = ["* * * * *", "0 3 1 JAN MON"]
"""
WORKER = """export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    console.log('asked for', pathname);
    if (pathname === '/boom') throw new TypeError('as asked');
    if (pathname === '/cron') return new Response(await env.DATA.get('cron', { cacheTtl: 30 }) ?? 'never');
    ctx.waitUntil(Promise.resolve().then(() => console.warn('afterwards')));
    return new Response(`%s ${env.TOKEN}`);
  },
  async scheduled(controller, env) {
    console.log('it is time', controller.cron);
    await env.DATA.put('cron', `${controller.cron} ${controller.scheduledTime}`);
  },
};
"""
net = None
ids = {}


def setUpModule():
    global net
    net = Network(pops=3, name="wrangler").__enter__()
    net.write("shop/wrangler.toml", WRANGLER)


def tearDownModule():
    net.__exit__()


def project(text):
    net.write("shop/src/index.js", WORKER % text)
    return str(net.home / "workers" / "shop")


def node_address(pop):
    return next(p["address"] for p in net.record()["parts"] if p["name"] == pop)


def pops():
    return sorted(p["name"] for p in net.record()["parts"] if p["name"] not in ("control", "dns", "ingress"))


def ask(path="/", pop=None, method="GET", headers=None):
    """At a node's own address: a distance has nothing to do with this."""
    connection = http.client.HTTPConnection(node_address(pop or pops()[0]), timeout=20)
    try:
        connection.request(method, path, headers={"host": "shop.edge.test", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.getheader("x-terrella-version")
    finally:
        connection.close()


class Tail:
    """`terrella tail` in the background, its lines as they come."""

    def __init__(self, *flags):
        self.process = net.start("tail", "shop", *flags)
        self.lines, self.talk = [], []
        for stream, into, parse in ((self.process.stdout, self.lines, json.loads), (self.process.stderr, self.talk, str)):
            threading.Thread(target=lambda s=stream, i=into, p=parse: [i.append(p(x)) for x in s], daemon=True).start()
        wait_for(lambda: f"the tail does not begin: {self.talk}", lambda: any("watching" in line for line in self.talk))
        time.sleep(0.2)  # the filter is on its way to the nodes

    def events(self):
        return [line for line in self.lines if "outcome" in line]

    def end(self, how=signal.SIGINT):
        self.process.send_signal(how)
        return self.process.wait(10)


class WranglerUser(unittest.TestCase):
    """In the order of their names: one story."""

    def test_1_deploys(self):
        done = net.run("deploy", project("one"), "--json")
        answer = json.loads(done.stdout)
        ids["one"] = answer["version"]
        self.assertTrue(answer["complete"])
        done = net.run("secret", "put", "shop", "TOKEN", "--json", stdin="s3cret\n")
        self.assertIn("deployment", json.loads(done.stdout))
        self.assertEqual(net.json("secret", "list", "shop"), [{"name": "TOKEN"}])
        self.assertEqual(ask()[:2], (200, "one s3cret"))
        said = net.run("deploy", project("one")).stderr
        self.assertIn("* * * * * UTC, next ", said)
        crons = net.json("crons", "list", "shop")
        self.assertEqual([c["cron"] for c in crons], ["* * * * *", "0 3 1 JAN MON"])
        self.assertGreater(crons[0]["next_unix_ms"], time.time() * 1000 - 60000)

    def test_2_a_wrong_cron_is_refused(self):
        net.write("bad/wrangler.toml", WRANGLER.replace("* * * * *", "61 * * * *").replace("shop", "bad"))
        net.write("bad/src/index.js", WORKER % "bad")
        done = net.run("deploy", str(net.home / "workers" / "bad"), check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("the minute '61' is not a number from 0 to 59", done.stderr)

    def test_3_tails(self):
        tail = Tail()
        self.addCleanup(tail.process.kill)
        ask("/hello", headers={"authorization": "Bearer x", "x-plain": "y"})
        ask("/boom", pop=pops()[1])
        wait_for(lambda: f"two events of {tail.lines}", lambda: len(tail.events()) >= 2)
        hello, boom = sorted(tail.events(), key=lambda e: e["outcome"] != "ok")
        self.assertEqual(hello["event"]["request"]["method"], "GET")
        self.assertTrue(hello["event"]["request"]["url"].endswith("/hello"))
        self.assertEqual(hello["event"]["request"]["headers"]["authorization"], "REDACTED")
        self.assertEqual(hello["event"]["request"]["headers"]["x-plain"], "y")
        self.assertEqual(hello["event"]["response"]["status"], 200)
        self.assertEqual([(x["level"], x["message"]) for x in hello["logs"]],
                         [("log", ["asked for /hello"]), ("warn", ["afterwards"])])
        self.assertEqual(hello["scriptVersion"]["id"], ids["one"])
        self.assertEqual(boom["outcome"], "exception")
        self.assertEqual(boom["exceptions"][0]["name"], "TypeError")
        self.assertEqual(boom["exceptions"][0]["message"], "as asked")
        self.assertIn("index.js:", boom["exceptions"][0]["stack"])
        self.assertEqual(boom["node"], pops()[1])
        self.assertEqual(tail.end(), 0)

    def test_4_a_tail_shows_what_it_was_asked_for(self):
        tails = [Tail("--status", "error"), Tail("--pop", pops()[2]), Tail("--search", "needle"), Tail("--method", "post")]
        for tail in tails:
            self.addCleanup(tail.process.kill)
        ask("/boom")
        ask("/two", pop=pops()[2])
        ask("/needle")
        ask("/four", method="POST")
        wait_for(lambda: f"one event each: {[t.lines for t in tails]}", lambda: all(t.events() for t in tails))
        time.sleep(0.5)
        self.assertEqual([[e["event"]["request"]["url"].rsplit("/", 1)[1] for e in t.events()] for t in tails],
                         [["boom"], ["two"], ["needle"], ["four"]])
        # However they end, no filter is left on a node.
        for tail, how in zip(tails, (signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGKILL)):
            tail.end(how)
        wait_for("filters stay on a node", lambda: all(self.tails_of(pop) == 0 for pop in pops()))

    def tails_of(self, pop):
        connection = http.client.HTTPConnection(node_address(pop), timeout=20)
        connection.request("GET", "/.terrella/health", headers={"host": node_address(pop)})
        try:
            return json.loads(connection.getresponse().read())["tails"]
        finally:
            connection.close()

    def test_5_splits_promotes_and_rolls_back(self):
        ids["two"] = net.json("versions", "upload", project("two"))["version"]
        self.assertEqual(ask()[1], "one s3cret")  # no traffic yet
        net.json("versions", "deploy", "shop", f"{ids['two']}@10", f"{ids['one']}@90", "-m", "a tenth")
        seen = [ask()[2] for _ in range(200)]
        self.assertEqual(set(seen), set(ids.values()))
        self.assertLess(seen.count(ids["two"]), 60)
        net.json("versions", "deploy", "shop", f"{ids['two']}@100")
        self.assertEqual({ask()[1] for _ in range(20)}, {"two s3cret"})
        net.json("rollback", "shop", "--to", ids["one"])
        self.assertEqual({ask()[1] for _ in range(20)}, {"one s3cret"})

    def test_6_the_cron_has_run(self):
        def runs():
            return [r for r in net.json("crons", "list", "shop")[0]["runs"] if r["state"] == "ok"]
        wait_for("no trigger runs", runs, timeout_s=75)
        run = runs()[-1]
        self.assertEqual(run["scheduled_unix_ms"] % 60000, 0)
        self.assertEqual(run["attempts"], 1)
        self.assertIn(run["node"], pops())
        kept = net.run("kv", "get", "shop-data", "cron").stdout
        self.assertTrue(kept.startswith("* * * * * "), kept)

    def test_7_what_it_took(self):
        # What a node counts, it tells with its next heartbeat.
        def told():
            stats = net.json("stats", "shop", "--by", "pop")
            total = stats["total"]
            return stats if total["scheduled_runs"] >= 1 and total["requests"] > 200 else None
        stats = wait_for("no trigger is counted, or not all requests", told)
        self.assertGreaterEqual(stats["total"]["failures"]["rejected"], 2)
        self.assertGreater(stats["total"]["cpu_p99_ms"], 0)
        self.assertEqual({r["key"] for r in stats["rows"]}, set(pops()))
        self.assertEqual(sum(r["requests"] for r in stats["rows"]), stats["total"]["requests"])
        self.assertGreater(stats["costs"][0]["cost"], 0)
        versions = net.json("stats", "shop", "--by", "version", "--since", "10m")
        self.assertEqual({r["key"] for r in versions["rows"]}, set(ids.values()))
        self.assertEqual(net.run("stats", "nobody", check=False).returncode, 1)

    def test_8_a_tail_survives_the_control_plane(self):
        tail = Tail()
        self.addCleanup(tail.process.kill)
        # Several times: whether a handshake is interrupted by a pause between two tries is chance.
        for times in range(1, 5):
            os.kill(next(p["pid"] for p in net.status()["parts"] if p["name"] == "control"), signal.SIGKILL)
            net.up()
            wait_for(lambda: f"no gap is told: {tail.lines} {tail.talk}",
                     lambda: sum("gap" in x for x in tail.lines) == times, 20)

        def seen():
            ask("/again")
            return any("/again" in e["event"].get("request", {}).get("url", "") for e in tail.events())
        wait_for(lambda: f"nothing is seen afterwards: {tail.lines}", seen, 20)
        self.assertEqual(tail.end(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
