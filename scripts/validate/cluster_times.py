#!/usr/bin/env python3
"""How long a live cluster takes for what a timeline asks of it, beside what virtual time takes for it (ClusterTimes in
sim/engine/options.h): medians of a cluster of thirty nodes, in milliseconds. On a busy machine all is longer.

    scripts/validate/cluster_times.py [ROUNDS]     default: 8
"""
import http.client
import json
import os
import re
import select
import statistics
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))
from network import Network, wait_for  # noqa: E402

POPS = 30
WORKER = 'export default { fetch() { return new Response("%d"); } };\n'
PATIENCE_S = 15


class View:
    """When each node came to be in each state, as the control plane tells steering; a thread follows it."""

    def __init__(self, net):
        self.net, self.seen, self.states, self.changed = net, [], {}, threading.Condition()
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self):
        while True:  # a control plane that is started again is another one
            try:
                token = (self.net.home / self.net.name / "control" / "gateway.token").read_text().strip()
                connection = http.client.HTTPConnection("127.0.0.1", self.net.api_port, timeout=600)
                connection.request("GET", "/v1/Topology/WatchView", headers={"authorization": f"Bearer {token}"})
                response = connection.getresponse()
                while line := response.readline():
                    self.take(json.loads(line), time.monotonic())
            except (OSError, ValueError, http.client.HTTPException):
                time.sleep(0.005)

    def take(self, view, at):
        with self.changed:
            for node in view["nodes"]:
                pop, state = node["info"]["id"], node["state"].removeprefix("NODE_STATE_")
                if self.states.get(pop) != state:
                    self.states[pop] = state
                    self.seen.append((at, pop, state))
            self.changed.notify_all()

    def when(self, pop, state, since):
        """When it came to be so, after `since`."""
        def found():
            return next((at for at, *what in self.seen if at >= since and what == [pop, state]), None)
        with self.changed:
            if not self.changed.wait_for(found, PATIENCE_S):
                sys.exit(f"{pop} was not {state} within {PATIENCE_S} s")
            return found()


def death_of(pid):
    """A function that waits until the process has ended and says when."""
    fd = os.pidfd_open(pid)

    def wait():
        select.select([fd], [], [], PATIENCE_S)
        os.close(fd)
        return time.monotonic()
    return wait


def measure_node(net, view, pop, times):
    pid = next(node["pid"] for node in net.nodes() if node["name"] == pop)
    wait, begun, died = death_of(pid), time.monotonic(), []
    watcher = threading.Thread(target=lambda: died.append(wait()))
    watcher.start()
    net.run("kill", pop)
    watcher.join()
    times["command"].append(died[0] - begun)
    times["notice"].append(max(0.0, view.when(pop, "DOWN", begun) - died[0]))
    begun = time.monotonic()
    net.run("start", pop)
    times["boot"].append(view.when(pop, "READY", begun) - begun - times["command"][-1])
    begun = time.monotonic()
    net.run("partition", pop)
    acts = time.monotonic()
    times["lease"].append(view.when(pop, "DOWN", begun) - acts)
    begun = time.monotonic()
    net.run("rejoin", pop)
    acts = time.monotonic()
    times["rejoin"].append(view.when(pop, "READY", begun) - acts)


def measure_deploy(net, number, times):
    file = net.write("measured.js", WORKER % number)
    begun = time.monotonic()
    net.run("deploy", file)
    times["deploy"].append(time.monotonic() - begun)


def measure_control(net, times):
    net.run("kill", "control")
    begun = time.monotonic()
    net.run("start", "control")
    times["control_boot"].append(time.monotonic() - begun - statistics.median(times["command"]))
    wait_for("not all nodes are back", lambda: net.ready() == POPS)


def declared():
    """The figures of ClusterTimes, in milliseconds."""
    text = (ROOT / "sim" / "engine" / "options.h").read_text(encoding="utf-8")
    found = re.findall(r"Duration (\w+) = std::chrono::(milli)?seconds\((\d+)\)", text)
    return {name: int(number) * (1 if milli else 1000) for name, milli, number in found}


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    times = {name: [] for name in ("command", "notice", "boot", "control_boot", "lease", "rejoin", "deploy")}
    with Network(pops=POPS, name="times") as net:
        net.api_port = net.status()["ports"]["api"]
        view = View(net)
        pops = [node["name"] for node in net.nodes()]
        for i in range(rounds):
            measure_deploy(net, i, times)
            measure_node(net, view, pops[i % len(pops)], times)
        for _ in range(max(2, rounds // 3)):
            measure_control(net, times)
    taken = declared()
    print(f"{'':14} {'live':>8} {'least':>8} {'most':>8} {'virtual':>8}   ms, {rounds} rounds, load {os.getloadavg()[0]:.1f}")
    for name, all_s in times.items():
        row = [1000 * value for value in (statistics.median(all_s), min(all_s), max(all_s))]
        print(f"{name:14} {row[0]:8.1f} {row[1]:8.1f} {row[2]:8.1f} {taken[name]:8}")


if __name__ == "__main__":
    main()
