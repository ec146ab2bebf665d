"""Servers of one worker source: our node and the runtimes it is measured beside; and the load they get.

Each is pinned to core 0 and the load to core 1. A peer that npm cannot fetch is left out.
"""
import re
import shutil
import socket
import subprocess
import time

from harness import BIN, Server, npm_package, wait_ready

VERSIONS = {"workerd": "1.20261117.1", "deno": "2.9.6", "bun": "1.4.5"}
CONFIG = """using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (modules = [(name = "worker", esModule = embed "worker.js")],
                              compatibilityDate = "2026-01-01")),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:{port}", http = (), service = "main")]
);
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_open(port):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.005)
    raise TimeoutError(f"nothing listens on port {port}")


def wait_http(port):
    """Until a GET is answered 200."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as s:
                s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                if s.recv(12).startswith(b"HTTP/1.1 200"):
                    return
        except OSError:
            time.sleep(0.005)
    raise TimeoutError(f"nothing answers on port {port}")


def ours(source, folder, origin_port=0, flags=(), cpu=0):
    """(server, port); `source` is the worker's text. It may ask origin.example when there is an origin."""
    ready, worker = folder / "ready", folder / "ours"
    worker.mkdir()
    (worker / "index.js").write_text(source)
    (worker / "terrella.toml").write_text(
        'name = "bench"\nmain = "index.js"\n[[origins]]\nhost = "origin.example"\n'
        f'address = "127.0.0.1:{origin_port or 1}"\n')
    server = Server([BIN / "edge_node", "--worker", worker, "--listen", "127.0.0.1:0", "--ready_file", ready,
                     *flags], cpu=cpu)
    return server, int(wait_ready(ready)["address"].rsplit(":", 1)[1])


def workerd(source, folder, origin_port=0):
    modules = npm_package("workerd", VERSIONS["workerd"])
    if modules is None:
        return None
    port = free_port()
    (folder / "worker.js").write_text(source.replace("origin.example", f"127.0.0.1:{origin_port}"))
    (folder / "config.capnp").write_text(CONFIG.format(port=port))
    return Server([modules / ".bin" / "workerd", "serve", folder / "config.capnp"], cpu=0), port


def deno(source, folder):
    return _module_server("deno", source, folder, lambda port: ["serve", "--quiet", "--host=127.0.0.1", f"--port={port}"])


def bun(source, folder):
    # bun serves a default export with fetch() by itself, where it says.
    return _module_server("bun", source.replace("export default {", "export default { port: PORT, hostname: '127.0.0.1',", 1),
                          folder, lambda port: ["run"])


def _module_server(name, source, folder, words):
    modules = npm_package(name, VERSIONS[name])
    if modules is None:
        return None
    port = free_port()
    (folder / "worker.js").write_text(source.replace("PORT", str(port)))
    return Server([modules / ".bin" / name, *words(port), folder / "worker.js"], cpu=0), port


PEERS = {"workerd": workerd, "deno": deno, "bun": bun}


def wrk(server, port, folder, connections=64, seconds=4, body_bytes=0, warm_up_s=1):
    """{rate: 1/s, p99: ms, cpu: us of the server a request} of one round over keep-alive, after a warm-up."""
    wait_open(port)
    words = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", "--latency"]
    if body_bytes:
        script = folder / "post.lua"
        script.write_text(f'wrk.method = "POST"\nwrk.body = string.rep("0123456789abcdef", {body_bytes // 16})\n')
        words += ["-s", script]
    words.append(f"http://127.0.0.1:{port}/a/b?x=1&y=2")
    subprocess.run([*words, f"-d{warm_up_s}s"], check=True, capture_output=True)
    before = server.cpu_s()
    text = subprocess.run([*words, f"-d{seconds}s"], check=True, capture_output=True, text=True).stdout
    cpu_s = server.cpu_s() - before
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"the load met errors:\n{text}")
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
            "p99": float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit],
            "cpu": cpu_s * 1e6 / requests}


def h2load(server, port, seconds=4, connections=8, streams=8):
    """The same over HTTP/2 in the clear; h2load prints no percentile, so no p99."""
    wait_open(port)
    words = ["taskset", "-c", "1", "h2load", f"-c{connections}", f"-m{streams}", "-t1", f"http://127.0.0.1:{port}/"]
    subprocess.run([*words, "-D1"], check=True, capture_output=True)
    before = server.cpu_s()
    text = subprocess.run([*words, f"-D{seconds}"], check=True, capture_output=True, text=True).stdout
    cpu_s = server.cpu_s() - before
    done = re.search(r"requests: .* (\d+) done, (\d+) succeeded, (\d+) failed", text)
    if done is None or done[3] != "0" or done[2] == "0":
        raise RuntimeError(f"the load met errors:\n{text}")
    return {"rate": float(re.search(r"([\d.]+) req/s", text)[1]), "cpu": cpu_s * 1e6 / int(done[2])}


def require_wrk():
    return all(shutil.which(name) for name in ("wrk", "h2load"))
