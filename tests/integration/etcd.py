#!/usr/bin/env python3
"""An etcd cluster of real processes on loopback: for tests, and by hand.

Usage: etcd.py [MEMBERS] [FIRST_PORT]   (3 members from port 23790 on, until Ctrl-C)

By hand the data is in a folder of its own that goes with it. Each member has a port for clients and one for its
peers. Processes are ended by their ids only.
"""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1


def find_etcd(name="etcd"):
    """Unpacked by scripts/setup --test, or installed; None when there is none."""
    unpacked = ROOT / ".deps" / "oracles" / "usr" / "bin" / name
    return str(unpacked) if unpacked.exists() else shutil.which(name)


def end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class EtcdCluster:
    """`flags` go to every member. `ports` are two for each, free ones by default. `tls` (ca, certificate, key) is what
    members show, and clients must have a certificate of."""

    def __init__(self, members=3, folder=None, ports=None, flags=(), tls=None):
        self.own_folder = folder is None
        self.folder = Path(folder or tempfile.mkdtemp(prefix="terrella-etcd-"))
        ports = ports or free_ports(2 * members)
        self.clients = [f"127.0.0.1:{port}" for port in ports[::2]]
        self.peers = [f"http://127.0.0.1:{port}" for port in ports[1::2]]
        self.flags, self.tls = list(flags), tls
        if tls:
            ca, certificate, key = map(str, tls)
            self.flags += ["--client-cert-auth", "--trusted-ca-file", ca, "--cert-file", certificate, "--key-file", key]
        self.processes = [None] * members
        self.stopped = set()
        for member in range(members):
            self.start(member)

    def address(self, prefix=""):
        return ("etcds://" if self.tls else "etcd://") + ",".join(self.clients) + (f"/{prefix}" if prefix else "")

    def start(self, member):
        every = ",".join(f"m{i}={peer}" for i, peer in enumerate(self.peers))
        client = f"{'https' if self.tls else 'http'}://{self.clients[member]}"
        command = [find_etcd(), "--name", f"m{member}", "--data-dir", str(self.folder / f"m{member}"),
                   "--listen-client-urls", client, "--advertise-client-urls", client,
                   "--listen-peer-urls", self.peers[member], "--initial-advertise-peer-urls", self.peers[member],
                   "--initial-cluster", every, "--logger", "zap", "--log-level", "warn", *self.flags]
        with open(self.folder / f"m{member}.log", "ab") as log:
            self.processes[member] = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=end_with_parent)

    def signal(self, member, number):
        self.processes[member].send_signal(number)
        if number == signal.SIGSTOP:
            self.stopped.add(member)
        elif number == signal.SIGCONT:
            self.stopped.discard(member)

    def kill(self, member):
        if self.processes[member] is not None:
            self.processes[member].kill()
            self.processes[member].wait()
            self.processes[member] = None

    def ctl(self, *words, member=None):
        """etcdctl's output, asked of one member or of all."""
        endpoints = self.clients[member] if member is not None else ",".join(self.clients)
        done = subprocess.run([find_etcd("etcdctl"), "--endpoints", endpoints, *words], capture_output=True,
                              text=True, env={**os.environ, "ETCDCTL_API": "3"}, timeout=30)
        if done.returncode != 0:
            raise RuntimeError(f"etcdctl {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def leader(self):
        """The member that leads; None while there is none."""
        for member in range(len(self.clients)):
            if self.processes[member] is None or member in self.stopped:
                continue
            try:
                fields = self.ctl("endpoint", "status", "-w", "simple", member=member).split(", ")
            except (RuntimeError, subprocess.TimeoutExpired):
                continue
            if fields[4] == "true":
                return member
        return None

    def await_leader(self, timeout_s=30):
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            leader = self.leader()
            if leader is not None:
                return leader
            time.sleep(0.1)
        raise RuntimeError(f"etcd at {self.address()} has no leader after {timeout_s} s")

    def post(self, member, path, body):
        """A call to a member over etcd's JSON gateway."""
        request = urllib.request.Request(f"http://{self.clients[member]}{path}", json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def raise_no_space(self):
        """The alarm that a member raises when its database is at the quota."""
        member = self.await_leader()
        ident = self.post(member, "/v3/maintenance/status", {})["header"]["member_id"]
        self.post(member, "/v3/maintenance/alarm", {"action": "ACTIVATE", "memberID": ident, "alarm": "NOSPACE"})

    def stop(self):
        for member in range(len(self.processes)):
            self.kill(member)
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def main():
    members = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 23790
    if find_etcd() is None:
        sys.exit("etcd.py: there is no etcd; scripts/setup --test unpacks Debian's")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with EtcdCluster(members, ports=list(range(first, first + 2 * members))) as cluster:
        cluster.await_leader()
        print(f"terrella up --store {cluster.address()}", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
