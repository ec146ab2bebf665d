"""A network whose control plane is three processes over an etcd of three members; for tests that end some of them."""
import http.client
import json
import os
import signal
import socket
import time

from etcd import EtcdCluster
from network import Network, free_ports, wait_for


class Replicas(Network):
    """`with Replicas(pops=3) as net:`; `etcd_flags` go to etcd's members."""

    def __init__(self, pops=2, name="replicas", etcd_flags=()):
        self.etcd = EtcdCluster(3, ports=free_ports(6), flags=etcd_flags)
        self.etcd.await_leader()
        super().__init__(pops, name, ("--store", self.etcd.address(), "--replicas", "3"))
        self.stopped = set()

    def __exit__(self, *_):
        for replica in self.replicas() if self.record_path().exists() else []:
            self.signal(replica, signal.SIGCONT)
        super().__exit__()
        self.etcd.stop()

    def replicas(self):
        """Name -> (host, pid) of the control planes, the leader or not."""
        return {p["name"]: (p["address"].split(":")[0], p["process"]["pid"]) for p in self.record()["parts"]
                if p["name"].startswith("control")}

    def signal(self, replica, number):
        if number == signal.SIGSTOP:
            self.stopped.add(replica)
        elif number == signal.SIGCONT:
            self.stopped.discard(replica)
        try:
            os.kill(self.replicas()[replica][1], number)
        except ProcessLookupError:
            pass

    def api(self, replica, method, body=None, timeout_s=10):
        """(status, answer) of a call; (None, why) when there was no answer."""
        token = (self.home / self.name / "control" / "gateway.token").read_text().strip()
        connection = http.client.HTTPConnection(self.replicas()[replica][0], self.record()["api_port"],
                                                timeout=timeout_s)
        try:
            connection.request("POST", f"/v1/{method}", json.dumps(body or {}),
                               {"authorization": f"Bearer {token}", "content-type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as why:
            return None, str(why)
        finally:
            connection.close()

    def serves(self, replica):
        """Whether it listens. The kernel does that for one that stands still, too."""
        if replica in self.stopped:
            return False
        try:
            socket.create_connection((self.replicas()[replica][0], self.control_port), timeout=0.5).close()
            return True
        except OSError:
            return False

    def leader(self, but=()):
        return next((r for r in self.replicas() if r not in but and self.serves(r)), None)

    def await_leader(self, but=(), timeout_s=30):
        return wait_for("no control plane serves", lambda: self.leader(but), timeout_s)

    def new_leader(self, old):
        """The one that takes over from `old`, and after how long."""
        began = time.monotonic()
        return self.await_leader(but=(old,)), time.monotonic() - began

    def await_nodes(self, timeout_s=30):
        """Until all nodes are connected and have what the control plane has."""
        def all_there():
            leader = self.leader()
            code, status = self.api(leader, "Admin/GetStatus") if leader else (None, "")
            nodes = status["nodes"] if code == 200 else []
            return len(nodes) == self.pops and all(n["node"]["state"] == "NODE_STATE_READY"
                                                   and int(n["ackedRevision"]) >= int(status["revision"])
                                                   for n in nodes)
        wait_for(lambda: f"the nodes are not back: {self.api(self.leader(), 'Admin/GetStatus')}", all_there, timeout_s)

    def script(self, name="w"):
        """The script's row at whoever leads; None when nobody answers."""
        leader = self.leader()
        status, answer = self.api(leader, "Deployments/ListScripts") if leader else (None, "")
        rows = answer.get("scripts", []) if status == 200 else []
        return next((row for row in rows if row["name"] == name), None)

    def upload(self, text, name="w"):
        folder = self.write(f"{name}/index.js", "export default { fetch() { return new Response('%s'); } };" % text)
        return self.run("versions", "upload", folder.rsplit("/", 1)[0], "--quiet").stdout.strip()

    def ask(self, name="w"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", "/", headers={"host": f"{name}.edge.test"})
            return connection.getresponse().read().decode()
        finally:
            connection.close()
