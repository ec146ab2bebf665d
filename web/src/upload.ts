// A version out of files that a person chose, and its way to the control plane: a message that names contents by their
// hash, then the contents, a line of JSON each.

import type { Api } from "./api";

export interface SourceFile { name: string; bytes: Uint8Array }

const PIECE_BYTES = 3 << 20;  // of a content, a message (deployments.proto)
const KINDS: Record<string, string> = {
  js: "MODULE_KIND_ESM", mjs: "MODULE_KIND_ESM", json: "MODULE_KIND_JSON", wasm: "MODULE_KIND_WASM",
  txt: "MODULE_KIND_TEXT", html: "MODULE_KIND_TEXT", bin: "MODULE_KIND_DATA",
};

function kindOf(name: string): string {
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  const kind = KINDS[ending];
  if (kind) return kind;
  throw new Error(ending === "ts" || ending === "tsx" || ending === "jsx"
    ? `${name} has to be built first: 'terrella deploy' does that`
    : `${name}: expected a file ending with ${Object.keys(KINDS).join(", ")}`);
}

// The one that answers requests: the only script, or the one that is named like a beginning.
export function mainOf(names: string[]): string {
  const scripts = names.filter((name) => kindOf(name) === "MODULE_KIND_ESM");
  const main = scripts.length === 1 ? scripts[0]
    : scripts.find((name) => /^(index|main|worker)\.m?js$/.test(name));
  if (main) return main;
  throw new Error(scripts.length === 0 ? "There is no .js or .mjs file to answer requests"
    : "Which file answers requests? Name it index.js");
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

// Stores the files as a version of `script`; gives its id. No request goes to it yet.
export async function uploadVersion(api: Api, script: string, files: SourceFile[]): Promise<string> {
  const names = files.map((file) => file.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw new Error(`There are two files named ${twice}`);
  const mainModule = mainOf(names);
  const modules = await Promise.all(files.map(async ({ name, bytes }) => ({
    name, kind: kindOf(name), sizeBytes: String(bytes.length),
    sha256: base64(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as BufferSource))),
  })));
  const messages: object[] = [{ version: { script, mainModule, modules } }];
  for (const { bytes } of files) {
    for (let at = 0; at === 0 || at < bytes.length; at += PIECE_BYTES) {
      messages.push({ [at === 0 ? "blob" : "blobMore"]: base64(bytes.subarray(at, at + PIECE_BYTES)) });
    }
  }
  return (await api.send<{ versionId: string }>("Deployments/UploadVersion", messages)).versionId;
}
