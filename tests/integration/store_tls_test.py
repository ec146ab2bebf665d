#!/usr/bin/env python3
"""The control plane's state in an etcd that speaks TLS and wants certificates of its clients; and what is said when it cannot be reached so."""
import datetime
import ipaddress
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from etcd import EtcdCluster, find_etcd
from network import BIN, Network


class Authority:
    """Signs certificates into a folder."""

    def __init__(self, folder, name):
        self.folder, self.name = Path(folder), name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self.sign(self.subject, self.key.public_key(),
                                [(x509.BasicConstraints(ca=True, path_length=0), True)])
        self.certificate = self.write(f"{name}.crt", certificate.public_bytes(serialization.Encoding.PEM))

    def sign(self, subject, key, extensions):
        now = datetime.datetime.utcnow()
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(self.subject).public_key(key)
                   .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
                   .not_valid_after(now + datetime.timedelta(days=1)))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, name, *hosts):
        """(authority, certificate, key): files."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        extensions = [(usage, False)]
        if hosts:
            names = [x509.IPAddress(ipaddress.ip_address(h)) if h[0].isdigit() else x509.DNSName(h) for h in hosts]
            extensions.append((x509.SubjectAlternativeName(names), False))
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self.sign(subject, key.public_key(), extensions)
        return (self.certificate,
                self.write(f"{self.name}-{name}.crt", certificate.public_bytes(serialization.Encoding.PEM)),
                self.write(f"{self.name}-{name}.key", key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())))

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path


def await_open(address, timeout_s=20):
    host, port = address.rsplit(":", 1)
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host, int(port)), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"nobody listens on {address} after {timeout_s} s")


@unittest.skipIf(find_etcd() is None, "there is no etcd; scripts/setup --test unpacks Debian's")
class StoreTls(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="terrella-tls-")
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.ours, self.strangers = Authority(self.folder, "ours"), Authority(self.folder, "strangers")

    def etcd(self, tls):
        cluster = EtcdCluster(members=1, tls=tls)
        self.addCleanup(cluster.stop)
        await_open(cluster.clients[0])
        return cluster

    def test_a_cluster_keeps_its_state_there(self):
        etcd = self.etcd(self.ours.issue("member", "127.0.0.1"))
        ca, certificate, key = self.ours.issue("client")
        flags = ("--store", etcd.address("tls"), "--store-ca", ca, "--store-cert", certificate, "--store-key", key)
        with Network(pops=1, flags=tuple(map(str, flags))) as network:
            code = network.write("hello.js", "export default { fetch() { return new Response('hi'); } };")
            network.run("deploy", code)
            network.run("down")
            # It remembers where, and with which files.
            network.run("up")
            self.assertEqual([s["name"] for s in network.status()["scripts"]], ["hello"])
            backup = self.folder / "state.backup"
            network.run("backup", backup)
            self.assertGreater(backup.stat().st_size, 0)

    def test_it_says_why_it_cannot_be_reached(self):
        named, unnamed = (self.etcd(self.ours.issue(name, host)) for name, host in (("a", "127.0.0.1"), ("b", "db.test")))
        plain = self.etcd(None)
        ca, certificate, key = self.ours.issue("client")
        theirs, their_certificate, their_key = self.strangers.issue("client")

        def store(etcd, scheme="etcds", **files):
            query = "&".join(f"{key}={path}" for key, path in files.items())
            return f"{scheme}://{etcd.clients[0]}/x" + (f"?{query}" if query else "")
        good = dict(ca=ca, cert=certificate, key=key)
        cases = (
            ("not under the authority of ca=FILE", store(named, **{**good, "ca": theirs})),
            ("does not name the host it was asked by", store(unnamed, **good)),
            ("does it want another certificate", store(named, ca=ca, cert=their_certificate, key=their_key)),
            ("does it want another certificate", store(named, ca=ca)),
            ("does it want TLS", store(named, scheme="etcd")),
            ("or no TLS", store(plain, **good)),
            ("none.crt", store(named, **{**good, "ca": self.folder / "none.crt"})),
            ("cert=FILE and key=FILE go together", store(named, ca=ca, cert=certificate)),
        )
        running = [(words, subprocess.Popen(
            [BIN / "control_plane", "--listen", "127.0.0.1:0", "--state", self.folder / f"state-{i}", "--store", address],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)) for i, (words, address) in enumerate(cases)]
        for words, process in running:
            said = process.communicate(timeout=30)[1]
            with self.subTest(words):
                self.assertNotEqual(process.returncode, 0)
                self.assertIn(words, said)


if __name__ == "__main__":
    unittest.main()
