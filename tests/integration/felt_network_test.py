#!/usr/bin/env python3
"""What people have between themselves and a node is felt, and BGP leads them where `net catchment` says, also after a
node died."""
import http.client
import time
import unittest

from network import Network, wait_for

CITIES = ("Paris London Madrid Rome Berlin Warsaw Vienna Prague Lagos Cairo Nairobi Casablanca Istanbul Moscow Mumbai "
          "Delhi Singapore Tokyo Osaka Sydney Toronto Chicago Miami Dallas Bogota Lima Santiago").split()


def setUpModule():
    global net, addresses
    net = Network(pops=12, flags=["--anycast", "cdn"]).__enter__()
    net.run("deploy", net.write("whereami.js",
                                "export default { async fetch(r) { return new Response(r.cf.colo); } };"))
    blocks = {c["name"]: c["addresses"] for c in reversed(net.json("net", "cities"))}
    addresses = {city: blocks[city].rsplit(".", 1)[0] + ".9" for city in CITIES if city in blocks}


def tearDownModule():
    net.__exit__()


def get(source=None, headers=None):
    """(seconds to the answer, status, body, headers) of one request to the anycast address."""
    connection = http.client.HTTPConnection("127.0.0.1", net.port, timeout=60,
                                            source_address=(source, 0) if source else None)
    try:
        start = time.monotonic()
        connection.request("GET", "/", headers={"host": "whereami.edge.test", **(headers or {})})
        response = connection.getresponse()
        body = response.read().decode()
        return time.monotonic() - start, response.status, body, response.headers
    except OSError:
        return 0, 0, "refused", {}
    finally:
        connection.close()


class LastMile(unittest.TestCase):
    def test_a_satellite_is_felt_and_told(self):
        took, status, _, headers = get(addresses["Paris"], {"terrella-access": "geo", "terrella-loss": "0%"})
        self.assertEqual(status, 200)
        self.assertGreater(took, 2 * 0.56)
        self.assertIn('access;dur=560.00;desc="geo"', headers["server-timing"])
        self.assertIn('access;dur=4.00;desc="wired"', get(addresses["Paris"])[3]["server-timing"])

    def test_what_is_not_understood_is_refused_with_its_field(self):
        _, status, body, headers = get(None, {"terrella-access": "pigeon"})
        self.assertEqual((status, headers["terrella-ingress"]), (400, "bad-wish"))
        self.assertIn("terrella-access: expected an access: wired, mix", body)
        failed = net.run("up", "--loss", "lots", check=False)
        self.assertEqual(failed.returncode != 0, True)
        self.assertIn("expected a share of packets such as 1%", failed.stderr)


class Anycast(unittest.TestCase):
    def test_a_dead_nodes_people_land_where_the_catchment_says(self):
        pops = ",".join(p["name"] for p in net.status()["parts"] if p["name"].isupper())
        before = {city: get(address)[2] for city, address in addresses.items()}
        victim = max(set(before.values()), key=list(before.values()).count)
        said = net.json("net", "catchment", "--preset", "cdn", "--pops", pops, "--drop", victim, "--ases", "2000",
                        "--seed", "1")
        moves = {(m["from"], m["to"]) for m in said["moves"]}
        net.run("kill", victim)

        def after():
            now = {city: get(address)[2] for city, address in addresses.items() if before[city] == victim}
            return all(len(pop) == 3 and pop != victim for pop in now.values()) and now
        landed = wait_for(f"{victim} attracts nobody", after, timeout_s=240)
        self.assertGreater(len(landed), 0)
        for city, pop in landed.items():
            self.assertIn((victim, pop), moves, city)
        net.run("start", victim)


if __name__ == "__main__":
    unittest.main(verbosity=2)
