"""A network of real processes for tests: its own TERRELLA_HOME, ports and addresses; nothing is left behind."""
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("TERRELLA_BIN", ROOT / "build" / "bin"))

# What a test leaves to chance. With a seed given (failure_tests.py) each command also waits a little first.
SEED = int(os.environ.get("TERRELLA_TEST_SEED", 0))
PAUSE_S_MAX = 0.1
random.seed(SEED)
pauses = random.Random(SEED)


def free_ports(count):
    """Ports nobody listens on now, below the ephemeral range, where a socket of somebody else may appear.

    Tests that begin at the same time have process ids close to each other: each looks in a stretch of its own.
    """
    found, port = [], 20000 + os.getpid() * 16 % 12000
    while len(found) < count:
        port += 1
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as s:
                    s.bind(("127.0.0.1", port))
        except OSError:
            continue
        found.append(port)
    return found


class Network:
    """`with Network(pops=3) as net:` boots a cluster and takes it down at the end."""

    def __init__(self, pops=3, name="test", flags=()):
        self.pops, self.name, self.flags = pops, name, flags
        self.folder = tempfile.TemporaryDirectory(prefix="terrella-test-")
        self.home = Path(self.folder.name)
        self.port, self.dns_port, self.control_port = free_ports(3)
        self.env = {**os.environ, "TERRELLA_HOME": str(self.home), "TERRELLA_CLUSTER": name, "NO_COLOR": "1"}

    def __enter__(self):
        try:
            self.up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.run("down", check=False)
        self.close()

    def close(self):
        """Forgets the folder; the cluster is down."""
        self.folder.cleanup()

    def up(self):
        return self.run("up", "--pops", str(self.pops), "--port", str(self.port), "--dns-port", str(self.dns_port),
                        "--control-port", str(self.control_port), "--api-port", "0", *self.flags)

    def run(self, *words, check=True, timeout=120, stdin=None):
        if SEED:
            time.sleep(pauses.uniform(0, PAUSE_S_MAX))
        done = subprocess.run([BIN / "terrella", *words], env=self.env, capture_output=True, text=True,
                              timeout=timeout, input=stdin)
        if check and done.returncode != 0:
            raise AssertionError(f"terrella {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def json(self, *words, check=True):
        return json.loads(self.run(*words, "--json", check=check).stdout)

    def nodes(self):
        """The parts of the status that are nodes, in its order."""
        return [part for part in self.status()["parts"] if part["name"] not in ("control", "dns", "ingress")]

    def ready(self):
        """How many nodes are ready."""
        return self.json("status", check=False)["nodes"]["ready"]  # exits 1 while a node is down

    def body_at(self, node, host):
        """What one node answers to GET / of that host; (status, text)."""
        connection = http.client.HTTPConnection(node["address"].split(":")[0], self.port, timeout=5)
        try:
            connection.request("GET", "/", headers={"host": host})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def start(self, *words):
        """A command in the background."""
        return subprocess.Popen([BIN / "terrella", *words], env=self.env, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def status(self):
        return self.json("status")

    def write(self, name, text):
        path = self.home / "workers" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def record(self):
        return json.loads(self.record_path().read_text())

    def record_path(self):
        return self.home / self.name / "cluster.json"

    def identity(self, part):
        """What the part "control", "dns", "ingress" or "operator" proves itself with."""
        return self.home / self.name / "identity" / part / "identity.pem"


class DnsRouter:
    """A second DNS router, which follows the network's control plane like its own."""

    def __init__(self, net, *flags):
        self.net, self.flags = net, flags
        self.ready = net.home / f"dns-{id(self)}.json"
        self.start()

    def start(self):
        self.ready.unlink(missing_ok=True)
        with open(self.ready.with_suffix(".log"), "ab") as log:
            self.process = subprocess.Popen(
                [BIN / "dns_router", "--listen", "127.0.0.1:0", "--control", f"127.0.0.1:{self.net.control_port}",
                 "--control-cert", self.net.identity("dns"), "--data", ROOT / "data", "--ready-file", self.ready, *self.flags], stderr=log)
        wait_for("the second router does not start", self.ready.exists)
        self.addresses = json.loads(self.ready.read_text())
        self.port = int(self.addresses["address"].rsplit(":", 1)[1])

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(20)

    def log(self):
        return self.ready.with_suffix(".log").read_text()


def wait_for(what, condition, timeout_s=10):
    """Polls until `condition()` is true and returns its value; `what` is said otherwise, a text or what gives it."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"after {timeout_s} s: {what() if callable(what) else what}")
