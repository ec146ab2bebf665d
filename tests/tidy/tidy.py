#!/usr/bin/env python3
"""The lint that is a test: layers, sizes and words of the source tree.

Usage: tidy.py ROOT [RULE ...]   (all rules by default; exit 1 with file:line of every violation)

Reads the files git tracks. The one table LAYERS says who may include whom; arrows only point downward.
"""
import re
import subprocess
import sys
from pathlib import Path

# A folder and the folders its files may include (itself always). The longest matching folder counts.
LAYERS = {
    "proto": [],
    "base": [],
    "bundle": ["base", "proto"],
    # Who the parts of a cluster are, and the gRPC credentials that prove it.
    "rpc": ["base", "http/tls"],
    "topology": ["base", "proto", "rpc"],
    "http": ["base"],
    "sim/net": ["base"],
    "sim/bgp": ["base", "sim/net"],
    "edge_node": ["base", "http", "proto", "bundle", "rpc"],
    "edge_node/confine": ["base"],
    "edge_node/distance": ["base"],
    "edge_node/faults": ["base"],
    "edge_node/cache": ["base", "http/message", "edge_node/faults"],
    # Storage of Durable Objects: what the runtime asks for as plain data.
    "edge_node/actors": ["base", "proto", "http/message", "edge_node/faults", "edge_node/runtime"],
    # The runtime names the rules of a fetch in its requests: plain data, no cache behind it.
    "edge_node/runtime": ["base", "http/message", "edge_node/cache/policy"],
    "control_plane": ["base", "bundle", "http", "proto", "rpc"],
    "control_plane/store": ["base"],
    # People of the dashboard: requests through the ingress like anybody's.
    "control_plane/visits": ["base", "http/tls", "proto", "sim/net", "sim/visit"],
    # How far nodes are from the control plane, as the model has it.
    "control_plane/wan": ["base", "sim/net"],
    # Runs a program and knows nothing of clusters.
    "control_plane/launcher": ["base"],
    "control_plane/backup": ["base", "control_plane/kv", "control_plane/store"],
    "control_plane/secrets": ["base", "bundle", "proto", "control_plane/store"],
    # Knows the contracts and a channel, and nothing of what is behind it.
    "control_plane/gateway": ["base", "http/message", "http/server", "proto"],
    # One grammar of records and policies: what a router would refuse is refused before it is stored.
    "control_plane/dns": ["base", "proto", "control_plane/store", "dns_router/wire", "dns_router/policy",
                          "dns_router/view/view_zone.h"],
    # DNS over TLS is the TCP server over the TLS stream of HTTPS; /metrics and DNS over HTTPS need the server.
    "dns_router": ["base", "http/message", "http/server", "http/tls", "proto", "rpc", "sim/net", "topology"],
    "dns_router/wire": ["base"],
    "dns_router/dnssec": ["base", "dns_router/wire"],
    "dns_router/policy": ["base", "proto", "sim/net", "dns_router/wire", "dns_router/dnssec", "dns_router/view"],
    "sim/ingress": ["base", "http", "proto", "rpc", "sim/net", "sim/bgp", "topology"],
    "sim/scenario": ["base", "bundle", "proto", "sim/net"],
    "sim/resolver": ["base", "dns_router/wire"],
    "sim/driver": ["base", "http", "sim/net", "sim/resolver", "sim/scenario", "sim/visit"],
    # The policies of the live network, in virtual time.
    "sim/engine": ["base", "bundle", "proto", "control_plane/waves", "dns_router/policy", "edge_node/cache", "edge_node/distance", "edge_node/kv", "http/message", "sim/bgp", "sim/ingress", "sim/net", "sim/scenario"],
    "sim/chaos": ["base", "bundle", "proto", "sim/bgp", "sim/engine", "sim/net", "sim/scenario"],
    "sim/report": ["base", "sim/net", "sim/scenario"],
    "sim/visit": ["base", "http", "sim/net", "sim/resolver"],
    "cli": ["base", "bundle", "http", "proto", "rpc", "sim/net", "sim/bgp", "sim/resolver", "sim/scenario",
            "sim/driver", "sim/engine", "sim/chaos", "sim/report", "sim/visit"],
    "bench": ["base", "bundle", "proto", "edge_node/control", "sim/net", "sim/bgp", "sim/engine", "sim/scenario"],
}
# Headers of libraries that only some folders may see.
FENCED = {
    r"v8(-[a-z-]+)?\.h|libplatform/.*": ["edge_node/runtime"],
    r"grpcpp/.*|(terrella/v1|etcd)/.*\.grpc\.pb\.h": [
        "rpc", "topology", "edge_node/control", "control_plane/api", "control_plane/gateway", "control_plane/store",
        "dns_router/view", "cli", "tests"],
    r"llhttp\.h": ["http/h1", "tests"],
    r"nghttp2/.*": ["http/h2"],
    r"openssl/(ssl|x509.*)\.h": ["http/tls"],
    r"sodium\.h": ["control_plane/secrets", "rpc"],
    r"sqlite3\.h": ["base/sqlite_database.cc", "edge_node/actors"],
    r"CLI/.*": ["cli"],
    r"spdlog/.*": ["base/log.cc"],
    r"unicode/.*": ["edge_node/runtime"],
}
LINES_MAX = 900
FUNCTION_LINES_MAX = 70
# Debug prints, places on somebody's machine, and marks of unfinished work.
BANNED = re.compile(r"\b(FIXME|XXX|HACK)\b|(?<![\w.$])/(work|root|farm)/|std::cout\s*<<\s*\"DEBUG")

CODE = (".cc", ".h")
TEXT = CODE + (".js", ".mjs", ".py", ".sh", ".cmake", ".md", ".toml", ".proto", ".txt")


def tracked(root):
    out = subprocess.run(["git", "-C", root, "ls-files", "-z"], check=True, capture_output=True, text=True)
    return [Path(name) for name in out.stdout.split("\0") if name]


def folder_of(path, table):
    """The longest key of `table` that `path` lies under, or None."""
    best = None
    for key in table:
        if (str(path) == key or str(path).startswith(key + "/")) and (best is None or len(key) > len(best)):
            best = key
    return best


def may_include(source, target):
    own = folder_of(source, LAYERS)
    if own is None:
        return True
    own_top = own.split("/")[0] if own.split("/")[0] in LAYERS else own
    allowed = [own] + LAYERS[own]
    if own == own_top:  # a parent folder may use its own children
        allowed.append(own_top)
    return any(str(target).startswith(a + "/") or str(target) == a for a in allowed)


def check_layers(root, files):
    include = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
    names = {str(f) for f in files}
    for path in files:
        if path.suffix not in CODE:
            continue
        is_test = path.name.endswith("_test.cc") or path.parts[0] == "tests"
        for number, line in enumerate((root / path).read_text().splitlines(), 1):
            match = include.match(line)
            if not match:
                continue
            target = match.group(2)
            for pattern, homes in FENCED.items():
                if re.fullmatch(pattern, target) and not is_test and folder_of(path, homes) is None:
                    yield f"{path}:{number}: {target} belongs to {', '.join(homes)} only"
            if target in names and not is_test and not may_include(path, Path(target)):
                yield f"{path}:{number}: the layer {folder_of(path, LAYERS)} may not include {target}"


def check_sizes(root, files):
    for path in files:
        if path.suffix not in (".cc", ".h", ".js", ".mjs", ".py"):
            continue
        count = len((root / path).read_text(errors="replace").splitlines())
        if count > LINES_MAX:
            yield f"{path}:{count}: {count} lines; at most {LINES_MAX} (one concept a file)"


def check_functions(root, files):
    """A function's body opens with '{' at the end of an unindented line (or a method's, indented by 2)."""
    opening = re.compile(r"^(  )?[A-Za-z~].*\)[^;]*\{$")
    for path in files:
        if path.suffix not in CODE or path.name.endswith("_test.cc"):
            continue
        lines = (root / path).read_text().splitlines()
        start = indent = None
        for number, line in enumerate(lines, 1):
            if start is None:
                if opening.match(line) and not re.match(r"\s*(namespace|class|struct|enum|switch|if|for|while)\b", line):
                    start, indent = number, len(line) - len(line.lstrip())
            elif line == " " * indent + "}" or line.startswith(" " * indent + "};"):
                if number - start - 1 > FUNCTION_LINES_MAX:
                    yield f"{path}:{start}: function of {number - start - 1} lines; at most {FUNCTION_LINES_MAX}"
                start = None


def check_words(root, files):
    for path in files:
        if path.suffix not in TEXT or path.parts[:2] == ("tests", "tidy"):
            continue
        for number, line in enumerate((root / path).read_text(errors="replace").splitlines(), 1):
            match = BANNED.search(line)
            if match:
                yield f"{path}:{number}: '{match.group(0)}' does not belong in the tree"


def check_headers(root, files):
    for path in files:
        if path.suffix == ".h":
            text = (root / path).read_text()
            if "#pragma once" not in text:
                yield f"{path}:1: no #pragma once"
            if not text.startswith("//"):
                yield f"{path}:1: a header opens with a comment that defines its noun"


def check_protos(root, files):
    """Every message, service and rpc is preceded by a comment or lies in a commented line."""
    for path in files:
        if path.suffix != ".proto":
            continue
        if not (root / path).read_text().startswith("//"):
            yield f"{path}:1: a protocol file opens with what it is for"


RULES = {f.__name__[len("check_"):]: f for f in
         (check_layers, check_sizes, check_functions, check_words, check_headers, check_protos)}


def main(argv):
    if len(argv) < 2 or any(rule not in RULES for rule in argv[2:]):
        print(__doc__ + "\nRules: " + ", ".join(RULES), file=sys.stderr)
        return 2
    root = Path(argv[1])
    files = [f for f in tracked(root) if (root / f).is_file()]
    violations = [v for rule in (argv[2:] or RULES) for v in RULES[rule](root, files)]
    for violation in violations:
        print(violation)
    print(f"tidy: {len(files)} files, {len(violations)} violations", file=sys.stderr)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
