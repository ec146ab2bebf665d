// The workers: what answers for each, and by which share.

import { el, KeyedList, setText } from "./dom";
import { clock, percent, shortId } from "./format";
import type { Script, VersionShare } from "./messages";
import type { World } from "./world";

export interface ScriptActions { deploy(script: string): void; rollback(script: string): void; split(script: string): void }

export function sharesOf(script: Script): VersionShare[] {
  return script.shares.length > 0 ? script.shares : [{ versionId: script.versionId, basisPoints: 10_000 }];
}

function bar(shares: VersionShare[]): Element {
  const text = shares.map((s) => `${shortId(s.versionId)} ${percent(s.basisPoints)}`).join(", ");
  const pieces = shares.map((share) => {
    const piece = el("span");
    piece.style.flexGrow = String(share.basisPoints);  // not as an attribute: the page's policy refuses those
    return piece;
  });
  return el("div", { class: "shares" }, el("div", { class: "bar", "aria-hidden": "true" }, ...pieces),
    el("span", { class: "text" }, text));
}

export class ScriptsPanel {
  readonly element: HTMLElement;
  private readonly cards: KeyedList<Script>;
  private readonly empty = el("p", {}, "None yet. Here, or in a terminal: ", el("code", {}, "terrella deploy hello.js"));

  constructor(private readonly actions: ScriptActions) {
    const list = el("ul", { class: "cards" });
    this.cards = new KeyedList(list, (script) => this.card(script));
    this.element = el("section", { "aria-labelledby": "workers-title" },
      el("div", { class: "titled" }, el("h2", { id: "workers-title" }, "Workers"),
        el("button", { type: "button", click: () => this.actions.deploy("") }, "Deploy a new one…")), this.empty, list);
  }

  show(world: World): void {
    this.empty.hidden = world.scripts.length > 0;
    this.cards.show(world.scripts, (s) => s.name);
  }

  private card({ name }: Script) {
    const facts = el("p", { class: "small" }), shares = el("div");
    const element = el("li", { class: "card" }, el("h3", {}, name), shares, facts,
      el("p", { class: "buttons" },
        el("button", { type: "button", click: () => this.actions.deploy(name), "aria-label": `New version of ${name}` }, "New version…"),
        el("button", { type: "button", click: () => this.actions.split(name), "aria-label": `Split ${name}` }, "Split…"),
        el("button", { type: "button", click: () => this.actions.rollback(name), "aria-label": `Roll back ${name}` },
          "Roll back…")));
    let drawn = "";
    const update = (script: Script) => {
      const key = JSON.stringify(sharesOf(script));
      if (key !== drawn) shares.replaceChildren(bar(sharesOf(script)));
      drawn = key;
      setText(facts, `${script.deploymentId} since ${clock(script.deployedUnixMs)} · ${script.routes.join(" ")}`);
    };
    return { element, update };
  }
}
