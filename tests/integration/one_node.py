"""One edge_node process that serves one worker, and raw connections to it; for tests of protocols."""
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

BIN = Path(os.environ.get("TERRELLA_BIN", Path(__file__).resolve().parents[2] / "build" / "bin"))


class OneNode:
    """`with OneNode(source) as node:`; a source is JavaScript text or the path of a worker."""

    def __init__(self, source, *flags):
        self.folder = tempfile.TemporaryDirectory(prefix="terrella-node-")
        worker = source
        if isinstance(source, str):
            worker = Path(self.folder.name) / "worker.js"
            worker.write_text(source)
        ready = Path(self.folder.name) / "ready"
        self.log = open(Path(self.folder.name) / "log", "wb")
        self.process = subprocess.Popen(
            [BIN / "edge_node", "--worker", worker, "--listen", "127.0.0.1:0", "--ready_file", ready, *flags],
            stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 20
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"edge_node did not start:\n{self.text_of_log()}")
            time.sleep(0.01)
        host, port = json.loads(ready.read_text())["address"].rsplit(":", 1)
        self.address = (host, int(port))
        self.port = int(port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self.log.close()
        self.folder.cleanup()

    def text_of_log(self):
        return (Path(self.folder.name) / "log").read_text(errors="replace")

    def connect(self, timeout_s=10):
        return socket.create_connection(self.address, timeout=timeout_s)

    def rss_bytes(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("the node is gone")
