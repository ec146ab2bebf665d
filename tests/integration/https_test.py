#!/usr/bin/env python3
"""HTTPS as people use it: `terrella up`, `terrella ca`, then curl, Python's ssl and python3-h2 through a node and
through the ingress.

Usage: https_test.py   (TERRELLA_BIN says where the programs are)
"""
import json
import os
import socket
import ssl
import stat
import subprocess
import sys
import time
import unittest

import h2.config
import h2.connection
import h2.events

from network import Network

WORKER = """export default {
  fetch(request) {
    return Response.json({ url: request.url, tls: request.cf.tlsVersion ?? null, cipher: request.cf.tlsCipher ?? null,
                           http: request.cf.httpProtocol, city: request.cf.city });
  },
};
"""


class HttpsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = Network(pops=2, name="https")
        cls.net.__enter__()
        worker = cls.net.home / "secure.js"
        worker.write_text(WORKER)
        cls.net.run("deploy", str(worker))
        cls.ca = cls.net.run("ca", "path").stdout.strip()
        record = json.loads((cls.net.home / "https" / "cluster.json").read_text())
        cls.node = next(p["address"] for p in record["parts"] if p["kind"] == "node")
        cls.ingress = f"127.0.0.1:{cls.net.port}"

    @classmethod
    def tearDownClass(cls):
        cls.net.__exit__()

    def curl(self, address, *flags, host="secure.edge.test", check=True):
        ip, port = address.rsplit(":", 1)
        done = subprocess.run(["curl", "-sS", "--max-time", "10", "--connect-to", f"::{ip}:{port}", *flags,
                               f"https://{host}/x"], capture_output=True, text=True)
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)
        return done

    def dial(self, address, context, host="secure.edge.test"):
        ip, port = address.rsplit(":", 1)
        return context.wrap_socket(socket.create_connection((ip, int(port)), timeout=10), server_hostname=host)

    def context(self, **settings):
        context = ssl.create_default_context(cafile=self.ca)
        for name, value in settings.items():
            setattr(context, name, value)
        return context

    def test_curl_trusts_node_and_ingress(self):
        for address in (self.node, self.ingress):
            for flags, protocol in ((["--http1.1"], "HTTP/1.1"), (["--http2"], "HTTP/2")):
                with self.subTest(address=address, protocol=protocol):
                    told = self.curl(address, "--cacert", self.ca, *flags)
                    self.assertEqual(told["url"], "https://secure.edge.test/x")
                    self.assertEqual(told["http"], protocol)
                    self.assertEqual(told["tls"], "TLSv1.3")
                    self.assertTrue(told["cipher"].startswith("TLS_"))

    def test_the_certificate_is_for_the_nodes_address_too(self):
        ip, port = self.node.rsplit(":", 1)
        done = subprocess.run(["curl", "-sS", "--cacert", self.ca, f"https://{ip}:{port}/.terrella/health"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("revision", json.loads(done.stdout))

    def test_without_the_authority_nobody_is_trusted(self):
        self.assertEqual(self.curl(self.node, check=False).returncode, 60)
        self.assertEqual(self.curl(self.node, "--cacert", self.ca, host="example.com", check=False).returncode, 60)

    def test_the_authority_is_confined_by_itself(self):
        text = subprocess.run(["openssl", "x509", "-in", self.ca, "-noout", "-ext", "nameConstraints,basicConstraints"],
                              capture_output=True, text=True, check=True).stdout
        self.assertIn("Name Constraints: critical", text)
        self.assertIn("pathlen:0", text)
        self.assertIn("DNS:test", text)
        key = os.path.join(os.path.dirname(self.ca), "ca-key.pem")
        self.assertEqual(stat.S_IMODE(os.stat(key).st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(self.net.home / "https" / "tls" / "key.pem").st_mode), 0o600)

    def deploy_asker(self, name, host, extra=""):
        """A worker that asks https://HOST/x, an origin that really is a node of this network."""
        folder = self.net.home / name
        folder.mkdir()
        (folder / "index.js").write_text(
            f"export default {{ async fetch() {{ try {{ return await fetch('https://{host}/x'); }} "
            "catch (error) { return new Response(`${error.name}: ${error.message}`, { status: 502 }); } } };")
        (folder / "terrella.toml").write_text(
            f'name = "{name}"\nmain = "index.js"\n[[origins]]\nhost = "{host}"\naddress = "{self.node}"\n{extra}')
        (folder / "ca.pem").write_text(open(self.ca).read())
        self.net.run("deploy", str(folder))
        done = subprocess.run(["curl", "-sS", "-H", f"host: {name}.edge.test", f"http://{self.node}/"],
                              capture_output=True, text=True, check=True)
        return done.stdout

    def test_a_worker_asks_an_origin_over_tls(self):
        told = json.loads(self.deploy_asker("asker", "secure.edge.test", 'tls = true\nca = "ca.pem"\n'))
        self.assertEqual(told["url"], "https://secure.edge.test/x")
        self.assertEqual(told["tls"], "TLSv1.3")

    def test_an_origin_with_a_strange_certificate_is_not_asked(self):
        self.assertIn("certificate is not accepted", self.deploy_asker("distrusts", "secure.edge.test", "tls = true\n"))
        self.assertIn("certificate is not accepted",
                      self.deploy_asker("mistakes", "other.example", 'tls = true\nca = "ca.pem"\n'))

    def test_an_authority_that_is_none_is_refused_at_deploy(self):
        folder = self.net.home / "broken"
        folder.mkdir()
        (folder / "index.js").write_text("export default { fetch() { return new Response(''); } };")
        (folder / "ca.pem").write_text("nothing")
        (folder / "terrella.toml").write_text(
            f'name = "broken"\nmain = "index.js"\n[[origins]]\nhost = "a.test"\naddress = "{self.node}"\n'
            'tls = true\nca = "ca.pem"\n')
        done = self.net.run("deploy", str(folder), check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("origin a.test: no certificate", done.stderr)

    def test_the_key_never_leaves(self):
        exported = self.net.run("ca", "export").stdout
        self.assertIn("BEGIN CERTIFICATE", exported)
        self.assertNotIn("PRIVATE KEY", exported)
        self.assertIn("Nothing has been installed", self.net.run("ca", "install-hint").stdout)
        shown = json.loads(self.net.run("ca", "show", "--json").stdout)
        self.assertEqual(shown["certificate"], self.ca)

    def test_plain_http_is_served_on_the_same_port(self):
        done = subprocess.run(["curl", "-sS", "-H", "host: secure.edge.test", f"http://{self.node}/x"],
                              capture_output=True, text=True)
        self.assertEqual(json.loads(done.stdout)["tls"], None)

    def test_versions(self):
        with self.dial(self.node, self.context(maximum_version=ssl.TLSVersion.TLSv1_2)) as s:
            self.assertEqual(s.version(), "TLSv1.2")
            self.assertTrue(s.cipher()[0].startswith("ECDHE"))
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises(ssl.SSLError):
            self.dial(self.node, old).close()

    def test_alpn(self):
        for offered, chosen in ((["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1"), ([], None)):
            context = self.context()
            if offered:
                context.set_alpn_protocols(offered)
            with self.dial(self.node, context) as s:
                self.assertEqual(s.selected_alpn_protocol(), chosen)
        context = self.context()
        context.set_alpn_protocols(["gopher"])
        with self.assertRaises(ssl.SSLError):  # RFC 7301 section 3.2
            self.dial(self.node, context).close()

    def test_a_ticket_resumes(self):
        context = self.context(maximum_version=ssl.TLSVersion.TLSv1_2)
        with self.dial(self.node, context) as first:
            session = first.session
            self.assertFalse(first.session_reused)
        ip, port = self.node.rsplit(":", 1)
        raw = socket.create_connection((ip, int(port)), timeout=10)
        with context.wrap_socket(raw, server_hostname="secure.edge.test", session=session) as second:
            self.assertTrue(second.session_reused)

    def test_large_bodies_over_http2(self):
        context = self.context()
        context.set_alpn_protocols(["h2"])
        s = self.dial(self.node, context)
        conn = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        conn.initiate_connection()
        conn.send_headers(1, [(":method", "POST"), (":scheme", "https"), (":path", "/"),
                              (":authority", "secure.edge.test")])
        conn.send_data(1, b"x" * 16000)
        conn.send_data(1, b"y" * 16000, end_stream=True)
        s.sendall(conn.data_to_send())
        ended = False
        while not ended:
            for event in conn.receive_data(s.recv(65536)):
                ended = ended or isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset))
            s.sendall(conn.data_to_send())
        s.close()

    def test_a_handshake_that_does_not_go_on_is_ended(self):
        ip, port = self.node.rsplit(":", 1)
        s = socket.create_connection((ip, int(port)), timeout=30)
        s.sendall(b"\x16\x03\x01\x02\x00\x01\x00")  # the beginning of a client hello
        began = time.monotonic()
        try:
            self.assertEqual(s.recv(100), b"")
        except ConnectionResetError:
            pass
        self.assertLess(time.monotonic() - began, 15)

    def test_nonsense_for_a_handshake_is_refused(self):
        ip, port = self.node.rsplit(":", 1)
        s = socket.create_connection((ip, int(port)), timeout=10)
        s.sendall(b"\x16\x03\x01\x00\x05hello" + b"\0" * 64)
        answer = s.recv(100)
        self.assertTrue(answer == b"" or answer[0] == 21, answer)  # an alert, or nothing

    def test_through_the_ingress_the_handshake_costs_its_round_trips(self):
        def took(version):
            context = self.context(maximum_version=version, minimum_version=version)
            began = time.monotonic()
            ip, port = self.ingress.rsplit(":", 1)
            raw = socket.socket()
            raw.bind(("127.130.4.7", 0))  # a city's block: far from both nodes, or near; the same each time
            raw.connect((ip, int(port)))
            with context.wrap_socket(raw, server_hostname="secure.edge.test") as s:
                s.sendall(b"GET / HTTP/1.1\r\nHost: secure.edge.test\r\nConnection: close\r\n\r\n")
                while s.recv(4096):
                    pass
            return time.monotonic() - began
        took(ssl.TLSVersion.TLSv1_3)
        one, two = took(ssl.TLSVersion.TLSv1_3), took(ssl.TLSVersion.TLSv1_2)
        self.assertGreater(two, one * 1.1)  # TLS 1.2 takes a round trip more


if __name__ == "__main__":
    unittest.main(verbosity=1, argv=[sys.argv[0], *sys.argv[1:]])
