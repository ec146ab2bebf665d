#!/usr/bin/env python3
"""Versions that share a script's requests: uploads without traffic, splits, keys, overrides, and ways back."""
import collections
import http.client
import json
import unittest

from network import Network

SOURCE = """import { DurableObject } from 'cloudflare:workers';
export class Counter extends DurableObject {
  async fetch() { return new Response('%s'); }
}
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === '/bad') throw new Error('%s');
    if (pathname.startsWith('/object/')) return env.COUNTER.get(env.COUNTER.idFromName(pathname)).fetch(request);
    return new Response(`%s ${env.TOKEN ?? ''}`.trim());
  },
};
"""
WRANGLER = """{ "name": "shop", "main": "index.js", "compatibility_date": "2026-01-01",
  "durable_objects": { "bindings": [{ "name": "COUNTER", "class_name": "Counter" }] },
  "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Counter"] }%s] }"""
ids, connections, places = {}, {}, []
net = None


def setUpModule():
    global net
    net = Network(pops=3, name="versions").__enter__()
    # People beside each node: what is asked here has nothing to do with distance.
    places.extend(p["name"] for p in net.status()["parts"] if p["name"] not in ("control", "dns", "ingress"))
    ids["one"] = net.run("deploy", project("one"), "--quiet").stdout.strip()


def tearDownModule():
    for connection in connections.values():
        connection.close()
    net.__exit__()


def project(text, more=""):
    net.write("shop/wrangler.json", WRANGLER % more)
    return net.write("shop/index.js", SOURCE % (text, text, text)).rsplit("/", 1)[0]


def upload(text, more=""):
    ids[text] = net.run("versions", "upload", project(text, more), "--quiet").stdout.strip()
    return ids[text]


def ask(path="/", headers=None, place=None):
    """Over one connection a place: a handshake costs what it would cost from there."""
    place = place or places[0]
    if place not in connections:
        connections[place] = http.client.HTTPConnection("127.0.0.1", net.port, timeout=20)
    connections[place].request("GET", path,
                               headers={"host": "shop.edge.test", "terrella-from": place, **(headers or {})})
    response = connections[place].getresponse()
    return response.status, response.read().decode()


def split(*shares, check=True):
    return net.run("versions", "deploy", "shop", *shares, check=check)


class Versions(unittest.TestCase):
    def setUp(self):
        split(f"{ids['one']}@100")

    def test_an_upload_gets_no_request_until_it_is_given_some(self):
        upload("quiet")
        self.assertEqual({ask()[1] for _ in range(20)}, {"one"})
        listed = {v["id"]: v for v in net.json("versions", "shop")}
        self.assertFalse(listed[ids["quiet"]]["live"])
        self.assertEqual(listed[ids["one"]]["percent"], 100)

    def test_requests_are_shared_as_asked_on_every_node(self):
        two = upload("two")
        done = split(f"{two[:8]}@25")
        self.assertIn("25 %", done.stderr)
        for place in places:
            seen = collections.Counter(ask(place=place)[1] for _ in range(160))
            self.assertTrue(20 <= seen["two"] <= 64, f"{place}: {seen}")
        shares = net.status()["scripts"][0]["shares"]
        self.assertEqual([s["percent"] for s in shares], [25, 75])

    def test_a_key_stays_with_its_version_and_never_goes_back(self):
        two = upload("two")
        keys, came = [f"user-{i}" for i in range(60)], set()
        for percent in (5, 40, 80, 100):
            split(f"{two}@{percent}", *([ids["one"]] if percent < 100 else []))
            for key in keys:
                answers = {ask(headers={"cloudflare-workers-version-key": key}, place=place)[1]
                           for place in places[:2]}
                self.assertEqual(len(answers), 1, f"{key} has one version everywhere")
                if answers == {"two"}:
                    came.add(key)
                else:
                    self.assertNotIn(key, came)
        self.assertEqual(len(came), len(keys))

    def test_an_override_reaches_a_version_without_traffic(self):
        two = upload("two")
        split(f"{two}@0", ids["one"])
        self.assertEqual({ask()[1] for _ in range(30)}, {"one"})
        override = {"cloudflare-workers-version-overrides": f'shop="{two}"'}
        self.assertEqual({ask(headers=override)[1] for _ in range(10)}, {"two"})

    def test_a_version_that_does_not_start_changes_nothing(self):
        folder = project("broken")
        net.write("shop/index.js", "import { DurableObject } from 'cloudflare:workers';\nexport default {{")
        broken = net.run("versions", "upload", folder, "--quiet", check=False)
        self.assertEqual(broken.returncode, 0, "nothing runs it yet")
        done = split(f"{broken.stdout.strip()}@10", ids["one"], check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("SyntaxError", done.stderr)
        self.assertEqual({ask()[1] for _ in range(20)}, {"one"})

    def test_a_deploy_ends_a_split_only_when_asked_to(self):
        split(f"{upload('two')}@10", ids["one"])
        refused = net.run("deploy", project("three"), check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("deploy --yes", refused.stderr)
        self.assertIn("10 %", refused.stderr)
        self.assertNotIn("three", {ask()[1] for _ in range(20)})
        net.run("deploy", project("three"), "--yes")
        self.assertEqual({ask()[1] for _ in range(20)}, {"three"})

    def test_a_rollback_goes_to_what_had_everything(self):
        split(f"{upload('two')}@50", ids["one"])
        split(f"{ids['two']}@90", ids["one"])
        self.assertEqual(split(f"{ids['two'][:6]}@90", check=False).returncode, 2, "who keeps the rest is not plain")
        done = net.run("rollback", "shop", "--quiet")
        self.assertEqual(done.stdout.strip(), ids["one"])
        self.assertEqual({ask()[1] for _ in range(20)}, {"one"})

    def test_a_secret_reaches_both_versions_and_ends_no_split(self):
        split(f"{upload('two')}@50", ids["one"])
        net.run("secret", "put", "shop", "TOKEN", stdin="s3cret")
        self.assertEqual({ask()[1] for _ in range(60)}, {"one s3cret", "two s3cret"})
        net.run("secret", "delete", "shop", "TOKEN")

    def test_an_object_has_one_version(self):
        split(f"{upload('two')}@50", ids["one"])
        versions = {}
        for i in range(24):
            answers = {ask(f"/object/{i}", place=place)[1] for place in places}
            self.assertEqual(len(answers), 1, f"object {i}")
            versions[i] = answers.pop()
        self.assertEqual(set(versions.values()), {"one", "two"})

    def test_versions_side_by_side_change_no_classes(self):
        more = ', { "tag": "v2", "new_sqlite_classes": ["Other"] }'
        two = upload("migrating", more)
        done = split(f"{two}@10", ids["one"], check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("deploy it whole first", done.stderr)
        plain = net.run("versions", "upload", net.write("plain.js", "export default { fetch() {} };"), "--name", "shop",
                        "--quiet").stdout.strip()
        done = split(f"{plain}@10", ids["one"], check=False)
        self.assertEqual(done.returncode, 3, "it knows nothing of the objects it would get")

    def test_words_that_make_no_sense_are_named(self):
        for words, said in ((["x@60", "y@50"], "110.00 %"), (["x@ten"], "'x@ten'"), (["a", "b"], "only one")):
            done = split(*words, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(said, done.stderr)
        done = split("ffffffff@10", ids["one"], check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("has no version ffffffff", done.stderr)

    def test_a_node_says_what_it_serves(self):
        split(f"{upload('two')}@50", ids["one"])
        health = json.loads(self.health())
        self.assertEqual(health["scripts"]["shop"], {ids["two"]: 5000, ids["one"]: 5000})

    @staticmethod
    def health():
        node = next(p for p in net.status()["parts"] if p["name"] not in ("control", "dns", "ingress"))
        host, _, port = node["address"].rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=5)
        connection.request("GET", "/.terrella/health")
        text = connection.getresponse().read()
        connection.close()
        return text


if __name__ == "__main__":
    unittest.main(verbosity=2)
