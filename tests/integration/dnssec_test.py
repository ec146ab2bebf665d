#!/usr/bin/env python3
"""The signed zone before independent validators: delv (BIND), drill (ldns) and kdig (Knot DNS).

Usage: dnssec_test.py   (TERRELLA_BIN and TERRELLA_SOURCE_DIR say where the program and the data are)

Every kind of answer must validate from the DS that `dns_router --print-ds` gives a parent: steered addresses of
different clients, aliases, wildcards, delegations with and without DS, and what does not exist (RFC 9824).
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from dns_router_test import ROUTER, Router, addresses  # noqa: E402

ZONE = f"""$ORIGIN edge.test.
$TTL 3600
@      MX   10 mail
@      CAA  0 issue "ca.example"
mail   A    192.0.2.25
hello  TXT  "beside steering"
www    CNAME hello
chain  CNAME www
gone   CNAME nothing
*.txt  TXT  "any"
a.b.c  A    192.0.2.1
secure NS   ns.secure
secure DS   4711 13 2 {'f0' * 32}
ns.secure A 192.0.2.54
plain  NS   ns.plain
plain  NS   ns.elsewhere.example.
ns.plain A  192.0.2.55
two    A    192.0.2.2
two    A    192.0.2.1
two    A    192.0.2.200
"""
POSITIVE = [("hello.edge.test", "A"), ("hello.edge.test", "TXT"), ("x.wild.edge.test", "A"), ("edge.test", "SOA"),
            ("edge.test", "NS"), ("edge.test", "MX"), ("edge.test", "CAA"), ("edge.test", "DNSKEY"), ("ns1.edge.test", "A"),
            ("www.edge.test", "A"), ("chain.edge.test", "A"), ("any.txt.edge.test", "TXT"), ("a.b.txt.edge.test", "TXT"),
            ("two.edge.test", "A"), ("hello.edge.test", "HTTPS"), ("www.edge.test", "HTTPS"), ("secure.edge.test", "DS"),
            ("*.txt.edge.test", "TXT")]
NODATA = [("hello.edge.test", "AAAA"), ("hello.edge.test", "MX"), ("edge.test", "A"),
          ("b.c.edge.test", "A"), ("any.txt.edge.test", "A"), ("www.edge.test", "AAAA"), ("plain.edge.test", "DS"),
          ("x.wild.edge.test", "TXT")]
NXDOMAIN = [("nothing.edge.test", "A"), ("a.b.nothing.edge.test", "TXT"), ("x.hello.edge.test", "A"),
            ("gone.edge.test", "A"), ("x.b.c.edge.test", "A")]


class DnssecTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        zone = os.path.join(cls.folder.name, "edge.zone")
        cls.keys = os.path.join(cls.folder.name, "keys.pem")
        with open(zone, "w", encoding="utf-8") as file:
            file.write(ZONE)
        cls.router = Router(cls.folder.name, "--zone-file", zone, "--dnssec-keys", cls.keys, "--https-alpn", "h2")
        cls.ds = cls.print_ds()
        cls.anchor()

    @classmethod
    def tearDownClass(cls):
        code, log = cls.router.close()
        cls.folder.cleanup()
        assert code == 0, log

    @classmethod
    def print_ds(cls):
        return subprocess.run([ROUTER, "--print-ds", "edge.test", "--dnssec-keys", cls.keys], capture_output=True,
                              text=True, timeout=20, check=True).stdout

    @classmethod
    def anchor(cls):
        """The DS as the trust anchor of delv and of drill."""
        cls.delv_anchor = os.path.join(cls.folder.name, "anchor")
        cls.drill_anchor = os.path.join(cls.folder.name, "anchor.ds")
        with open(cls.delv_anchor, "w", encoding="utf-8") as file:
            for line in cls.ds.splitlines():
                _, _, _, tag, algorithm, digest, content = line.split()
                file.write(f'trust-anchors {{ "edge.test." static-ds {tag} {algorithm} {digest} "{content}"; }};\n')
        with open(cls.drill_anchor, "w", encoding="utf-8") as file:
            file.write(cls.ds)

    def delv(self, name, rdtype, *args):
        run = subprocess.run(["delv", "@127.0.0.1", "-p", str(self.router.port), "-a", self.delv_anchor,
                              "+root=edge.test", name, rdtype, *args], capture_output=True, text=True, timeout=30,
                             check=False)
        return run.stdout + run.stderr

    def test_the_key_file_is_made_and_private(self):
        self.assertEqual(os.stat(self.keys).st_mode & 0o777, 0o600)
        self.assertRegex(self.ds, r"^edge\.test\. IN DS \d+ 13 2 [0-9a-f]{64}\n$")

    def test_delv_validates_every_kind_of_answer(self):
        for name, rdtype in POSITIVE:
            with self.subTest(name=name, rdtype=rdtype):
                self.assertIn("; fully validated", self.delv(name, rdtype))
        for name, rdtype in NODATA:
            with self.subTest(name=name, rdtype=rdtype):
                self.assertRegex(self.delv(name, rdtype), "negative response, fully validated|; fully validated")
        for name, rdtype in NXDOMAIN:
            with self.subTest(name=name, rdtype=rdtype):
                self.assertRegex(self.delv(name, rdtype), "negative response, fully validated|; fully validated")

    def test_delv_refuses_answers_under_another_anchor(self):
        wrong = os.path.join(self.folder.name, "wrong")
        with open(wrong, "w", encoding="utf-8") as file:
            file.write('trust-anchors { "edge.test." static-ds 1 13 2 "' + "00" * 32 + '"; };\n')
        out = subprocess.run(["delv", "@127.0.0.1", "-p", str(self.router.port), "-a", wrong, "+root=edge.test",
                              "hello.edge.test"], capture_output=True, text=True, timeout=30, check=False)
        self.assertNotIn("fully validated", out.stdout)

    def test_every_signature_verifies(self):
        """dnspython: all sets of all sections, for clients that are steered apart."""
        keys = self.router.ask("edge.test", "DNSKEY", want_dnssec=True).answer[0]
        trusted = {keys.name: keys}
        checked = set()
        for name, rdtype in POSITIVE + NODATA + NXDOMAIN + [("edge.test", "DS"), ("x.secure.edge.test", "A"), ("x.plain.edge.test", "A")]:
            for subnet in ("102.89.0.0/24", "91.0.0.0/24", "126.0.0.0/16"):
                query = dns.message.make_query(name, rdtype, want_dnssec=True,
                                               options=[dns.edns.ECSOption.from_text(subnet)])
                response = dns.query.udp(query, "127.0.0.1", port=self.router.port, timeout=10)
                self.assertFalse(response.flags & (dns.flags.TC | dns.flags.AD))
                for section in (response.answer, response.authority):
                    for rrset in section:
                        if rrset.rdtype == dns.rdatatype.RRSIG:
                            continue
                        rrsigs = response.get_rrset(section, rrset.name, rrset.rdclass, dns.rdatatype.RRSIG,
                                                    rrset.rdtype)
                        if rrset.rdtype == dns.rdatatype.NS and section is response.authority:
                            self.assertIsNone(rrsigs, "a delegation is not ours to sign")
                            continue
                        self.assertIsNotNone(rrsigs, (name, rdtype, rrset))
                        self.verify(rrset, rrsigs, trusted)
                        checked.add(rrset.to_text())
        self.assertGreater(len(checked), 30)

    @staticmethod
    def verify(rrset, rrsigs, keys):
        import dns.dnssec  # needs Debian's python3-cryptography
        dns.dnssec.validate(rrset, rrsigs, keys)

    def test_denies_compactly(self):
        """RFC 9824: NXNAME and NOERROR for who sets DO, NXDOMAIN for who sets CO too or sets none."""
        def ask(flags):
            query = dns.message.make_query("nothing.edge.test", "A")
            query.use_edns(0, flags)
            return dns.query.udp(query, "127.0.0.1", port=self.router.port, timeout=10)

        self.assertEqual(ask(0).rcode(), dns.rcode.NXDOMAIN)
        self.assertEqual([r.rdtype for r in ask(0).authority], [dns.rdatatype.SOA])
        self.assertEqual(ask(0x8000).rcode(), dns.rcode.NOERROR)
        self.assertEqual(ask(0xc000).rcode(), dns.rcode.NXDOMAIN)
        nsec = next(r for r in ask(0x8000).authority if r.rdtype == dns.rdatatype.NSEC)
        self.assertEqual(nsec.to_text(), "nothing.edge.test. 5 IN NSEC \\000.nothing.edge.test. RRSIG NSEC TYPE128")

    def test_signs_only_for_who_sets_do(self):
        for name, rdtype in POSITIVE + NODATA + NXDOMAIN:
            response = self.router.ask(name, rdtype)
            for section in (response.answer, response.authority, response.additional):
                self.assertFalse([r for r in section if r.rdtype in (dns.rdatatype.RRSIG, dns.rdatatype.NSEC)])

    def test_kdig_and_drill_agree(self):
        out = subprocess.run(["kdig", "@127.0.0.1", "-p", str(self.router.port), "+dnssec", "hello.edge.test"],
                             capture_output=True, text=True, timeout=30, check=True).stdout
        self.assertRegex(out, r"RRSIG\s+A 13 3 5 ")
        drill = shutil.which("drill")
        if not drill:
            self.skipTest("drill (Debian package ldnsutils) is not installed")
        for name, rdtype in [("hello.edge.test", "A"), ("two.edge.test", "A"), ("edge.test", "MX")]:
            out = subprocess.run([drill, "-p", str(self.router.port), "-D", "-k", self.dnskey_file(), name, rdtype,
                                  "@127.0.0.1"], capture_output=True, text=True, timeout=30, check=False)
            self.assertIn("; VALIDATED by id", out.stdout, out.stdout + out.stderr)

    def dnskey_file(self):
        path = os.path.join(self.folder.name, "dnskey")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.router.ask("edge.test", "DNSKEY").answer[0].to_text() + "\n")
        return path

    def test_rolls_its_key_over(self):
        """The steps of docs/dns.md; at each, what validators may hold of the step before still validates."""
        with open(self.keys, encoding="utf-8") as file:
            old = file.read()
        made = os.path.join(self.folder.name, "new.pem")
        with tempfile.TemporaryDirectory() as other:
            fresh = Router(other, "--dnssec-keys", made)
            fresh.close()
        with open(made, encoding="utf-8") as file:
            new = file.read()
        old_ds = self.ds
        for text, keys in ((old + new, 2), (new + old, 2), (new, 1)):
            with open(self.keys, "w", encoding="utf-8") as file:
                file.write(text)
            self.router.process.send_signal(signal.SIGHUP)
            tag = self.print_ds().split()[3]
            deadline = time.monotonic() + 10
            while True:
                out = self.router.dig("+dnssec", "hello.edge.test")
                count = len(self.router.ask("edge.test", "DNSKEY").answer[0])
                if f" {tag} edge.test. " in out and count == keys:
                    break
                self.assertLess(time.monotonic(), deadline, out)
            self.assertIn("; fully validated", self.delv("hello.edge.test", "A"))
            if keys == 2:  # both anchors do
                self.ds = self.print_ds()
                for line in (old_ds, self.ds.splitlines()[0] + "\n", self.ds.splitlines()[1] + "\n"):
                    type(self).ds = line
                    self.anchor()
                    self.assertIn("; fully validated", self.delv("hello.edge.test", "A"))
            type(self).ds = next(line for line in self.print_ds().splitlines()
                                 if keys == 1 or line + "\n" != old_ds) + "\n"
            self.anchor()


if __name__ == "__main__":
    unittest.main(verbosity=2)
