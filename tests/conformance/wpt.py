#!/usr/bin/env python3
"""Runs *.any.js tests of a web-platform-tests checkout in a runtime that takes one classic script.

    wpt.py --checkout DIR [--runtime 'edge_node --script'] [--server IP:PORT] [--jobs N] [--json FILE] [-v] AREA...

AREA is a folder or file of the checkout: streams, dom/abort, url/url-constructor.any.js. A test becomes one file:
a prelude that stands for what a worker's page would offer (GLOBAL, location, the resources the test fetches),
testharness.js, its META scripts, the test. Prints a line a folder: files, subtests passed and run, their share. -v
adds each subtest that did not pass. Exit code 1 when a subtest failed, 2 for wrong arguments.

--server names a running server of the checkout (wpt serve, http ports 8000 and 8001), for tests that fetch: scripts
come from it, with what it fills in. Ours is told with --origin where its hosts are; another runtime must find
web-platform.test itself (HTTP_PROXY=http://IP:PORT does) and learns its base URL from {url} in --runtime:
    HTTP_PROXY=http://127.7.7.7:8000 wpt.py --server 127.7.7.7:8000 --runtime 'deno run -A --location {url}' ...

Nothing of the checkout is part of this project.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

MARK = "WPT-RESULT "
HOST = "web-platform.test"
ORIGIN = f"http://{HOST}:8000"
HOSTS = [f"{name}{host}" for host in (HOST, f"not-{HOST}") for name in ("", "www.", "www1.", "www2.")]
TIMEOUT_S = {"normal": 15, "long": 60}

PRELUDE = """
globalThis.self ??= globalThis;
self.GLOBAL = { isWindow: () => false, isWorker: () => false, isShadowRealm: () => false };
{
  const url = new URL(%(url)s);
  if (typeof self.location === 'undefined') {
    const get = function location() {
      if (this !== undefined && this !== null && this !== self) throw new TypeError('Illegal invocation');
      return url;
    };
    Object.defineProperty(self, 'location', { get, configurable: true, enumerable: true });
  }
  const files = %(files)s;
  const realFetch = self.fetch;
  if (Object.keys(files).length > 0) {
    self.fetch = function fetch(input, init) {
      let path;
      try { path = new URL(typeof input === 'string' ? input : input.url, url).pathname; } catch {}
      return path in files ? Promise.resolve(new Response(files[path])) : realFetch(input, init);
    };
  }
}
"""
REPORT = """
setup({ output: false });
add_completion_callback((tests, status) => {
  const names = ['PASS', 'FAIL', 'TIMEOUT', 'NOTRUN', 'PRECONDITION_FAILED'];
  for (const t of tests) {
    console.log('%(mark)s' + JSON.stringify([names[t.status], t.name, t.message === null ? '' : String(t.message)]));
  }
  console.log('%(mark)s' + JSON.stringify([status.status === 0 ? 'DONE' : 'HARNESS', '', String(status.message ?? '')]));
});
"""
# A script run hides what its global object is, or testharness.js would wait for a service worker's events; the IDL tests
# want to know it.
SCOPE = """
for (let p = Object.getPrototypeOf(self); p !== null && /GlobalScope$/.test(p.constructor.name); p = Object.getPrototypeOf(p)) {
  Object.defineProperty(self, p.constructor.name, { value: p.constructor, writable: true, configurable: true });
}
"""


@dataclass
class Test:
    path: Path
    variant: str


@dataclass
class Outcome:
    test: Test
    subtests: list = field(default_factory=list)  # (status, name, message)


def metas(text):
    """The META lines of a test: a list of (key, value)."""
    found = []
    for line in text.splitlines():
        match = re.match(r"//\s*META:\s*(\w+)=(.*)$", line)
        if match:
            found.append((match[1], match[2].strip()))
        elif line.strip() and not line.startswith("//"):
            break
    return found


# What the server of web-platform-tests finds elsewhere.
ALIASES = {"/resources/WebIDLParser.js": "/resources/webidl2/lib/webidl2.js"}


def resolve(checkout, of, name):
    name = ALIASES.get(name, name)
    return checkout / name.lstrip("/") if name.startswith("/") else (of.parent / name).resolve()


def resources(checkout, test, text):
    """The files a test fetches, as {path of the URL: text}: named JSON, and the IDL of idlharness. `text` is that of the
    test or of one of its scripts; names are relative to the test."""
    names = set(re.findall(r"""["'`]([\w./-]+\.json)["'`]""", text))
    files = {}
    for name in names:
        file = resolve(checkout, test, name)
        if not file.is_file() or not file.is_relative_to(checkout):
            continue
        try:
            files["/" + str(file.relative_to(checkout))] = file.read_text(encoding="utf-8", errors="surrogatepass")
        except UnicodeDecodeError:
            pass  # bad on purpose: only a server can give it
    call = re.search(r"idl_test\(\s*(\[[^\]]*\])\s*,\s*(\[[^\]]*\])", text)
    if call:
        for name in re.findall(r"""["']([\w.-]+)["']""", call[1] + call[2]):
            idl = checkout / "interfaces" / f"{name}.idl"
            if idl.is_file():
                files[f"/interfaces/{name}.idl"] = idl.read_text()
    return files


def read(checkout, server, path):
    """A script's text, None when there is no such script: from the server when there is one, which fills in the names of
    *.sub.js."""
    if server is None:
        return path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else None
    request = urllib.request.Request(f"http://{server}/{path.relative_to(checkout)}",
                                     headers={"Host": ORIGIN.removeprefix("http://")})
    try:
        with urllib.request.urlopen(request) as response:
            return response.read().decode("utf-8", errors="surrogateescape")
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def url_of(checkout, test):
    return f"{ORIGIN}/{test.path.relative_to(checkout)}{test.variant}"


def assemble(checkout, server, test):
    """(the script, its time limit in seconds)"""
    text = read(checkout, server, test.path)
    parts, files, timeout = [], {} if server else resources(checkout, test.path, text), "normal"
    for key, value in metas(text):
        if key == "script":
            if value.endswith("/idlharness.js"):
                parts.append(SCOPE)
            script = resolve(checkout, test.path, value)
            body = read(checkout, server, script) if script.is_relative_to(checkout) else None
            if body is None:
                parts.append(f"throw new Error({json.dumps(f'the checkout has no {value}')});")
                continue
            files |= {} if server else resources(checkout, test.path, body)
            parts.append(body)
        elif key == "timeout":
            timeout = value
    url = url_of(checkout, test)
    prelude = PRELUDE % {"url": json.dumps(url), "files": json.dumps(files)}
    harness = (checkout / "resources/testharness.js").read_text()
    # A directive has force at the top of its own script, and of a function.
    if re.match(r"(\s*(//[^\n]*\n|/\*.*?\*/))*\s*['\"]use strict['\"]", text, re.S):
        text = f"(function () {{\n{text}\n}}).call(self);"
    source = f"//# sourceURL={ORIGIN}/{test.path.relative_to(checkout)}\n"
    script = "\n;\n".join([prelude, harness, REPORT % {"mark": MARK}, *parts, text, source])
    return script, TIMEOUT_S.get(timeout, 15)


def run(checkout, server, runtime, test, suffix):
    outcome = Outcome(test)
    script, timeout_s = assemble(checkout, server, test)
    runtime = [part.replace("{url}", url_of(checkout, test)) for part in runtime]
    with tempfile.NamedTemporaryFile("w", suffix=suffix, encoding="utf-8", errors="surrogateescape") as file:
        file.write(script)
        file.flush()
        try:
            done = subprocess.run([*runtime, file.name], capture_output=True, text=True, errors="replace",
                                  timeout=timeout_s)
            out, err, ended = done.stdout, done.stderr, f"exit {done.returncode}"
        except subprocess.TimeoutExpired as late:
            out = (late.stdout or b"").decode(errors="replace")
            err, ended = (late.stderr or b"").decode(errors="replace"), f"no end within {timeout_s} s"
    complete = False
    for line in out.split("\n"):
        if not line.startswith(MARK):
            continue
        status, name, message = json.loads(line[len(MARK):])
        if status == "DONE":
            complete = True
        elif status == "HARNESS":
            complete = True
            outcome.subtests.append(("FAIL", "(harness)", message))
        elif status != "PRECONDITION_FAILED":
            outcome.subtests.append((status, name, message))
    if not complete:
        outcome.subtests.append(("FAIL", "(did not complete)", f"{ended}: {err.strip()[-300:]}"))
    return outcome


def collect(checkout, areas):
    tests = []
    for area in areas:
        root = checkout / area
        if not root.exists():
            sys.exit(f"wpt: {root} does not exist")
        for path in [root] if root.is_file() else sorted(root.rglob("*.any.js")):
            meta = metas(path.read_text(encoding="utf-8", errors="replace"))
            scopes = [scope for key, value in meta if key == "global" for scope in value.split(",")]
            if "shadowrealm" in path.name or (scopes and all(scope.startswith("shadowrealm") for scope in scopes)):
                continue
            tests += [Test(path, v) for v in [value for key, value in meta if key == "variant"] or [""]]
    return tests


def report(checkout, outcomes, verbose):
    """Prints the table; returns it as {folder: [files, passed, run]}."""
    table = defaultdict(lambda: [0, 0, 0])
    for outcome in outcomes:
        folder = str(outcome.test.path.parent.relative_to(checkout))
        passed = sum(status == "PASS" for status, _, _ in outcome.subtests)
        for key in (folder, "all"):
            table[key] = [a + b for a, b in zip(table[key], (1, passed, len(outcome.subtests)))]
        for status, name, message in outcome.subtests if verbose else []:
            if status != "PASS":
                print(f"{status} {outcome.test.path.relative_to(checkout)}{outcome.test.variant}: {name}: {message}")
    for folder, (files, passed, total) in table.items():
        print(f"{folder:50} {files:4} files {passed:6}/{total:<6} {100 * passed / max(total, 1):5.1f} %")
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkout", type=Path, required=True, help="a checkout of web-platform-tests")
    parser.add_argument("--runtime", default=None, help="command that takes the script's name; default: ours")
    parser.add_argument("--server", metavar="IP:PORT", help="where the checkout is served")
    parser.add_argument("--suffix", default=".js", help="of the script, for runtimes that go by it")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--json", type=Path, help="where to write every subtest's status")
    parser.add_argument("-v", "--verbose", action="store_true", help="print what did not pass")
    parser.add_argument("areas", nargs="+", metavar="AREA")
    args = parser.parse_args()
    checkout = args.checkout.resolve()
    if not (checkout / "resources/testharness.js").is_file():
        parser.error(f"{checkout} is no checkout of web-platform-tests: it has no resources/testharness.js")
    ours = Path(__file__).resolve().parents[2] / "build/bin/edge_node"
    runtime = shlex.split(args.runtime) if args.runtime else [str(ours)]
    if not args.runtime:
        if args.server:
            runtime += [f"--origin={host}={args.server.rpartition(':')[0]}" for host in HOSTS]
        runtime.append("--script")
    tests = collect(checkout, args.areas)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        outcomes = list(pool.map(lambda test: run(checkout, args.server, runtime, test, args.suffix), tests))
    table = report(checkout, outcomes, args.verbose)
    if args.json:
        args.json.write_text(json.dumps([{"test": str(o.test.path.relative_to(checkout)) + o.test.variant,
                                          "subtests": o.subtests} for o in outcomes], indent=1))
    sys.exit(0 if table["all"][1] == table["all"][2] else 1)


if __name__ == "__main__":
    main()
