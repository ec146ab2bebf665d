// The nodes as a table, with what can be done to each.

import { el, KeyedList, setAttribute, setText } from "./dom";
import { bytes, rate, stateName } from "./format";
import type { NodeFacts, World } from "./world";

export interface NodeActions {
  drain(id: string, drain: boolean): void;
  kill(id: string): void;
  start(id: string): void;
}

export class NodesTable {
  readonly element: HTMLElement;
  private readonly rows: KeyedList<NodeFacts>;
  private readonly empty = el("p", { class: "empty" }, "None has come yet. In a terminal: ", el("code", {}, "terrella up"));
  private revision = "0";
  private launcher = false;

  constructor(private readonly actions: NodeActions) {
    const body = el("tbody");
    this.rows = new KeyedList(body, (facts) => this.row(facts));
    const head = ["Node", "City", "State", "Requests/s", "Errors/s", "Isolates", "Memory", "Revision", "Do"];
    this.element = el("section", { "aria-labelledby": "nodes-title" }, el("h2", { id: "nodes-title" }, "Nodes"),
      el("div", { class: "scroll nodes", tabindex: "0", role: "region", "aria-label": "Table of nodes" },
        el("table", {}, el("thead", {}, el("tr", {}, ...head.map((text, i) =>
          el("th", { scope: "col", class: i > 2 && i < 8 ? "number" : i === 1 ? "city" : undefined }, text)))), body), this.empty));
  }

  show(world: World): void {
    this.revision = world.status?.revision ?? "0";
    this.launcher = world.launcher;
    this.empty.hidden = world.nodes().length > 0;
    this.rows.show(world.nodes(), (f) => f.node.info.id);
  }

  reveal(id: string): void {
    const row = document.getElementById(`node-${id}`);
    row?.scrollIntoView({ block: "center", behavior: "auto" });
    row?.querySelector("button")?.focus();
  }

  private row(first: NodeFacts) {
    const { id, city, country } = first.node.info;
    const state = el("span", { class: "state" });
    const cells = Array.from({ length: 5 }, () => el("td", { class: "number" }));
    let draining = false, down = false;
    const button = el("button", { type: "button", click: () => this.actions.drain(id, !draining) });
    const process = el("button", { type: "button", click: () => down ? this.actions.start(id) : this.actions.kill(id) });
    const element = el("tr", { id: `node-${id}` }, el("th", { scope: "row" }, id, el("span", { class: "under" }, ` ${city}, ${country}`)), el("td", { class: "city" }, `${city}, ${country}`),
      el("td", {}, state), ...cells, el("td", {}, el("span", { class: "do" }, button, process)));
    const update = ({ node, status, requestsPerS, errorsPerS }: NodeFacts) => {
      draining = node.state === "NODE_STATE_DRAINING";
      setText(state, stateName(node.state));
      setAttribute(state, "class", `state ${stateName(node.state)}`);
      const behind = status !== undefined && BigInt(status.ackedRevision) < BigInt(this.revision);
      const texts = [rate(requestsPerS), rate(errorsPerS), String(status?.isolates ?? 0),
        bytes(Number(status?.rssBytes ?? 0)), `${status?.ackedRevision ?? "?"}${behind ? " (behind)" : ""}`];
      texts.forEach((text, i) => setText(cells[i], text));
      setText(button, draining ? "Take back" : "Drain");
      setAttribute(button, "aria-label", `${draining ? "Take back" : "Drain"} ${id}`);
      down = node.state === "NODE_STATE_DOWN";
      button.disabled = down;
      setText(process, down ? "Start" : "Kill…");
      setAttribute(process, "aria-label", `${down ? "Start" : "Kill"} ${id}`);
      process.hidden = !this.launcher;
    };
    return { element, update };
  }
}
