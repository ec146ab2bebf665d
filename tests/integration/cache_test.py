#!/usr/bin/env python3
"""One node's cache with a real origin: what HTTP says, what Workers say, restarts, and how much memory it takes."""
import concurrent.futures
import hashlib
import http.client
import http.server
import signal
import tempfile
import threading
import time
import unittest
from pathlib import Path

from one_node import OneNode

WORKER = """
export default {
  async fetch(request) {
    const url = new URL(request.url), q = url.searchParams;
    const cache = q.has('name') ? await caches.open(q.get('name')) : caches.default;
    switch (url.pathname) {
      case '/match': return (await cache.match(new Request(q.get('key'), { headers: request.headers }))) ?? new Response('none', { status: 404 });
      case '/put': {
        const headers = Object.fromEntries(JSON.parse(q.get('headers') ?? '[]'));
        await cache.put(q.get('key'), new Response(request.body, { headers }));
        return new Response('put');
      }
      case '/delete': return Response.json(await cache.delete(q.get('key')));
      case '/errors': return Response.json(await errors());
    }
    const cf = q.has('cf') ? JSON.parse(q.get('cf')) : undefined;
    return fetch(`http://origin.test${url.pathname}${url.search}`, {
      method: request.method, headers: request.headers, body: request.body, cf, cache: q.get('cache') ?? undefined,
    });
  },
};
async function errors() {
  const tries = {
    post: () => caches.default.put(new Request('http://x/', { method: 'POST' }), new Response('')),
    part: () => caches.default.put('http://x/', new Response('', { status: 206 })),
    vary: () => caches.default.put('http://x/', new Response('', { headers: { vary: 'accept, *' } })),
    scheme: () => caches.default.match('ftp://x/'),
    response: () => caches.default.put('http://x/', {}),
    construct: () => new Cache(),
    notModified: () => caches.default.put('http://x/', new Response(null, { status: 304 })),
    postMatch: () => caches.default.match(new Request('http://x/', { method: 'POST' })),
    types: () => [caches, caches.default].map((value) => Object.prototype.toString.call(value)).join(),
    open: async () => (await caches.open('a')) instanceof Cache,
  };
  const out = {};
  for (const [name, run] of Object.entries(tries)) {
    try { out[name] = String(await run()); } catch (error) { out[name] = error.name; }
  }
  return out;
}
"""


class Origin:
    """An origin that answers by its `answers`: path -> f(handler, number of the request for it)."""

    def __init__(self):
        self.answers, self.asked, self.lock = {}, [], threading.Lock()
        origin = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                path = self.path.split("?")[0]
                with origin.lock:
                    origin.asked.append((self.command, path, dict(self.headers)))
                    number = sum(1 for _, p, _ in origin.asked if p == path)
                origin.answers[path](self, number)

            do_GET = do_HEAD = do_POST = answer

            def give(self, status, headers, body=b""):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Transfer-Encoding" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def count(self, path):
        with self.lock:
            return sum(1 for _, p, _ in self.asked if p == path)

    def serve(self, path, headers, body="hello", status=200):
        """The same answer each time; a body may be a function of the request's number."""
        def answer(handler, number):
            text = body(number) if callable(body) else body
            handler.give(status, headers, text.encode() if isinstance(text, str) else text)
        self.answers[path] = answer

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def worker_folder(folder, origin_port, source=WORKER):
    worker = Path(folder) / "cached"
    worker.mkdir(exist_ok=True)
    (worker / "index.js").write_text(source)
    (worker / "terrella.toml").write_text(
        f'name = "cached"\n[[origins]]\nhost = "origin.test"\naddress = "127.0.0.1:{origin_port}"\n')
    return worker


class CacheTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="terrella-cache-")
        self.origin = Origin()
        self.worker = worker_folder(self.folder.name, self.origin.port)
        self.state = Path(self.folder.name) / "state"
        self.node = self.start()

    def start(self):
        return OneNode(self.worker, "--state", self.state, "--cache_memory_mib", "8", "--cache_disk_mib", "200")

    def tearDown(self):
        self.node.__exit__()
        self.origin.close()
        self.folder.cleanup()

    def get(self, path, headers=None, method="GET", body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            response.data = response.read()
            return response
        finally:
            connection.close()

    def status(self, path, **more):
        return self.get(path, **more).headers["cf-cache-status"]

    def test_a_hit_has_its_age_and_asks_nobody(self):
        self.origin.serve("/a.js", {"Cache-Control": "max-age=60", "ETag": '"1"'})
        self.assertEqual(self.status("/a.js"), "MISS")
        hit = self.get("/a.js")
        self.assertEqual((hit.headers["cf-cache-status"], hit.data), ("HIT", b"hello"))
        self.assertIn(hit.headers["age"], ("0", "1"))
        self.assertEqual(self.get("/a.js", method="HEAD").headers["content-length"], "5")
        part = self.get("/a.js", {"range": "bytes=1-2"})
        self.assertEqual((part.status, part.data), (206, b"el"))
        self.assertEqual(self.get("/a.js", {"if-none-match": '"1"'}).status, 304)
        self.assertEqual(self.get("/a.js", {"range": "bytes=9-"}).status, 416)
        self.assertEqual(self.origin.count("/a.js"), 1)

    def test_statuses_by_rule_of_the_caller(self):
        self.origin.serve("/api", {"Cache-Control": "private"})
        self.assertEqual(self.status("/api"), "DYNAMIC")
        everything = '?cf={"cacheEverything":true}'
        self.assertEqual(self.status("/api" + everything), "BYPASS")
        self.assertEqual(self.status('/api?1&cf={"cacheTtl":60}'), "MISS")
        self.assertEqual(self.status('/api?1&cf={"cacheTtl":60}'), "HIT")
        self.assertEqual(self.status('/api?2&cf={"cacheTtlByStatus":{"200-299":60}}'), "MISS")
        self.assertEqual(self.status('/api?2&cf={"cacheTtlByStatus":{"200-299":60}}'), "HIT")
        key = '&cf={"cacheTtl":60,"cacheKey":"mine"}'
        self.assertEqual(self.status("/api?3" + key), "MISS")
        self.assertEqual(self.status("/api?4" + key), "HIT")
        self.assertEqual(self.status("/api?4" + key + "&cache=no-store"), "BYPASS", "whatever is stored")
        self.assertEqual(self.status("/api?4" + key), "HIT", "and it stays")

    def test_two_hundred_who_miss_at_once_ask_once(self):
        def slow(handler, number):
            time.sleep(0.3)
            handler.give(200, {"Cache-Control": "max-age=60"}, b"x" * 100_000)
        self.origin.answers["/slow.js"] = slow
        with concurrent.futures.ThreadPoolExecutor(200) as pool:
            answers = list(pool.map(lambda _: self.get("/slow.js"), range(200)))
        self.assertEqual({len(a.data) for a in answers}, {100_000})
        self.assertEqual(self.origin.count("/slow.js"), 1)
        statuses = [a.headers["cf-cache-status"] for a in answers]
        self.assertEqual(statuses.count("MISS"), 1)
        self.assertEqual(statuses.count("HIT"), 199)

    def test_stale_is_served_while_it_is_refreshed_and_when_the_origin_fails(self):
        self.origin.serve("/swr.js", {"Cache-Control": "max-age=1, stale-while-revalidate=60"}, lambda n: f"v{n}")
        self.origin.serve("/sie.js", {"Cache-Control": "max-age=1, stale-if-error=60"}, "kept")
        self.origin.serve("/must.js", {"Cache-Control": "max-age=1, must-revalidate"}, "strict")
        for path in ("/swr.js", "/sie.js", "/must.js"):
            self.assertEqual(self.status(path), "MISS")
        time.sleep(1.1)
        stale = self.get("/swr.js")
        self.assertEqual((stale.headers["cf-cache-status"], stale.data), ("UPDATING", b"v1"))
        deadline = time.monotonic() + 5
        while self.get("/swr.js").data == b"v1" and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertNotEqual(self.get("/swr.js").data, b"v1")
        self.origin.serve("/sie.js", {}, "down", status=503)
        kept = self.get("/sie.js")
        self.assertEqual((kept.status, kept.headers["cf-cache-status"], kept.data), (200, "STALE", b"kept"))
        self.origin.close()
        self.assertEqual(self.status("/sie.js"), "STALE")
        self.assertEqual(self.get("/must.js").status, 500, "the worker's fetch fails")

    def test_validation(self):
        def answer(handler, number):
            if handler.headers.get("if-none-match") == '"1"':
                return handler.give(304, {"Cache-Control": "max-age=60", "ETag": '"1"'})
            handler.give(200, {"Cache-Control": "max-age=1", "ETag": '"1"'}, b"hello")
        self.origin.answers["/v.js"] = answer
        self.get("/v.js")
        time.sleep(1.1)
        again = self.get("/v.js")
        self.assertEqual((again.headers["cf-cache-status"], again.data), ("REVALIDATED", b"hello"))
        self.assertEqual(self.status("/v.js"), "HIT")

    def test_a_post_invalidates(self):
        self.origin.serve("/p.js", {"Cache-Control": "max-age=60"})
        self.get("/p.js")
        self.assertEqual(self.status("/p.js"), "HIT")
        self.assertEqual(self.status("/p.js", method="POST", body=b"x"), "DYNAMIC")
        self.assertEqual(self.status("/p.js"), "MISS")

    def test_the_cache_api(self):
        put = '/put?key=http://k/1&headers=[["cache-control","max-age=60"],["etag","\\"e\\""]]'
        self.assertEqual(self.get("/match?key=http://k/1").status, 404)
        self.assertEqual(self.get(put, method="POST", body=b"stored").data, b"put")
        hit = self.get("/match?key=http://k/1")
        self.assertEqual((hit.data, hit.headers["cf-cache-status"]), (b"stored", "HIT"))
        self.assertEqual(self.get("/match?key=http://k/1", {"range": "bytes=0-2"}).data, b"sto")
        self.assertEqual(self.get("/match?key=http://k/1", {"if-none-match": '"e"'}).status, 304)
        self.assertEqual(self.get("/match?key=http://k/1&name=other").status, 404)
        self.assertEqual(self.get("/delete?key=http://k/1").data, b"true")
        self.assertEqual(self.get("/delete?key=http://k/1").data, b"false")
        self.assertEqual(self.get("/match?key=http://k/1").status, 404)
        import json
        self.assertEqual(json.loads(self.get("/errors").data), {
            "post": "TypeError", "part": "TypeError", "vary": "TypeError", "scheme": "TypeError",
            "response": "TypeError", "construct": "TypeError", "notModified": "undefined", "postMatch": "undefined",
            "types": "[object CacheStorage],[object Cache]", "open": "true"})

    def test_large_bodies_stream_in_and_out_with_little_memory(self):
        chunk = bytes(range(256)) * 256
        count = 1600  # 100 MiB
        wanted = hashlib.sha256(chunk * count).hexdigest()
        before = self.node.rss_bytes()
        connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=60)
        connection.request("POST", '/put?key=http://k/big&headers=[["cache-control","max-age=60"]]',
                           body=(chunk for _ in range(count)), encode_chunked=True,
                           headers={"transfer-encoding": "chunked"})
        self.assertEqual(connection.getresponse().read(), b"put")
        connection.request("GET", "/match?key=http://k/big")
        response = connection.getresponse()
        digest, peak = hashlib.sha256(), 0
        while data := response.read(1 << 20):
            digest.update(data)
            peak = max(peak, self.node.rss_bytes())
        self.assertEqual(digest.hexdigest(), wanted)
        self.assertLess(peak - before, 24 << 20, "of 100 MiB")
        connection.close()

    def test_a_kill_loses_at_most_the_last_moment_and_serves_no_wrong_byte(self):
        self.origin.serve("/small.js", {"Cache-Control": "max-age=600"}, "small")
        big = hashlib.sha256(b"seed").digest() * 40_000
        self.origin.serve("/big.js", {"Cache-Control": "max-age=600"}, big)
        for path in ("/small.js", "/big.js"):
            self.get(path)
            self.assertEqual(self.status(path), "HIT")
        time.sleep(0.3)
        self.node.process.send_signal(signal.SIGKILL)
        self.node.process.wait()
        self.node.__exit__()
        self.node = self.start()
        time.sleep(0.2)
        small, large = self.get("/small.js"), self.get("/big.js")
        self.assertEqual((small.headers["cf-cache-status"], small.data), ("HIT", b"small"))
        self.assertEqual((large.headers["cf-cache-status"], large.data), ("HIT", big))
        self.assertEqual(self.origin.count("/big.js"), 1)


if __name__ == "__main__":
    unittest.main()
