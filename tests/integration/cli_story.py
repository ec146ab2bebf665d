"""One use of every command of terrella, in an order in which each has something to show; for cli_commands_test.py."""
import json
import re

WORKER = """export class Counter {
  constructor(state) { this.state = state; }
  async fetch() { return new Response(String(1 + (await this.state.storage.get('n') ?? 0))); }
}
export default {
  async fetch(request, env) {
    if (new URL(request.url).pathname === '/count') return env.COUNTER.get(env.COUNTER.idFromName('a')).fetch(request);
    return new Response(`hello from ${request.cf.colo}`);
  },
  async scheduled() {},
};
"""
WRANGLER = {"name": "shop", "main": "index.js", "compatibility_date": "2026-01-01",
            "kv_namespaces": [{"binding": "DATA", "id": "data"}], "triggers": {"crons": ["*/5 * * * *"]},
            "durable_objects": {"bindings": [{"name": "COUNTER", "class_name": "Counter"}]},
            "migrations": [{"tag": "v1", "new_sqlite_classes": ["Counter"]}]}
# Waves that wait for somebody.
PLAN = """bake = "60s"
[[waves]]
place = "canary"
percent = 5
[[waves]]
place = "all"
percent = 50
"""
SCENARIO = """version = 1
name = "breath"
duration = "2s"
assertions = ["errors == 0"]
[clients]
rate_per_s = 20
cities = ["Berlin", "Tokyo"]
[[request]]
host = "shop"
[[timeline]]
at = "1s"
drain = "SIN"
"""
STUDY = """version = 1
name = "study"
duration = "4s"
assertions = ["p95_ms < 900"]
[clients]
rate_per_s = 50
cities = ["Berlin", "Tokyo", "Lagos"]
steering = ["dns", "anycast"]
[[worker]]
path = "other.js"
[[request]]
host = "other"
"""
# Commands without an answer as JSON, and why.
WITHOUT_JSON = {
    "browse": "runs until its browser ends; dashboard_test runs it",
    "sim init": "writes files",
    "sim explain": "prints words",
    "sim schema": "prints a schema of its own: scenarios_test reads it",
    "dev": "runs until it is ended",
    "tail": "runs until it is ended; wrangler_user_test reads it",
    "data pull": "needs the network",
    "data import": "needs a data set",
    "data forget": "needs something imported",
    "net validate": "needs measurements",
    "completion": "prints a shell's program",
    "kv get": "prints the value's bytes",
    "ca export": "prints PEM",
}


class Step:
    """`words` behind the command's name; {NAME} is what an earlier step kept as NAME from its answer."""

    def __init__(self, command, *words, code=0, stdin=None, keep=None):
        self.command, self.words, self.code, self.stdin, self.keep = command, words, code, stdin, keep or {}

    def line(self, kept):
        return [*self.command.split(), *(re.sub(r"\{(\w+)\}", lambda m: str(kept[m[1]]), w) for w in self.words)]


def files(net):
    """What the steps mention, by name."""
    out = {"worker": net.write("shop/index.js", WORKER)}
    net.write("shop/wrangler.json", json.dumps(WRANGLER))
    out["project"] = out["worker"].rsplit("/", 1)[0]
    out["other"] = net.write("other.js", "export default { fetch: () => new Response('other') };\n")
    out["bad"] = net.write("bad.js", "export default {{\n")
    out["plan"] = net.write("plan.toml", PLAN)
    out["scenario"] = net.write("breath.toml", SCENARIO)
    out["study"] = net.write("study.toml", STUDY)
    out["before"] = str(net.home / "before.json")
    out["bulk"] = net.write("bulk.json", json.dumps([{"key": "b", "value": "2"}, {"key": "c", "value": "3"}]))
    out["types"] = str(net.home / "env.d.ts")
    out["pem"] = str(net.home / "ca.pem")
    out["backup"] = str(net.home / "state.backup")
    out["report"] = str(net.home / "report.json")
    return out


def steps():
    """Of a running cluster of three PoPs; `down` is last."""
    return [
        Step("version"), Step("up"), Step("status"), Step("nodes"), Step("nodes join-token"),
        Step("nodes revoke", "stolen-1"), Step("logs", "control"),
        Step("dashboard"), Step("ca show"), Step("ca path"), Step("ca install-hint"),
        *deploys(), *access(), *data(), *dns(), *faults(), *models(), *scenarios(),
        Step("backup", "{backup}"), Step("delete", "other"), Step("delete", "shop"),
        Step("restore", "{backup}"), Step("secret rotate-key"), Step("down"),
    ]


def deploys():
    return [
        Step("types", "{project}", "{types}"),
        Step("deploy", "{project}", "--dry-run"),
        Step("deploy", "{project}", "-m", "first", keep={"v1": "version"}),
        Step("deploy", "{bad}", code=3),
        Step("versions upload", "{project}", "--var", "MODE=new", keep={"v2": "version"}),
        Step("versions"), Step("versions", "shop"),
        Step("versions deploy", "shop", "{v2}@10", "-m", "a tenth"),
        Step("deployments list", "shop"), Step("deployments view", "shop"),
        Step("rollback", "shop", "--to", "{v1}"),
        Step("versions deploy", "shop", "{v2}", "--rollout", "{plan}", "--detach"),
        Step("rollouts status", "shop"), Step("rollouts status"),
        Step("rollouts pause", "shop", "-m", "lunch"), Step("rollouts resume", "shop"),
        Step("rollouts promote", "shop"), Step("rollouts abort", "shop", "-m", "enough"),
        Step("rollouts watch", "shop", code=None), Step("rollouts history", "shop"),
        Step("deploy", "{other}", "--detach"),
        Step("secret put", "shop", "TOKEN", stdin="s3cret\n"), Step("secret list", "shop"),
        Step("secret bulk", "shop", stdin='{"A": "1", "B": "2"}'), Step("secret delete", "shop", "A"),
        Step("trigger", "shop"), Step("crons list", "shop"), Step("crons list"),
    ]


def access():
    return [
        Step("tokens create", "ci", "--scope", "script:shop:deploy", "--expires", "90d"), Step("tokens list"),
        Step("tokens revoke", "ci"), Step("tokens create", "other", code=2),
        Step("audit list", "--script", "shop", "--since", "1h"), Step("audit verify"),
    ]


def data():
    return [
        Step("kv put", "data", "a", "1", "--metadata", '{"x": 1}'), Step("kv bulk-put", "data", "{bulk}"),
        Step("kv list", "data"), Step("kv namespaces"), Step("kv delete", "data", "a"),
        Step("fetch", "--from", "Berlin", "http://shop.edge.test/count"), Step("actors list"),
        Step("purge", "shop", "--everything"),
        Step("data status"),
        Step("fetch", "--from", "Lagos", "http://shop.edge.test/"),
        Step("fetch", "--from", "Lagos", "http://nobody.edge.test/", code=1),
    ]


def dns():
    return [
        Step("dns explain", "shop.edge.test", "--from", "Lagos"), Step("dns ds"), Step("dns top", "--once"),
        Step("dns record add", "_x.edge.test", "TXT", '"y"'), Step("dns record list"),
        Step("dns record remove", "_x.edge.test"),
        Step("dns policy set", "shop.edge.test", "up", "latency"), Step("dns policy list"),
        Step("dns policy remove", "shop.edge.test"), Step("dns drain", "FRA"),
    ]


def faults():
    return [Step("kill", "SIN"), Step("start", "SIN"), Step("partition", "FRA"), Step("rejoin", "FRA"),
            Step("slow-disk", "FRA", "20ms"), Step("slow-disk", "FRA", "0"), Step("skew", "FRA", "-5m"),
            Step("skew", "FRA", "+90s"), Step("skew", "FRA", "0"), Step("skew", "FRA", "2h", code=2),
            Step("drain", "FRA"), Step("undrain", "FRA"),
            Step("cordon", "FRA"), Step("uncordon", "FRA"), Step("evict", "FRA")]


def models():
    return [
        Step("net rtt", "Lagos", "FRA"), Step("net nearest", "Lagos"), Step("net cities"), Step("net pops"),
        Step("net cdf"), Step("net catchment"), Step("net failures", "--count", "3"),
        Step("net place", "--preset", "cdn", "--pops", "world-12", "--next", "1"), Step("net lint", code=1),
        Step("net latency", "--count", "5"), Step("net steering"),
        Step("net transfer", "--from", "Lagos", "--to", "FRA"),
    ]


def scenarios():
    return [Step("stats", "shop", "--by", "pop", "--since", "10m"), Step("stats"),
            Step("sim check", "{scenario}"), Step("sim run", "{scenario}"),
            Step("sim run", "{scenario}", "--virtual", code=None),
            Step("sim run", "{study}", "--virtual", "--out", "{before}"),
            Step("sim compare", "{before}", "{before}"),
            Step("sim sweep", "{study}", "--vary", "pops=3,12", "--vary", "loss=0,1.5", "--requests", "5000",
                 "--goal", "p95_ms < 300"),
            Step("sim sweep", "{study}", "--vary", "rate=50.5,100"),
            Step("sim bisect", "{study}", "--goal", "p95_ms < 150", "--preset", "world-30", "--requests", "20000"),
            Step("sim bisect", "{study}", "--goal", "p95_ms < 1", "--preset", "world-12", "--requests", "5000", code=1),
            Step("sim capacity", "{study}", "--rate-max", "300000"),
            Step("sim chaos", "{study}", "--seeds", "20")]
