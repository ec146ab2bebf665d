#!/usr/bin/env python3
"""The control plane over HTTP: calls, streams, who may call, limits, metrics, the OpenAPI document."""
import base64
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import unittest

from network import Network, wait_for

WORKER = "export default { fetch: () => new Response('hello') };"


class Gateway(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = Network(pops=2)
        cls.net.__enter__()
        cls.addClassCleanup(cls.net.__exit__)
        cls.port = cls.net.status()["ports"]["api"]
        cls.token_file = cls.net.home / cls.net.name / "control" / "gateway.token"
        cls.token = cls.token_file.read_text().strip()
        cls.net.run("deploy", cls.net.write("hello.js", WORKER))

    def ask(self, verb, path, body=None, token=True, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        if token:
            headers["authorization"] = f"Bearer {self.token if token is True else token}"
        if body is not None and not isinstance(body, (str, bytes)):
            body, headers = json.dumps(body), {"content-type": "application/json", **headers}
        connection.request(verb, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return response.status, text

    def call(self, path, body=None, verb="POST"):
        status, text = self.ask(verb, path, body)
        self.assertEqual(status, 200, text)
        return json.loads(text)

    def error(self, *args, **kwargs):
        status, text = self.ask(*args, **kwargs)
        error = json.loads(text)["error"]
        return status, error["code"], error["message"]

    def test_calls_are_the_ones_of_grpc(self):
        status = self.call("/v1/Admin/GetStatus", verb="GET")
        self.assertEqual({n["node"]["state"] for n in status["nodes"]}, {"NODE_STATE_READY"})
        versions = self.call("/v1/Deployments/ListVersions?script=hello", verb="GET")["versions"]
        self.assertEqual(len(versions), 1)
        self.assertEqual(versions, self.call("/v1/Deployments/ListVersions", {"script": "hello"})["versions"])
        pop = status["nodes"][0]["node"]["info"]["id"]
        self.call("/v1/Admin/DrainNode", {"node": pop, "drain": True})
        wait_for("the drain is not seen", lambda: "NODE_STATE_DRAINING" in str(self.call("/v1/Admin/GetStatus")))
        self.call("/v1/terrella.v1.Admin/DrainNode", {"node": pop})

    def test_a_value_of_any_bytes_goes_through(self):
        written = {"namespace": "gw", "entries": [{"key": "aw==", "value": "AP8=", "metadata": "e30="}]}
        self.call("/v1/Kv/Put", written)
        entry = self.call("/v1/Kv/Get?namespace=gw&keys=k", verb="GET")["entries"][0]
        self.assertEqual(entry["value"], "AP8=")

    def test_what_is_wrong_is_said(self):
        for verb, path, body, status, code, words in [
                ("POST", "/v1/Admin/GetNothing", None, 404, "NOT_FOUND", "it has: GetStatus"),
                ("POST", "/v1/Nobody/Get", None, 404, "NOT_FOUND", "there are: Admin"),
                ("GET", "/nothing", None, 404, "NOT_FOUND", "here are /v1/SERVICE/METHOD"),
                ("POST", "/v1/Admin/DrainNode", {"node": "QQQ"}, 404, "NOT_FOUND", "QQQ"),
                ("POST", "/v1/Admin/DrainNode", {"nod": "QQQ"}, 400, "INVALID_ARGUMENT", "nod"),
                ("POST", "/v1/Admin/DrainNode", "x", 400, "INVALID_ARGUMENT", "content-type: application/json"),
                ("GET", "/v1/Admin/DrainNode", None, 501, "UNIMPLEMENTED", "called by POST"),
                ("POST", "/v1/NodeSync/Subscribe", None, 501, "UNIMPLEMENTED", "reads a stream"),
                ("POST", "/v1/Deployments/UploadVersion", {}, 400, "INVALID_ARGUMENT", "application/x-ndjson"),
                ("PUT", "/metrics", None, 501, "UNIMPLEMENTED", "called by GET")]:
            with self.subTest(path=path, body=body):
                got = self.error(verb, path, body)
                self.assertEqual(got[:2], (status, code))
                self.assertIn(words, got[2])

    def test_a_stream_is_read_line_by_line(self):
        code = WORKER.replace("hello", "by hand").encode()
        version = {"script": "lines", "mainModule": "index.js", "modules": [{
            "name": "index.js", "kind": "MODULE_KIND_ESM", "sizeBytes": len(code),
            "sha256": base64.b64encode(hashlib.sha256(code).digest()).decode()}]}
        parts = [{"version": version}, {"blob": base64.b64encode(code[:9]).decode()},
                 {"blobMore": base64.b64encode(code[9:]).decode()}]

        def upload(messages):
            lines = "\n".join(json.dumps(message) for message in messages)
            status, text = self.ask("POST", "/v1/Deployments/UploadVersion", lines, content_type="application/x-ndjson")
            return status, json.loads(text)
        status, stored = upload(parts)
        self.assertEqual((status, stored["existed"], stored["sizeBytes"]), (200, False, str(len(code))), stored)
        self.assertEqual(upload(parts)[1], {**stored, "existed": True})
        for wrong, words in [([parts[0], parts[2]], "there is none"), ([], "version"), ([parts[0], {"blobb": ""}], "line 2: ")]:
            status, answer = upload(wrong)
            self.assertEqual((status, answer["error"]["code"]), (400, "INVALID_ARGUMENT"), answer)
            self.assertIn(words, answer["error"]["message"])
        deployed = self.call("/v1/Deployments/Deploy", {"script": "lines", "versionId": stored["versionId"]})
        self.assertEqual(deployed["routes"], ["lines.edge.test/*"])

    def test_nobody_calls_without_a_token(self):
        self.assertEqual(stat.S_IMODE(self.token_file.stat().st_mode), 0o600)
        for token in (None, "wrong", self.token + "x", self.token[:-1], "\xff"):
            with self.subTest(token=token):
                status, code, words = self.error("POST", "/v1/Admin/GetStatus", token=token)
                self.assertEqual((status, code), (401, "UNAUTHENTICATED"))
                self.assertNotIn(self.token, words)
        for log in (self.net.home / self.net.name / "logs").iterdir():
            self.assertNotIn(self.token, log.read_text(errors="replace"))

    def stream(self, path, accept):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        self.addCleanup(connection.close)
        connection.request("GET", path, headers={"authorization": f"Bearer {self.token}", "accept": accept})
        response = connection.getresponse()
        self.assertEqual(response.status, 200)
        return response

    def test_a_stream_follows_the_network(self):
        events = self.stream("/v1/Topology/WatchView", "text/event-stream")
        lines = self.stream("/v1/Topology/WatchView", "*/*")
        self.assertEqual(events.getheader("content-type"), "text/event-stream")
        first = events.readline()
        self.assertTrue(first.startswith(b"data: {"), first)
        self.assertEqual(json.loads(first[6:]), json.loads(lines.readline()))
        self.assertEqual(events.readline(), b"\n")
        self.net.run("dns", "record", "add", "_gw.edge.test", "TXT", '"seen"')
        self.assertIn(b"_gw.edge.test", events.readline())
        self.assertIn(b"_gw.edge.test", lines.readline())

    def test_a_stream_that_cannot_begin_is_an_error(self):
        got = self.error("GET", "/v1/Deployments/WatchConvergence?revision=999999")
        self.assertEqual(got[:2], (400, "OUT_OF_RANGE"))

    def test_a_stream_ends_with_the_reason(self):
        revision = self.call("/v1/Admin/GetStatus")["revision"]
        events = self.stream(f"/v1/Deployments/WatchConvergence?revision={revision}", "text/event-stream").read()
        self.assertTrue(events.endswith(b'event: end\ndata: {"code":"OK","message":""}\n\n'), events)
        last = self.stream(f"/v1/Deployments/WatchConvergence?revision={revision}", "*/*").read().splitlines()[-1]
        self.assertEqual(json.loads(last), {"end": {"code": "OK", "message": ""}})

    def test_readers_that_leave_leave_nothing_behind(self):
        def open_files():
            text = self.ask("GET", "/metrics", token=None)[1].decode()
            return int(next(l.split()[1] for l in text.splitlines() if l.startswith("process_open_fds ")))
        before = open_files()
        for _ in range(100):
            with socket.create_connection(("127.0.0.1", self.port)) as s:
                s.sendall(b"GET /v1/Topology/WatchView HTTP/1.1\r\nhost: x\r\nauthorization: Bearer "
                          + self.token.encode() + b"\r\n\r\n")
                s.recv(100)
        wait_for("connections stay", lambda: open_files() <= before + 5)
        self.call("/v1/Admin/GetStatus")

    def test_metrics_are_what_prometheus_takes(self):
        status, text = self.ask("GET", "/metrics", token=None)
        self.assertEqual(status, 200)
        self.assertIn('terrella_control_nodes{state="ready"}', text.decode())
        tool = shutil.which("promtool")
        if tool:
            done = subprocess.run([tool, "check", "metrics"], input=text, capture_output=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        open_metrics = self.ask("GET", "/metrics", token=None, accept="application/openmetrics-text")[1]
        self.assertTrue(open_metrics.endswith(b"# EOF\n"))

    def test_the_document_lists_what_can_be_called(self):
        document = json.loads(self.ask("GET", "/openapi.json", token=None)[1])
        for path, verbs in document["paths"].items():
            if "get" in verbs and "Watch" not in path and not verbs["get"].get("parameters"):
                self.call(path, verb="GET")
        self.assertIn("/v1/Deployments/Deploy", document["paths"])

    def test_it_comes_back_with_the_control_plane(self):
        pid = next(p["pid"] for p in self.net.status()["parts"] if p["name"] == "control")
        response = self.stream("/v1/Topology/WatchView", "*/*")
        response.readline()
        os.kill(pid, signal.SIGKILL)
        wait_for("the stream did not end", lambda: self.ended(response))
        self.net.run("up")
        self.assertNotEqual(pid, self.call("/v1/Admin/GetStatus")["pid"])
        self.assertEqual(self.token, self.token_file.read_text().strip())

    @staticmethod
    def ended(response):
        try:
            return not response.readline()
        except (http.client.IncompleteRead, ConnectionError):
            return True


if __name__ == "__main__":
    unittest.main()
