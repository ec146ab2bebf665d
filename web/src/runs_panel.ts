// Runs of scenarios: how those under way go, and how the last ones ended.

import { el, KeyedList, setAttribute, setText } from "./dom";
import { clock, count, ms } from "./format";
import type { Run, RunFigures } from "./messages";
import type { World } from "./world";

const STATES: Record<string, [text: string, className: string]> = {
  RUNNING: ["running", ""], PASSED: ["✓ passed", "good"], FAILED: ["✗ failed", "bad"], INTERRUPTED: ["interrupted", "bad"],
};
const VERDICTS: Record<string, [text: string, className: string]> = { HOLDS: ["✓ holds", "good"], FAILS: ["✗ does not", "bad"] };
// While the run goes they are of what is known by now.
const STANDING: Record<string, [text: string, className: string]> = { HOLDS: ["✓ holding so far", "good"], FAILS: ["✗ failing so far", "bad"] };

// As whoever runs it says. Its seconds are not those of a clock, and nothing happens to the cluster's nodes.
const isVirtual = (run: Run): boolean => run.how.includes("in virtual time");

function total(run: Run): string {
  if (!run.total) return "nobody asked yet";
  // In virtual time what people felt is counted when all is over.
  if (isVirtual(run) && run.state === "RUNNING") return `${count(Number(run.total.requests))} requests so far`;
  return figures(run.total);
}

// 0 where nothing was answered.
const felt = (time: number): string => time > 0 ? ms(time) : "–";

function figures(of: RunFigures): string {
  return `${count(Number(of.requests))} requests, ${count(Number(of.failed))} failed, p50 ${felt(of.p50Ms)}, p95 ${felt(of.p95Ms)}`;
}

function regions(run: Run): HTMLTableRowElement[] {
  return run.regions.map((of) => el("tr", {}, el("th", { scope: "row" }, of.name),
    ...[count(Number(of.requests)), count(Number(of.failed)), felt(of.p50Ms), felt(of.p95Ms)].map((text) => el("td", { class: "number" }, text))));
}

function timeline(run: Run): HTMLLIElement[] {
  return run.timeline.map((event) => el("li", { class: event.done ? undefined : "planned" },
    `at ${event.atS.toFixed(1)} s: ${event.action}${event.done ? "" : ", to come"}`,
    event.trouble ? el("b", { class: "bad" }, ` failed: ${event.trouble}`) : null));
}

function assertions(run: Run): HTMLLIElement[] {
  const [words, none] = run.state === "RUNNING" ? [STANDING, "– not yet"] : [VERDICTS, "– not judged"];
  return run.assertions.map(({ text, verdict, is }) => {
    const [word, className] = words[verdict] ?? [none, ""];
    return el("li", {}, el("b", { class: className || undefined }, word), " ", el("code", {}, text), is ? ` is ${is}` : null);
  });
}

export class RunsPanel {
  readonly element: HTMLElement;
  private readonly cards: KeyedList<Run>;
  private world: World | null = null;  // as shown last
  private readonly empty = el("p", {}, "None so far. In a terminal: ",
    el("code", {}, "terrella sim run scenarios/frankfurt-goes-dark.toml"));

  constructor() {
    const list = el("ul", { class: "cards" });
    this.cards = new KeyedList(list, () => this.card());
    // Of one height, so that a run that begins moves nothing.
    this.element = el("section", { "aria-labelledby": "runs-title" },
      el("div", { class: "titled" }, el("h2", { id: "runs-title" }, "Runs of scenarios")),
      el("div", { class: "runs", tabindex: 0, role: "group", "aria-label": "Runs, newest first" }, this.empty, list));
  }

  show(world: World): void {
    this.empty.hidden = world.runs.length > 0;
    this.world = world;
    this.cards.show(world.runs, (run) => run.id);
  }

  private card() {
    const title = el("h3"), state = el("b"), facts = el("p", { class: "small" }), all = el("p", { class: "small" });
    const kind = el("span", { class: "kind" }, "virtual time");
    const bar = el("progress", { max: 1 }), marks = el("div", { class: "marks", "aria-hidden": "true" });
    const rows = el("tbody"), events = el("ol", { class: "small" }), judged = el("ul", { class: "small" });
    const table = el("table", {}, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "region"),
      ...["requests", "failed", "p50", "p95"].map((text) => el("th", { scope: "col", class: "number" }, text)))), rows);
    const link = el("a", { target: "_blank", rel: "noopener" }, "Report");
    const element = el("li", { class: "card run" }, el("div", { class: "titled" }, el("div", { class: "named" }, title, kind), state),
      facts, el("div", { class: "track" }, bar, marks), all, table, events, judged, el("p", { class: "buttons" }, link));
    let drawn = "";
    const update = (run: Run) => {
      const silentS = this.world?.silentS(run) ?? 0, key = JSON.stringify(run);
      const [word, className] = STATES[run.state] ?? ["unknown", ""];
      setText(state, silentS ? `not heard of for ${silentS} s` : word);
      if (key === drawn) return;
      drawn = key;
      setAttribute(state, "class", className);
      setText(title, run.name);
      kind.hidden = !isVirtual(run);
      setText(facts, `${run.how}, since ${clock(run.startedUnixMs)}: ${run.elapsedS.toFixed(0)} of ${run.durationS.toFixed(0)} s`);
      setAttribute(bar, "aria-label", `${run.name}: done`);
      bar.value = run.durationS > 0 ? Math.min(1, run.elapsedS / run.durationS) : 1;
      marks.replaceChildren(...run.timeline.map((event) => {
        const mark = el("span", { class: event.done ? "done" : undefined, title: event.action });
        mark.style.left = `${Math.min(100, 100 * event.atS / Math.max(run.durationS, 1e-3))}%`;
        return mark;
      }));
      setText(all, total(run));
      table.hidden = run.regions.length === 0;
      rows.replaceChildren(...regions(run));
      events.replaceChildren(...timeline(run));
      judged.replaceChildren(...assertions(run));
      link.hidden = !run.reportPath;
      if (run.reportPath) setAttribute(link, "href", run.reportPath);
      setAttribute(link, "aria-label", `Report of ${run.name}`);
    };
    return { element, update };
  }
}
