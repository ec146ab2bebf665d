#!/usr/bin/env python3
"""WebSockets through an edge node: python3-websockets as the client of a worker, and as the server that a worker
connects to; raw bytes where a client must break the rules.

Usage: websocket_test.py   (TERRELLA_BIN says where the programs are)
"""
import asyncio
import signal
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

import websockets

from network import Network
from one_node import OneNode

WORKER = """
export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === '/relay') {  // the origin's socket, handed on as it is
      return fetch('http://origin.test/echo', { headers: { upgrade: 'websocket' } });
    }
    if (request.headers.get('upgrade') !== 'websocket') {
      if (pathname === '/client') return Response.json(await talkToOrigin());
      return new Response('expected upgrade: websocket', { status: 426 });
    }
    const { 0: client, 1: server } = new WebSocketPair();
    if (pathname === '/unaccepted') return new Response(null, { status: 101, webSocket: client });
    server.accept();
    if (pathname === '/greets') { server.send('hello'); server.close(4000, 'enough'); }
    if (pathname === '/throws') server.addEventListener('message', () => { throw new Error('on purpose'); });
    server.addEventListener('message', ({ data }) => {
      if (data === 'close') server.close(1000, 'asked');
      else if (data === 'later') setTimeout(() => server.send('now'), 20);
      else if (typeof data === 'string') server.send(`echo ${data}`);
      else server.send(new Uint8Array(data).reverse());
    });
    server.addEventListener('close', ({ code, reason, wasClean }) => console.log(`closed ${code} ${reason} ${wasClean}`));
    const headers = new Headers();
    if (request.headers.has('sec-websocket-protocol')) headers.set('sec-websocket-protocol', 'chat');
    return new Response(null, { status: 101, webSocket: client, headers });
  },
};
function talkToOrigin() {
  return new Promise((resolve) => {
    const log = [];
    const socket = new WebSocket('ws://origin.test/echo', ['chat']);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => { log.push(`open ${socket.protocol} ${socket.readyState}`); socket.send('a'); socket.send(new Uint8Array([1, 2])); };
    socket.onmessage = ({ data }) => {
      log.push(typeof data === 'string' ? data : [...new Uint8Array(data)].join());
      if (log.length === 3) socket.close(3001, 'done');
    };
    socket.onerror = () => log.push('error');
    socket.onclose = ({ code, reason, wasClean }) => { log.push(`${code} ${reason} ${wasClean}`); resolve(log); };
  });
}
"""


class Origin:
    """An echo server of python3-websockets on a thread of its own."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        self.ready.wait(10)

    def run(self):
        asyncio.set_event_loop(self.loop)

        async def echo(socket, path="/"):
            async for message in socket:
                await socket.send(message)

        async def serve():
            server = await websockets.serve(echo, "127.0.0.1", 0, subprotocols=["chat"], compression=None)
            self.port = server.sockets[0].getsockname()[1]
            self.ready.set()
        self.loop.run_until_complete(serve())
        self.loop.run_forever()

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


class WebSocketTest(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin()
        cls.folder = tempfile.TemporaryDirectory(prefix="terrella-ws-")
        folder = Path(cls.folder.name)
        (folder / "index.js").write_text(WORKER)
        (folder / "terrella.toml").write_text(
            f'name = "sockets"\nmain = "index.js"\n\n[[origins]]\nhost = "origin.test"\naddress = "127.0.0.1:{cls.origin.port}"\n')
        cls.node = OneNode(folder)

    @classmethod
    def tearDownClass(cls):
        cls.node.__exit__()
        cls.origin.close()
        cls.folder.cleanup()

    def connect(self, path="/", **settings):
        settings.setdefault("compression", None)
        return websockets.connect(f"ws://127.0.0.1:{self.node.port}{path}", **settings)

    async def test_text_and_binary(self):
        async with self.connect() as socket:
            await socket.send("żółw")
            self.assertEqual(await socket.recv(), "echo żółw")
            await socket.send(b"\1\2\3")
            self.assertEqual(await socket.recv(), b"\3\2\1")
            await socket.send("later")
            self.assertEqual(await socket.recv(), "now")

    async def test_fragments_and_large_messages(self):
        async with self.connect(max_size=None) as socket:
            await socket.send(["he", "l", "", "lo"])
            self.assertEqual(await socket.recv(), "echo hello")
            large = bytes(range(256)) * 4096 * 4  # 4 MiB
            await socket.send(large)
            self.assertEqual(await socket.recv(), large[::-1])

    async def test_many_messages_keep_their_order(self):
        async with self.connect() as socket:
            for i in range(500):
                await socket.send(str(i))
            for i in range(500):
                self.assertEqual(await socket.recv(), f"echo {i}")

    async def test_close_by_the_worker(self):
        async with self.connect("/greets") as socket:
            self.assertEqual(await socket.recv(), "hello")
            with self.assertRaises(websockets.ConnectionClosed):
                await socket.recv()
            self.assertEqual((socket.close_code, socket.close_reason), (4000, "enough"))

    async def test_close_by_the_client(self):
        async with self.connect() as socket:
            await socket.close(4321, "bye")
            self.assertEqual(socket.close_code, 4321)
        await self.wait_for_log("closed 4321 bye true")

    async def test_a_connection_that_breaks_is_an_unclean_close(self):
        socket = await self.connect()
        await socket.send("x")
        await socket.recv()
        socket.transport.abort()
        await self.wait_for_log("closed 1006  false")

    async def wait_for_log(self, text):
        deadline = time.monotonic() + 5
        while text not in self.node.text_of_log():
            self.assertLess(time.monotonic(), deadline, f"'{text}' is not in\n{self.node.text_of_log()[-2000:]}")
            await asyncio.sleep(0.02)

    async def test_ping_is_answered(self):
        async with self.connect() as socket:
            await asyncio.wait_for(await socket.ping(), 5)

    async def test_subprotocol(self):
        async with self.connect(subprotocols=["chat", "other"]) as socket:
            self.assertEqual(socket.subprotocol, "chat")

    async def test_compression_is_not_agreed_on(self):
        async with self.connect(compression="deflate") as socket:
            self.assertEqual(socket.extensions, [])
            await socket.send("x" * 1000)
            self.assertEqual(await socket.recv(), "echo " + "x" * 1000)

    async def test_an_error_in_a_listener_leaves_the_socket_open(self):
        async with self.connect("/throws") as socket:
            await socket.send("x")
            self.assertEqual(await socket.recv(), "echo x")

    async def test_a_socket_whose_other_end_nobody_accepts_is_closed(self):
        async with self.connect("/unaccepted") as socket:
            with self.assertRaises(websockets.ConnectionClosed):
                await socket.recv()
            self.assertEqual(socket.close_code, 1001)

    async def test_a_socket_of_an_origin_is_handed_on(self):
        async with self.connect("/relay") as socket:
            await socket.send("through")
            self.assertEqual(await socket.recv(), "through")
            await socket.close(3456)
            self.assertEqual(socket.close_code, 3456)

    def get(self, path, fields=""):
        with self.node.connect() as s:
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n".encode())
            answer = b""
            while (more := s.recv(65536)):
                answer += more
        return answer.decode()

    async def test_the_client_end(self):
        answer = await asyncio.to_thread(self.get, "/client")
        self.assertIn('["open chat 1","a","1,2","3001 done true"]', answer)

    async def test_a_request_without_upgrade_sees_none(self):
        self.assertIn("426", await asyncio.to_thread(self.get, "/"))

    async def test_malformed_asks_are_no_websockets(self):
        ask = ("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
        for name, changed in (("no connection option", ask.replace("Connection: Upgrade\r\n", "")),
                              ("short key", ask.replace("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=")),
                              ("version 8", ask.replace("13", "8"))):
            with self.subTest(name=name):
                with self.node.connect() as s:
                    s.sendall(f"GET / HTTP/1.1\r\nHost: a\r\n{changed}\r\n".encode())
                    self.assertIn(b"426", s.recv(65536).split(b"\r\n")[0])

    async def test_drain_says_going_away(self):
        with OneNode(WORKER) as node:
            socket = await websockets.connect(f"ws://127.0.0.1:{node.port}/", compression=None)
            await socket.send("x")
            await socket.recv()
            node.process.send_signal(signal.SIGTERM)
            with self.assertRaises(websockets.ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 15)
            self.assertEqual(socket.close_code, 1001)


BACK = """export default {
  fetch() {
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    server.addEventListener('message', ({ data }) => server.send(`back ${data}`));
    return new Response(null, { status: 101, webSocket: client });
  },
};
"""
FRONT = """export default {
  async fetch(request, env) {
    if (new URL(request.url).pathname === '/pass') return env.BACK.fetch(request);
    const { webSocket: back } = await env.BACK.fetch('http://back/', { headers: { upgrade: 'websocket' } });
    back.accept();
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    server.addEventListener('message', ({ data }) => back.send(data));
    back.addEventListener('message', ({ data }) => server.send(`front ${data}`));
    back.addEventListener('close', ({ code }) => server.close(code));
    server.addEventListener('close', ({ code }) => back.close(code));
    return new Response(null, { status: 101, webSocket: client });
  },
};
"""


class ServiceSocketTest(unittest.IsolatedAsyncioTestCase):
    """Between two workers of a cluster, and through the ingress."""

    @classmethod
    def setUpClass(cls):
        cls.net = Network(pops=1, name="sockets")
        cls.net.__enter__()
        for name, source, manifest in (("back", BACK, ""), ("front", FRONT, '[services]\nBACK = "back"\n')):
            folder = cls.net.home / name
            folder.mkdir()
            (folder / "index.js").write_text(source)
            (folder / "terrella.toml").write_text(f'name = "{name}"\nmain = "index.js"\n{manifest}')
            cls.net.run("deploy", str(folder))

    @classmethod
    def tearDownClass(cls):
        cls.net.__exit__()

    async def talk(self, path, answer):
        url = f"ws://front.edge.test{path}"
        async with websockets.connect(url, host="127.0.0.1", port=self.net.port, compression=None) as socket:
            for i in range(3):
                await socket.send(str(i))
                self.assertEqual(await socket.recv(), answer.format(i))
            await socket.close(4567)
            self.assertEqual(socket.close_code, 4567)

    async def test_a_worker_hands_on_the_socket_of_another(self):
        await self.talk("/pass", "back {}")

    async def test_a_worker_talks_with_another(self):
        await self.talk("/relay", "front back {}")


if __name__ == "__main__":
    unittest.main(verbosity=1, argv=[sys.argv[0], *sys.argv[1:]])
