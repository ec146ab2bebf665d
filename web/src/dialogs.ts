// Questions before something changes, in the browser's own dialog: it keeps the focus and ends with Escape.

import { el } from "./dom";
import { shortId } from "./format";
import type { VersionShare } from "./messages";

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
