#!/usr/bin/env python3
"""Workers KV over real processes: one place of writing, copies at nodes that are honestly stale, own writes read."""
import http.client
import json
import os
import signal
import time
import unittest
from urllib.parse import quote

from network import Network, wait_for

# GET /key reads, PUT /key writes its body, DELETE /key deletes, GET / lists; ?ttl=S is cacheTtl.
WORKER = """
export default {
  async fetch(request, { KV }) {
    const url = new URL(request.url), key = decodeURIComponent(url.pathname.slice(1));
    if (request.method === 'PUT') {
      await KV.put(key, request.body, { metadata: { from: request.cf.colo } });
      return new Response('written');
    }
    if (request.method === 'DELETE') { await KV.delete(key); return new Response('deleted'); }
    if (key === '') return Response.json(await KV.list());
    const { value, metadata } = await KV.getWithMetadata(key);
    return value === null ? new Response('(none)', { status: 404 }) : new Response(`${value} from ${metadata?.from}`);
  },
};
"""


def setUpModule():
    global net, nodes
    net = Network(pops=3).__enter__()
    folder = net.home / "workers" / "store"
    folder.mkdir(parents=True)
    (folder / "index.js").write_text(WORKER)
    (folder / "terrella.toml").write_text('name = "store"\n[kv]\nKV = "things"\n')
    net.run("deploy", str(folder))
    nodes = {p["name"]: p["address"].split(":")[0] for p in net.status()["parts"]
             if p["name"] not in ("control", "dns", "ingress")}


def tearDownModule():
    net.__exit__()


def ask(node, path, method="GET", body=None):
    """(status, body, seconds) of one request at one node."""
    connection = http.client.HTTPConnection(nodes[node], net.port, timeout=30)
    started = time.monotonic()
    try:
        connection.request(method, quote(path), body=body, headers={"host": "store.edge.test"})
        response = connection.getresponse()
        return response.status, response.read().decode(), time.monotonic() - started
    finally:
        connection.close()


class Kv(unittest.TestCase):
    def setUp(self):
        self.near, self.far = sorted(nodes)[:2]

    def test_a_node_reads_its_own_writes_and_others_their_copies(self):
        self.assertEqual(ask(self.far, "/own")[0], 404)  # a copy of "there is none"
        self.assertEqual(ask(self.near, "/own", "PUT", "1")[1], "written")
        self.assertEqual(ask(self.near, "/own")[1], f"1 from {self.near}")
        self.assertEqual(ask(self.near, "/own", "PUT", "2")[1], "written")
        self.assertEqual(ask(self.near, "/own")[1], f"2 from {self.near}")
        self.assertEqual(ask(self.far, "/own")[0], 404, "a copy younger than cacheTtl is what KV gives")
        third = next(n for n in nodes if n not in (self.near, self.far))
        self.assertEqual(ask(third, "/own")[1], f"2 from {self.near}")

    def test_a_read_costs_the_distance_once(self):
        node = max(nodes, key=lambda n: 0 if n == "IAD" else 1)
        net.run("kv", "put", "things", "distant", "x")
        first, second = ask(node, "/distant")[2], ask(node, "/distant")[2]
        self.assertGreater(first, 0.05, "KV is kept an ocean away")
        self.assertLess(second, first / 2)

    def test_the_command_line_and_workers_see_one_store(self):
        net.run("kv", "put", "things", "from/cli", "hello", "--metadata", '{"from":"cli"}')
        self.assertEqual(ask(self.near, "/from/cli")[1], "hello from cli")
        ask(self.near, "/from/worker", "PUT", "bytes")
        self.assertEqual(net.run("kv", "get", "things", "from/worker").stdout, "bytes")
        bulk = net.home / "bulk.json"
        bulk.write_text(json.dumps([{"key": f"bulk/{i}", "value": str(i)} for i in range(2500)]))
        net.run("kv", "bulk-put", "things", str(bulk))
        self.assertEqual(len(net.json("kv", "list", "things", "--prefix", "bulk/")), 2500)
        listed = json.loads(ask(self.near, "/")[1])
        self.assertEqual((len(listed["keys"]), listed["list_complete"]), (1000, False))
        net.run("kv", "delete", "things", "from/cli", "from/worker")
        self.assertEqual(net.run("kv", "get", "things", "from/cli", check=False).returncode, 1)
        self.assertIn("things", [n["name"] for n in net.json("kv", "namespaces")])

    def test_without_a_control_plane_copies_are_read_and_the_rest_is_an_error(self):
        ask(self.near, "/kept", "PUT", "1")
        control = next(p for p in net.status()["parts"] if p["name"] == "control")
        os.kill(control["pid"], signal.SIGKILL)
        try:
            self.assertEqual(ask(self.near, "/kept")[1], f"1 from {self.near}")
            self.assertEqual(ask(self.near, "/kept", "PUT", "2")[0], 500)
            self.assertEqual(ask(self.near, "/unknown")[0], 500)
        finally:
            net.up()
        wait_for("all nodes back", lambda: net.status()["nodes"]["ready"] == 3, 15)
        wait_for("KV back", lambda: ask(self.near, "/kept", "PUT", "3")[0] == 200, 15)
        self.assertEqual(net.run("kv", "get", "things", "kept").stdout, "3")

    def test_wrong_use_is_told(self):
        for words, code in ((("put", "things", "k"), 2), (("put", "things", "k", "v", "--ttl", "1"), 2),
                            (("put", "bad name", "k", "v"), 1), (("put", "things", "k", "v", "--metadata", "{"), 2)):
            done = net.run("kv", *words, check=False)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertTrue(done.stderr.startswith("terrella:"), done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
