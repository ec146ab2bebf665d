#!/usr/bin/env python3
"""From `terrella deploy` to every node's acknowledgement, 30 nodes, new code each time."""
import json
import time
from pathlib import Path

from harness import Row, cluster, median, report, talk, temporary

NODES, DEPLOYS = 30, 21
PORTS = ("--port", "18080", "--dns-port", "15353")
CODE = "export default {{ async fetch() {{ return new Response('{0}'); }} }};\n// {1}\n"


def main():
    with temporary() as home:
        terrella = cluster(home)
        terrella("up", "--pops", NODES, *PORTS)
        try:
            acked, whole = [], []
            source = Path(home) / "hello.js"
            for i in range(DEPLOYS):
                source.write_text(CODE.format(i, "x" * 100_000))
                start = time.monotonic()
                done = json.loads(terrella("deploy", source, "--name", "hello", "--json").stdout)
                whole.append((time.monotonic() - start) * 1000)
                if done["nodes"]["acked"] != NODES:
                    raise RuntimeError(f"only {done['nodes']['acked']} of {NODES} nodes acknowledged")
                acked.append(done["converged_ms"])
        finally:
            terrella("down")
    talk(f"{DEPLOYS} deploys of 100 KiB")
    report("deploy", [
        Row(f"commit to {NODES}/{NODES} acknowledged, median", "ms", median(acked), bar=150),
        Row("the whole command, median", "ms", median(whole)),
    ])


if __name__ == "__main__":
    main()
