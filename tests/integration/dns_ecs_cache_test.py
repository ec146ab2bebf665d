#!/usr/bin/env python3
"""One caching resolver in front of the DNS router: clients of different cities get their own nodes through it.

Usage: dns_ecs_cache_test.py   (TERRELLA_BIN and TERRELLA_SOURCE_DIR say where the program and the data are)

unbound (Debian's, with its subnet cache) asks the router with EDNS Client Subnet and keeps one answer for each
scope. Without unbound the test says so and ends well. What it would catch: a scope wider than the answer's, which
sends the second city to the first one's node out of the cache.
"""
import os
import random
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import dns.edns
import dns.message
import dns.query
import dns.rcode

from dns_router_test import NODES, Router, find_oracle, free_port

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
from unbound import unbound_conf  # noqa: E402

UNBOUND = os.environ.get("TERRELLA_UNBOUND") or find_oracle("unbound")
# Prefixes whose country the data knows, and the node that is theirs.
CLIENTS = [("102.89.0.0/24", "LOS"), ("91.0.0.0/24", "FRA"), ("177.32.0.0/24", "GRU"), ("126.0.0.0/24", "NRT"),
           ("73.0.0.0/24", "JFK"), ("1.128.0.0/24", "SYD"), ("41.0.0.0/24", "JNB"), ("175.156.0.0/24", "SIN")]
ADDRESS = {node[0]: node[4] for node in NODES}


def ask(port, prefix, name="hello.edge.test"):
    """(addresses, TTL, scope) as a client with this prefix gets them."""
    base, bits = prefix.split("/")
    query = dns.message.make_query(name, "A", use_edns=0, options=[dns.edns.ECSOption(base, int(bits))])
    reply = dns.query.udp(query, "127.0.0.1", port=port, timeout=5)
    if reply.rcode() != dns.rcode.NOERROR or not reply.answer:
        raise AssertionError(f"{prefix}: {reply}")
    scope = next((o.scopelen for o in reply.options if isinstance(o, dns.edns.ECSOption)), None)
    return sorted(r.address for r in reply.answer[0]), reply.answer[0].ttl, scope


class Unbound:
    def __init__(self, folder, router_port):
        self.port = free_port()
        conf = os.path.join(folder, "unbound.conf")
        with open(conf, "w", encoding="utf-8") as file:
            file.write(unbound_conf(folder, self.port, router_port, by_client_subnet=True, log=""))
        self.process = subprocess.Popen([UNBOUND, "-d", "-c", conf], stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 20
        while True:
            try:
                ask(self.port, CLIENTS[0][0])
                return
            except (OSError, AssertionError, dns.exception.DNSException):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    raise RuntimeError("unbound did not start: " + self.process.stderr.read()) from None
                time.sleep(0.1)

    def close(self):
        self.process.terminate()
        self.process.communicate(timeout=20)


class EcsThroughACache(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="terrella-ecs-")
        cls.router = Router(cls.folder.name, "--ttl-s", "3600")
        cls.unbound = Unbound(cls.folder.name, cls.router.port)

    @classmethod
    def tearDownClass(cls):
        cls.unbound.close()
        cls.router.close()
        cls.folder.cleanup()

    def test_every_city_gets_its_own_node_through_one_cache(self):
        for prefix, node in CLIENTS:
            self.assertEqual(ask(self.unbound.port, prefix)[0], [ADDRESS[node]], prefix)
        # Again, in another order, out of the cache.
        for prefix, node in random.Random(7).sample(CLIENTS, len(CLIENTS)):
            self.assertEqual(ask(self.unbound.port, prefix)[0], [ADDRESS[node]], prefix)

    def test_the_cache_agrees_with_the_router_for_clients_all_over_the_world(self):
        # Every answer widens what the cache holds, so a scope too wide shows as a later wrong answer.
        rng = random.Random(11)
        for _ in range(400):
            prefix = f"{rng.choice([n for n in range(1, 224) if n not in (10, 127)])}.{rng.randrange(256)}." \
                     f"{rng.randrange(256)}.0/24"
            self.assertEqual(ask(self.unbound.port, prefix)[0], ask(self.router.port, prefix)[0], prefix)

    def test_an_answer_is_kept_for_its_scope_and_no_further(self):
        prefix, node = CLIENTS[3]
        scope = ask(self.router.port, prefix)[2]
        self.assertLess(scope, 24)
        ask(self.unbound.port, prefix)
        time.sleep(2.1)
        neighbour = "126.0.1.0/24"
        addresses, ttl, _ = ask(self.unbound.port, neighbour)
        self.assertEqual(addresses, [ADDRESS[node]])
        self.assertLess(ttl, 3600, "the neighbour within the scope was answered out of the cache")


if __name__ == "__main__":
    if UNBOUND is None:
        print("skipped: unbound is not installed (scripts/setup --test)", file=sys.stderr)
        sys.exit(77)
    unittest.main()
