#!/usr/bin/env python3
"""Shards by load: a node with `--shards 1..2` under a load that keeps it busy, and after it. No request fails while a
shard comes or goes, what a client holds there lives on, and the node ends as small as it began.

Usage: shards_test.py   (TERRELLA_BIN says where the programs are)
"""
import asyncio
import http.client
import json
import tempfile
import threading
import unittest
from pathlib import Path

import websockets

from network import wait_for
from one_node import OneNode

MANIFEST = """name = "busy"
main = "index.js"
[durable_objects]
COUNTER = "Counter"
"""
WORKER = """
import { DurableObject } from 'cloudflare:workers';
export class Counter extends DurableObject {
  async next() {
    const n = 1 + ((await this.ctx.storage.get('n')) ?? 0);
    await this.ctx.storage.put('n', n);
    return n;
  }
}
let here;  // a name of this isolate
function burn() {
  let x = 0;
  for (let i = 0; i < 200_000; ++i) x = (x * 31 + i) % 1_000_003;
  return x;
}
function drip(chunks) {
  let left = chunks;
  return new ReadableStream({
    async pull(controller) {
      await scheduler.wait(250);
      controller.enqueue(new TextEncoder().encode('drip\\n'));
      if (--left === 0) controller.close();
    },
  });
}
export default {
  async fetch(request, env) {
    here ??= crypto.randomUUID();
    const headers = { 'x-here': here };
    const { pathname } = new URL(request.url);
    if (pathname === '/drip') return new Response(drip(56), { headers });
    if (pathname === '/count') return new Response(await env.COUNTER.getByName('one').next(), { headers });
    if (request.headers.get('upgrade') === 'websocket') {
      const { 0: client, 1: server } = new WebSocketPair();
      server.accept();
      server.addEventListener('message', ({ data }) => server.send(`${here} ${data}`));
      return new Response(null, { status: 101, webSocket: client });
    }
    return new Response(String(burn()), { headers });
  },
};
"""


class Asking:
    """Clients that ask one path again and again: at once over a connection they keep, or slowly over new ones."""

    def __init__(self, node, path, clients, pause_s=0):
        self.node, self.path, self.pause_s = node, path, pause_s
        self.lock, self.ended = threading.Lock(), threading.Event()
        self.answers, self.failures = [], []  # (isolate, text) and what went wrong
        self.threads = [threading.Thread(target=self.ask, daemon=True) for _ in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join(timeout=30)

    def ask(self):
        connection = http.client.HTTPConnection(*self.node.address, timeout=30)
        while not self.ended.is_set():
            try:
                connection.request("GET", self.path)
                response = connection.getresponse()
                text = response.read().decode()
                if response.status != 200:
                    raise OSError(f"{response.status} {text}")
                with self.lock:
                    self.answers.append((response.headers["x-here"], text))
            except (OSError, http.client.HTTPException) as why:
                connection.close()
                with self.lock:
                    self.failures.append(repr(why))
            if self.pause_s:
                connection.close()
                self.ended.wait(self.pause_s)
        connection.close()

    def isolates(self, last):
        """That gave the last so many answers."""
        with self.lock:
            return {here for here, _ in self.answers[-last:]}


class Held(threading.Thread):
    """A streamed answer of fourteen seconds, read as it comes."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection(*node.address, timeout=30)
        self.connection.request("GET", "/drip")
        self.response = self.connection.getresponse()
        self.here, self.text = self.response.headers["x-here"], None

    def run(self):
        try:
            self.text = self.response.read().decode()
        except (OSError, http.client.HTTPException) as why:
            self.text = repr(why)
        self.connection.close()  # kept, it would hold its shard until it has been idle for a minute


def get(node, path):
    connection = http.client.HTTPConnection(*node.address, timeout=30)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.headers["x-here"], response.read().decode()
    finally:
        connection.close()


def shards(node):
    return json.loads(get(node, "/.terrella/health")[1])["shards"]


def threads(node):
    return len(list(Path(f"/proc/{node.process.pid}/task").iterdir()))


def elsewhere(make, first):
    """What `make` gives that is not at the first shard; the kernel chooses, at random."""
    for _ in range(40):
        made = make()
        if made[0] != first:
            return made
    raise AssertionError("forty connections, and all came to the first shard")


class ShardsByLoad(unittest.TestCase):
    def test_shards_come_and_go_and_no_request_is_lost(self):
        with tempfile.TemporaryDirectory(prefix="terrella-shards-") as folder:
            (Path(folder) / "terrella.toml").write_text(MANIFEST)
            (Path(folder) / "index.js").write_text(WORKER)
            with OneNode(Path(folder), "--shards", "1..2") as node:
                asyncio.run(self.live_through(node))
                self.assertNotIn(" error ", node.text_of_log())

    async def live_through(self, node):
        first = get(node, "/")[0]
        for _ in range(100):
            self.assertEqual(get(node, "/")[0], first)
        self.assertEqual(shards(node), 1)
        rss_before, threads_before = node.rss_bytes(), threads(node)
        with Asking(node, "/count", 1, pause_s=0.05) as counting:
            held, socket, load = await self.grow(node, first)
            await self.shrink(node, first, held, socket)
            await self.come_back(node, first, socket)
        self.assertEqual([load.failures, counting.failures], [[], []])
        self.assertEqual([int(n) for _, n in counting.answers], list(range(1, len(counting.answers) + 1)))
        self.assertGreater(len({here for here, _ in counting.answers}), 1, "both shards called the object")
        print(f"{len(load.answers)} + {len(counting.answers)} requests, none failed; "
              f"{rss_before >> 20} MiB before, {node.rss_bytes() >> 20} after")
        wait_for("the node is as small as before", lambda: node.rss_bytes() < rss_before + (8 << 20), 15)
        self.assertLessEqual(threads(node), threads_before + 1, "the thread stays for the next shard, and no other")

    async def grow(self, node, first):
        with Asking(node, "/", 16) as load:
            wait_for("there are two shards", lambda: shards(node) == 2, 30)
            wait_for("clients that were there are spread over both", lambda: len(load.isolates(50)) == 2, 10)
            held = elsewhere(lambda: (lambda one: (one.here, one))(Held(node)), first)[1]
            held.start()
            for _ in range(40):
                socket = await websockets.connect(f"ws://127.0.0.1:{node.port}/")
                await socket.send("hello")
                if not (await socket.recv()).startswith(first):
                    return held, socket, load
                await socket.close()
        raise AssertionError("forty sockets, and all came to the first shard")

    async def shrink(self, node, first, held, socket):
        wait_for("one shard serves", lambda: shards(node) == 1, 60)
        self.assertEqual({get(node, "/")[0] for _ in range(50)}, {first})
        await socket.send("still")
        self.assertNotIn(first, await asyncio.wait_for(socket.recv(), 10))
        held.join(timeout=30)
        self.assertEqual(held.text, "drip\n" * 56)
        self.assertNotIn("has ended", node.text_of_log(), "the socket holds its shard")

    async def come_back(self, node, first, socket):
        """The shard that was left takes new connections again, then goes."""
        with Asking(node, "/", 16) as load:
            wait_for("there are two shards again", lambda: shards(node) == 2, 30)
            wait_for("both answer", lambda: len(load.isolates(50)) == 2, 10)
        self.assertEqual(load.failures, [])
        await socket.send("and now")
        self.assertTrue((await asyncio.wait_for(socket.recv(), 10)).endswith("and now"))
        await socket.close()
        wait_for("the shard has ended", lambda: "has ended" in node.text_of_log(), 60)
        self.assertEqual(shards(node), 1)
        self.assertEqual(get(node, "/")[0], first)


if __name__ == "__main__":
    unittest.main(verbosity=2)
