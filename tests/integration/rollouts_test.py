#!/usr/bin/env python3
"""Rollouts with real processes: what is bad goes away by itself where it was tried, what is good arrives everywhere."""
import json
import os
import signal
import time
import unittest

from network import Network, wait_for
from traffic import Traffic

# The five largest places: two of one region, the busier one of which is the canary, and three other regions.
CANARY, NEIGHBOUR, REGION, ELSEWHERE = "NRT", "SIN", "AS", ("FRA", "IAD", "GRU")
RATES = {CANARY: 200, NEIGHBOUR: 50, **{node: 40 for node in ELSEWHERE}}
BAD = {
    "errors": "if (Math.random() < 0.3) throw new Error('bad luck');",
    "answers": "if (Math.random() < 0.3) return new Response('sorry', { status: 503 });",
    "latency": "await scheduler.wait(40);",
    "cpu": "if (Math.random() < 0.3) for (;;) {}",
}
net = None
ids = {}


def setUpModule():
    global net
    net = Network(pops=5, name="rollouts").__enter__()
    ids["one"] = deploy("one").stdout.strip()


def tearDownModule():
    net.__exit__()


def project(text, bad=""):
    net.write("shop/terrella.toml", "[limits]\ncpu_ms = 20\n")
    return net.write("shop/index.js", "export default { async fetch() { await scheduler.wait(20); %s "
                     "return new Response('%s'); } };" % (bad, text)).rsplit("/", 1)[0]


def deploy(text, *words, bad="", check=True):
    done = net.run("deploy", project(text, bad), "--quiet", *words, check=check, timeout=240)
    if done.stdout.strip():
        ids[text] = done.stdout.strip().splitlines()[0]
    return done


def plan(waves=((CANARY, 5), (REGION, 25), ("all", 50)), bake_ms=1500, requests_min=60, more=""):
    text = f'bake = "{bake_ms}ms"\n' + "".join(f'[[waves]]\nplace = "{p}"\npercent = {n}\n' for p, n in waves)
    return net.write("plan.toml", text + f"[gates]\nrequests_min = {requests_min}\n{more}")


def traffic(rates=None):
    parts = {p["name"]: p["address"].rsplit(":", 1) for p in net.status()["parts"]}
    return Traffic({node: (parts[node][0], int(parts[node][1]), rate) for node, rate in (rates or RATES).items()},
                   "shop.edge.test")


def rollout():
    return net.json("rollouts", "status", "shop")[0]


def phase_is(phase):
    return lambda: rollout()["phase"] == phase and rollout()


class Rollouts(unittest.TestCase):
    def setUp(self):
        deploy("one", "--immediate", "--yes")

    def tripped_by(self, what, gate, more=""):
        """The bad version at 5 % of the canary; returns the rollout."""
        with traffic() as asked:
            wait_for("traffic", lambda: asked.sum(node=CANARY) > 100)
            began = time.monotonic()
            done = deploy(what, "--rollout", plan(bake_ms=20_000, more=more), "--timeout", "90s", bad=BAD[what],
                          check=False)
            took = time.monotonic() - began
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn(gate + ":", done.stderr)
            wait_for("the way back", lambda: not net.status()["scripts"][0]["rollout"])
            at_the_end = asked.sum(version=ids[what])
            wait_for("more traffic", lambda: asked.sum(node=CANARY, version=ids["one"]) > 500)
            self.assertEqual(asked.sum(version=ids[what]), at_the_end, "the bad version answers no more")
            bad = asked.sum(node=CANARY, bad=True)
            for node in (NEIGHBOUR, *ELSEWHERE):
                self.assertEqual(asked.sum(node=node, version=ids[what]), 0, node)
                self.assertEqual(asked.sum(node=node, bad=True), 0, f"{node}: {asked.counts}")
        ended = rollout()
        self.assertEqual((ended["state"], ended["wave"]), ("rolled back", 1))
        tripped = [g for g in ended["events"][-1]["figures"]["gates"] if g["verdict"] == "tripped"]
        self.assertIn(gate, [g["gate"] for g in tripped])
        self.assertLess(tripped[0]["p_value"], tripped[0]["alpha"])
        print(f"\n{what}: rolled back {ended['ended_unix_ms'] - ended['started_unix_ms']} ms after its first request "
              f"could come, the command took {took:.1f} s; {bad} bad answers at {CANARY}, 0 elsewhere; "
              f"{ended['events'][-1]['text']}", flush=True)
        return ended

    def test_errors_of_a_canary_are_rolled_back_and_nobody_else_meets_them(self):
        ended = self.tripped_by("errors", "errors")
        figures = ended["events"][-1]["figures"]
        self.assertGreater(figures["new"]["error_rate"], 0.05)
        self.assertEqual(figures["old"]["errors"], 0)
        self.assertEqual(net.json("versions", "shop")[-1]["percent"], 100)

    def test_an_answer_that_says_503_is_an_error_as_well(self):
        self.tripped_by("answers", "errors")

    def test_thrice_the_p99_is_rolled_back(self):
        ended = self.tripped_by("latency", "p99")
        figures = ended["events"][-1]["figures"]
        self.assertGreater(figures["new"]["p99_ms"], 1.5 * figures["old"]["p99_ms"])

    def test_cpu_kills_are_rolled_back(self):
        ended = self.tripped_by("cpu", "cpu kills", "error_rate_excess_percent = 100\n")
        self.assertGreater(ended["events"][-1]["figures"]["new"]["cpu_kills"], 0)

    def test_a_good_version_arrives_everywhere_wave_by_wave(self):
        with traffic() as asked:
            # The control plane knows of traffic what heartbeats told it, and they come every second.
            wait_for("traffic", lambda: asked.sum(node=CANARY) > 500)
            safe = (("canary", 5), ("region", 25), ("all", 50))
            done = deploy("two", "--rollout", plan(safe), "-m", "faster prices")
            seen = asked.sum(version=ids["two"])
            wait_for("all requests", lambda: asked.sum(version=ids["two"]) > seen + 200)
            self.assertEqual(asked.sum(bad=True), 0)
        self.assertEqual(done.returncode, 0, done.stderr)
        ended = rollout()
        self.assertEqual(ended["state"], "done")
        self.assertEqual([e["kind"] for e in ended["events"]], ["started", "wave", "wave", "wave"])
        self.assertEqual([w["pops"] + w["continents"] for w in ended["waves"]], [[CANARY], [REGION], [], []])
        for event in ended["events"][1:]:
            self.assertGreaterEqual(event["figures"]["new"]["requests"], 60)
        listed = net.json("deployments", "list", "shop")
        self.assertEqual(listed[0]["message"], "faster prices")
        self.assertIn("wave 4 of 4", listed[0]["note"])
        self.assertEqual(net.run("rollback", "shop", "--quiet", "-m", "no").stdout.strip(), ids["one"])
        self.assertEqual(net.json("deployments", "view", "shop")["message"], "no")

    def test_a_place_outside_the_wave_does_not_load_the_version(self):
        deploy("quiet", "--rollout", plan(), "--detach")
        for node in (NEIGHBOUR, *ELSEWHERE):
            self.assertNotIn(ids["quiet"], json.dumps(self.health(node)), node)
        self.assertIn(ids["quiet"], json.dumps(self.health(rollout()["waves"][0]["pops"][0])))
        net.run("rollouts", "abort", "shop")

    def test_without_traffic_it_holds_and_goes_on_when_traffic_comes(self):
        deploy("two", "--rollout", plan(((CANARY, 20),), bake_ms=300), "--detach")
        held = wait_for("the hold", phase_is("holding"))
        self.assertIn("too little traffic", held["why"])
        self.assertEqual(held["nodes"]["acked"], 1)
        with traffic():
            ended = wait_for("the end", phase_is("ended"), timeout_s=60)
        self.assertEqual(ended["state"], "done")

    def test_a_canary_that_crashes_begins_its_bake_anew_and_is_rolled_back_at_the_third_time(self):
        deploy("two", "--rollout", plan(bake_ms=60_000, more='when_quiet = "pass"'), "--detach")
        for crash in range(1, 4):
            baking = wait_for("the bake", phase_is("baking"), timeout_s=30)
            self.assertGreater(baking["bake_left_ms"], 0)
            os.kill(next(p["pid"] for p in net.status()["parts"] if p["name"] == CANARY), signal.SIGKILL)
            if crash == 3:
                break
            gone = wait_for("the loss", phase_is("converging"))
            self.assertIn(f"went down in this wave: {CANARY}", gone["why"])
            net.up()
        ended = wait_for("the end", phase_is("ended"))
        net.up()
        self.assertEqual(ended["state"], "rolled back")
        self.assertIn(f"{CANARY} was lost 3 times in this wave", ended["events"][-1]["text"])
        self.assertEqual(self.serves(), {"one"})

    def test_requests_that_name_their_version_are_no_evidence(self):
        with traffic({CANARY: 100}):
            deploy("broken", "--rollout", plan(bake_ms=60_000), "--detach",
                   bad="if (arguments[0].url.endsWith('/broken')) return new Response('', { status: 503 });")
            wait_for("the bake", phase_is("baking"))
            for _ in range(100):
                self.assertEqual(self.ask(CANARY, "/broken", ids["broken"]), 503)
            seen = rollout()["figures"]["new"]["requests"]
            after = wait_for("what the shares brought", lambda: (r := rollout())["figures"]["new"]["requests"] > seen + 10
                             and r, timeout_s=30)
        self.assertEqual((after["state"], after["figures"]["new"]["errors"]), ("running", 0))
        net.run("rollouts", "abort", "shop")

    def test_a_control_plane_that_dies_goes_on_and_still_catches_it(self):
        with traffic() as asked:
            wait_for("traffic", lambda: asked.sum(node=CANARY) > 100)
            deploy("late", "--rollout", plan(((CANARY, 10), (REGION, 10)), bake_ms=4000, requests_min=200), "--detach",
                   bad="if (Date.now() > %d && Math.random() < 0.3) throw new Error('late');"
                   % (1000 * (time.time() + 12)))
            before = wait_for("figures", lambda: (r := rollout())["phase"] != "ended"
                              and r["figures"]["new"]["requests"] > 20 and r)
            os.kill(next(p["pid"] for p in net.status()["parts"] if p["name"] == "control"), signal.SIGKILL)
            answered = asked.sum()
            wait_for("requests without a control plane", lambda: asked.sum() > answered + 200)
            net.up()
            after = wait_for("the control plane", lambda: self.rollout_or_none())
            self.assertEqual((after["id"], after["wave"]), (before["id"], before["wave"]), "no step lost, none doubled")
            ended = wait_for("the way back", lambda: (r := rollout())["phase"] == "ended" and r, timeout_s=90)
            self.assertEqual(ended["state"], "rolled back", ended)
            for node in ELSEWHERE:
                self.assertEqual(asked.sum(node=node, bad=True), 0)

    def test_one_rollout_a_script_and_no_deploy_beside_it(self):
        deploy("two", "--rollout", plan(), "--detach")
        first = rollout()
        refused = deploy("three", "--rollout", plan(), check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn(f"rollout {first['id']} of version {ids['two'][:12]} runs (wave 1 of 4", refused.stderr)
        self.assertIn("one at a time", refused.stderr)
        refused = deploy("three", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("--immediate", refused.stderr)
        refused = net.run("versions", "deploy", "shop", f"{ids['one'][:8]}@50", ids["two"], check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertEqual(rollout()["id"], first["id"])
        net.run("secret", "put", "shop", "TOKEN", stdin="s3cret")
        after = rollout()
        self.assertEqual((after["id"], after["state"], after["wave"]), (first["id"], "running", first["wave"]),
                         "a secret leaves it alone")
        self.assertEqual([e["kind"] for e in after["events"]], ["started"])
        done = deploy("three", "--immediate")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(rollout()["state"], "superseded")
        self.assertEqual(self.serves(), {"three"})

    def test_it_is_paused_promoted_and_aborted_by_hand(self):
        deploy("two", "--rollout", plan(bake_ms=200), "--detach")  # without traffic it stays in its wave
        wait_for("the hold", phase_is("holding"))
        net.run("rollouts", "pause", "shop", "-m", "lunch")
        paused = rollout()
        self.assertEqual((paused["state"], paused["phase"], paused["wave"]), ("paused", "paused", 1))
        again = net.run("rollouts", "pause", "shop", check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("paused already", again.stderr)
        net.run("rollouts", "promote", "shop", "--wave", "1")
        self.assertEqual(rollout()["wave"], 2)
        late = net.run("rollouts", "promote", "shop", "--wave", "1", check=False)
        self.assertEqual(late.returncode, 1)
        self.assertIn("is not in wave 1 any more but in wave 2 of 4", late.stderr)
        self.assertEqual(rollout()["wave"], 2, "promoted once")
        net.run("rollouts", "abort", "shop", "-m", "enough")
        ended = rollout()
        self.assertEqual((ended["phase"], ended["state"], ended["wave"]), ("ended", "aborted", 2))
        self.assertEqual([(e["kind"], e["text"]) for e in ended["events"]][1:],
                         [("paused", "lunch"), ("promoted", "AS 25 %"), ("aborted", "enough")])
        self.assertEqual(self.serves(), {"one"})
        gone = net.run("rollouts", "resume", "shop", check=False)
        self.assertEqual(gone.returncode, 1)
        self.assertIn("no rollout of script 'shop' runs", gone.stderr)

    def test_a_rollback_by_hand_ends_it(self):
        deploy("two", "--rollout", plan(), "--detach")
        self.assertEqual(net.run("rollback", "shop", "--quiet").stdout.strip(), ids["one"])
        self.assertEqual(rollout()["state"], "aborted")
        self.assertEqual(self.serves(), {"one"})

    def test_the_first_deployment_has_nothing_to_be_compared_with(self):
        path = net.write("fresh.js", "export default { fetch() { return new Response('fresh'); } };")
        done = net.run("deploy", path, "--rollout", "safe")
        self.assertIn("nothing to be compared with", done.stderr)
        again = net.run("deploy", path, "--rollout", "safe")
        self.assertIn("the same content was there already", again.stderr)
        self.assertEqual(net.run("rollouts", "status", "fresh", check=False).returncode, 1, "no rollout began")
        moved = net.run("deploy", path, "--rollout", "safe", "--route", "fresh.edge.test/a/*", "--yes", "--json")
        self.assertEqual(json.loads(moved.stdout)["routes"], ["fresh.edge.test/a/*"], "routes come at once")
        net.run("delete", "fresh")

    def test_what_a_rollout_cannot_begin_from_says_what_helps(self):
        deploy("two", "--rollout", plan(), "--detach")
        self.assertIn("'deploy --immediate'", deploy("three", "--rollout", plan(), check=False).stderr)
        net.run("rollouts", "abort", "shop")
        net.run("versions", "deploy", "shop", ids["two"] + "@50", ids["one"])
        refused = deploy("three", "--rollout", plan(), "--yes", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("'deploy --immediate --yes'", refused.stderr)
        self.assertEqual(deploy("three", "--immediate", "--yes").returncode, 0)

    def test_words_that_make_no_sense_are_named(self):
        for words, said in ((("--rollout", "nowhere.toml"), "'safe' or a file"),
                            (("--rollout", "safe", "--immediate"), "opposites")):
            done = deploy("two", *words, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(said, done.stderr)
        done = deploy("two", "--rollout", plan((("Mars", 5),)), check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("no place of this network is called 'Mars'", done.stderr)

    @staticmethod
    def rollout_or_none():
        done = net.run("rollouts", "status", "shop", "--json", check=False)
        return json.loads(done.stdout)[0] if done.returncode == 0 else None

    @staticmethod
    def ask(node, path, version):
        import http.client
        host, _, port = next(p for p in net.status()["parts"] if p["name"] == node)["address"].rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=5)
        connection.request("GET", path, headers={
            "host": "shop.edge.test", "cloudflare-workers-version-overrides": f'shop="{version}"'})
        status = connection.getresponse().status
        connection.close()
        return status

    @staticmethod
    def health(node):
        import http.client
        host, _, port = next(p for p in net.status()["parts"] if p["name"] == node)["address"].rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=5)
        connection.request("GET", "/.terrella/health")
        text = json.loads(connection.getresponse().read())
        connection.close()
        return text

    @staticmethod
    def serves():
        return set(sum(([name for name, version in ids.items() if version in Rollouts.health(node)["scripts"]["shop"]]
                        for node in RATES), []))


if __name__ == "__main__":
    unittest.main(verbosity=2)
