#!/usr/bin/env python3
"""Class migrations of Durable Objects over real processes: a renamed class keeps its objects, a transferred one takes
them along, a deleted one leaves nothing on any disk, and what was decided survives whoever is killed.

Usage: actor_migrations_test.py   (TERRELLA_BIN says where the programs are)
"""
import http.client
import json
import os
import signal
import unittest

from network import Network, wait_for

CODE = """
import { DurableObject } from 'cloudflare:workers';
class Base extends DurableObject {
  async add() {
    const value = (await this.ctx.storage.get('value') ?? 0) + 1;
    await this.ctx.storage.put('value', value);
    return [CLASS, value];
  }
  async ring() { await this.ctx.storage.setAlarm(Date.now() + 86_400_000); return 'set'; }
}
const CLASS = '%(name)s';
export class %(name)s extends Base {}
export default {
  async fetch(request, env) {
    const [, name, method] = new URL(request.url).pathname.split('/');
    try {
      return Response.json(await env.NS.getByName(name)[method]());
    } catch (error) {
      return Response.json({ message: error.message }, { status: 500 });
    }
  },
};
"""


class Migrations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = Network(pops=3).__enter__()
        cls.find_nodes()

    @classmethod
    def tearDownClass(cls):
        cls.net.__exit__()

    @classmethod
    def find_nodes(cls):
        parts = [p for p in cls.net.status()["parts"] if p["name"] not in ("control", "dns", "ingress")]
        cls.nodes = {p["name"]: p["address"].split(":")[0] for p in parts}
        cls.pids = {p["name"]: p.get("pid") for p in parts}

    def deploy(self, script, migrations, name="Counter", bound=None, code=0):
        """Deploys `script`, which exports the class `name` and binds `bound` (default: the same; "": none)."""
        bound = name if bound is None else bound
        text = f'name = "{script}"\nmain = "index.js"\ncompatibility_date = "2026-01-01"\n'
        if bound:
            other, _, of_class = bound.rpartition("/")
            text += f'[[durable_objects.bindings]]\nname = "NS"\nclass_name = "{of_class}"\n'
            text += f'script_name = "{other}"\n' if other else ""
        for tag, steps in migrations:
            text += f'[[migrations]]\ntag = "{tag}"\n{steps}\n'
        self.net.write(f"{script}/wrangler.toml", text)
        folder = os.path.dirname(self.net.write(f"{script}/index.js", CODE % {"name": name}))
        done = self.net.run("deploy", folder, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stderr

    def ask(self, script, path, node=None):
        address = self.nodes[node or sorted(self.nodes)[0]]
        connection = http.client.HTTPConnection(address, self.net.port, timeout=30)
        try:
            connection.request("GET", path, headers={"host": f"{script}.edge.test"})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def files(self):
        return sorted(p.name for p in (self.net.home / "test" / "actors").glob("*/*.sqlite"))

    def restart(self, name):
        """Kills a part of the network and brings it back."""
        part = next(p for p in self.net.status()["parts"] if p["name"] == name)
        os.kill(part["pid"], signal.SIGKILL)
        self.net.up()
        wait_for("all nodes back", lambda: self.net.status()["nodes"]["ready"] == 3, 20)
        self.find_nodes()

    def test_a_renamed_class_keeps_its_objects(self):
        first = ("v1", 'new_sqlite_classes = ["Counter"]')
        second = ("v2", 'renamed_classes = [{ from = "Counter", to = "Tally" }]')
        self.assertIn("class 'Counter' of Durable Objects is new", self.deploy("renames", [first]))
        for number, node in enumerate(sorted(self.nodes), 1):
            self.assertEqual(self.ask("renames", "/one/add", node), ["Counter", number])
        self.deploy("binds", [], name="Unused", bound="renames/Counter")
        self.assertEqual(self.ask("binds", "/one/add"), ["Counter", 4])
        self.deploy("renames", [first, second], name="Tally")
        for number, node in enumerate(sorted(self.nodes), 5):
            self.assertEqual(self.ask("renames", "/one/add", node), ["Tally", number])
        self.assertEqual(self.ask("binds", "/one/add"), ["Tally", 8], "a binding of before is forwarded")
        self.assertIn("'Tally' of worker 'renames'",
                      self.deploy("binds", [("v1", "")], name="Unused", bound="renames/Counter", code=3))
        self.restart("control")
        self.assertEqual(self.ask("renames", "/one/add"), ["Tally", 9])
        self.deploy("renames", [first, second], name="Tally")  # the tags were applied: nothing more happens
        self.assertEqual(self.ask("renames", "/one/add"), ["Tally", 10])
        self.assertEqual({a["class"] for a in self.net.json("actors", "list", "renames")}, {"Tally"})
        back = self.net.run("rollback", "renames", check=False)
        self.assertIn("'Tally' now", back.stdout + back.stderr, "the version before binds what is there no more")

    def test_a_deleted_class_leaves_nothing_even_on_a_node_that_was_down(self):
        first = ("v1", 'new_sqlite_classes = ["Counter"]')
        second = ("v2", 'deleted_classes = ["Counter"]')
        third = ("v3", 'new_sqlite_classes = ["Counter"]')
        before = self.files()
        self.deploy("deletes", [first])
        for node in self.nodes:
            for i in range(3):
                self.assertEqual(self.ask("deletes", f"/{node}{i}/add", node), ["Counter", 1])
            self.assertEqual(self.ask("deletes", f"/{node}0/ring", node), "set")
        self.assertEqual(len(self.files()), len(before) + 9)
        self.assertIn("which binding 'NS' still uses: remove the binding first",
                      self.deploy("deletes", [first, second], code=3))
        self.assertEqual(self.ask("deletes", f"/{sorted(self.nodes)[0]}0/add"), ["Counter", 2], "nothing has changed")
        victim = sorted(self.nodes)[1]
        os.kill(self.pids[victim], signal.SIGKILL)
        self.deploy("deletes", [first, second], bound="")
        wait_for(lambda: f"files: {self.files()}", lambda: self.files() == before, 10)
        self.assertEqual(self.net.json("actors", "list", "deletes"), [])
        self.net.up()
        wait_for("all nodes back", lambda: self.net.status()["nodes"]["ready"] == 3, 20)
        self.find_nodes()
        self.deploy("deletes", [first, second, third])
        for node in self.nodes:
            self.assertEqual(self.ask("deletes", f"/{victim}0/add", node)[0], "Counter")
        self.assertEqual(self.ask("deletes", f"/{victim}1/add", victim), ["Counter", 1], "a new class, a new object")
        self.net.run("delete", "deletes")

    def test_a_transferred_class_takes_its_objects_along(self):
        self.deploy("giver", [("v1", 'new_sqlite_classes = ["Counter"]')])
        self.assertEqual(self.ask("giver", "/one/add"), ["Counter", 1])
        self.deploy("taker", [("v1", 'transferred_classes = '
                                     '[{ from = "Counter", from_script = "giver", to = "Mine" }]')], name="Mine")
        far = sorted(self.nodes)[2]
        self.assertEqual(self.ask("taker", "/one/add", far), ["Mine", 2])
        self.assertEqual(self.ask("giver", "/one/add", far), ["Mine", 3], "one object, not two")
        self.assertEqual(self.ask("taker", "/one/add"), ["Mine", 4])
        for name in sorted(self.nodes)[:1] + ["control"]:
            self.restart(name)
        self.assertEqual(self.ask("taker", "/one/add", far), ["Mine", 5])
        self.assertEqual({a["script"] for a in self.net.json("actors", "list")
                          if a["name"] == "one" and a["class"] == "Mine"}, {"taker"})

    def test_a_script_that_is_deleted_takes_its_objects_with_it(self):
        before = self.files()
        self.deploy("leaves", [("v1", 'new_sqlite_classes = ["Counter"]')])
        self.assertEqual(self.ask("leaves", "/one/add"), ["Counter", 1])
        self.net.run("delete", "leaves")
        wait_for(lambda: f"files: {self.files()}", lambda: self.files() == before, 10)
        self.deploy("leaves", [("v1", 'new_sqlite_classes = ["Counter"]')])
        self.assertEqual(self.ask("leaves", "/one/add"), ["Counter", 1])


if __name__ == "__main__":
    unittest.main(verbosity=2)
