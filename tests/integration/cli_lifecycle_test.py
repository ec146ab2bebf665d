"""A cluster's whole life through the CLI, as a person types it: three PoPs on free ports in a home of its
own. Every step checks exit code, stdout (data) and stderr (talk). Nothing is left running.
"""
import json
import os
import signal
import subprocess
import unittest

from network import BIN, Network, wait_for

HELLO = """export default {
  async fetch(request) { return new Response(`%s from ${request.cf.colo} to ${request.cf.city}`); },
};
"""


class Lifecycle(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = Network(name="life")

    @classmethod
    def tearDownClass(cls):
        cls.net.run("down", "--quiet")
        left = cls.processes()
        cls.net.close()
        assert not left, f"processes left behind: {left}"

    @classmethod
    def processes(cls):
        """Of this test's home, by their command lines."""
        return [pid for pid in os.listdir("/proc") if pid.isdigit() and cls.mentions_home(pid)]

    @classmethod
    def mentions_home(cls, pid):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                return str(cls.net.home).encode() in f.read()
        except OSError:
            return False

    def terrella(self, *words, code=0):
        done = self.net.run(*words, check=False)
        if code is not None:  # None: any
            said = f"terrella {' '.join(words)}\n{done.stdout}\n{done.stderr}"
            self.assertEqual(done.returncode, code, said)
        return done

    def json(self, *words, code=0):
        return json.loads(self.terrella(*words, "--json", code=code).stdout)

    def fetch(self, city, *words):
        return self.json("fetch", "--from", city, "http://hello.edge.test/", *words)

    def fetch_until(self, city, want, *words):
        """What steering says may lag a change by the lease of a node; never longer than that."""
        seen = {}

        def seen_as_wanted():
            seen.clear()
            seen.update(self.fetch(city, *words))
            return want(seen)

        wait_for(lambda: f"{city} sees something else, at last {seen}", seen_as_wanted)
        return seen

    def pid_of(self, part):
        return next(p["pid"] for p in self.json("status", code=None)["parts"] if p["name"] == part)

    def test_life(self):
        self.before_there_is_a_cluster()
        self.up()
        self.deploy_and_fetch()
        self.rejected_code_changes_nothing()
        self.rollback()
        self.kill_and_start()
        self.drain()
        self.half_dead()
        self.stale_record_kills_no_stranger()

    def before_there_is_a_cluster(self):
        self.assertIn("terrella up", self.terrella("versions", code=7).stderr)
        self.assertFalse(self.json("status", code=7)["running"])
        self.assertIn("nothing to end", self.terrella("down").stderr)

    def up(self):
        interrupted = self.net.start("up", *self.shape)
        wait_for("no part of the cluster was started", self.processes, timeout_s=20)
        interrupted.send_signal(signal.SIGINT)
        _, talk = interrupted.communicate(timeout=60)
        if interrupted.returncode != 0:  # it may have been quicker than the signal
            self.assertEqual(interrupted.returncode, 130, talk)
            self.assertEqual(self.processes(), [])
        self.terrella("up", *self.shape)
        again = self.terrella("up")
        self.assertIn("already running", again.stderr)
        status = self.json("status")
        self.assertEqual(status["nodes"], {"total": 3, "ready": 3})
        # As far as this kernel has it; in words, where it lacks something.
        confined = {p["confined"] for p in status["parts"] if "confined" in p}
        self.assertEqual(len(confined), 1)
        self.assertRegex(confined.pop(), r"^(seccomp and Landlock \(ABI \d+\)|.*\(kernel says: .+\)|nothing \(built with .*)$")
        self.assertRegex(self.terrella("status").stdout, r"\nconfined  3/3 by [a-zA-Z]")
        self.assertIn("with 3 PoPs", self.terrella("up", "--pops", "5", code=1).stderr)
        busy = self.terrella("up", "--cluster", "other", "--pops", "1", "--port", str(status["ports"]["http"]),
                             "--dns-port", "0", "--control-port", "0", code=1)
        self.assertIn("the ingress needs tcp port", busy.stderr)
        self.assertIn("--port PORT", busy.stderr)

    shape = ("--pops", "3", "--port", "0", "--dns-port", "0", "--control-port", "0")

    def deploy_and_fetch(self):
        path = self.net.write("hello.js", HELLO % "hello")
        deployed = self.terrella("deploy", path, "-m", "first")
        self.assertRegex(deployed.stdout, r"\A[0-9a-f]{32}\n\Z")
        self.assertIn("3/3 nodes", deployed.stderr)
        type(self).first = deployed.stdout.strip()
        checked = subprocess.run([BIN / "edge_node", "--check", path], capture_output=True, text=True, check=True)
        self.assertEqual(checked.stdout.split()[:2], ["hello", self.first], "one id, whoever names it")
        again = self.json("deploy", path)
        self.assertTrue(again["existed"])
        self.assertEqual(again["version"], self.first)
        seen = self.fetch_until("Berlin", lambda s: s["status"] == 200)
        self.assertEqual((seen["pop"], seen["body"]), ("FRA", "hello from FRA to Berlin"))
        self.assertEqual(seen["version"], self.first)
        self.assertEqual(seen["dns"]["pop"], "FRA")
        timings = dict(seen["timings_ms"])
        total = timings.pop("total")
        self.assertAlmostEqual(sum(timings.values()), total, places=6)
        # Connect, request and response are one and a half round trips and a bit; the distance is felt.
        self.assertGreater(total - timings["dns"], 1.9 * seen["rtt_ms"])
        text = self.terrella("fetch", "--from", "Tokyo", "--via", "anycast", "http://hello.edge.test/")
        self.assertEqual(text.stdout, "hello from SIN to Tokyo")
        self.assertIn("connect", text.stderr)
        self.assertIn("NXDOMAIN", self.terrella("fetch", "--from", "Lagos", "http://no.edge.test/", code=1).stderr)
        self.terrella("fetch", "--from", "Lagos", "--fail", "--via", "anycast", "http://no.edge.test/", code=1)

    def rejected_code_changes_nothing(self):
        path = self.net.write("hello.js", "export default { fetch( { }\n")
        refused = self.terrella("deploy", path, code=3)
        self.assertIn("SyntaxError", refused.stderr)
        self.assertIn("hello.js:", refused.stderr)
        self.assertEqual(refused.stdout, "")
        self.assertEqual(self.fetch("Berlin")["version"], self.first)

    def rollback(self):
        second = self.json("deploy", self.net.write("hello.js", HELLO % "salut"))["version"]
        self.assertEqual(self.fetch("Berlin")["body"], "salut from FRA to Berlin")
        versions = self.json("versions", "hello")
        self.assertEqual([(v["id"], v["live"]) for v in versions if v["id"] in (self.first, second)],
                         [(second, True), (self.first, False)])
        self.assertEqual(self.terrella("rollback", "hello").stdout.strip(), self.first)
        self.assertEqual(self.fetch("Berlin")["body"], "hello from FRA to Berlin")
        self.terrella("rollback", "hello", "--to", second[:8])
        self.assertEqual(self.fetch("Berlin")["version"], second)
        self.assertIn("has no version", self.terrella("rollback", "hello", "--to", "zzz", code=1).stderr)

    def kill_and_start(self):
        self.assertIn("did you mean 'FRA'", self.terrella("kill", "FRAA", code=1).stderr)
        self.terrella("kill", "FRA")
        self.assertIn("dead already", self.terrella("kill", "FRA").stderr)
        seen = self.fetch_until("Berlin", lambda s: s["status"] == 200 and s["pop"] != "FRA")
        self.assertEqual(seen["pop"], "IAD")
        self.assertEqual(self.json("status", code=1)["dead"], ["FRA"])
        self.terrella("start", "FRA")
        self.assertIn("running already", self.terrella("start", "FRA").stderr)
        self.fetch_until("Berlin", lambda s: s["pop"] == "FRA")

    def drain(self):
        self.assertIn("FRA is draining", self.terrella("drain", "FRA").stderr)
        self.fetch_until("Berlin", lambda s: s["pop"] == "IAD")
        explained = self.json("dns", "explain", "hello.edge.test", "--from", "Berlin")
        chosen = [c["node"] for c in explained["candidates"] if c["chosen"]]
        self.assertEqual(chosen, ["IAD"])
        self.assertIn("FRA is ready", self.terrella("undrain", "FRA").stderr)
        self.fetch_until("Berlin", lambda s: s["pop"] == "FRA")

    def half_dead(self):
        for part in ("control", "SIN"):
            os.kill(self.pid_of(part), signal.SIGKILL)
        path = self.net.write("hello.js", HELLO % "third")
        wait_for("the status does not name the dead",
                 lambda: set(self.json("status", code=1)["dead"]) == {"control", "SIN"}, timeout_s=5)
        unreachable = self.terrella("deploy", path, code=7)
        self.assertIn("terrella up", unreachable.stderr)
        self.assertEqual(self.fetch("Berlin")["status"], 200, "nodes serve without a control plane")
        repaired = self.terrella("up")
        self.assertIn("half dead: restarting control SIN", repaired.stderr)
        self.assertTrue(self.json("status")["healthy"])
        self.terrella("deploy", path)
        self.assertEqual(self.terrella("down", "--quiet").stderr, "")
        self.terrella("up", "--quiet")
        self.fetch_until("Berlin", lambda s: s["body"] == "third from FRA to Berlin")

    def stale_record_kills_no_stranger(self):
        """After `down` a record is made to name a process that is not ours: it must survive."""
        self.terrella("down")
        stranger = subprocess.Popen(["sleep", "60"])
        try:
            record = self.net.record()
            for part in record["parts"]:
                part["process"] = {"pid": stranger.pid, "start_ticks": 1, "exe": "/usr/bin/sleep"}
            self.net.record_path().write_text(json.dumps(record))
            self.assertIn("nothing to end", self.terrella("down").stderr)
            self.terrella("status", code=7)
            self.assertIsNone(stranger.poll(), "a stranger was ended")
        finally:
            stranger.kill()
            stranger.wait()


if __name__ == "__main__":
    unittest.main(verbosity=2)
