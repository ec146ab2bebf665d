// Questions before something changes, in the browser's own dialog: it keeps the focus and ends with Escape.

import { el } from "./dom";
import { shortId } from "./format";
import type { VersionShare } from "./messages";
import type { SourceFile } from "./upload";

function ask<T>(title: string, body: Node[], yes: string, answer: () => T): Promise<T | null> {
  const dialog = el("dialog", { "aria-label": title }, el("form", { method: "dialog" }, el("h2", {}, title), ...body,
    el("p", { class: "buttons" }, el("button", { value: "yes" }, yes),
      el("button", { value: "", formnovalidate: true }, "Leave it"))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => {
    done(dialog.returnValue === "yes" ? answer() : null);
    dialog.remove();
  }));
}

export function confirmWith(title: string, text: string, yes: string): Promise<string | null> {
  const why = el("input", { name: "why", maxlength: 200, autocomplete: "off" });
  return ask(title, [el("p", {}, text), el("label", {}, "Why (for the list) ", why)], yes, () => why.value);
}

// Which share each version shall have; null when nothing shall change.
export function askShares(script: string, versions: { id: string; message: string }[], now: VersionShare[]):
    Promise<VersionShare[] | null> {
  const share = new Map(now.map((s) => [s.versionId, s.basisPoints / 100]));
  const inputs = versions.map((v) => el("input", { type: "number", min: 0, max: 100, step: 0.01, value: share.get(v.id) ?? 0 }));
  const sum = el("p", { class: "small", role: "status" });
  const look = () => {
    const total = inputs.reduce((t, i) => t + Number(i.value), 0);
    sum.textContent = `together ${total} %${Math.abs(total - 100) > 0.001 ? ": 100 % are needed" : ""}`;
    inputs.forEach((i) => i.setCustomValidity(Math.abs(total - 100) > 0.001 ? "Together 100 % are needed" : ""));
  };
  inputs.forEach((i) => i.addEventListener("input", look));
  look();
  const rows = versions.map((v, i) => el("label", {}, `${shortId(v.id)} ${v.message} `, inputs[i], " %"));
  return ask(`Share ${script}'s requests`, [...rows, sum], "Share", () => versions
    .map((v, i) => ({ versionId: v.id, basisPoints: Math.round(Number(inputs[i].value) * 100) }))
    .filter((s) => s.basisPoints > 0));
}

export interface NewVersion { script: string; files: SourceFile[]; message: string; answers: boolean }

const HELLO = `export default {
  async fetch(request) {
    return new Response(\`Hi \${request.cf.city}, from \${request.cf.colo}\\n\`);
  },
};
`;

// Code for a new version of `script`, or of a new worker: files, or a few lines written here.
export async function askVersion(script: string): Promise<NewVersion | null> {
  const name = el("input", { name: "worker", required: true, value: script, readonly: script !== "", autocomplete: "off",
    pattern: "[a-z0-9]([a-z0-9\\-]{0,61}[a-z0-9])?", title: "lower-case letters, digits and hyphens" });
  const chosen = el("input", { type: "file", name: "files", multiple: true, accept: ".js,.mjs,.json,.wasm,.txt,.html,.bin" });
  const code = el("textarea", { name: "code", rows: 9, spellcheck: "false", autocomplete: "off" });
  code.value = HELLO;
  const why = el("input", { name: "why", maxlength: 200, autocomplete: "off" });
  const answers = el("select", { name: "answers" }, el("option", { value: "yes" }, "all requests, at once"),
    el("option", { value: "" }, "no requests yet: keep it, to split or roll out"));
  if (script === "") answers.disabled = true;  // there is nothing else that could answer
  chosen.addEventListener("change", () => { code.disabled = chosen.files!.length > 0; });
  const given = await ask(script === "" ? "Deploy a new worker" : `A new version of ${script}`, [
    el("label", {}, "Worker ", name), el("label", {}, "Files ", chosen), el("label", {}, "or code", code),
    el("p", { class: "small" }, "Code alone. A project with bindings, secrets or TypeScript is the command's: ",
      el("code", {}, "terrella deploy")),
    el("label", {}, "It gets ", answers), el("label", {}, "Why (for the list) ", why)], "Deploy", () => true);
  if (!given) return null;
  const files = await Promise.all([...chosen.files!].map(async (file) =>
    ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })));
  if (files.length === 0) files.push({ name: "index.js", bytes: new TextEncoder().encode(code.value) });
  return { script: name.value, files, message: why.value, answers: answers.value === "yes" };
}
