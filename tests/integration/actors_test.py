#!/usr/bin/env python3
"""Durable Objects over real processes: one owner each, reached from everywhere over the distance; a chat over
WebSockets; an owner that dies loses nothing that was acknowledged.

Usage: actors_test.py   (TERRELLA_BIN says where the programs are, TERRELLA_SOURCE_DIR where the sources)
"""
import asyncio
import http.client
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

import websockets

from network import ROOT, Network, wait_for
from one_node import OneNode

CHAT = Path(os.environ.get("TERRELLA_SOURCE_DIR", ROOT)) / "tests" / "apps" / "chat"


def setUpModule():
    global net, nodes
    net = Network(pops=4).__enter__()
    net.run("deploy", str(CHAT))
    find_nodes()


def tearDownModule():
    net.__exit__()


def find_nodes():
    global nodes, pids
    parts = [p for p in net.status()["parts"] if p["name"] not in ("control", "dns", "ingress")]
    nodes = {p["name"]: p["address"].split(":")[0] for p in parts}
    pids = {p["name"]: p.get("pid") for p in parts}


def ask(node, path, headers=None):
    """(status, JSON, seconds) of one request at one node."""
    connection = http.client.HTTPConnection(nodes[node], net.port, timeout=30)
    started = time.monotonic()
    try:
        connection.request("GET", path, headers={"host": "chat.edge.test", **(headers or {})})
        response = connection.getresponse()
        text = response.read().decode()
        is_json = response.headers["content-type"] == "application/json"
        return response.status, json.loads(text) if is_json else text, time.monotonic() - started
    finally:
        connection.close()


def join(node, room, name, kind="room"):
    return websockets.connect(f"ws://chat.edge.test/{kind}/{room}?name={name}", host=nodes[node], port=net.port)


class Chat(unittest.TestCase):
    def test_people_in_different_cities_talk_through_one_object(self):
        first, second = sorted(nodes)[:2]

        async def talk():
            async with join(first, "lobby", "ada") as ada:
                self.assertEqual(json.loads(await ada.recv()), {"history": []})
                async with join(second, "lobby", "bo") as bo:
                    self.assertEqual(json.loads(await bo.recv()), {"history": []})
                    began = time.monotonic()
                    await bo.send("hello from afar")
                    said = json.loads(await asyncio.wait_for(bo.recv(), 10))
                    there_and_back = time.monotonic() - began
                    self.assertEqual(said, {"number": 1, "name": "bo", "text": "hello from afar"})
                    self.assertEqual(json.loads(await asyncio.wait_for(ada.recv(), 10)), said)
                    await ada.send("welcome")
                    for person in (ada, bo):
                        heard = json.loads(await asyncio.wait_for(person.recv(), 10))
                        self.assertEqual((heard["number"], heard["name"]), (2, "ada"))
                    return there_and_back
        took = asyncio.run(talk())
        self.assertGreater(took, 0.005, "the room is in another city")
        self.assertEqual(ask(second, "/room/lobby/history")[1], ["bo: hello from afar", "ada: welcome"])


    def test_an_idle_instance_goes_and_its_sockets_stay(self):
        first, second = sorted(nodes)[:2]

        async def talk():
            async with join(first, "inn", "ada", "lobby") as ada, join(second, "inn", "bo", "lobby") as bo:
                async def say(person, text):
                    await person.send(text)
                    heard = [json.loads(await asyncio.wait_for(one.recv(), 10)) for one in (ada, bo)]
                    self.assertEqual(heard[0], heard[1])
                    return heard[0]
                before = await say(bo, "hello")
                self.assertEqual((before["name"], before["said"], before["tags"]), ("bo", 0, ["bo", "everybody"]))
                self.assertEqual((await say(bo, "again"))["said"], 1)
                await asyncio.sleep(12.5)  # an instance is dropped after 10 s
                after = await say(bo, "still there?")
                self.assertEqual(after["instance"], before["instance"] + 1, "another instance")
                self.assertEqual((after["name"], after["said"], after["tags"]), ("bo", 2, ["bo", "everybody"]))
                self.assertEqual((await say(ada, "me too"))["said"], 0)
        asyncio.run(talk())


class TwoShards(unittest.TestCase):
    def test_objects_of_both_shards_are_reached_from_both(self):
        with OneNode(CHAT, "--shards", "2") as node:
            seen, lock = {}, threading.Lock()

            def count(name):
                for _ in range(10):
                    connection = http.client.HTTPConnection(*node.address, timeout=30)
                    connection.request("GET", f"/counter/{name}/increment")
                    value = json.loads(connection.getresponse().read())
                    connection.close()
                    with lock:
                        seen.setdefault(name, []).append(value)
            threads = [threading.Thread(target=count, args=(f"n{i % 8}",)) for i in range(24)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual({name: sorted(values) for name, values in seen.items()},
                             {f"n{i}": list(range(1, 31)) for i in range(8)})

            def get(path):
                connection = http.client.HTTPConnection(*node.address, timeout=30)
                try:
                    connection.request("GET", path)
                    return json.loads(connection.getresponse().read())
                finally:
                    connection.close()
            for i in range(8):
                get(f"/counter/n{i}/ring?ms=200")
            for i in range(8):
                wait_for(f"the alarm of n{i}", lambda: get(f"/counter/n{i}/rang") == 1, 10)


class OneNodeInTrouble(unittest.TestCase):
    @staticmethod
    def get(node, path):
        connection = http.client.HTTPConnection(*node.address, timeout=60)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def test_a_full_disk_loses_nothing_that_was_acknowledged(self):
        with tempfile.TemporaryDirectory(prefix="terrella-small-disk-") as disk:
            if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", disk], capture_output=True).returncode:
                self.skipTest("no small disk can be mounted here")
            try:
                with OneNode(CHAT, "--actors", disk) as node:
                    for value in range(1, 6):
                        self.assertEqual(self.get(node, "/counter/full/increment"), value)
                    for _ in range(100):
                        said = self.get(node, "/counter/full/fill?ms=20")
                        if said != "kept":
                            break
                    self.assertIn("disk is full", said["message"])
                    self.assertEqual(self.get(node, "/counter/full/value"), 5, "what is there is read")
                    subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)
                    self.assertEqual(self.get(node, "/counter/full/increment"), 6, "and goes on once there is room")
                    self.assertEqual(self.get(node, "/counter/other/increment"), 1)
            finally:
                subprocess.run(["umount", disk], check=True)

    def test_what_blocks_for_half_a_minute_is_reset_with_those_that_wait(self):
        with OneNode(CHAT) as node:
            answers, started = [], time.monotonic()
            threads = [threading.Thread(target=lambda path: answers.append(self.get(node, path)), args=(path,))
                       for path in ("/counter/stuck/block", "/counter/stuck/increment")]
            for thread in threads:
                thread.start()
                time.sleep(0.3)
            self.assertEqual(self.get(node, "/counter/free/increment"), 1, "others do not notice")
            for thread in threads:
                thread.join()
            self.assertEqual(round(time.monotonic() - started, -1), 30)
            for answer in answers:
                self.assertIn("blockConcurrencyWhile() took more than 30 s", answer["message"])
            self.assertEqual(self.get(node, "/counter/stuck/increment"), 1)


class Objects(unittest.TestCase):
    def test_concurrent_calls_from_everywhere_are_all_counted(self):
        each, seen, lock = 25, [], threading.Lock()

        def count(node):
            for _ in range(each):
                status, value, _ = ask(node, "/counter/busy/increment")
                with lock:
                    seen.append(value if status == 200 else status)
        threads = [threading.Thread(target=count, args=(node,)) for node in nodes for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(seen), list(range(1, each * len(threads) + 1)), "each number once")

    def test_a_call_costs_the_distance_and_a_call_at_home_does_not(self):
        home = sorted(nodes)[0]
        ask(home, "/counter/near/increment")
        self.assertLess(min(ask(home, "/counter/near/value")[2] for _ in range(5)), 0.02)
        far = [min(ask(node, "/counter/near/value")[2] for _ in range(3)) for node in nodes if node != home]
        self.assertGreater(max(far), 0.03)

    def test_calls_of_one_stub_are_delivered_in_the_order_they_were_made(self):
        home = sorted(nodes)[0]
        ask(home, "/counter/orderly/increment")
        for _ in range(5):
            for node in sorted(nodes, reverse=True):
                self.assertEqual(ask(node, "/counter/orderly/order")[:2], (200, list(range(40))), f"from {node}")

    def test_a_location_hint_decides_where_a_new_object_lives(self):
        ask(sorted(nodes)[0], "/counter/hinted/increment?hint=apac")
        placed = {a["name"]: a["node"] for a in net.json("actors", "list", "chat")}
        ask(sorted(nodes)[0], "/counter/plain/increment")
        placed = {a["name"]: a["node"] for a in net.json("actors", "list", "chat")}
        self.assertEqual(placed["plain"], sorted(nodes)[0])
        self.assertIn(placed["hinted"], nodes)

    def test_an_exception_travels(self):
        for node in sorted(nodes)[:2]:
            self.assertEqual(ask(node, "/counter/bad/boom")[:2],
                             (500, {"name": "RangeError", "message": "too far", "remote": True}))

    def test_an_alarm_rings_once(self):
        node = sorted(nodes)[1]
        ask(node, "/counter/bell/ring?ms=300")
        self.assertEqual(ask(node, "/counter/bell/rang")[1], 0)
        wait_for("the alarm", lambda: ask(node, "/counter/bell/rang")[1] == 1, 10)
        time.sleep(1)
        self.assertEqual(ask(node, "/counter/bell/rang")[1], 1)

    def test_a_thousand_alarms_at_once_all_ring_once_though_a_hundred_others_hang(self):
        node, other = sorted(nodes)[:2]
        for i in range(110):
            ask(node, f"/counter/hung{i}/hang")
        at = int(time.time() * 1000) + 6000
        for i in range(25):
            self.assertEqual(ask(node, f"/counter/bells{i}/ringing?at={at}")[1], "set")
        # By then the other node has begun to take the hanging ones for those of a dead node.
        ask(other, "/counter/elsewhere/ring?ms=4000")
        wait_for("an alarm of another node", lambda: ask(other, "/counter/elsewhere/rang")[1] == 1, 5.5)

        def rung():
            return [n for i in range(25) for n in ask(node, f"/counter/bells{i}/rung")[1]]
        wait_for(lambda: f"{rung().count(1)} of 1000 alarms", lambda: rung() == [1] * 1000, 20)
        time.sleep(1)
        self.assertEqual(rung(), [1] * 1000)

    def test_nobody_outside_reaches_an_object_by_the_internal_field(self):
        for field in ("terrella-actor", "terrella-actor-error"):
            status, body, _ = ask(sorted(nodes)[0], "/nothing", {field: "AAAA"})
            self.assertEqual((status, body), (404, "no such thing"))
        for pid in filter(None, pids.values()):
            for port in listening_ports(pid):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", "/", headers={"terrella-actor": "AAAA"})
                self.assertIn(connection.getresponse().status, (400, 403))
                connection.close()


class AnOwnerDies(unittest.TestCase):
    def test_calls_that_find_it_dead_are_delivered_elsewhere_in_their_order(self):
        home, third = sorted(nodes)[1:3]
        ask(home, "/counter/queue/increment")
        self.assertEqual(ask(third, "/counter/queue/value")[1], 1, "it knows the owner that is about to die")
        os.kill(pids[home], signal.SIGKILL)
        try:
            self.assertEqual(ask(third, "/counter/queue/order")[:2], (200, list(range(40))))
        finally:
            net.up()
            wait_for("all nodes back", lambda: net.status()["nodes"]["ready"] == 4, 15)
            find_nodes()

    def test_its_object_moves_and_nothing_acknowledged_is_lost(self):
        home, other, third = sorted(nodes)[:3]
        acknowledged, stop = [], threading.Event()
        self.assertEqual(ask(home, "/counter/precious/increment")[1], 1)
        ask(home, "/counter/rings/ring?ms=2500")

        def count(node):
            while not stop.is_set():
                try:
                    status, value, _ = ask(node, "/counter/precious/increment")
                except OSError:
                    continue
                if status == 200:
                    acknowledged.append(value)
        threads = [threading.Thread(target=count, args=(node,)) for node in (other, third)]
        for thread in threads:
            thread.start()
        wait_for("calls under way", lambda: len(acknowledged) > 20, 20)
        os.kill(pids[home], signal.SIGKILL)
        before = len(acknowledged)
        try:
            wait_for("calls that go on", lambda: len(acknowledged) > before + 20, 20)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(len(acknowledged), len(set(acknowledged)), "no number twice: the counter did not fork")
        final = ask(other, "/counter/precious/value")[1]
        self.assertGreaterEqual(final, 1 + len(acknowledged))
        self.assertLessEqual(final, 1 + len(acknowledged) + len(threads), "but for those in flight when it died")
        moved = next(a for a in net.json("actors", "list", "chat") if a["name"] == "precious")
        self.assertIn(moved["node"], (other, third))
        self.assertEqual(moved["epoch"], 2)
        wait_for("the alarm of the dead node's object", lambda: ask(other, "/counter/rings/rang")[1] == 1, 15)
        net.up()
        wait_for("all nodes back", lambda: net.status()["nodes"]["ready"] == 4, 15)
        find_nodes()
        self.assertEqual(ask(home, "/counter/precious/value")[1], final)


def listening_ports(pid):
    """TCP ports on 127.0.0.1 that a process listens on: the doors for other nodes."""
    inodes = set()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(fd)
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    ports = []
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        address, port = words[1].split(":")
        if words[3] == "0A" and words[9] in inodes and address == "0100007F" and int(port, 16) != net.port:
            ports.append(int(port, 16))
    return ports


if __name__ == "__main__":
    unittest.main(verbosity=2)
