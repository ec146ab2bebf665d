#!/usr/bin/env python3
"""Everything of the DNS router at once: questions by UDP, TCP, TLS and HTTPS, transfers, notices, metrics, while the view
changes, files are read again and the query log moves away.

Usage: dns_race_test.py [SECONDS]   (TERRELLA_BIN and TERRELLA_SOURCE_DIR say where the program and the data are)

Every answer must be one of those that some view in use gives, and the router must end well. Run against a build with
ThreadSanitizer (`scripts/dev tsan`), whose reports end the process with another code, it is the search for data races.
"""
import http.client
import json
import os
import random
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import dns.edns
import dns.message
import dns.query
import dns.rdatatype

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from dns_router_test import NODES, Router, read_message, view_json  # noqa: E402

ADDRESSES = {address for *_, address in NODES}
ZONE = """$ORIGIN edge.test.
@    MX  10 mail
mail A   192.0.2.25
www  CNAME hello
""" + "".join(f"host-{i} TXT \"{'x' * 80}\"\n" for i in range(400))
POLICY = '[[policy]]\nnames = ["hello.edge.test"]\nsteps = ["up", "{}", "first 2"]\n'


class Storm:
    """Threads that each do one thing until the time is over; the first error ends them all."""

    def __init__(self, seconds):
        self.end = time.monotonic() + seconds
        self.errors = []
        self.done = {}
        self.threads = []

    def goes_on(self):
        return time.monotonic() < self.end and not self.errors

    def start(self, name, act):
        def run():
            try:
                while self.goes_on():
                    act()
                    self.done[name] = self.done.get(name, 0) + 1
            except Exception as error:  # told at the end
                self.errors.append(f"{name}: {type(error).__name__}: {error}")
        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def wait(self):
        for thread in self.threads:
            thread.join()


def check_steered(message):
    found = {rdata.address for rrset in message.answer if rrset.rdtype == dns.rdatatype.A for rdata in rrset}
    assert message.rcode() == 0 and found <= ADDRESSES and found, message


def question(rng, name="hello.edge.test", rdtype="A", do=False):
    subnet = dns.edns.ECSOption(f"{rng.randrange(1, 224)}.{rng.randrange(256)}.{rng.randrange(256)}.0", 24)
    return dns.message.make_query(name, rdtype, use_edns=0, options=[subnet], want_dnssec=do)


def stream_of(queries, sock):
    sock.sendall(b"".join(struct.pack("!H", len(q)) + q for q in queries))
    return [dns.message.from_wire(read_message(sock)) for _ in queries]


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 6
    rng = random.Random(11)
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as secondary:
        secondary.bind(("127.0.0.1", 0))
        secondary.settimeout(0.1)

        def write(name, text):
            path = os.path.join(folder, name)
            with open(path + ".new", "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(path + ".new", path)
            return path

        certificate, key = (os.path.join(folder, name) for name in ("cert.pem", "key.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                        "-out", certificate, "-days", "2", "-subj", "/CN=dns.test"], check=True, capture_output=True, timeout=60)
        log = os.path.join(folder, "queries.jsonl")
        router = Router(folder, "--udp-threads", "2", "--zone-file", write("edge.zone", ZONE), "--policies",
                        write("policies.toml", POLICY.format("latency")), "--cookie-secrets", write("cookies", "0" * 32 + "\n"),
                        "--allow-transfer", "127.0.0.0/8", "--notify", f"127.0.0.1:{secondary.getsockname()[1]}",
                        "--dnssec-keys", os.path.join(folder, "keys.pem"), "--transfer-unsigned", "--https-alpn", "h2",
                        "--query-log", log, "--query-log-every", "10", "--rate-limit", "1000000", "--metrics", "127.0.0.1:0",
                        "--listen-tls", "127.0.0.1:0", "--listen-https", "127.0.0.1:0", "--tls-certificate", certificate, "--tls-key", key)
        # A log that nobody reads would stop the router once the pipe is full.
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(router.process.stderr))
        reader.start()
        with open(router.ready, encoding="utf-8") as file:
            ready = json.load(file)
        tls_port, https_port = (int(ready[name].rsplit(":", 1)[1]) for name in ("tls", "https"))
        context = ssl.create_default_context(cafile=certificate)
        context.check_hostname = False
        storm = Storm(seconds)
        serial = [1]

        def udp():
            query = question(rng, do=rng.random() < 0.3)
            check_steered(dns.query.udp(query, "127.0.0.1", port=router.port, timeout=20))
            name = rng.choice(["www.edge.test", "nothing.edge.test", "x.wild.edge.test", "mail.edge.test", "edge.test"])
            dns.query.udp(question(rng, name, rng.choice(["A", "HTTPS", "MX", "SOA"]), do=True), "127.0.0.1", port=router.port, timeout=20)

        def tcp():
            with socket.create_connection(("127.0.0.1", router.port), timeout=20) as sock:
                for message in stream_of([question(rng).to_wire() for _ in range(20)], sock):
                    check_steered(message)

        def tls():
            with socket.create_connection(("127.0.0.1", tls_port), timeout=20) as plain, context.wrap_socket(plain) as sock:
                for message in stream_of([question(rng).to_wire() for _ in range(10)], sock):
                    check_steered(message)

        def https():
            connection = http.client.HTTPSConnection("127.0.0.1", https_port, timeout=20, context=context)
            for _ in range(10):
                connection.request("POST", "/dns-query", body=question(rng).to_wire(),
                                   headers={"content-type": "application/dns-message"})
                answer = connection.getresponse()
                assert answer.status == 200, answer.status
                check_steered(dns.message.from_wire(answer.read()))
            connection.close()

        def transfer():
            for rdtype, more in (("AXFR", {}), ("IXFR", {"serial": max(1, serial[0] - rng.randrange(20))})):
                records = [rrset for message in dns.query.xfr("127.0.0.1", "edge.test", rdtype, port=router.port, relativize=False,
                                                              lifetime=30, **more) for rrset in message.answer]
                soas = [rrset[0].serial for rrset in records if rrset.rdtype == dns.rdatatype.SOA]
                assert soas[0] == soas[-1], soas

        def view():
            serial[0] += 1
            down = {name: "DOWN" for name, *_ in NODES if rng.random() < 0.3 and name != "FRA"}
            router.write_view(view_json(down, serial[0]))
            what = rng.randrange(4)
            if what == 0:
                write("edge.zone", ZONE + f"extra TXT {serial[0]}\n")
            elif what == 1:
                write("policies.toml", POLICY.format(rng.choice(["latency", "weighted", "latency 50"])))
            elif what == 2:
                write("cookies", f"{serial[0]:032x}\n" + "0" * 32 + "\n")
            elif os.path.exists(log):
                os.replace(log, log + ".1")
            router.process.send_signal(signal.SIGHUP)
            time.sleep(0.03)

        def answer_notices():
            try:
                wire, peer = secondary.recvfrom(4096)
                secondary.sendto(wire[:2] + bytes([wire[2] | 0x80]) + wire[3:], peer)
            except TimeoutError:
                pass

        def scrape():
            with urllib.request.urlopen(f"http://{ready['metrics']}/metrics", timeout=20) as answer:
                assert b"# TYPE" in answer.read()
            time.sleep(0.05)

        for name, act in (("udp", udp), ("udp too", udp), ("tcp", tcp), ("tls", tls), ("https", https), ("transfer", transfer), ("view", view),
                          ("notices", answer_notices), ("metrics", scrape)):
            storm.start(name, act)
        storm.wait()
        router.process.send_signal(signal.SIGTERM)
        code = router.process.wait(60)
        reader.join()
        text = "".join(lines)
        print(", ".join(f"{count} {name}" for name, count in sorted(storm.done.items())))
        errors = storm.errors + ([f"the router ended with {code}: {text[-20000:]}"] if code != 0 else [])
        for name in ("udp", "tcp", "tls", "https", "transfer", "view", "metrics"):
            if not storm.done.get(name):
                errors.append(f"no round of {name} was finished")
        print("\n".join(errors))
        sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
