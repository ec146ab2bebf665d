// Goal: streams are read message by message however they are cut, and their ends are told apart; the gateway's words reach
// who asked.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Api, ApiError } from "./api";

let answer;  // to the next request
const asked = [];
beforeEach(() => { asked.length = 0; });
globalThis.fetch = async (url, options) => {
  asked.push({ url, ...options });
  return answer();
};
const streamOf = (...pieces) => () => new Response(new ReadableStream({ start(controller) {
  for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
  controller.close();
} }));

async function watched(...pieces) {
  answer = streamOf(...pieces);
  const seen = [];
  try {
    await new Api("secret").watch("Topology/WatchView", {}, new AbortController().signal, (message) => seen.push(message));
  } catch (error) {
    return { seen, error };
  }
  return { seen };
}

test("a call carries the token and gives the message", async () => {
  answer = () => Response.json({ revision: "7" });
  assert.deepEqual(await new Api("secret").call("Admin/GetStatus"), { revision: "7" });
  assert.equal(asked[0].url, "/v1/Admin/GetStatus");
  assert.equal(asked[0].headers.authorization, "Bearer secret");
});

test("an error has the gateway's code and words", async () => {
  answer = () => Response.json({ error: { code: "NOT_FOUND", message: "no such node" } }, { status: 404 });
  await assert.rejects(new Api("t").call("Admin/DrainNode"), (e) => e instanceof ApiError && e.code === "NOT_FOUND" && e.message === "no such node");
  answer = () => new Response("<html>", { status: 502, statusText: "Bad Gateway" });
  await assert.rejects(new Api("t").call("Admin/DrainNode"), /Bad Gateway/);
});

test("messages come whole however the stream is cut, also within a letter", async () => {
  const text = '{"city":"São Paulo"}\n{"city":"Lagos"}\n{"end":{"code":"OK","message":""}}\n';
  const bytes = new TextEncoder().encode(text);
  for (let cut = 1; cut < bytes.length; ++cut) {
    answer = () => new Response(new ReadableStream({ start(controller) {
      controller.enqueue(bytes.slice(0, cut));
      controller.enqueue(bytes.slice(cut));
      controller.close();
    } }));
    const seen = [];
    await new Api("t").watch("M", {}, new AbortController().signal, (message) => seen.push(message.city));
    assert.deepEqual(seen, ["São Paulo", "Lagos"]);
  }
});

test("a stream that ends in an error, or without an end, says so after what had come", async () => {
  const refused = await watched('{"n":1}\n', '{"end":{"code":"ABORTED","message":"evicted"}}\n');
  assert.deepEqual(refused.seen, [{ n: 1 }]);
  assert.equal(refused.error.code, "ABORTED");
  const broken = await watched('{"n":1}\n{"n"');
  assert.deepEqual(broken.seen, [{ n: 1 }]);
  assert.equal(broken.error.code, "UNAVAILABLE");
});

test("what is uploaded is a line of JSON a message", async () => {
  answer = () => Response.json({});
  await new Api("t").send("Deployments/UploadVersion", [{ a: 1 }, { b: "x\ny" }]);
  assert.equal(asked[0].body, '{"a":1}\n{"b":"x\\ny"}');
});
