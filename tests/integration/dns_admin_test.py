#!/usr/bin/env python3
"""The admin port of a DNS router: by mutual TLS for who runs the cluster, in words to everybody else, in plain text where asked."""
import json
import subprocess
import tempfile
import unittest
from pathlib import Path

from network import BIN, ROOT, DnsRouter, Network, wait_for

UNAUTHENTICATED, PERMISSION_DENIED = "16", "7"
net = None


def setUpModule():
    global net
    net = Network(pops=2, name="admin").__enter__()


def tearDownModule():
    net.__exit__()


def call(address, *flags):
    """(status, message) of Resolve.GetTraffic, asked as gRPC over HTTP/2 by curl; None when there is no connection."""
    with tempfile.NamedTemporaryFile() as request:
        request.write(b"\0\0\0\0\0")  # an empty message, not compressed
        request.flush()
        done = subprocess.run(
            ["curl", "-s", "--http2", "-o", "/dev/null", "-D", "-", "--max-time", "10", "-X", "POST", "-H",
             "content-type: application/grpc", "-H", "te: trailers", "--data-binary", f"@{request.name}", *flags,
             f"https://{address}/terrella.v1.Resolve/GetTraffic"], capture_output=True, text=True)
    if done.returncode != 0:
        return None
    fields = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
    return fields.get("grpc-status"), fields.get("grpc-message", "")


def admin():
    return json.loads((net.home / net.name / "run" / "dns.ready").read_text())


class AdminPort(unittest.TestCase):
    def test_the_cluster_s_own_commands_have_certificates(self):
        self.assertTrue(admin()["admin_tls"])
        rates = net.json("dns", "top", "--once", "--interval", "200ms")
        self.assertEqual(rates["zone"], "edge.test")
        worker = net.write("hello.js", "export default { fetch: () => new Response('hello') };")
        net.run("deploy", worker, "--name", "hello")
        self.assertTrue(wait_for("it is not named", self.candidates))
        named = net.json("dns", "top", "--once", "--interval", "200ms", "--router", admin()["admin"])
        self.assertEqual(named["routers"], rates["routers"])

    def candidates(self):
        done = net.run("dns", "explain", "hello.edge.test", "--from", "Lagos", "--json", check=False)
        return json.loads(done.stdout)["candidates"] if done.returncode == 0 else None

    def test_without_a_certificate_it_is_refused_in_words(self):
        status, message = call(admin()["admin"], "-k")
        self.assertEqual(status, UNAUTHENTICATED)
        self.assertIn("the DNS router wants a certificate of its cluster", message)

    def test_in_plain_text_it_is_refused_in_words(self):
        refused = net.run("dns", "top", "--once", "--plaintext", "--router", admin()["admin"], check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("if it has certificates, it wants one of its cluster", refused.stderr)

    def test_a_node_may_not_ask_who_asks(self):
        node = next(p["name"] for p in net.record()["parts"] if p["kind"] == "node")
        pem = next(str(p) for p in (net.home / net.name).rglob("identity.pem") if node in p.parts)
        status, message = call(admin()["admin"], "-k", "--cert", pem, "--key", pem)
        self.assertEqual((status, message), (PERMISSION_DENIED, f"node {node} may not ask the DNS router about its clients"))
        pem = str(net.identity("operator"))
        self.assertEqual(call(admin()["admin"], "-k", "--cert", pem, "--key", pem)[0], "0")

    def test_a_certificate_of_another_cluster_is_none(self):
        with Network(pops=1, name="other") as other:
            pem = str(other.identity("operator"))
            answer = call(admin()["admin"], "-k", "--cert", pem, "--key", pem)
            self.assertTrue(answer is None or answer[0] not in ("0", None), answer)
            env = {**net.env, "TERRELLA_IDENTITY": pem}
            refused = subprocess.run([BIN / "terrella", "dns", "top", "--once", "--router", admin()["admin"]], env=env,
                                     capture_output=True, text=True)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn("of another cluster or authority", refused.stderr)

    def test_plain_text_is_for_loopback_or_for_who_says_so(self):
        refused = subprocess.run([BIN / "dns_router", "--listen", "127.0.0.1:0", "--admin", "0.0.0.0:0", "--data", ROOT / "data"],
                                 capture_output=True, text=True)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("--admin: 0.0.0.0:0 would speak plain text with whoever reaches it", refused.stderr)
        router = DnsRouter(net, "--admin-plaintext")
        self.addCleanup(router.stop)
        self.assertFalse(router.addresses["admin_tls"])
        rates = wait_for("it tells nothing", lambda: self.rates_of(router.addresses["admin"]))
        self.assertEqual(rates["zone"], "edge.test")

    def rates_of(self, address):
        done = net.run("dns", "top", "--once", "--interval", "200ms", "--json", "--plaintext", "--router", address, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None


if __name__ == "__main__":
    unittest.main(verbosity=2)
