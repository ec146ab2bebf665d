#!/usr/bin/env python3
"""The same zone file served by the DNS router and by Knot DNS: every question must get the same answer.

Usage: dns_oracle_test.py   (TERRELLA_BIN and TERRELLA_SOURCE_DIR say where the program and the data are)

Asked is every name of the zone, names below, between and beside them, in every type, by UDP without EDNS,
with several payload sizes and flags, and by TCP. Compared are code, flags, question and the records of
each section, without order. Exits with 77, skipped, where knotd is not installed.
"""
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.rdatatype

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from dns_router_test import Router, find_oracle, read_message  # noqa: E402

KNOTD = find_oracle("knotd")
DIGEST = "f0" * 32
ZONE = f"""$ORIGIN edge.test.
$TTL 3600
@       SOA   ns1 hostmaster 2026 7200 900 86400 300
@       NS    ns1
@       NS    ns.elsewhere.example.
@       MX    10 mail
@       TXT   "v=spf1 -all"
@       CAA   0 issue "ca.example"
ns1     A     127.0.0.53
ns1     AAAA  2001:db8::53
mail    A     192.0.2.25
mail    AAAA  2001:db8::25
www     300 A 192.0.2.80
www     300 A 192.0.2.81
MixedCase TXT "kept"
alias   CNAME www
alias2  CNAME alias
outside CNAME www.example.com.
broken  CNAME nothing
tosub   CNAME x.sub
towild  CNAME q.wild
_sip._tcp SRV 1 2 5060 mail
_sip._tcp SRV 1 2 5061 gone.example.
svc     HTTPS 1 . alpn=h2 port=8443 ipv4hint=192.0.2.80
svc     SVCB  0 www
unknown TYPE4711 \\# 4 01020304
ptr     PTR   www
*.wild  TXT   "any"
*.wild  MX    5 mail
here.wild A   192.0.2.90
a.here.wild A 192.0.2.91
*.cwild CNAME www
deep.er.ent A 192.0.2.92
sub     NS    ns.sub
sub     NS    ns.glueless.example.
sub     DS    4711 13 2 {DIGEST}
ns.sub  A     192.0.2.54
ns.sub  AAAA  2001:db8::54
insecure NS   ns1
*.star.star2 A 192.0.2.93
big     TXT   "{'a' * 250}"
big     TXT   "{'b' * 250}"
big     TXT   "{'c' * 250}"
big     TXT   "{'d' * 250}"
bigger  TXT   "{'x' * 250}" "{'y' * 250}" "{'z' * 250}" "{'w' * 250}" "{'v' * 250}" "{'u' * 250}"
mxbig   MX    1 mail
mxbig   MX    2 www
mxbig   MX    3 ns1
mxbig   MX    4 mail.example.
"""
NAMES = """. test example.com edge.test ns1 mail www MixedCase alias alias2 outside broken tosub towild _sip._tcp _tcp
svc unknown ptr wild *.wild q.wild a.b.wild here.wild x.here.wild a.here.wild q.cwild a.b.cwild ent er.ent
deep.er.ent x.ent sub x.sub a.b.sub ns.sub insecure x.insecure star2 star.star2 x.star.star2 big bigger mxbig
nothing a.nothing *.nothing *.edge.test x.www *.www""".split()
TYPES = ["A", "NS", "CNAME", "SOA", "PTR", "HINFO", "MX", "TXT", "AAAA", "SRV", "DNAME", "DS", "SSHFP", "TLSA", "SVCB",
         "HTTPS", "CAA", "TYPE4711", "TYPE65280", "NAPTR", "LOC", "URI", "SPF", "CDS", "OPENPGPKEY"]


def full(name):
    return name if name in (".", "test", "example.com", "edge.test", "*.edge.test") else name + ".edge.test"


class Knot:
    """One knotd with the zone, stopped by close()."""

    def __init__(self, folder):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        conf = os.path.join(folder, "knot.conf")
        with open(conf, "w", encoding="utf-8") as file:
            file.write(f"""
server:
  listen: 127.0.0.1@{self.port}
  rundir: {folder}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  udp-max-payload: 1232
log:
  - target: stderr
    any: error
database:
  storage: {folder}
template:
  - id: default
    storage: {folder}
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
zone:
  - domain: edge.test
    file: {folder}/edge.zone
""")
        self.process = subprocess.Popen([KNOTD, "-c", conf], stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 20
        while True:
            try:
                query = dns.message.make_query("edge.test", "SOA")
                if dns.query.udp(query, "127.0.0.1", port=self.port, timeout=0.2).answer:
                    return
            except (dns.exception.Timeout, OSError):
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise RuntimeError("knotd did not start: " + self.process.stderr.read())
            time.sleep(0.05)

    def close(self):
        self.process.terminate()
        self.process.communicate(timeout=20)


def ask(port, wire, tcp):
    """The raw answer to a raw message."""
    if tcp:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
            sock.sendall(len(wire).to_bytes(2, "big") + wire)
            return read_message(sock)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.sendto(wire, ("127.0.0.1", port))
        return sock.recv(65535)


def section(rrsets):
    """Records as comparable text, in no order."""
    return sorted(f"{rrset.name.to_text().lower()} {rrset.ttl} {dns.rdatatype.to_text(rrset.rdtype)} "
                  f"{rdata.to_generic().to_text() if rrset.rdtype > 60000 else rdata.to_text().lower()}"
                  for rrset in rrsets for rdata in rrset)


def normal(wire, optional_additional):
    message = dns.message.from_wire(wire)
    # CD is copied (RFC 4035 section 3.1.6); Knot 3.2 clears it.
    out = {"rcode": dns.rcode.to_text(message.rcode()), "flags": dns.flags.to_text(message.flags & ~dns.flags.CD),
           "question": [(q.name.to_text(), q.rdtype, q.rdclass) for q in message.question],
           "answer": section(message.answer), "authority": section(message.authority),
           "edns": message.edns, "ednsflags": message.ednsflags & 0x8000}
    if not optional_additional:
        out["additional"] = section(message.additional)
    return out


VARIANTS = [  # how a question is asked: arguments of make_query, and by TCP or not
    ({}, False), ({}, True),
    ({"use_edns": 0, "payload": 512}, False),
    ({"use_edns": 0, "payload": 800}, False),
    ({"use_edns": 0, "payload": 1232}, False),
    ({"use_edns": 0, "payload": 4096}, True),
    ({"use_edns": 0, "payload": 1232, "flags": 0}, False),
    ({"flags": dns.flags.RD | dns.flags.CD | dns.flags.AD}, False),
]


@unittest.skipUnless(KNOTD, "knotd is not installed")
class OracleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        path = os.path.join(cls.folder.name, "edge.zone")
        with open(path, "w", encoding="utf-8") as file:
            file.write(ZONE)
        cls.knot = Knot(cls.folder.name)
        view = '{"zone": "edge.test", "hostnames": []}'
        cls.router = Router(cls.folder.name, "--zone-file", path, view=view)

    @classmethod
    def tearDownClass(cls):
        cls.knot.close()
        code, log = cls.router.close()
        cls.folder.cleanup()
        assert code == 0, log
        assert "left out" not in log, log

    def test_every_name_type_flag_and_size(self):
        compared = different = 0
        for name in NAMES:
            for rdtype in TYPES:
                for arguments, tcp in VARIANTS:
                    query = dns.message.make_query(full(name), rdtype, **arguments)
                    wire = query.to_wire()
                    ours, theirs = (ask(port, wire, tcp) for port in (self.router.port, self.knot.port))
                    # Which addresses still fit is a matter of the order they are tried in.
                    cut = not tcp and max(len(ours), len(theirs)) > max(512, arguments.get("payload", 512)) - 100
                    ours, theirs = normal(ours, cut), normal(theirs, cut)
                    compared += 1
                    if ours != theirs:
                        different += 1
                        if different <= 12:
                            print(f"{full(name)} {rdtype} {arguments} tcp={tcp}\n  ours   {ours}\n  theirs {theirs}")
        print(f"{compared} answers compared with knot's, {different} differ")
        self.assertEqual(different, 0)


if __name__ == "__main__":
    if not KNOTD:
        print("skipped: knotd (Debian package knot) is not installed")
        sys.exit(77)
    unittest.main(verbosity=2)
