#!/usr/bin/env python3
"""Runs one classic script in workerd, for wpt.py: --runtime 'workerd.py WORKERD [--proxy IP:PORT]'.

workerd has no way to run a script and end: the script becomes part of a worker with a configuration and a port of its
own, is evaluated in the global scope while the worker answers its one request, and what it logs is the answer.
--proxy names a server that every fetch goes to, in absolute form: wpt serve.

In workerd's favour: eval and compiling WebAssembly are allowed, every compatibility flag of the newest date is on, so are
those beyond it that enable a standard, and fetch, Request and EventSource resolve relative URLs, for which no worker has a
base. Against it: all runs within one request.
"""
import argparse
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

DATE = "2026-11-17"
FLAGS = ["pedantic_wpt", "request_signal_passthrough", "allow_insecure_inefficient_logged_eval", "precise_timers",
         "spec_compliant_property_attributes", "streams_no_default_auto_allocate_chunk_size"]
PR_SET_PDEATHSIG = 1
START_S = 10

CONFIG = """using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), (name = "out", %(out)s)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]);
const worker :Workerd.Worker = (
  modules = [(name = "main", esModule = embed "main.js"), (name = "script", data = embed "script")],
  compatibilityDate = "%(date)s", compatibilityFlags = [%(flags)s],
  bindings = [(name = "unsafe", unsafeEval = void)], globalOutbound = "out");
"""
MAIN = """
import script from 'script';
export default { async fetch(request, env) {
  // Else testharness.js waits for the events of a service worker.
  delete globalThis.ServiceWorkerGlobalScope;
  const lines = [];
  let finish;
  const finished = new Promise((resolve) => { finish = resolve; });
  const isOver = (line) => /^WPT-RESULT \\["(DONE|HARNESS)"/.test(line);
  console.log = (...parts) => {
    lines.push(parts.join(' '));
    if (isOver(lines.at(-1))) finish();
  };
  const absolute = ([url, ...rest]) => {
    try { return [typeof url === 'string' ? new URL(url, globalThis.location).href : url, ...rest]; } catch { return [url, ...rest]; }
  };
  const fetched = globalThis.fetch;
  globalThis.fetch = function fetch(...args) { return fetched(...absolute(args)); };
  for (const name of ['Request', 'EventSource']) {
    globalThis[name] = new Proxy(globalThis[name], {
      construct: (target, args, as) => Reflect.construct(target, args.length > 0 ? absolute(args) : args, as),
    });
  }
  // A request that nothing is pending for would be taken for hung before its promises have settled.
  const alive = setInterval(() => {}, 50);
  globalThis.addEventListener('unhandledrejection', (event) => event.preventDefault());
  try {
    env.unsafe.eval(new TextDecoder().decode(script), 'test.js');
    await finished;
  } catch (error) {
    lines.push(`Uncaught ${error?.stack ?? error}`);
  }
  clearInterval(alive);
  return new Response(lines.join('\\n') + '\\n');
} };
"""


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(binary, folder):
    """(the process, the port it serves on)"""
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [binary, "serve", "--experimental", f"--control-fd={writer}", str(folder / "config.capnp")],
        pass_fds=[writer], preexec_fn=die_with_parent)
    os.close(writer)
    with os.fdopen(reader) as events:
        for line in events:
            event = json.loads(line)
            if event.get("event") == "listen":
                return process, event["port"]
    sys.exit(f"workerd ended with {process.wait(START_S)} before it served")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workerd", help="the binary")
    parser.add_argument("--proxy", metavar="IP:PORT", help="where every fetch goes")
    parser.add_argument("script", type=Path)
    args = parser.parse_args()
    out = 'network = (allow = ["public", "private"])'
    if args.proxy:
        out = f'external = (address = "{args.proxy}", http = (style = proxy))'
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "script").write_bytes(args.script.read_bytes())
        (folder / "main.js").write_text(MAIN)
        flags = ", ".join(f'"{flag}"' for flag in FLAGS)
        (folder / "config.capnp").write_text(CONFIG % {"out": out, "date": DATE, "flags": flags})
        process, port = start(args.workerd, folder)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as response:
                text = response.read().decode("utf-8", errors="replace")
        finally:
            process.kill()
            process.wait()
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
