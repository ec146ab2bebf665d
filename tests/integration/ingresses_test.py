#!/usr/bin/env python3
"""Several ingresses share the anycast address: each gets connections, and one that dies takes only its own with it."""
import http.client
import os
import select
import signal
import unittest

from network import Network

HELLO = "export default { async fetch(r) { return new Response(r.cf.colo); } };"
CALLS = 40  # the chance that one of two ingresses gets none of them: 2^-39


class Ingresses(unittest.TestCase):
    def test_they_share_the_address(self):
        with Network(pops=3, flags=("--ingresses", "2")) as net:
            net.run("deploy", net.write("hello.js", HELLO))
            ingresses = {p["name"]: p["pid"] for p in net.status()["parts"] if p["name"].startswith("ingress")}
            self.assertEqual(set(ingresses), {"ingress", "ingress-2"})

            def call():
                connection = http.client.HTTPConnection("127.0.0.1", net.port, timeout=10)
                try:
                    connection.request("GET", "/", headers={"host": "hello.edge.test"})
                    return connection.getresponse().status
                finally:
                    connection.close()

            self.assertEqual({call() for _ in range(CALLS)}, {200})

            # Until it has ended, what comes to it goes with it.
            ended = os.pidfd_open(ingresses["ingress-2"])
            self.addCleanup(os.close, ended)
            os.kill(ingresses["ingress-2"], signal.SIGKILL)
            self.assertTrue(select.select([ended], [], [], 10)[0], "it does not end")
            self.assertEqual({call() for _ in range(CALLS)}, {200})
            repaired = net.run("up")
            self.assertIn("restarting ingress-2", repaired.stderr)
            self.assertEqual({call() for _ in range(CALLS)}, {200})

            different = net.run("up", "--ingresses", "3", check=False)
            self.assertEqual(different.returncode, 1, different.stderr)
            self.assertIn("is running already, with 2 ingresses", different.stderr)

            net.run("down")
            for name in ingresses:  # each says at its end what it let through
                log = (net.home / net.name / "logs" / f"{name}.log").read_text(encoding="utf-8")
                self.assertRegex(log, r"[1-9]\d* pieces let through", name)


if __name__ == "__main__":
    unittest.main()
