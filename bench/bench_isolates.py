#!/usr/bin/env python3
"""What a worker costs that nobody has asked for yet: time to its first answer, memory, and ten thousand of them."""
import os
import random
import socket
import time
from pathlib import Path

from harness import BIN, ROOT, Row, Server, median, npm_package, private_mib, report, talk, temporary, wait_ready
from http_peers import VERSIONS, free_port, wait_http

HELLO = ROOT / "bench" / "workers" / "hello.js"
SCRIPTS = 10_000
COLD = 1_000          # never-seen workers whose first answer is timed
PAUSE_S = 0.01        # between two of them; without one the rows "in a row" are measured
PEER_COLD = 400
MIB_A_WORKER_GUESS = 1.0

# Workers made at run time are the only ones workerd does not build as it starts: its Worker Loader.
CONFIG = """using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (modules = [(name = "worker", esModule = embed "loader.js")],
    compatibilityDate = "2026-01-01", compatibilityFlags = ["experimental"],
    bindings = [(name = "LOADER", workerLoader = (id = "bench"))]))],
  sockets = [(name = "http", address = "127.0.0.1:{port}", http = (), service = "main")]
);
"""
LOADER = """const source = SOURCE;
export default { fetch(request, env) {
  const name = new URL(request.url).hostname.split('.')[0];
  if (name[0] !== 'w') return new Response('loader');
  return env.LOADER.get(name, () => ({ compatibilityDate: '2026-01-01', mainModule: 'index.js',
    modules: { 'index.js': source + '// ' + name } })).getEntrypoint().fetch(request);
} };
"""


class Client:
    """One keep-alive connection."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, number):
        """ms to the answer of worker `number`, which must be the right one."""
        request = f"GET / HTTP/1.1\r\nHost: w{number}.edge.test\r\n\r\n".encode()
        begun = time.perf_counter()
        self.socket.sendall(request)
        answer = self.socket.recv(4096)
        while b"Hello, world!" not in answer:
            more = self.socket.recv(4096)
            if not more or len(answer) > 4096:
                raise RuntimeError(f"worker {number} answered {answer[:200]!r}")
            answer += more
        taken = (time.perf_counter() - begun) * 1000
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"worker {number} answered {answer[:200]!r}")
        return taken

    def close(self):
        self.socket.close()


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


class Node:
    """Our node with SCRIPTS scripts on its disk and no control plane."""

    def __init__(self, state, folder, warm_workers):
        ready = Path(folder) / f"ready-{warm_workers}"
        self.server = Server([BIN / "edge_node", "--state", state, "--listen", "127.0.0.1:0", "--ready-file", ready,
                              "--log-level", "error", "--warm-workers", warm_workers], cpu=0)
        self.pid = wait_ready(ready)["pid"]
        self.port = int(wait_ready(ready)["address"].rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()


def first_answers(client, numbers, pause_s):
    """ms to the first answer of each; the first twenty of a process do not count."""
    times = []
    for number in numbers:
        times.append(client.ask(number))
        time.sleep(pause_s)
    return times[20:]


def memory_a_worker(pid, client, count, ask_first=20):
    """MiB of private memory for each of `count` workers after their first answer, when they have been idle a while."""
    for number in range(ask_first):
        client.ask(number)
    time.sleep(4)
    before = private_mib(pid)
    for number in range(ask_first, ask_first + count):
        client.ask(number)
    time.sleep(8)
    return (private_mib(pid) - before) / count


def beside_the_idle(client, seconds=4):
    """ms of a warm worker's answers while a thousand others, asked just before, give their memory back."""
    for number in range(COLD, 2 * COLD):
        client.ask(number)
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        times.append(client.ask(0))
        time.sleep(0.005)
    return times


def peer_rows():
    """First answers with pauses, those in a row, MiB a worker: of workerd; or nothing."""
    modules = npm_package("workerd", VERSIONS["workerd"])
    if modules is None:
        return None
    with temporary() as folder:
        port = free_port()
        (Path(folder) / "loader.js").write_text(LOADER.replace("SOURCE", repr(HELLO.read_text())))
        (Path(folder) / "config.capnp").write_text(CONFIG.format(port=port))
        with Server([modules / ".bin" / "workerd", "serve", "--experimental", Path(folder) / "config.capnp"], cpu=0) as server:
            wait_http(port)
            client = Client(port)
            pid = max(server.tree(), key=private_mib)
            mib = memory_a_worker(pid, client, PEER_COLD)
            paced = first_answers(client, range(500, 500 + PEER_COLD), PAUSE_S)
            return paced, first_answers(client, range(1000, 1000 + PEER_COLD), 0), mib


def everybody_twice(port):
    """Asks every script in one order and again in another; how many answers there were."""
    client, order = Client(port), list(range(SCRIPTS))
    for seed in (1, 2):
        random.Random(seed).shuffle(order)
        for number in order:
            client.ask(number)
    client.close()
    return 2 * SCRIPTS


def main():
    os.sched_setaffinity(0, {1})
    source = f"workerd {VERSIONS['workerd']}"
    with temporary() as folder:
        state = Path(folder) / "state"
        talk(f"writing the state of a node with {SCRIPTS} scripts ...")
        with Server([BIN / "make_state", state, SCRIPTS, HELLO]) as maker:
            if maker.process.wait() != 0:
                raise RuntimeError("make_state failed")
        talk("workerd ...")
        peer = peer_rows()
        talk("cold starts ...")
        with Node(state, folder, 128) as node:
            client = Client(node.port)
            paced = first_answers(client, range(COLD), PAUSE_S)
            in_a_row = first_answers(client, range(COLD, 2 * COLD), 0)
        with Node(state, folder, 4000) as node:
            mib = memory_a_worker(node.pid, Client(node.port), COLD)
            disturbed = beside_the_idle(Client(node.port))
        talk(f"{SCRIPTS} workers, 128 in memory ...")
        with Node(state, folder, 127) as node:
            answers = everybody_twice(node.port)
            evicted_mib = private_mib(node.pid)
        def of_peer(index, figure):
            return None if peer is None else figure(peer[index])

        def p99(times):
            return percentile(times, 0.99)

        rows = [
            Row("first answer of a never-seen worker, median", "ms", median(paced), of_peer(0, median), source, bar=1.5),
            Row("first answer of a never-seen worker, p99", "ms", p99(paced), of_peer(0, p99), source, bar=3.0),
            Row("the same without a pause, median", "ms", median(in_a_row), of_peer(1, median), source),
            Row("the same without a pause, p99", "ms", p99(in_a_row), of_peer(1, p99), source),
            Row("warm answer while 1,000 others are trimmed, p99", "ms", p99(disturbed), bar=3.0),
            Row("private memory a worker after one answer", "MiB", mib, of_peer(2, float), source, bar=0.8),
            Row(f"answers of {SCRIPTS} workers, 127 in memory", "", answers, bar=2 * SCRIPTS, bigger_is_better=True),
            Row("private memory of that node afterwards", "MiB", evicted_mib),
        ]
        available_mib = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
        if available_mib > SCRIPTS * MIB_A_WORKER_GUESS:
            talk(f"{SCRIPTS} workers, as many in memory as the kernel has mappings for ...")
            with Node(state, folder, 30_000) as node:
                answers = everybody_twice(node.port)
                rows += [Row(f"answers of {SCRIPTS} workers, all the kernel lets in memory", "", answers,
                             bar=2 * SCRIPTS, bigger_is_better=True),
                         Row("private memory of that node afterwards", "GiB", private_mib(node.pid) / 1024)]
        else:
            talk(f"{available_mib:.0f} MiB are free: too few for the row of thousands in memory")
    report("isolates", rows)


if __name__ == "__main__":
    main()
