#!/usr/bin/env python3
"""How long a bad version lives: from the deploy of a canary at 5 % to the way back on every node.

Five nodes, 200 requests a second at the canary and 40 at each other one; the old version answers in 20 ms. Each kind of
badness is tried ROUNDS times with versions of their own; medians. A round's clock starts when the first bad answer comes and
ends with the last. The bar is a minute's tenth: what one bake lasts by default is ten times that.
"""
import sys
import time

from harness import ROOT, Row, median, report, talk

sys.path.insert(0, str(ROOT / "tests" / "integration"))
from network import Network, wait_for  # noqa: E402
from traffic import Traffic  # noqa: E402

ROUNDS, BAR_S = 5, 6
RATES = {"NRT": 200, "SIN": 40, "FRA": 40, "IAD": 40, "GRU": 40}
BAD = {
    "30 % errors": "if (Math.random() < 0.3) throw new Error('bad luck');",
    "5 % errors": "if (Math.random() < 0.05) throw new Error('bad luck');",
    "p99 x 3": "await scheduler.wait(40);",
    "30 % CPU kills": "if (Math.random() < 0.3) for (;;) {}",
}
PLAN = 'bake = "120s"\n[[waves]]\nplace = "NRT"\npercent = 5\n[[waves]]\nplace = "AS"\npercent = 25\n'


def write(net, text, bad=""):
    net.write("shop/terrella.toml", "[limits]\ncpu_ms = 20\n")
    return net.write("shop/index.js", "export default { async fetch() { await scheduler.wait(20); %s "
                     "return new Response('%s'); } };" % (bad, text)).rsplit("/", 1)[0]


def one_round(net, traffic, name, number):
    version = net.run("versions", "upload", write(net, f"{name} {number}", BAD[name]), "--quiet").stdout.strip()
    bad_before, elsewhere = traffic.sum(bad=True), traffic.sum(bad=True) - traffic.sum(node="NRT", bad=True)
    done = net.run("versions", "deploy", "shop", version, "--rollout", net.write("plan.toml", PLAN), "--timeout", "100s",
                   check=False, timeout=150)
    if done.returncode != 4:
        raise RuntimeError(f"{name}: not rolled back: {done.stderr}")
    time.sleep(1)
    last = net.json("rollouts", "status", "shop")[0]
    figures = last["events"][-1]["figures"]
    talk(f"{name}, round {number + 1}: {last['ended_unix_ms'] - last['started_unix_ms']} ms, "
         f"{figures['new']['requests']} requests of it; {last['why']}")
    now_elsewhere = traffic.sum(bad=True) - traffic.sum(node="NRT", bad=True)
    return ((last["ended_unix_ms"] - last["started_unix_ms"]) / 1000, figures["new"]["requests"],
            traffic.sum(bad=True) - bad_before, now_elsewhere - elsewhere)


def main():
    rows = []
    with Network(pops=5, name="rollback") as net:
        net.run("deploy", write(net, "good"))
        parts = {p["name"]: p["address"].rsplit(":", 1) for p in net.status()["parts"]}
        nodes = {node: (parts[node][0], int(parts[node][1]), rate) for node, rate in RATES.items()}
        with Traffic(nodes, "shop.edge.test") as traffic:
            wait_for("traffic", lambda: traffic.sum(node="NRT") > 100)
            for name in BAD:
                rounds = [one_round(net, traffic, name, number) for number in range(ROUNDS)]
                seconds, requests, bad, elsewhere = zip(*rounds)
                bar = None if name == "5 % errors" else BAR_S
                rows.append(Row(f"{name}: time to rollback, median", "s", median(seconds), bar=bar))
                rows.append(Row(f"{name}: the slowest of {ROUNDS}", "s", max(seconds)))
                rows.append(Row(f"{name}: requests it was judged by", "", median(requests)))
                rows.append(Row(f"{name}: bad answers at the canary", "", median(bad)))
                rows.append(Row(f"{name}: bad answers elsewhere", "", max(elsewhere), bar=0))
    report("rollback", rows)


if __name__ == "__main__":
    main()
