#!/usr/bin/env python3
"""Projects as people have them, through the commands they type: dry runs, types, `terrella dev` with its reloads,
scheduled() by hand, and origins that answer for a worker that failed. Nothing here needs npm.
"""
import base64
import hmac
import http.client
import http.server
import json
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from network import BIN, Network, free_ports, wait_for

WRANGLER = """{
  // A project.
  "name": "shop", "main": "src/index.js", "compatibility_date": "2026-01-01",
  "vars": { "MODE": "production", "CONFIG": { "deep": [1, true] } },
  "triggers": { "crons": ["*/5 * * * *"] },
  "r2_buckets": [{ "binding": "BUCKET", "bucket_name": "b" }],
  "env": { "staging": { "vars": { "MODE": "staging" } } },
}
"""
INDEX = """import { page } from './lib/page.js';
import text from '../note.txt';
let ran = '';
export default {
  async fetch(request, env) {
    if (new URL(request.url).pathname === '/bucket') await env.BUCKET.get('x');
    return Response.json([page(), text, env.MODE, env.CONFIG, env.SECRET, ran]);
  },
  async scheduled(controller) {
    if (controller.cron === 'fail') throw new Error('as asked');
    ran = `${controller.cron} ${controller.scheduledTime}`;
  },
};
"""

NODE_WRANGLER = """{ "name": "token", "main": "src/index.js", "compatibility_date": "2025-05-01",
  "compatibility_flags": ["nodejs_compat"], "vars": { "KEY": "k3y" } }"""
NODE_LIBRARY = """import { createHmac, timingSafeEqual } from 'crypto';
import EventEmitter from 'events';
import assert from 'node:assert';
import { Readable } from 'stream';
import { inherits, promisify } from 'util';

export function Signer() { EventEmitter.call(this); }
inherits(Signer, EventEmitter);
export async function words(text) {
  let count = 0;
  for await (const _ of Readable.from(text.split(' '))) count++;
  return count;
}
const mac = (text) => createHmac('sha256', process.env.KEY).update(text).digest();
Signer.prototype.sign = promisify(function sign(claims, done) {
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  process.nextTick(() => {
    this.emit('signed', claims.user);
    done(null, `${payload}.${mac(payload).toString('base64url')}`);
  });
});
Signer.prototype.verify = (token) => {
  const [payload, given] = token.split('.');
  assert(timingSafeEqual(Buffer.from(given, 'base64url'), mac(payload)), 'a wrong signature');
  return JSON.parse(Buffer.from(payload, 'base64url'));
};
"""
NODE_INDEX = """import { AsyncLocalStorage } from 'node:async_hooks';
import path from 'path';
import { parse } from 'node:url';
import { Signer, words } from './lib/token.js';
const storage = new AsyncLocalStorage();
export default {
  fetch: (request) => storage.run('request 1', async () => {
    const signer = new Signer(), log = [];
    signer.on('signed', (user) => log.push(`signed ${user}`));
    const token = await signer.sign({ user: parse(request.url, true).query.user });
    if (signer.verify(token).user !== 'zoë') throw new Error('verified something else');
    return Response.json([token, log.join(), storage.getStore(), path.join('/a/b', '../c'), await words('one two')]);
  }),
};
"""


def make_project(folder):
    for name, text in {"wrangler.jsonc": WRANGLER, "src/index.js": INDEX, "note.txt": "note",
                       "src/lib/page.js": "export const page = () => 'one';", ".dev.vars": "SECRET=s3cret\n"}.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Path(folder)


def terrella(*words, cwd=None):
    return subprocess.run([BIN / "terrella", *words], cwd=cwd, capture_output=True, text=True, timeout=60)


def get(port, path="/", method="GET", host=None, address="127.0.0.1"):
    connection = http.client.HTTPConnection(address, port, timeout=10)
    try:
        connection.request(method, path, headers={"host": host} if host else {})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


class Commands(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="terrella-project-")
        self.addCleanup(self.temporary.cleanup)
        self.folder = make_project(self.temporary.name)

    def test_a_dry_run_says_and_writes_what_would_be_uploaded(self):
        done = terrella("deploy", "--dry-run", "--outdir", "out", "--json", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        said = json.loads(done.stdout)
        self.assertEqual(said["script"], "shop")
        self.assertEqual({m["name"]: m["kind"] for m in said["modules"]},
                         {"src/index.js": "esm", "src/lib/page.js": "esm", "note.txt": "text"})
        self.assertEqual((self.folder / "out" / "note.txt").read_text(), "note")
        self.assertEqual(sum("r2_buckets" in warning for warning in said["warnings"]), 1)
        staging = terrella("deploy", "--dry-run", "--env", "staging", "--json", cwd=self.folder)
        self.assertEqual(json.loads(staging.stdout)["script"], "shop-staging")
        wrong = terrella("deploy", "--dry-run", "--env", "prod", cwd=self.folder)
        self.assertEqual(wrong.returncode, 3)
        self.assertIn("there is no environment 'prod'; there are 'staging'", wrong.stderr)

    def test_types_are_those_of_every_environment(self):
        done = terrella("types", str(self.folder))
        self.assertEqual(done.returncode, 0, done.stderr)
        text = Path(done.stdout.strip()).read_text()
        for line in ('MODE: "production" | "staging";', 'CONFIG: { "deep": [1, true] };', "SECRET: string;",
                     "BUCKET: never"):
            self.assertIn(line, text)
        self.assertEqual(terrella("types", "/nonexistent").returncode, 1)

    def test_dev_serves_reloads_and_ends(self):
        port = free_ports(1)[0]
        dev = subprocess.Popen([BIN / "terrella", "dev", "--port", str(port)], cwd=self.folder, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
        try:
            def page():
                try:
                    return json.loads(get(port)[1])
                except (OSError, json.JSONDecodeError):
                    self.assertIsNone(dev.poll(), "terrella dev ended")
                    return None
            first = wait_for("dev serves", page, 30)
            self.assertEqual(first, ["one", "note", "production", {"deep": [1, True]}, "s3cret", ""])
            self.assertEqual(get(port, "/__scheduled?cron=0+3+*+*+*&time=7"), (204, ""))
            self.assertEqual(page()[5], "0 3 * * * 7")
            status, body = get(port, "/bucket")
            self.assertEqual(status, 500)
            self.assertIn("env.BUCKET is a R2 bucket, which terrella does not have", body)
            # A broken file changes nothing, the next good one does.
            (self.folder / "src/lib/page.js").write_text("export const page = () => {")
            time.sleep(0.5)
            self.assertEqual(page()[0], "one")
            (self.folder / "src/lib/page.js").write_text("export const page = () => 'two';")
            wait_for("the change is served", lambda: page() and page()[0] == "two")
        finally:
            dev.send_signal(signal.SIGINT)
            _, said = dev.communicate(timeout=20)
        self.assertEqual(dev.returncode, 0, said)
        self.assertEqual(said.count("'r2_buckets' is not supported"), 1, said)

    def test_a_module_written_for_node_answers(self):
        (self.folder / "wrangler.jsonc").write_text(NODE_WRANGLER)
        (self.folder / "src/index.js").write_text(NODE_INDEX)
        (self.folder / "src/lib/token.js").write_text(NODE_LIBRARY)
        port = free_ports(1)[0]
        dev = subprocess.Popen([BIN / "terrella", "dev", "--port", str(port)], cwd=self.folder, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
        try:
            def answered():
                try:
                    return get(port, "/?user=zo%C3%AB")
                except OSError:
                    self.assertIsNone(dev.poll(), "terrella dev ended")
                    return None
            status, body = wait_for("dev serves", answered, 30)
            self.assertEqual(status, 200, body)
            payload = base64.urlsafe_b64encode(b'{"user":"zo\xc3\xab"}').rstrip(b"=")
            mac = hmac.new(b"k3y", payload, "sha256").digest()
            token = (payload + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()
            self.assertEqual(json.loads(body), [token, "signed zoë", "request 1", "/a/c", 2])
        finally:
            dev.send_signal(signal.SIGINT)
            dev.communicate(timeout=20)


class Origin(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"origin {self.path}".encode())

    def log_message(self, *_):
        pass


class OnTheNetwork(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = Network(pops=1, name="project").__enter__()
        cls.temporary = tempfile.TemporaryDirectory(prefix="terrella-project-")
        cls.folder = make_project(cls.temporary.name)

    @classmethod
    def tearDownClass(cls):
        cls.net.__exit__()
        cls.temporary.cleanup()

    def ask(self, host, path="/"):
        ours = ("control", "dns", "ingress")
        node = next(p["address"] for p in self.net.status()["parts"] if p["name"] not in ours)
        return get(self.net.port, path, host=host, address=node.split(":")[0])

    def test_a_project_is_deployed_and_triggered(self):
        self.net.run("deploy", str(self.folder))
        answer = json.loads(self.ask("shop.edge.test")[1])
        self.assertEqual(answer, ["one", "note", "production", {"deep": [1, True]}, None, ""])
        self.net.run("trigger", "shop", "--cron", "*/5 * * * *", "--time", "1000")
        self.assertEqual(json.loads(self.ask("shop.edge.test")[1])[5], "*/5 * * * * 1000")
        failed = self.net.run("trigger", "shop", "--cron", "fail", check=False)
        self.assertEqual(failed.returncode, 1)
        self.assertEqual(self.net.run("trigger", "nobody", check=False).returncode, 1)

    def test_an_origin_answers_for_a_worker_that_asked_it_to(self):
        origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
        threading.Thread(target=origin.serve_forever, daemon=True).start()
        self.addCleanup(origin.server_close)
        self.addCleanup(origin.shutdown)
        worker = self.net.write("front/index.js", """export default { fetch(request, env, ctx) {
          if (!request.url.endsWith('/hard')) ctx.passThroughOnException();
          throw new Error('no'); } };""")
        self.net.write("front/terrella.toml",
                       f'[[origins]]\nhost = "api.example"\naddress = "127.0.0.1:{origin.server_port}"\n')
        self.net.run("deploy", str(Path(worker).parent))
        self.assertEqual(self.ask("front.edge.test", "/x?y"), (200, "origin /x?y"))
        self.assertEqual(self.ask("front.edge.test", "/hard")[0], 500)


if __name__ == "__main__":
    unittest.main()
