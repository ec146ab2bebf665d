// Goal: rates are of what was counted between two looks, a node that started again is not a negative one, and a token that
// is refused ends the asking, and a run that nobody tells of any more aims at nothing.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { ApiError } from "./api";
import { World } from "./world";

const NODE = { info: { id: "FRA", pop: "FRA" }, state: "NODE_STATE_READY", load: 0 };
globalThis.requestAnimationFrame = (draw) => { queueMicrotask(draw); };

async function looks(counts) {
  mock.timers.enable({ apis: ["setTimeout"] });
  let now = 0, n = 0;
  mock.method(performance, "now", () => now);
  const api = {
    async watch(method, _message, _signal, seen) {
      seen(method === "Runs/WatchRuns" ? { runs: [] } : { nodes: [NODE] });
      return new Promise(() => {});
    },
    async call(method) {
      if (method === "Deployments/ListScripts") return { scripts: [] };
      if (method === "Launcher/GetLauncher") return { present: true };
      if (method === "Rollouts/ListRollouts") return { rollouts: [] };
      if (n === counts.length) return new Promise(() => {});  // no more looks
      return { revision: "1", nodes: [{ node: NODE, requests: String(counts[n++]), errors: "0" }] };
    },
  };
  const rates = [];
  const world = new World(api, () => {});
  world.start();
  for (let i = 0; i < counts.length; ++i) {
    for (let j = 0; j < 20; ++j) await Promise.resolve();
    rates.push(world.nodes()[0].requestsPerS);
    now += 1000;
    mock.timers.tick(1000);
  }
  mock.reset();
  mock.timers.reset();
  return rates;
}

test("a rate is what came between two looks", async () => {
  assert.deepEqual(await looks([100, 150, 150, 1150]), [0, 50, 0, 1000]);
});

test("a node that counts anew has no rate, then one again", async () => {
  assert.deepEqual(await looks([5000, 7, 27]), [0, 0, 20]);
});

test("a token that is refused is not tried again", async () => {
  let calls = 0;
  const refuse = async () => { ++calls; throw new ApiError("UNAUTHENTICATED", "who is it?"); };
  await new Promise((done) => {
    const world = new World({ call: refuse, watch: refuse }, () => { if (world.refused) done(); });
    world.start();
  });
  await new Promise((done) => setTimeout(done, 20));
  assert.equal(calls, 3);  // the view, the runs, the looks
});

test("a run that is not heard of any more aims at nothing, and is forgotten with the list", async () => {
  let now = 0, tell;
  mock.method(performance, "now", () => now);
  const world = new World({
    async watch(method, _message, _signal, seen) {
      if (method === "Runs/WatchRuns") tell = (...runs) => seen({ runs });
      return new Promise(() => {});
    },
    call: () => new Promise(() => {}),
  }, () => {});
  world.start();
  const run = (id, elapsedS, target) => ({ id, elapsedS, state: "RUNNING", timeline: [{ target }] });
  tell(run("a", 1, "FRA"), run("b", 1, "NRT"));
  assert.deepEqual([...world.aimedAt()], ["FRA", "NRT"]);
  now = 6000;
  tell(run("a", 7, "FRA"), run("b", 1, "NRT"));
  now = 12_000;
  assert.deepEqual([...world.aimedAt()], ["FRA"]);
  assert.equal(world.silentS(world.runs[1]), 12);
  now = 17_000;
  assert.deepEqual([...world.aimedAt()], []);
  assert.equal(world.heard.size, 2);
  tell(run("c", 0, "LHR"));
  assert.deepEqual([...world.heard.keys()], ["c"]);
  mock.reset();
});
