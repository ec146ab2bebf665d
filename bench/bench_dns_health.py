#!/usr/bin/env python3
"""How long DNS goes on naming a node that has died or hangs, by real processes: a control plane, nodes, routers.

killed      SIGKILL: its stream to the control plane breaks, which every router is told at once
hung        SIGSTOP: it is connected and silent; the control plane's lease (3 s) or the router's own probes find out
alone       SIGKILL while the control plane is dead too: only probes can tell
Time is from the signal to the first answer that does not name the node; a question every 2 ms. TTLs of caches come on
top. 21 rounds a figure (5 with --quick); the bar of the median and of the longest is 1.5 s, where a lease is waited for
that and half a second. One router of two probes (http, every 250 ms, 200 ms each, two failures), both forget flaps.
"""
import os
import signal
import socket
import struct
import sys
import time
from pathlib import Path

from harness import QUICK, ROOT, Row, median, report, talk

sys.path.insert(0, str(ROOT / "tests" / "integration"))
from network import DnsRouter, Network, wait_for  # noqa: E402

ROUNDS = 5 if QUICK else 21
PROBES = ("--probe", "http", "--probe-interval-ms", "250", "--probe-timeout-ms", "200", "--probe-fall", "2")
BAR_MS, LEASE_MS = 1500, 3000


def question(subnet):
    first, _ = subnet.split("/")
    name = b"".join(bytes([len(label)]) + label for label in (b"hello", b"edge", b"test")) + b"\0"
    option = struct.pack("!HHHBB", 8, 7, 1, 24, 0) + socket.inet_aton(first)[:3]
    return (struct.pack("!6H", 7, 0, 1, 0, 0, 1) + name + struct.pack("!2H", 1, 1) +
            b"\0" + struct.pack("!2HIH", 41, 1232, 0, len(option)) + option)


class Client:
    """Asks one router for one client, and knows where the address is in an answer of one record."""

    def __init__(self, port, subnet):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(2)
        self.packet = question(subnet)

    def named(self):
        self.socket.send(self.packet)
        answer = self.socket.recv(4096)
        if struct.unpack("!H", answer[6:8])[0] == 0:
            return None
        at = 12 + len(b"\5hello\4edge\4test\0") + 4  # behind the question
        return socket.inet_ntoa(answer[at + 12:at + 16])

    def until_not(self, address, start, timeout_s=20):
        """Seconds since `start` until another node is named."""
        while self.named() == address:
            if time.monotonic() - start > timeout_s:
                raise RuntimeError(f"{address} is still named after {timeout_s} s")
            time.sleep(0.002)
        return time.monotonic() - start


def parts(net):
    return {p["name"]: p for p in net.json("status", check=False)["parts"]}


def settle(net, clients, address):
    wait_for("the nodes are not ready",
             lambda: {p["state"] for n, p in parts(net).items() if n.isupper()} == {"ready"}, 60)
    for client in clients:
        wait_for(f"{address} is not named again", lambda client=client: client.named() == address, 30)


def a_client(net, port):
    """A client's block and the PoP that is named to it."""
    pops = {p["address"].split(":")[0]: n for n, p in parts(net).items() if n.isupper()}
    for city in range(0, 2000, 97):
        subnet = f"127.{128 + (city >> 8)}.{city & 255}.0/24"
        address = Client(port, subnet).named()
        if address in pops:
            return subnet, pops[address], address
    raise RuntimeError("no client found")


def measure(net, routers, kind):
    """Seconds by router and round."""
    subnet, pop, address = a_client(net, routers[0].port)
    clients = [Client(router.port, subnet) for router in routers]
    taken = [[] for _ in clients]
    for number in range(ROUNDS):
        settle(net, clients, address)
        pid = parts(net)[pop]["pid"]
        if kind == "alone":
            control = parts(net)["control"]["pid"]
            os.kill(control, signal.SIGKILL)
            wait_for("the control plane lives", lambda: not Path(f"/proc/{control}/exe").exists())
        # One router a round watched closely: two loops would delay each other.
        watched = [1] if kind == "alone" else [number % 2, 1 - number % 2]
        for turn, index in enumerate(watched):
            if turn > 0:
                settle(net, clients, address)
                pid = parts(net)[pop]["pid"]
            start = time.monotonic()
            os.kill(pid, signal.SIGSTOP if kind == "hung" else signal.SIGKILL)
            try:
                taken[index].append(clients[index].until_not(address, start))
            finally:
                if kind == "hung":
                    os.kill(pid, signal.SIGCONT)
            if kind == "killed":
                net.run("start", pop)
        if kind == "alone":
            net.up()
    talk(f"{kind}: {[[round(s, 3) for s in row] for row in taken]}")
    return taken


def main():
    rows = []
    with Network(pops=4) as net:
        worker = net.write("hello.js", "export default { fetch() { return new Response('hi'); } };")
        net.run("deploy", worker, "--name", "hello")
        routers = [DnsRouter(net, "--flap-out-max-s", "0"),
                   DnsRouter(net, "--flap-out-max-s", "0", "--probe-rise", "1", *PROBES)]
        try:
            for router in routers:
                wait_for("no answer", lambda router=router: Client(router.port, "127.128.0.0/24").named())
            for kind in ("killed", "hung", "alone"):
                for index, taken in enumerate(measure(net, routers, kind)):
                    if not taken:
                        continue
                    bar = LEASE_MS + 500 if kind == "hung" and index == 0 else BAR_MS
                    name = f"{kind}, {'with' if index == 1 else 'without'} probes"
                    rows += [Row(f"{name}: median", "ms", median(taken) * 1000, bar=bar),
                             Row(f"{name}: longest of {len(taken)}", "ms", max(taken) * 1000, bar=bar)]
        finally:
            for router in routers:
                router.stop()
    report("dns_health", rows)


if __name__ == "__main__":
    main()
