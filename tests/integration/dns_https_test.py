#!/usr/bin/env python3
"""DNS over HTTPS (RFC 8484), asked by kdig, curl and dnspython over HTTP/1.1 and HTTP/2.

Usage: dns_https_test.py   (TERRELLA_BIN and TERRELLA_SOURCE_DIR say where the program and the data are)
"""
import base64
import json
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest
from pathlib import Path

import dns.message
import dns.query
import dns.rcode

from dns_router_test import Router, node_of

MEDIA_TYPE = "application/dns-message"


def query(name="hello.edge.test", rdtype="A", **more):
    message = dns.message.make_query(name, rdtype, **more)
    message.id = 0  # RFC 8484 section 4.1: for caches
    return message


def in_address(message):
    return base64.urlsafe_b64encode(message.to_wire()).rstrip(b"=").decode()


class HttpsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        folder = Path(cls.folder.name)
        cls.certificate, key = folder / "certificate.pem", folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", cls.certificate, "-days", "2", "-subj", "/CN=ns1.edge.test",
                        "-addext", "subjectAltName=DNS:ns1.edge.test,IP:127.0.0.1"], check=True, capture_output=True)
        cls.router = Router(cls.folder.name, "--listen-https", "127.0.0.1:0", "--tls-certificate", str(cls.certificate),
                            "--tls-key", str(key))
        cls.address = json.loads((folder / "ready.json").read_text(encoding="utf-8"))["https"]
        cls.url = f"https://{cls.address}/dns-query"

    @classmethod
    def tearDownClass(cls):
        code, log = cls.router.close()
        cls.folder.cleanup()
        assert code == 0, log

    def curl(self, *args, body=None, url=None):
        """(status, version, headers, body) of a request."""
        out = Path(self.folder.name) / "body"
        out.unlink(missing_ok=True)
        done = subprocess.run(["curl", "-sS", "--cacert", self.certificate, "-o", out, "-D", "-", "-w",
                               "\n%{http_code} %{http_version}", *args, url or self.url], input=body, capture_output=True,
                              timeout=30, check=False)
        self.assertEqual(done.returncode, 0, (args, done.stdout, done.stderr.decode()))
        head, _, last = done.stdout.decode().rpartition("\n")
        status, version = last.split()
        headers = dict(line.lower().split(": ", 1) for line in head.replace("\r", "").split("\n") if ": " in line)
        return int(status), version, headers, out.read_bytes() if out.exists() else b""

    def test_answers_get_and_post_over_both_versions(self):
        message = query("hello.edge.test", use_edns=0, options=[dns.edns.ECSOption("102.89.0.0", 24)])
        for version in ("--http1.1", "1.1"), ("--http2", "2"):
            ways = {"GET": (["--get", "-d", "dns=" + in_address(message)], None),
                    "POST": (["-H", f"content-type: {MEDIA_TYPE}", "--data-binary", "@-"], message.to_wire())}
            for way, (args, body) in ways.items():
                with self.subTest(f"{way} {version[0]}"):
                    status, spoken, headers, answer = self.curl(version[0], *args, body=body)
                    self.assertEqual((status, spoken), (200, version[1]))
                    self.assertEqual(headers["content-type"], MEDIA_TYPE)
                    self.assertEqual(headers["cache-control"], "private, max-age=5")  # RFC 8484 section 5.1
                    response = dns.message.from_wire(answer)
                    self.assertTrue(message.is_response(response))
                    self.assertEqual(node_of(response), "LOS")

    def test_what_the_dns_denies_is_an_answer_too(self):
        for name, rcode, age in ("none.edge.test", dns.rcode.NXDOMAIN, 5), ("elsewhere.test", dns.rcode.REFUSED, 0):
            status, _, headers, answer = self.curl("--get", "-d", "dns=" + in_address(query(name)))
            self.assertEqual((status, headers["cache-control"]), (200, f"private, max-age={age}"))
            self.assertEqual(dns.message.from_wire(answer).rcode(), rcode)

    def test_says_what_is_no_question(self):
        good = query().to_wire()
        post = ["--data-binary", "@-", "-H", "content-type: "]
        rows = [(400, [], None), (400, ["--get", "-d", "dns=A"], None), (400, ["--get", "-d", "dns=AAAA"], None),
                (400, ["--get", "-d", "dns=" + in_address(query()) + "="], None),
                (405, ["-X", "PUT", "-d", "x"], None), (415, [*post[:3], post[3] + "text/plain"], good),
                (413, [*post[:3], post[3] + MEDIA_TYPE], good + bytes(5000)),
                (400, [*post[:3], post[3] + MEDIA_TYPE], b"short"),
                (200, [*post[:3], post[3] + MEDIA_TYPE + "; x=y"], good)]
        for status, args, body in rows:
            for version in ["--http1.1"] if status == 413 else ["--http1.1", "--http2"]:
                self.assertEqual(self.curl(version, *args, body=body)[0], status, (args, version))
        self.assertEqual(self.curl("-X", "PUT", "-d", "x")[2]["allow"], "get, head, post")
        self.assertEqual(self.curl(url=f"https://{self.address}/")[0], 404)
        self.assertEqual(self.curl(url=f"http://{self.address}/dns-query?dns=" + in_address(query()))[0], 403)
        malformed = self.curl("--get", "-d", "dns=" + base64.urlsafe_b64encode(good[:-1]).rstrip(b"=").decode())
        self.assertEqual(malformed[0], 200)
        self.assertEqual(malformed[3][3] & 15, dns.rcode.FORMERR)

    def send_head(self, length):
        """A connection that has sent the head of a POST and keeps the body back."""
        host, port = self.address.rsplit(":", 1)
        context = ssl.create_default_context(cafile=self.certificate)
        raw = socket.create_connection((host, int(port)), timeout=30)
        connection = context.wrap_socket(raw, server_hostname="ns1.edge.test")
        self.addCleanup(connection.close)
        connection.sendall(f"POST /dns-query HTTP/1.1\r\nhost: x\r\ncontent-type: {MEDIA_TYPE}\r\n"
                           f"content-length: {length}\r\n\r\n".encode())
        return connection

    def test_bodies_that_do_not_come_are_few_and_told_so(self):
        message = query().to_wire()
        waiting = [self.send_head(len(message)) for _ in range(128)]
        self.assertEqual(self.send_head(len(message)).recv(4096).split()[1], b"503")
        self.assertEqual(self.curl("--get", "-d", "dns=" + in_address(query()))[0], 200)  # has none
        waiting[0].sendall(message)
        self.assertEqual(waiting[0].recv(4096).split()[1], b"200")
        self.send_head(len(message)).sendall(message)  # its place is free again
        self.assertEqual(waiting[1].recv(4096).split()[1], b"408")  # after 10 s

    def test_many_queries_share_a_connection(self):
        urls = []
        for i in range(100):
            urls += ["-o", "/dev/null", f"{self.url}?dns={in_address(query(f'n{i}.wild.edge.test'))}"]
        done = subprocess.run(["curl", "-sS", "--http2", "--parallel", "--cacert", self.certificate, "-w",
                               "%{http_code} %{num_connects}\n", *urls], capture_output=True, text=True, timeout=60,
                              check=True)
        rows = [line.split() for line in done.stdout.splitlines()]
        self.assertEqual([row[0] for row in rows], ["200"] * 100)
        self.assertLess(sum(int(row[1]) for row in rows), 50)

    def test_pads_for_who_pads(self):
        message = query(use_edns=0, options=[dns.edns.GenericOption(12, bytes(20))])
        answer = self.curl("--get", "-d", "dns=" + in_address(message))[3]
        self.assertEqual(len(answer) % 468, 0)  # RFC 8467 section 4.1

    @unittest.skipUnless(shutil.which("kdig"), "kdig is not here")
    def test_kdig_shows_it(self):
        host, port = self.address.rsplit(":", 1)
        for way in "+https", "+https-get":
            done = subprocess.run(["kdig", f"@{host}", "-p", port, way, f"+tls-ca={self.certificate}",
                                   "+tls-hostname=ns1.edge.test", "hello.edge.test", "+subnet=177.32.0.0/16"],
                                  capture_output=True, text=True, timeout=30, check=True).stdout
            self.assertIn("status: NOERROR", done)
            self.assertRegex(done, r"hello\.edge\.test\.\s+5\s+IN\s+A\s+127\.16\.0\.2")
            self.assertRegex(done, r"HTTP session \(HTTP/2-(GET|POST)\)")


if __name__ == "__main__":
    unittest.main()
