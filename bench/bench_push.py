#!/usr/bin/env python3
"""A push to the world by mutual TLS: 100 and 300 real nodes boot, take a deploy of 100 KiB, many more in a row (a
thousand at 100 nodes), and come back after the control plane was killed. Under five minutes on two cores."""
import json
import os
import re
import signal
import time
from datetime import datetime
from pathlib import Path

from harness import QUICK, Row, cluster, code, median, private_mib, report, talk, temporary

SIZES = (100,) if QUICK else (100, 300)
DEPLOYS = 5 if QUICK else 21
IN_A_ROW = {100: 50 if QUICK else 1000, 300: 150}
IN_A_ROW_S_MAX = 150  # what is not done by then is missing in the row's figure
RESTARTS = 1 if QUICK else 3
BUNDLE_BYTES = 100 << 10
SERVICES = ("control", "dns", "ingress")
ACKED_BAR_MS, BACK_BAR_MS, BOOT_BAR_MS = 100, 2000, 10_000
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_ms(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / TICKS_A_SECOND


class World:
    """A booted network of `count` nodes and what was measured of it."""

    def __init__(self, home, count):
        self.home, self.count, self.deploys = Path(home), count, 0
        self.terrella = cluster(home)
        start = time.monotonic()
        self.terrella("up", "--pops", count, "--port", 0, "--dns-port", 0, "--control-port", 0)
        self.boot_ms = (time.monotonic() - start) * 1000
        self.log = self.home / "bench" / "logs" / "control.log"
        if "by mutual TLS" not in self.log.read_text():
            raise RuntimeError("the cluster does not speak mutual TLS")
        self.read_parts()

    def read_parts(self):
        parts = json.loads(self.terrella("status", "--json").stdout)["parts"]
        pids = {part["name"]: part["pid"] for part in parts}
        self.control = pids["control"]
        self.nodes = [pid for name, pid in pids.items() if name not in SERVICES]

    def deploy(self):
        """New code of 100 KiB; the command's answer."""
        self.deploys += 1
        source = self.home / "hello.js"
        source.write_text(code(self.deploys, BUNDLE_BYTES))
        done = json.loads(self.terrella("deploy", source, "--name", "hello", "--json").stdout)
        if done["nodes"]["acked"] != self.count:
            raise RuntimeError(f"only {done['nodes']['acked']} of {self.count} nodes acknowledged")
        return done

    def nodes_cpu_ms(self):
        return sum(cpu_ms(pid) for pid in self.nodes)


def single_deploys(world):
    acked, whole = [], []
    control, nodes = cpu_ms(world.control), world.nodes_cpu_ms()
    for _ in range(DEPLOYS):
        start = time.monotonic()
        acked.append(world.deploy()["converged_ms"])
        whole.append((time.monotonic() - start) * 1000)
    control, nodes = cpu_ms(world.control) - control, world.nodes_cpu_ms() - nodes
    n = world.count
    return [
        Row(f"{n}: commit to {n}/{n} acknowledged, median of {DEPLOYS}", "ms", median(acked), bar=ACKED_BAR_MS),
        Row(f"{n}: the same, the slowest", "ms", max(acked)),
        Row(f"{n}: the whole command, median", "ms", median(whole)),
        Row(f"{n}: CPU of the control plane a deploy", "ms", control / DEPLOYS),
        Row(f"{n}: CPU of one node a deploy", "ms", nodes / DEPLOYS / n),
    ]


def in_a_row(world):
    """Every one acknowledged by every node; the control plane must not grow with them."""
    n = world.count
    wanted, done, first_quarter, peak = IN_A_ROW[n], 0, 0, 0
    start = time.monotonic()
    while done < wanted and time.monotonic() - start < IN_A_ROW_S_MAX:
        world.deploy()
        done += 1
        if done % 10 == 0:
            peak = max(peak, private_mib(world.control))
        if done == wanted // 4:
            first_quarter = peak
    seconds = time.monotonic() - start
    return [
        Row(f"{n}: deploys in a row, each acknowledged by all", "", done, bar=wanted, bigger_is_better=True),
        Row(f"{n}: the same a second", "1/s", done / seconds, bigger_is_better=True),
        Row(f"{n}: memory of the control plane, at its most", "MiB", peak, bar=first_quarter * 1.5 + 8),
        Row(f"{n}: the same, in the first quarter of them", "MiB", first_quarter),
        Row(f"{n}: memory of a node after them, median", "MiB", median(map(private_mib, world.nodes))),
    ]


def moment_of(what, log, since):
    """The wall time at which the control plane's log says `what`, after `since` lines."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for line in log.read_text().splitlines()[since:]:
            if found := re.match(rf"(\S+) info control_plane {what}", line):
                return datetime.fromisoformat(found[1]).timestamp()  # both are local time
        time.sleep(0.02)
    raise TimeoutError(f"'{what}' was not in {log} within 20 s")


def restarts(world):
    """kill -9 of the control plane; `terrella up` starts it again."""
    serving, back, command, log = [], [], [], world.log
    for _ in range(RESTARTS):
        lines = len(log.read_text().splitlines())
        killed = time.time()
        os.kill(world.control, signal.SIGKILL)
        while os.path.exists(f"/proc/{world.control}/exe"):  # gone, or a zombie
            time.sleep(0.001)
        world.terrella("up")
        command.append((time.time() - killed) * 1000)
        serving.append((moment_of("serving cluster", log, lines) - killed) * 1000)
        back.append((moment_of(r"all \d+ nodes are back", log, lines) - killed) * 1000)
        world.read_parts()
        world.deploy()
    n = world.count
    return [
        Row(f"{n}: control plane killed to serving calls again", "ms", median(serving)),
        Row(f"{n}: killed to `terrella up` done", "ms", median(command)),
        Row(f"{n}: killed to all {n} nodes back, median of {RESTARTS}", "ms", median(back), bar=BACK_BAR_MS),
        Row(f"{n}: the same, the slowest", "ms", max(back)),
    ]


def measure(count):
    with temporary() as home:
        talk(f"{count} nodes boot ...")
        world = World(home, count)
        try:
            idle_node = median(map(private_mib, world.nodes))
            rows = [
                Row(f"{count}: boot", "ms", world.boot_ms, bar=BOOT_BAR_MS),
                Row(f"{count}: private memory of an idle node, median", "MiB", idle_node),
                Row(f"{count}: private memory of the control plane", "MiB", private_mib(world.control)),
            ]
            talk(f"{DEPLOYS} deploys ...")
            rows += single_deploys(world)
            talk(f"{RESTARTS} restarts of the control plane ...")
            rows += restarts(world)
            talk(f"{IN_A_ROW[count]} deploys in a row ...")
            rows += in_a_row(world)
        finally:
            world.terrella("down", check=False)
    return rows


def main():
    report("push", [row for count in SIZES for row in measure(count)])


if __name__ == "__main__":
    main()
