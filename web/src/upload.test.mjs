// Goal: a version names its contents by their hash and carries them in pieces; what cannot be one is said before anything
// is sent.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { mainOf, uploadVersion } from "./upload";

const api = () => ({ sent: [], async send(_, messages) { this.sent = messages; return { versionId: "v1" }; } });
const file = (name, bytes) => ({ name, bytes: typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes });

test("the only script answers, or the one named like a beginning", () => {
  assert.equal(mainOf(["app.mjs", "data.json"]), "app.mjs");
  assert.equal(mainOf(["lib.js", "index.js"]), "index.js");
  assert.throws(() => mainOf(["a.js", "b.js"]), /Name it index.js/);
  assert.throws(() => mainOf(["a.txt"]), /no .js or .mjs/);
  assert.throws(() => mainOf(["a.ts"]), /has to be built first/);
  assert.throws(() => mainOf(["a.exe"]), /expected a file ending with js,/);
});

test("contents come in order, in pieces of 3 MiB, an empty one too", async () => {
  const large = new Uint8Array(7 << 20).map((_, i) => i * 31 % 251), to = api();
  assert.equal(await uploadVersion(to, "shop", [file("index.js", "export default {}"), file("large.bin", large), file("empty.txt", "")]), "v1");
  const [{ version }, ...blobs] = to.sent;
  assert.equal(version.mainModule, "index.js");
  assert.deepEqual(version.modules.map((m) => m.sizeBytes), ["17", String(7 << 20), "0"]);
  assert.equal(version.modules[1].sha256, createHash("sha256").update(large).digest("base64"));
  assert.deepEqual(blobs.map((b) => Object.keys(b)[0]), ["blob", "blob", "blobMore", "blobMore", "blob"]);
  const pieces = blobs.slice(1, 4).map((b) => Buffer.from(b.blob ?? b.blobMore, "base64"));
  assert.ok(pieces.every((p) => p.length <= 3 << 20));
  assert.ok(Buffer.concat(pieces).equals(large));
});

test("two files of one name are refused", async () => {
  const to = api();
  await assert.rejects(uploadVersion(to, "shop", [file("a.js", "1"), file("a.js", "2")]), /two files named a.js/);
  assert.deepEqual(to.sent, []);
});
