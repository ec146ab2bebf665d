#!/usr/bin/env python3
"""Large bodies stream through a node: its memory does not grow with them, whoever is slow stops the others.

Usage: large_body_test.py   (TERRELLA_BIN says where the programs are; TERRELLA_BODY_MIB how large, 96 by default;
1024 shows a GiB each way, uploads in pieces of the 96 MiB that a node takes at most)
"""
import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zlib
from pathlib import Path

from one_node import OneNode

MIB = 1 << 20
BODY_MIB = int(os.environ.get("TERRELLA_BODY_MIB", "96"))
GROWTH_MIB_MAX = 8
UPLOAD_MIB_MAX = 96  # a node takes request bodies of up to 100 MiB
PIECE = bytes(range(256)) * 1024  # 256 KiB

WORKER = """
const through = (transform) => (response) => new Response(response.body.pipeThrough(transform), response);
const ways = {
  '/forward': (response) => response,
  '/rewrapped': (response) => new Response(response.body, response),
  '/identity': (response) => through(new IdentityTransformStream())(response),
  '/transform': (response) => through(new TransformStream())(response),
  '/teed': (response) => { const [a, b] = response.body.tee(); b.cancel(); return new Response(a); },
  '/late': (response, ctx) => {
    const { readable, writable } = new TransformStream();
    ctx.waitUntil(scheduler.wait(20).then(() => response.body.pipeTo(writable)));
    return new Response(readable);
  },
  '/script': (response) => through(new TransformStream({ transform(chunk, c) { c.enqueue(chunk); } }))(response),
  '/gunzipped': (response) => through(new DecompressionStream('gzip'))(response),
};
export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (request.method === 'POST') return new Response(request.body);
    const response = await fetch(`http://origin.example${pathname === '/gunzipped' ? '/gzip' : '/'}`);
    return ways[pathname](response, ctx);
  },
};
"""
MANIFEST = """name = "large"
main = "index.js"
[limits]
cpu_ms = 60000
[[origins]]
host = "origin.example"
address = "127.0.0.1:{port}"
"""


class Origin:
    """Sends BODY_MIB of PIECE to whoever asks, as fast as it is taken; /gzip the same, compressed, without saying so."""

    def __init__(self):
        self.sent = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        self.sent = 0
        with connection:
            try:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
                coder = zlib.compressobj(1, wbits=31) if b"/gzip" in head else None
                for _ in range(BODY_MIB * MIB // len(PIECE)):
                    piece = PIECE if coder is None else coder.compress(PIECE)
                    connection.sendall(piece)
                    self.sent += len(piece)
                if coder is not None:
                    connection.sendall(coder.flush())
            except OSError:
                pass  # whoever asked is gone

    def close(self):
        self.listener.close()


def memory_mib(pid):
    """What a process has resident of its own."""
    return int(re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


class Watch:
    """The growth of a process's own memory while it lasts, in MiB."""

    def __init__(self, pid):
        self.pid, self.growth_mib, self.ended = pid, 0.0, threading.Event()

    def __enter__(self):
        self.before = memory_mib(self.pid)
        self.thread = threading.Thread(target=self.sample)
        self.thread.start()
        return self

    def sample(self):
        while True:
            self.growth_mib = max(self.growth_mib, memory_mib(self.pid) - self.before)
            if self.ended.wait(0.02):
                return

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


class LargeBodies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin()
        cls.folder = tempfile.TemporaryDirectory(prefix="terrella-large-")
        folder = Path(cls.folder.name)
        (folder / "index.js").write_text(WORKER)
        (folder / "terrella.toml").write_text(MANIFEST.format(port=cls.origin.port))
        cls.node = OneNode(folder)
        cls.pid = cls.node.process.pid

    @classmethod
    def tearDownClass(cls):
        cls.node.__exit__()
        cls.origin.close()
        cls.folder.cleanup()

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=30)
        connection.request("GET", path, headers={"accept-encoding": "identity"})
        return connection, connection.getresponse()

    def drain(self, response):
        """(bytes, whether all of them are right)"""
        total, right, buffer = 0, True, bytearray(len(PIECE))
        view = memoryview(buffer)
        while (got := response.readinto(view)) > 0:
            at = total % len(PIECE)
            end = min(got, len(PIECE) - at)
            right = right and view[:end] == PIECE[at:at + end] and view[end:got] == PIECE[:got - end]
            total += got
        return total, right

    def test_downloads(self):
        for path in ("/forward", "/rewrapped", "/identity", "/transform", "/teed", "/late", "/script", "/gunzipped"):
            with self.subTest(path):
                # Buffers, code and tables of the first megabytes stay. What a script allocates for each piece
                # makes its heap find a size of its own, some 10 MiB, once.
                for warm_up_mib in (BODY_MIB, BODY_MIB) if path == "/script" else (4,):
                    connection, response = self.get(path)
                    for _ in range(warm_up_mib):
                        response.read(MIB)
                    connection.close()
                    time.sleep(0.1)
                connection, response = self.get(path)
                with Watch(self.pid) as watch:
                    self.assertEqual(self.drain(response), (BODY_MIB * MIB, True))
                connection.close()
                print(f"{path}: {BODY_MIB} MiB, memory grew by {watch.growth_mib:.1f} MiB", file=sys.stderr)
                self.assertLess(watch.growth_mib, GROWTH_MIB_MAX)

    def test_an_upload_comes_back(self):
        size_mib = min(BODY_MIB, UPLOAD_MIB_MAX)
        rounds = -(-BODY_MIB // size_mib)
        self.upload(size_mib * MIB)
        with Watch(self.pid) as watch:
            for _ in range(rounds):
                self.upload(size_mib * MIB)
        print(f"uploads: {size_mib * rounds} MiB, memory grew by {watch.growth_mib:.1f} MiB", file=sys.stderr)
        self.assertLess(watch.growth_mib, GROWTH_MIB_MAX)

    def upload(self, size):
        client = socket.create_connection(("127.0.0.1", self.node.port), timeout=30)
        client.sendall(f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode())

        def send():
            for _ in range(size // len(PIECE)):
                client.sendall(PIECE)

        sender = threading.Thread(target=send)
        sender.start()
        response = http.client.HTTPResponse(client)
        response.begin()
        self.assertEqual(self.drain(response), (size, True))
        sender.join()
        client.close()

    def curl(self, path, *words, **stdin):
        return subprocess.Popen(["curl", "-sSN", "--http2-prior-knowledge", f"http://127.0.0.1:{self.node.port}{path}", *words],
                                stdout=subprocess.PIPE, **stdin)

    def test_downloads_by_http2(self):
        for path in ("/forward", "/identity", "/script"):
            with self.subTest(path):
                # The last round counts: those before it are for the heap to find its size, as above.
                for _ in range(3 if path == "/script" else 2):
                    with self.curl(path) as curl, Watch(self.pid) as watch:
                        self.assertEqual(self.drain(curl.stdout), (BODY_MIB * MIB, True))
                    self.assertEqual(curl.returncode, 0)
                print(f"{path} by HTTP/2: {BODY_MIB} MiB, memory grew by {watch.growth_mib:.1f} MiB", file=sys.stderr)
                self.assertLess(watch.growth_mib, GROWTH_MIB_MAX)

    def upload_by_http2(self, size_mib):
        with self.curl("/", "-X", "POST", "-T", "-", stdin=subprocess.PIPE) as curl:
            def send():
                with curl.stdin:
                    for _ in range(size_mib * MIB // len(PIECE)):
                        curl.stdin.write(PIECE)

            sender = threading.Thread(target=send)
            sender.start()
            self.assertEqual(self.drain(curl.stdout), (size_mib * MIB, True))
            sender.join()
        self.assertEqual(curl.returncode, 0)

    def test_uploads_by_http2_come_back(self):
        size_mib = min(BODY_MIB, UPLOAD_MIB_MAX)
        rounds = -(-BODY_MIB // size_mib)
        self.upload_by_http2(size_mib)
        with Watch(self.pid) as watch:
            for _ in range(rounds):
                self.upload_by_http2(size_mib)
        print(f"uploads by HTTP/2: {size_mib * rounds} MiB, memory grew by {watch.growth_mib:.1f} MiB", file=sys.stderr)
        self.assertLess(watch.growth_mib, GROWTH_MIB_MAX)

    def test_a_client_that_does_not_read_stops_the_origin(self):
        for path in ("/forward", "/identity", "/script"):
            with self.subTest(path):
                connection, _ = self.get(path)
                with Watch(self.pid) as watch:
                    before = -1
                    while self.origin.sent != before:
                        before = self.origin.sent
                        time.sleep(0.3)
                # The rest is what the kernel's socket buffers hold.
                self.assertLess(self.origin.sent, BODY_MIB * MIB / 2)
                self.assertLess(watch.growth_mib, GROWTH_MIB_MAX)
                connection.close()


if __name__ == "__main__":
    unittest.main()
