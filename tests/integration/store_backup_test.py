#!/usr/bin/env python3
"""Failure test 17: an older backup comes back on purpose; nodes start over from it and never mix two times."""
import http.client
import json
import unittest

from network import Network, wait_for

net = None


def setUpModule():
    global net
    net = Network(pops=2, name="backups").__enter__()


def tearDownModule():
    net.__exit__()


def deploy(name, text):
    path = net.write(f"{name}/index.js", "export default { async fetch(request, env) { return new Response('%s'); } };" % text)
    net.run("deploy", path.rsplit("/", 1)[0], "--quiet")


def ask(name):
    connection = http.client.HTTPConnection("127.0.0.1", net.port, timeout=20)
    try:
        connection.request("GET", "/", headers={"host": f"{name}.edge.test"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def all_nodes(name, want):
    nodes = [p["address"].split(":") for p in net.record()["parts"] if p["kind"] == "node"]
    for host, port in nodes:
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        connection.request("GET", "/", headers={"host": f"{name}.edge.test"})
        answer = connection.getresponse()
        if (answer.status, answer.read().decode()) != want:
            return False
    return True


def healthy():
    done = net.run("status", "--json", check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


class Backups(unittest.TestCase):
    def test_17_a_restore_takes_nodes_back_and_forgets_what_came_after(self):
        deploy("shop", "old shop")
        deploy("news", "old news")
        net.run("kv", "put", "things", "key", "old value")
        file = str(net.home / "state.backup")
        saved = net.json("backup", file)
        self.assertGreater(saved["records"], 4)
        before = net.status()["revision"]
        deploy("shop", "new shop")
        deploy("later", "later")
        net.run("kv", "put", "things", "key", "new value")
        self.assertEqual(ask("shop"), (200, "new shop"))
        restored = net.json("restore", file)
        self.assertEqual(restored["revision"], saved["revision"])
        for name, text in (("shop", "old shop"), ("news", "old news")):
            wait_for(f"{name} is not what it was", lambda: all_nodes(name, (200, text)), 20)
        # What came after the backup is nowhere, at no node.
        self.assertNotEqual(ask("later")[0], 200)
        self.assertEqual(net.run("kv", "get", "things", "key").stdout.strip(), "old value")
        self.assertGreaterEqual(wait_for("the nodes are not back", healthy, 20)["revision"], before)
        # And it goes on from there.
        deploy("shop", "third shop")
        wait_for("a deploy after the restore", lambda: all_nodes("shop", (200, "third shop")), 20)

    def test_a_file_that_is_cut_off_changes_nothing(self):
        deploy("shop", "as it is")
        file = net.home / "whole.backup"
        net.run("backup", str(file))
        cut = net.home / "cut.backup"
        cut.write_bytes(file.read_bytes()[:-1])
        refused = net.run("restore", str(cut), check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("damaged or cut off", refused.stderr)
        wait_for("the control plane is not back", lambda: net.run("status", check=False).returncode == 0)
        self.assertEqual(ask("shop"), (200, "as it is"))

    def test_a_backup_is_for_its_owner_only_and_has_no_key(self):
        net.write("token/index.js", "export default { fetch(r, env) { return new Response(typeof env.TOKEN); } };")
        net.run("deploy", str(net.home / "workers" / "token"), "--quiet")
        net.run("secret", "put", "token", "TOKEN", stdin="the plain text of a secret")
        file = net.home / "secret.backup"
        net.run("backup", str(file))
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        held = file.read_bytes()
        self.assertNotIn(b"the plain text of a secret", held)
        self.assertNotIn((net.home / "backups" / "control" / "secrets.key").read_bytes().strip(), held)


if __name__ == "__main__":
    unittest.main(verbosity=2)
