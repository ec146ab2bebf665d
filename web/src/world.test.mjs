// Goal: rates are of what was counted between two looks, a node that started again is not a negative one, and a token that
// is refused ends the asking.
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
