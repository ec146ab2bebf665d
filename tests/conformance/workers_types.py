#!/usr/bin/env python3
"""workers_types.py [--write]: what of @cloudflare/workers-types this runtime has, member by member.

The declarations come from npm at a pinned version, read by the TypeScript compiler; a worker of ours looks for each
member and says what it found. Prints the table, or with --write puts it into docs/workers-types.md. Needs npm.
"""
import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "tests" / "conformance"
OUT = ROOT / "docs" / "workers-types.md"
sys.argv, ARGUMENTS = sys.argv[:1], sys.argv[1:]  # the harness has arguments of its own
sys.path.insert(0, str(ROOT / "bench"))
from harness import npm_package, wait_ready  # noqa: E402

VERSIONS = {"@cloudflare/workers-types": "5.20261117.1", "typescript": "5.9.3"}
# Bindings to services of the hosted product, of which each has dozens of types: one line for all.
SERVICES = re.compile(
    r"^(R2|Queue|Message(Batch|SendRequest|$)|AnalyticsEngine|AnalyticsSQL|Ai|AI|AutoRAG|Base[A-Z_]|Vectorize|Workflow|Hyperdrive|"
    r"Image|HostedImages|Media|Stream(Binding|Video|Scoped|Watermark|Error)|Artifacts|AgentMemory|Browser|Container|Email|"
    r"SendEmail|ForwardableEmail|Flagship|WebSearch|PubSub|DispatchNamespace|DynamicDispatch|WorkerLoader|WorkerStub|"
    r"HelloWorld|SecretsStore|ToMarkdown|Trace|Tail|Tracing|Span$|Facet|Exec(Output|Process)|ColoLocal|Loopback|Hash|D1|Cloudflare$|"
    r"CloudflareAccess|Test|Unsafe|UvMetrics|PerformanceNode|PerformanceEventLoop|GoogleMaps|Plan|Ssml|EventCounts|EventContext|Immediate)")
TOML = """name = "types"
main = "probe.js"
compatibility_date = "2026-01-01"
compatibility_flags = ["nodejs_compat"]
kv_namespaces = [{ binding = "KV", id = "types" }]
services = [{ binding = "SELF", service = "types" }]
[[ratelimits]]
name = "LIMITER"
namespace_id = "1"
simple = { limit = 10, period = 60 }
[durable_objects]
bindings = [{ name = "OBJECTS", class_name = "Objects" }]
[[migrations]]
tag = "v1"
new_sqlite_classes = ["Objects"]
"""


def declared():
    folders = {}
    for name, version in VERSIONS.items():
        modules = npm_package(name, version)
        if modules is None:
            sys.exit(77)
        folders[name] = modules / name
    out = subprocess.run(["node", HERE / "workers_types_members.mjs", folders["@cloudflare/workers-types"],
                          folders["typescript"]], check=True, capture_output=True, text=True)
    return json.loads(out.stdout)


def found(members):
    """The probe's answer."""
    with tempfile.TemporaryDirectory(prefix="terrella-types-") as folder:
        folder = Path(folder)
        project, ready = folder / "project", folder / "ready"
        project.mkdir()
        (project / "wrangler.toml").write_text(TOML)
        (project / "members.json").write_text(json.dumps(members))
        (project / "probe.js").write_text((HERE / "workers_types_probe.js").read_text())
        node = subprocess.Popen([ROOT / "build" / "bin" / "edge_node", "--worker", project, "--listen", "127.0.0.1:0",
                                 "--ready-file", ready], stderr=subprocess.PIPE, text=True)
        try:
            address = wait_ready(ready)["address"]
            with urllib.request.urlopen(f"http://{address}/", timeout=30) as answer:
                return json.load(answer)
        except OSError:
            node.terminate()
            sys.exit(f"workers_types: the probe failed\n{node.stderr.read()}")
        finally:
            node.terminate()
            node.wait()


def is_shape(declaration, answer):
    """An interface of which no value was found: the shape of an argument or a result."""
    return declaration["global"] is None and not answer["there"]


def row(declaration, answer):
    groups = {"there": [], "missing": [], "different": []}
    for name, verdict in answer["members"].items():
        text = f"`{name}`"
        if verdict in ("there", "missing"):
            groups[verdict].append(text)
        else:
            groups["different"].append(f"{text} is a {verdict}")
    if not answer["there"]:
        return f"| `{declaration['name']}` | - | **all of it** | |"
    cells = [", ".join(groups[key]) for key in ("there", "missing", "different")]
    return f"| `{declaration['name']}` | {cells[0] or 'yes'} | {cells[1]} | {cells[2]} |"


def table(members, answer):
    mine = [t for t in members["types"] if not SERVICES.match(t["name"])]
    listed = [t for t in mine if not is_shape(t, answer["types"][t["name"]])]
    services = [t for t in members["types"] if SERVICES.match(t["name"]) and t["global"] is not None]
    count = {"there": 0, "missing": 0, "different": 0}
    for declaration in listed:
        of = answer["types"][declaration["name"]]
        verdicts = list(of["members"].values()) or ["there" if of["there"] else "missing"]
        for verdict in verdicts:
            count[verdict if verdict in count else "different"] += 1
    total = sum(count.values())
    lines = [
        "# What of `@cloudflare/workers-types` is here",
        "",
        f"Version {members['version']}. Written by `tests/conformance/workers_types.py --write`, not by hand: a worker looks for each",
        "member on the constructor, its prototype and an object of the type. \"Different\": a method where the types have a property,",
        "or the other way round.",
        "",
        f"Of {total} members of {len(listed)} types: {count['there']} there, {count['missing']} missing, {count['different']} different.",
        f"Not listed: {len(mine) - len(listed)} interfaces that are shapes of arguments and results, and the types of services of the",
        f"hosted product that are not here ({len(services)} classes: R2, Queues, D1, Workers AI, Vectorize, Workflows, Containers, Images, "
        "Email and the like).",
        "",
        "| type | there | missing | different |",
        "|---|---|---|---|",
    ]
    lines += [row(t, answer["types"][t["name"]]) for t in listed]
    lines += ["", "| module | there | missing |", "|---|---|---|"]
    for name, exports in sorted(members["modules"].items()):
        have = answer["modules"][name]
        there = [f"`{e}`" for e in exports if have is not None and e in have]
        missing = [f"`{e}`" for e in exports if have is None or e not in have]
        lines.append(f"| `{name}` | {', '.join(there)} | {', '.join(missing)} |")
    return "\n".join(lines) + "\n"


def main():
    if ARGUMENTS not in ([], ["--write"]):
        sys.exit(f"workers_types: expected --write or nothing, found {' '.join(ARGUMENTS)}")
    members = declared()
    text = table(members, found(members))
    if ARGUMENTS:
        OUT.write_text(text)
        print(f"wrote {OUT.relative_to(ROOT)}")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
