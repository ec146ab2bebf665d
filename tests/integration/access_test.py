#!/usr/bin/env python3
"""Who may do what, with real processes: tokens out of scope, expired, revoked, wrong; the audit log of each, and its tampering."""
import json
import os
import signal
import sqlite3
import subprocess
import time
import unittest

from network import BIN, Network, wait_for

WORKER = "export default { fetch: () => new Response('hello') };"
NOT_PERMITTED = 6
SECRET = "correct horse battery staple"


class Access(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = Network(pops=1, name="access", flags=("--plaintext",))
        cls.net.__enter__()
        cls.addClassCleanup(cls.net.__exit__)
        cls.worker = cls.net.write("shop.js", WORKER)
        cls.tokens = []  # all that were ever shown

    def token(self, name, *scopes, expires="1h"):
        flags = [word for scope in scopes for word in ("--scope", scope)]
        made = self.net.json("tokens", "create", name, *flags, "--expires", expires)
        self.tokens.append(made["token"])
        return made["token"]

    def run_as(self, token, *words, **options):
        self.net.env["TERRELLA_TOKEN"] = token
        try:
            return self.net.run(*words, check=False, **options)
        finally:
            del self.net.env["TERRELLA_TOKEN"]

    def refused(self, token, *words):
        done = self.run_as(token, *words)
        self.assertEqual(done.returncode, NOT_PERMITTED, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def audit(self, *flags):
        return self.net.json("audit", "list", *flags)

    def control(self):
        return next(p for p in self.net.record()["parts"] if p["name"] == "control")

    def state(self):
        return self.net.home / self.net.name / "control"

    def test_1_a_token_does_what_its_scopes_say(self):
        ci = self.token("ci", "script:shop:deploy")
        deployed = self.run_as(ci, "deploy", self.worker, "--json")
        self.assertEqual(deployed.returncode, 0, deployed.stderr)
        row = self.audit("--script", "shop", "--caller", "token ci")[0]
        self.assertEqual((row["method"], row["outcome"], row["resource"]), ("Deployments.Deploy", "OK", "script:shop"))
        self.assertEqual(row["revision"], json.loads(deployed.stdout)["revision"])
        self.assertTrue(row["request_id"])

        other = self.net.write("blog.js", WORKER)
        said = self.refused(ci, "deploy", other)
        self.assertIn("needs the scope script:blog:deploy, and has script:shop:deploy", said)
        self.refused(ci, "kv", "list", "sessions")
        self.refused(ci, "tokens", "list")
        self.refused(ci, "drain", next(p["name"] for p in self.net.record()["parts"] if p["kind"] == "node"))
        self.assertEqual(self.run_as(ci, "deployments", "list", "shop").returncode, 0)
        row = self.audit("--script", "blog")[0]
        self.assertEqual((row["caller"], row["outcome"]), ("token ci", "PERMISSION_DENIED"))
        self.assertIn("script:blog:deploy", row["detail"])
        self.assertEqual([s["name"] for s in self.net.json("versions")], ["shop"])

    def test_2_a_token_ends(self):
        short = self.token("short", "admin", expires="1s")
        time.sleep(1.1)
        self.assertIn("token 'short' expired on 20", self.refused(short, "versions"))
        gone = self.token("gone", "admin")
        self.assertEqual(self.run_as(gone, "versions").returncode, 0)
        self.net.run("tokens", "revoke", "gone")
        self.assertIn("token 'gone' was revoked on 20", self.refused(gone, "versions"))
        self.assertIn("not known", self.refused("trl_" + "A" * 43, "versions"))
        self.assertIn("43 characters", self.refused("hunter2", "versions"))
        rows = [row for row in self.audit() if row["outcome"] == "UNAUTHENTICATED"]
        self.assertEqual(sum(row["unseen"] for row in rows), 4, rows)
        details = "; ".join(row["detail"] for row in rows)
        self.assertIn("'short' expired", details)
        self.assertIn("'gone' was revoked", details)
        states = {t["name"]: t["state"] for t in self.net.json("tokens", "list")}
        self.assertEqual((states["short"], states["gone"]), ("expired", "revoked"))

    def test_3_a_token_comes_from_a_file_too(self):
        path = self.net.write("token", self.token("file", "script:*:read") + "\n")
        self.assertEqual(self.net.run("versions", "--token-file", path).returncode, 0)
        self.assertEqual(self.net.run("versions", "--token-file", path + "x", check=False).returncode, 2)
        self.assertEqual(self.net.run("tokens", "list", "--token-file", path, check=False).returncode, NOT_PERMITTED)

    def test_3_a_stream_ends_with_its_token(self):
        token = self.token("watcher", "script:shop:read")
        self.net.env["TERRELLA_TOKEN"] = token
        tail = self.net.start("tail", "shop")
        del self.net.env["TERRELLA_TOKEN"]
        try:
            self.assertIn("shop", tail.stderr.readline())
            self.net.run("tokens", "revoke", "watcher")
            said = tail.communicate(timeout=20)[1]
        finally:
            tail.kill()
        self.assertEqual(tail.returncode, NOT_PERMITTED, said)
        self.assertIn("token 'watcher' was revoked", said)

    def test_3_a_version_takes_no_more_than_its_tokens_scopes(self):
        ci = self.token("narrow", "script:thief:deploy")
        folder = self.net.home / "workers" / "thief"
        folder.mkdir(parents=True)
        (folder / "index.js").write_text(WORKER)
        (folder / "terrella.toml").write_text('name = "thief"\n[kv]\nKV = "sessions"\n')
        said = self.refused(ci, "deploy", str(folder))
        self.assertIn("binding 'KV' needs the scope kv:sessions:write", said)
        (folder / "terrella.toml").write_text('name = "thief"\n')
        said = self.refused(ci, "deploy", str(folder), "--route", "shop.edge.test/login*")
        self.assertIn("needs the scope route:shop.edge.test/login*", said)
        done = self.run_as(ci, "deploy", str(folder), "--route", "thief.edge.test/login*")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_3_a_version_that_was_refused_is_listed_so(self):
        bad = self.net.write("bad.js", "export default {")
        self.assertEqual(self.net.run("deploy", bad, check=False).returncode, 3)
        (listed,) = self.net.json("versions", "bad")
        self.assertIn("SyntaxError", listed["rejected"])
        self.assertIn("rejected", self.net.run("versions", "bad").stdout)

    def test_4_where_identity_is_required_nobody_is_the_operator(self):
        admin = self.token("admin", "admin")
        os.kill(self.control()["process"]["pid"], signal.SIGKILL)
        ready = self.net.home / "strict.json"
        strict = None

        def started():
            nonlocal strict
            if strict is None or strict.poll() is not None:  # the old one's lock and port go with it
                strict = subprocess.Popen(
                    [BIN / "control_plane", "--listen", f"127.0.0.1:{self.net.control_port}", "--state", self.state(),
                     "--cluster", self.net.name, "--ready_file", ready, "--require_auth"], stderr=subprocess.DEVNULL)
            return ready.exists()
        try:
            wait_for("it does not start", started)
            self.assertIn("needs to know who calls", self.refused("", "versions"))
            self.assertEqual(self.run_as(admin, "versions").returncode, 0)

            def nobodys():
                rows = json.loads(self.run_as(admin, "audit", "list", "--caller", "anonymous", "--json").stdout)
                self.assertEqual({row["outcome"] for row in rows} - {"UNAUTHENTICATED"}, set())
                return " ".join(row["summary"] for row in rows)
            # The node is nobody either, without a certificate; it goes on asking.
            wait_for("the node is not refused", lambda: "NodeSync.Subscribe" in nobodys())
        finally:
            strict.terminate()
            strict.wait(20)
        self.net.up()

    def test_5_no_token_and_no_secret_is_anywhere(self):
        self.net.run("secret", "put", "shop", "KEY", stdin=SECRET + "\n")
        said = self.net.run("audit", "list", "--limit", "10000", "--json").stdout
        said += self.net.run("tokens", "list", "--json").stdout + self.net.run("status", "--json").stdout
        self.assertIn("Secrets.Put", said)
        hidden = [SECRET, *self.tokens]
        self.assertGreater(len(hidden), 4)
        for text in hidden:
            self.assertNotIn(text, said)
        control_files = [p for p in self.state().rglob("*") if p.is_file()]
        logs = list(self.net.home.rglob("*.log"))
        self.assertTrue(logs and any(p.name == "state.db" for p in control_files))
        for path in control_files + logs:
            content = path.read_bytes()
            for text in hidden:
                self.assertNotIn(text.encode(), content, path)

    def test_6_a_log_whose_end_was_cut_says_so(self):
        """The newest rows go and the head is put back while nobody runs; then the log goes on."""
        self.assertTrue(self.net.json("audit", "verify")["intact"])
        head = "CAST(key AS TEXT) = 'audit-head'"
        with sqlite3.connect(self.state() / "state.db") as db:
            (before,) = db.execute(f"SELECT value FROM kv WHERE {head}").fetchone()
        db.close()
        last = self.net.json("audit", "verify")["last_seq"]
        self.token("cut", "admin")
        self.kill_control()
        with sqlite3.connect(self.state() / "state.db") as db:
            db.execute("DELETE FROM kv WHERE CAST(key AS TEXT) > ? AND CAST(key AS TEXT) < 'audit0'", (f"audit/{last:016x}",))
            db.execute(f"UPDATE kv SET value = ? WHERE {head}", (before,))
        db.close()
        self.net.up()
        report = self.net.json("audit", "verify", check=False)
        self.assertFalse(report["intact"], report)
        self.assertGreater(report["fault_seq"], last)
        self.token("later", "admin")
        report = self.net.json("audit", "verify", check=False)
        self.assertEqual((report["intact"], report["fault_seq"]), (False, last + 1))
        self.assertIn("cut off", report["fault"])

    def kill_control(self):
        pid = self.control()["process"]["pid"]
        os.kill(pid, signal.SIGKILL)
        wait_for("it does not end", lambda: not os.path.exists(f"/proc/{pid}"))

    def test_7_a_log_that_was_tampered_with_says_so(self):
        self.assertGreater(self.net.json("audit", "verify", check=False)["rows"], 10)
        self.kill_control()
        key = f"audit/{5:016x}"
        with sqlite3.connect(self.state() / "state.db") as db:
            (value,) = db.execute("SELECT value FROM kv WHERE CAST(key AS TEXT) = ?", (key,)).fetchone()
            changed = bytes(value).replace(b"token ci", b"token cj").replace(b"local operator", b"local operatox")
            self.assertNotEqual(changed, value)
            db.execute("UPDATE kv SET value = ? WHERE CAST(key AS TEXT) = ?", (changed, key))
        db.close()
        self.net.up()
        verified = self.net.run("audit", "verify", check=False)
        self.assertEqual(verified.returncode, 1)
        self.assertIn("tampered with: row 6", verified.stderr)
        report = self.net.json("audit", "verify", check=False)
        self.assertEqual((report["intact"], report["fault_seq"]), (False, 6))


if __name__ == "__main__":
    unittest.main()
