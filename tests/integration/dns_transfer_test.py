#!/usr/bin/env python3
"""Zone transfers out of the DNS router: to dig, dnspython and a real secondary, Knot DNS.

Usage: dns_transfer_test.py   (TERRELLA_BIN and TERRELLA_SOURCE_DIR say where the program and the data are)

AXFR, IXFR and NOTIFY (RFC 5936, 1995, 1996) with and without TSIG (RFC 8945): who may have the zone, what
is in it, that a secondary follows changes and answers what the primary does, that changes in a row make no
flood of notices, and that a large transfer stops nobody. The test of the secondary is skipped where knotd is
not installed.
"""
import base64
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.versioned
import dns.xfr
import dns.zone

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from dns_router_test import NODES, Router, find_oracle, free_port, read_message, view_json  # noqa: E402

KNOTD = find_oracle("knotd")
KEYMGR = find_oracle("keymgr")
SECRET = base64.b64encode(b"a secret of thirty-two bytes !!!").decode()
KEY = f"hmac-sha256:xfr.key:{SECRET}"
KEYRING = dns.tsigkeyring.from_text({"xfr.key": ("hmac-sha256", SECRET)})
ZONE = "edge.test"
ZONE_FILE = """$ORIGIN edge.test.
$TTL 3600
@       MX    10 mail
@       TXT   "v=spf1 -all"
mail    A     192.0.2.25
www     CNAME hello
sub     NS    ns.sub
ns.sub  A     192.0.2.54
*.any   TXT   "any"
"""


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def axfr(port, key=False, **where):
    """The zone by dnspython."""
    keys = {"keyring": KEYRING, "keyname": "xfr.key"} if key else {}
    return dns.zone.from_xfr(dns.query.xfr("127.0.0.1", ZONE, port=port, lifetime=20, relativize=False, **keys, **where),
                             relativize=False)


def records(zone):
    return sorted(f"{name} {ttl} {rdata.rdtype.name} {rdata}" for name, ttl, rdata in zone.iterate_rdatas())


def without_soa(zone):
    return [line for line in records(zone) if " SOA " not in line]


def serial_of(zone):
    return zone.get_rdataset(dns.name.from_text(ZONE), "SOA")[0].serial


class Fixture(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(path + ".new", path)
        return path

    def start(self, *flags, view=None):
        router = Router(self.folder.name, *flags, view=view)
        self.addCleanup(router.close, signal.SIGKILL)
        return router

    def change(self, router, view):
        """Another view, in use when this returns."""
        before = self.soa(router.port)
        router.write_view(view)
        router.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.soa(router.port) != before)
        wait_until(lambda: self.is_transferred(router.port, self.soa(router.port)))

    def is_transferred(self, port, serial):
        """Whether secondaries get this version: it is made when it is in use already. True where they are not asked without a key."""
        try:
            for message in dns.query.xfr("127.0.0.1", ZONE, rdtype="IXFR", serial=serial, port=port, lifetime=20):
                return message.answer[0][0].serial == serial
        except dns.query.TransferError:
            return True

    def soa(self, port):
        return dns.query.udp(dns.message.make_query(ZONE, "SOA"), "127.0.0.1", port=port, timeout=10).answer[0][0].serial


class TransferTest(Fixture):
    def test_gives_the_zone_to_those_it_is_for(self):
        router = self.start("--zone-file", self.write("edge.zone", ZONE_FILE), "--allow-transfer", "127.0.0.1,127.1.0.0/16",
                            "--https-alpn", "h2")
        zone = axfr(router.port)
        self.assertEqual(serial_of(zone), self.soa(router.port))
        lines = without_soa(zone)
        for line in ("mail.edge.test. 3600 A 192.0.2.25", "www.edge.test. 3600 CNAME hello.edge.test.",
                     "sub.edge.test. 3600 NS ns.sub.edge.test.", "ns.sub.edge.test. 3600 A 192.0.2.54",
                     '*.any.edge.test. 3600 TXT "any"', "edge.test. 3600 NS ns1.edge.test.",
                     "ns1.edge.test. 3600 A 127.0.0.1"):
            self.assertIn(line, lines)
        # A steered name has the answer of a client nothing is known of, and its wildcard too.
        steered = [line for line in lines if line.startswith("hello.edge.test. 5 A ")]
        self.assertEqual(len(steered), 1)
        self.assertIn(steered[0].split()[-1], [address for *_, address in NODES])
        self.assertIn(steered[0].replace("hello", "*.wild", 1), lines)
        self.assertIn(f'hello.edge.test. 5 HTTPS 1 . alpn="h2" ipv4hint="{steered[0].split()[-1]}"', lines)
        self.assertEqual(records(axfr(router.port, source="127.1.2.3")), records(zone))
        dig = router.dig("AXFR", ZONE)
        self.assertEqual(sum(1 for line in dig.splitlines() if line and line[0] != ";"), len(records(zone)) + 1)
        self.assertIn("Transfer failed", router.dig("AXFR", ZONE, "-b", "127.0.0.2"))
        refused = dns.query.tcp(dns.message.make_query(ZONE, "AXFR", use_edns=0), "127.0.0.1", port=router.port,
                                source="127.0.0.2", timeout=10)
        self.assertEqual(refused.rcode(), dns.rcode.REFUSED)
        self.assertEqual([int(o.code) for o in refused.options if o.otype == 15], [18])
        for name, rcode in [("hello.edge.test", dns.rcode.NOTAUTH), ("example.com", dns.rcode.NOTAUTH)]:
            answer = dns.query.tcp(dns.message.make_query(name, "AXFR"), "127.0.0.1", port=router.port, timeout=10)
            self.assertEqual(answer.rcode(), rcode)
        for opcode in (dns.opcode.NOTIFY, dns.opcode.UPDATE):  # nobody changes this zone
            query = dns.message.make_query(ZONE, "SOA")
            query.set_opcode(opcode)
            with socket.create_connection(("127.0.0.1", router.port), timeout=10) as sock:
                wire = query.to_wire()
                sock.sendall(struct.pack("!H", len(wire)) + wire)
                self.assertEqual(read_message(sock)[3] & 0xf, dns.rcode.NOTIMP)
        code, log = router.close()
        self.assertEqual(code, 0, log)
        self.assertIn("transfer of edge.test to 127.0.0.1: the whole zone", log)

    def test_tells_changes_from_every_version_it_has_had(self):
        router = self.start("--zone-file", self.write("edge.zone", ZONE_FILE), "--allow-transfer", "127.0.0.0/8",
                            "--metrics", "127.0.0.1:0", view=view_json({}, 10))
        held = {}

        def hold(version):
            held[version] = dns.versioned.Zone(ZONE, relativize=False)
            dns.query.inbound_xfr("127.0.0.1", held[version], port=router.port, lifetime=20)

        hold(10)
        chosen = next(address for _, _, _, _, address in NODES
                      if f"hello.edge.test. 5 A {address}" in records(held[10]))
        node = next(name for name, _, _, _, address in NODES if address == chosen)
        self.change(router, view_json({node: "DRAINING"}, 11))
        hold(11)
        self.change(router, view_json({node: "DRAINING"}, 12))  # nothing but the serial
        hold(12)
        self.change(router, view_json({}, 13))
        hold(13)
        self.change(router, view_json({}, 14))
        whole = records(axfr(router.port))
        for version, zone in held.items():
            query, serial = dns.xfr.make_query(zone)
            self.assertEqual(serial, version)
            for how in (dns.query.UDPMode.NEVER, dns.query.UDPMode.TRY_FIRST):
                copy = dns.versioned.Zone(ZONE, relativize=False)
                with copy.writer() as writer:
                    for name, ttl, rdata in zone.iterate_rdatas():
                        writer.add(name, ttl, rdata)
                dns.query.inbound_xfr("127.0.0.1", copy, query=query, port=router.port, udp_mode=how, lifetime=20)
                self.assertEqual(records(copy), whole, version)
        self.assertEqual(serial_of(axfr(router.port)), 14)
        # What nobody has ever had: the whole zone. What is new: the SOA alone.
        for serial, count in [(9, len(whole) + 1), (14, 1), (15, 1)]:
            answer = dns.query.xfr("127.0.0.1", ZONE, rdtype="IXFR", serial=serial, port=router.port, lifetime=20)
            self.assertEqual(sum(len(rrset) for message in answer for rrset in message.answer), count, serial)
        # Over UDP: the SOA, so that the client comes by TCP.
        query = dns.message.make_query(ZONE, "IXFR")
        query.authority.append(dns.rrset.from_text(ZONE + ".", 0, "IN", "SOA", ". . 10 0 0 0 0"))
        answer = dns.query.udp(query, "127.0.0.1", port=router.port, timeout=10)
        self.assertEqual([(r.rdtype, r[0].serial) for r in answer.answer], [(dns.rdatatype.SOA, 14)])
        answer = dns.query.udp(dns.message.make_query(ZONE, "AXFR"), "127.0.0.1", port=router.port, timeout=10)
        self.assertEqual(answer.rcode(), dns.rcode.REFUSED)
        with open(router.ready, encoding="utf-8") as file:
            metrics = urllib.request.urlopen(f"http://{json.load(file)['metrics']}/metrics", timeout=10).read().decode()
        for kind, count in (("whole", 7), ("changes", 8)):
            self.assertIn(f'terrella_dns_transfers_total{{kind="{kind}"}} {count}\n', metrics)
        self.assertGreaterEqual(int(metrics.split('terrella_dns_transfers_total{kind="current"} ')[1].split()[0]), 2)
        self.assertIn("terrella_dns_transfers_running 0\n", metrics)
        _, log = router.close()
        self.assertIn("changes up to serial 14", log)

    def test_instances_call_one_zone_by_one_serial(self):
        """A version that one instance gave out can be brought up to date by another."""
        first = self.start("--allow-transfer", "127.0.0.0/8", view=view_json({}, 10))
        with tempfile.TemporaryDirectory() as folder:
            second = Router(folder, "--allow-transfer", "127.0.0.0/8", view=view_json({}, 10))
            self.addCleanup(second.close, signal.SIGKILL)
            held = dns.versioned.Zone(ZONE, relativize=False)
            dns.query.inbound_xfr("127.0.0.1", held, port=first.port, lifetime=20)
            self.assertEqual(records(held), records(axfr(second.port)))
            for router in (first, second):
                self.change(router, view_json({name: "DOWN" for name, *_ in NODES if name != "SYD"}, 11))
            dns.query.inbound_xfr("127.0.0.1", held, query=dns.xfr.make_query(held)[0], port=second.port, lifetime=20)
            self.assertEqual(records(held), records(axfr(first.port)))
            _, log = second.close()
            self.assertIn("changes up to serial 11", log)

    def test_a_serial_grows_with_what_it_stands_for(self):
        """Also where the view has the same serial or a lower one: a policy was read again, a control plane starts anew."""
        zone_path = self.write("edge.zone", ZONE_FILE)
        policies = self.write("policies.toml", '[[policy]]\nnames = ["hello.edge.test"]\nsteps = ["up", "failover SYD"]\n')
        router = self.start("--zone-file", zone_path, "--policies", policies, "--allow-transfer", "127.0.0.0/8",
                            view=view_json({}, 100))
        self.assertEqual(self.soa(router.port), 100)
        self.assertIn("hello.edge.test. 5 A 127.16.0.6", records(axfr(router.port)))
        self.write("policies.toml", '[[policy]]\nnames = ["hello.edge.test"]\nsteps = ["up", "failover FRA"]\nttl_s = 60\n')
        router.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.soa(router.port) > 100 and self.is_transferred(router.port, self.soa(router.port)))
        self.assertIn("hello.edge.test. 60 A 127.16.0.1", records(axfr(router.port)))
        before = self.soa(router.port)
        self.write("edge.zone", ZONE_FILE + "new TXT new\n")
        router.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.soa(router.port) > before)
        before = self.soa(router.port)
        router.write_view(view_json({"FRA": "DOWN"}, 1))
        router.process.send_signal(signal.SIGHUP)
        # FRA down is other records, of a view whose own serial is far behind.
        wait_until(lambda: self.soa(router.port) == before + 1 and self.is_transferred(router.port, before + 1))
        self.assertNotIn("hello.edge.test. 60 A 127.16.0.1", records(axfr(router.port)))
        router.write_view(view_json({}, 1800000000 * 1000000 + 65536 * 5))  # as a control plane counts: microseconds
        router.process.send_signal(signal.SIGHUP)
        expected = (1800000000 * 1000000 + 65536 * 5 >> 16) & 0xffffffff
        wait_until(lambda: self.soa(router.port) == expected)

    def test_takes_a_key_and_nothing_else(self):
        keys = self.write("keys", "# of the secondary\n" + KEY + "\n")
        router = self.start("--tsig-keys", keys, "--allow-transfer", "127.0.0.1")
        self.assertEqual(records(axfr(router.port, key=True)), records(axfr(router.port, key=True)))
        self.assertIn("NOERROR", router.dig("-y", KEY, "SOA", ZONE))
        self.assertNotIn("Couldn't verify", router.dig("-y", KEY, "AXFR", ZONE))
        self.assertIn("hello.edge.test.", router.dig("-y", KEY, "AXFR", ZONE))
        self.assertIn("Transfer failed", router.dig("AXFR", ZONE))
        other = KEY.replace(SECRET, base64.b64encode(b"another").decode())
        self.assertIn("BADSIG", router.dig("-y", other, "SOA", ZONE))
        for how, name, secret, error in [("tcp", "xfr.key", b"another", dns.tsig.PeerBadSignature),
                                         ("tcp", "no.key", b"a secret of thirty-two bytes !!!", dns.tsig.PeerBadKey),
                                         ("udp", "no.key", b"a secret of thirty-two bytes !!!", dns.tsig.PeerBadKey)]:
            query = dns.message.make_query(ZONE, "AXFR" if how == "tcp" else "SOA")
            query.use_tsig({dns.name.from_text(name): dns.tsig.Key(name, secret)})
            with self.assertRaises(error):
                getattr(dns.query, how)(query, "127.0.0.1", port=router.port, timeout=10)
        # A key is not enough from elsewhere, and the key can be replaced while the server runs.
        self.assertIn("Transfer failed", router.dig("-y", KEY, "AXFR", ZONE, "-b", "127.0.0.2"))
        self.write("keys", KEY.replace("xfr.key", "new.key") + "\n")
        router.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "Transfer failed" in router.dig("-y", KEY, "AXFR", ZONE))
        self.assertIn("hello.edge.test.", router.dig("-y", KEY.replace("xfr.key", "new.key"), "AXFR", ZONE))
        # A file that is refused leaves the keys as they were: the view is read at the same signal, after the keys.
        self.write("keys", "hmac-md5:old.key:" + SECRET + "\n")
        self.change(router, view_json({}, 2))
        self.assertIn("hello.edge.test.", router.dig("-y", KEY.replace("xfr.key", "new.key"), "AXFR", ZONE))
        _, log = router.close()
        self.assertIn("not reloaded", log)
        self.assertIn("1: expected ALGORITHM:NAME:SECRET", log)
        self.assertNotIn(SECRET, log)

    def test_refuses_options_that_contradict_each_other(self):
        keys = self.write("dnssec.pem", "")
        for flags, text in [(["--notify", "127.0.0.1:53"], "no secondary may have the zone"),
                            (["--allow-transfer", "127.0.0.1/8"], "bits set past its length"),
                            (["--allow-transfer", "127.0.0.1", "--notify", "127.0.0.1"], "127.0.0.1"),
                            (["--allow-transfer", "127.0.0.1", "--dnssec-keys", keys], "no signatures to transfer")]:
            run = subprocess.run([os.path.join(os.environ["TERRELLA_BIN"], "dns_router"), "--listen=127.0.0.1:0", *flags],
                                 capture_output=True, text=True, timeout=20, check=False)
            self.assertEqual(run.returncode, 2, run.stderr)
            self.assertIn(text, run.stderr)

    def test_tells_of_changes_without_flooding(self):
        """RFC 1996: told again until there is an answer, and at most once a second however often the zone changes."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as secondary:
            secondary.bind(("127.0.0.1", 0))
            secondary.settimeout(10)
            # Damping would hold down what changes so often.
            router = self.start("--allow-transfer", "127.0.0.0/8", "--flap-out-max-s", "0", "--notify",
                                f"127.0.0.1:{secondary.getsockname()[1]}")
            notices = []
            first, peer = secondary.recvfrom(4096)
            again, _ = secondary.recvfrom(4096)  # not answered: told again
            self.assertNotEqual(first, b"")
            for wire in (first, again):
                self.assertEqual(wire[2], dns.opcode.NOTIFY << 3 | 4)
                notice = dns.message.from_wire(wire)
                self.assertEqual((notice.question[0].name.to_text(), notice.question[0].rdtype), ("edge.test.", dns.rdatatype.SOA))
                self.assertEqual(notice.answer[0][0].serial, 1)
            stop = threading.Event()

            def answer():
                wire, to = again, peer
                while not stop.is_set():
                    secondary.sendto(wire[:2] + bytes([wire[2] | 0x80]) + wire[3:], to)
                    try:
                        wire, to = secondary.recvfrom(4096)
                        notices.append(dns.message.from_wire(wire).answer[0][0].serial)
                    except TimeoutError:
                        pass

            secondary.settimeout(0.1)
            thread = threading.Thread(target=answer)
            thread.start()
            down = {name: "DOWN" for name, *_ in NODES if name != "SYD"}
            began = time.monotonic()
            serial = 1
            while time.monotonic() < began + 4:
                serial += 1
                router.write_view(view_json(down if serial % 2 == 0 else {}, serial))
                router.process.send_signal(signal.SIGHUP)
                time.sleep(0.02)
            wait_until(lambda: notices and notices[-1] >= serial - 1)
            stop.set()
            thread.join()
            elapsed = time.monotonic() - began
            self.assertGreater(serial, 50)
            self.assertLessEqual(len(notices), elapsed + 2)
            self.assertEqual(notices, sorted(notices))

    def test_a_large_transfer_stops_nobody(self):
        count = 60000
        text = "$ORIGIN edge.test.\n" + "".join(f"host-{i} 300 TXT \"{i} {'x' * 100}\"\n" for i in range(count))
        router = self.start("--zone-file", self.write("edge.zone", text), "--allow-transfer", "127.0.0.0/8")
        query = dns.message.make_query(ZONE, "AXFR").to_wire()
        slow = [socket.create_connection(("127.0.0.1", router.port), timeout=60, source_address=(f"127.0.0.{2 + i % 7}", 0))
                for i in range(20)]
        for sock in slow:  # ask and do not read
            sock.sendall(struct.pack("!H", len(query)) + query)
        sizes, names = [], 0
        with socket.create_connection(("127.0.0.1", router.port), timeout=60) as sock:
            # What comes behind is answered when the transfer is over.
            wire = dns.message.make_query(ZONE, "SOA", id=7).to_wire()
            for sock_slow in slow[:6]:  # no more than 16 run at a time
                sock_slow.close()
            time.sleep(0.3)
            sock.sendall(struct.pack("!H", len(query)) + query + struct.pack("!H", len(wire)) + wire)
            while True:
                message = read_message(sock)
                if struct.unpack("!H", message[:2])[0] == 7:
                    break
                sizes.append(len(message))
                names += struct.unpack("!H", message[6:8])[0]
                if len(sizes) % 100 == 1:
                    for tcp in (False, True):
                        self.assertEqual(router.ask("hello.edge.test", tcp=tcp).rcode(), 0)
        self.assertGreater(names, count)
        self.assertGreater(len(sizes), 100)
        self.assertLess(max(sizes), 65536)
        # The slow ones get all of it too, or an honest refusal.
        whole = refused = 0
        for sock in slow[6:]:
            got = 0
            while True:
                message = read_message(sock)
                got += struct.unpack("!H", message[6:8])[0]
                if message[3] & 0xf == dns.rcode.SERVFAIL or got == names:
                    break
            whole += got == names
            refused += got == 0
        self.assertGreaterEqual(whole, 10)
        self.assertEqual(whole + refused, 14)
        for sock in slow:
            sock.close()
        code, log = router.close()
        self.assertEqual(code, 0, log)


class Knot:
    """A secondary: one knotd that has its zone from the router."""

    def __init__(self, folder, primary_port, key=None, signed=False):
        self.folder = folder
        self.port = free_port()
        os.makedirs(folder)
        key_id, key_text = "", ""
        if key:
            algorithm, name, secret = key.split(":")
            key_id = f"key: {name}"
            key_text = f"key:\n  - id: {name}\n    algorithm: {algorithm}\n    secret: {secret}\n"
        signing = """
    dnssec-signing: on
    dnssec-policy: shared
    serial-policy: increment""" if signed else ""
        self.conf = os.path.join(folder, "knot.conf")
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(f"""{key_text}
server:
  listen: 127.0.0.1@{self.port}
  rundir: {folder}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
log:
  - target: {folder}/log
    any: info
database:
  storage: {folder}
remote:
  - id: router
    address: 127.0.0.1@{primary_port}
    {key_id}
acl:
  - id: notices
    address: 127.0.0.1
    action: notify
    {key_id}
policy:
  - id: shared
    manual: on
    algorithm: ecdsap256sha256
    single-type-signing: on
zone:
  - domain: edge.test
    storage: {folder}
    master: router
    acl: notices
    zonefile-sync: -1
    refresh-min-interval: 3600{signing}
""")

    def start(self):
        self.process = subprocess.Popen([KNOTD, "-c", self.conf])

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as file:
            return file.read()

    def serial(self):
        try:
            answer = dns.query.udp(dns.message.make_query(ZONE, "SOA"), "127.0.0.1", port=self.port, timeout=0.3)
            return answer.answer[0][0].serial if answer.answer else None
        except (dns.exception.Timeout, OSError):
            return None

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)


@unittest.skipUnless(KNOTD, "knotd is not installed")
class SecondaryTest(Fixture):
    def secondary(self, router_flags, key=None, keys_pem=None):
        """A router and a secondary that has the zone; the secondary's port must be known before the router starts."""
        port = free_port()
        notify = f"127.0.0.1:{port}"
        router = self.start("--zone-file", self.write("edge.zone", ZONE_FILE), "--https-alpn", "h2",
                            "--notify", f"xfr.key@{notify}" if key else notify, *router_flags)
        knot = Knot(os.path.join(self.folder.name, "knot"), router.port, key, signed=keys_pem is not None)
        with open(knot.conf, encoding="utf-8") as file:
            text = file.read().replace(f"127.0.0.1@{knot.port}", f"127.0.0.1@{port}")
        with open(knot.conf, "w", encoding="utf-8") as file:
            file.write(text)
        knot.port = port
        if keys_pem:
            subprocess.run([KEYMGR, "-c", knot.conf, ZONE, "import-pem", keys_pem, "algorithm=ecdsap256sha256", "ksk=yes", "zsk=yes"],
                           check=True, capture_output=True, timeout=30)
        knot.start()
        self.addCleanup(knot.close)
        wait_until(lambda: knot.serial() is not None if keys_pem else knot.serial() == self.soa(router.port))
        return router, knot

    def compare(self, router, knot):
        """Every question the secondary can answer alike, it does."""
        compared = 0
        for name in ["@", "hello", "x.wild", "www", "mail", "ns1", "x.sub", "ns.sub", "q.any", "any", "nothing", "wild"]:
            for rdtype in ["A", "AAAA", "TXT", "MX", "NS", "SOA", "HTTPS", "CNAME", "CAA"]:
                full = ZONE if name == "@" else f"{name}.{ZONE}"
                query = dns.message.make_query(full, rdtype, use_edns=0)
                # From nowhere: what is steered is steered to the one answer a secondary knows.
                ours, theirs = (dns.query.udp(query, "127.0.0.1", port=port, timeout=10) for port in (router.port, knot.port))
                self.assertEqual(ours.rcode(), theirs.rcode(), (full, rdtype))
                self.assertEqual(ours.flags & ~dns.flags.RD, theirs.flags & ~dns.flags.RD, (full, rdtype))
                for section in ("answer", "authority"):
                    texts = [sorted(text for rrset in getattr(message, section) for text in rrset.to_text().splitlines())
                             for message in (ours, theirs)]
                    self.assertEqual(texts[0], texts[1], (full, rdtype, section))
                compared += 1
        return compared

    def follow(self, flags, key):
        router, knot = self.secondary(flags, key)
        self.assertGreater(self.compare(router, knot), 100)
        self.assertIn("AXFR, incoming", knot.log())
        steered = dns.query.udp(dns.message.make_query("hello.edge.test", "A"), "127.0.0.1", port=knot.port, timeout=10)
        chosen = steered.answer[0][0].address
        node = next(name for name, _, _, _, address in NODES if address == chosen)
        for serial, states in [(2, {node: "DOWN"}), (3, {}), (4, {name: "DOWN" for name, *_ in NODES}), (5, {})]:
            self.change(router, view_json(states, serial))
            # By the notice: the secondary's own refresh is an hour away.
            wait_until(lambda wanted=serial: knot.serial() == wanted)
            if serial != 4:  # a name without an address is not in the zone of a secondary
                self.compare(router, knot)
            answer = dns.query.udp(dns.message.make_query("hello.edge.test", "A"), "127.0.0.1", port=knot.port, timeout=10)
            self.assertEqual([rr.address for rrset in answer.answer for rr in rrset if serial in (3, 5)],
                             [chosen] if serial in (3, 5) else [])
        self.write("edge.zone", ZONE_FILE.replace("192.0.2.25", "192.0.2.26"))
        router.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.soa(router.port) == knot.serial() == 6)
        self.compare(router, knot)
        log = knot.log()
        self.assertGreaterEqual(log.count("notify, incoming, remote 127.0.0.1"), 5)
        self.assertGreaterEqual(log.count("IXFR, incoming, remote 127.0.0.1"), 5)
        self.assertNotIn("fallback", log.lower())
        self.assertEqual(log.count("AXFR, incoming, remote 127.0.0.1@%d, started" % router.port), 1, log)

    @unittest.skipUnless(KEYMGR, "keymgr is not installed")
    def test_a_secondary_signs_with_the_same_key(self):
        """A signed zone goes over without signatures; signed again by the same key it is as good to a validator."""
        pem = os.path.join(self.folder.name, "keys.pem")  # made by the router
        router, knot = self.secondary(["--allow-transfer", "127.0.0.1", "--dnssec-keys", pem, "--transfer-unsigned"], keys_pem=pem)
        self.assertTrue(all(rdata.rdtype not in (dns.rdatatype.DNSKEY, dns.rdatatype.RRSIG, dns.rdatatype.NSEC)
                            for _, _, rdata in axfr(router.port).iterate_rdatas()))
        keys = [dns.query.udp(dns.message.make_query(ZONE, "DNSKEY"), "127.0.0.1", port=port, timeout=10).answer[0].to_rdataset()
                for port in (router.port, knot.port)]
        self.assertEqual(keys[0], keys[1])
        key = keys[0][0]
        anchor = self.write("anchor", f'trust-anchors {{ "{ZONE}." static-key {key.flags} {key.protocol} {key.algorithm} '
                                      f'"{base64.b64encode(key.key).decode()}"; }};\n')

        def delv(port, *args):
            return subprocess.run(["delv", "@127.0.0.1", "-p", str(port), "-a", anchor, f"+root={ZONE}", *args],
                                  capture_output=True, text=True, timeout=30, check=False).stdout

        for port in (router.port, knot.port):
            for args, says in [(["hello.edge.test", "A"], "; fully validated"), (["www.edge.test", "A"], "; fully validated"),
                               (["q.any.edge.test", "TXT"], "; fully validated"),
                               (["nothing.edge.test", "A"], "; negative response, fully validated")]:
                self.assertIn(says, delv(port, *args), (args, port == knot.port))
        before = knot.serial()
        self.change(router, view_json({name: "DOWN" for name, *_ in NODES if name != "SYD"}, 2))
        wait_until(lambda: knot.serial() != before)
        self.assertIn("127.16.0.6", delv(knot.port, "hello.edge.test", "A"))
        self.assertIn("; fully validated", delv(knot.port, "hello.edge.test", "A"))

    def test_a_secondary_follows_by_address(self):
        self.follow(["--allow-transfer", "127.0.0.1"], None)

    def test_a_secondary_follows_by_key(self):
        self.follow(["--tsig-keys", self.write("keys", KEY + "\n")], KEY)


if __name__ == "__main__":
    unittest.main(verbosity=2)
