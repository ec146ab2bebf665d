// What happens in a worker, as it happens: a bounded list of requests with their logs and exceptions. How many were
// left out, by whom and why, is always said.

import { Api } from "./api";
import { el, setText } from "./dom";
import { clock, count } from "./format";
import type { TailEvent, TailItem } from "./messages";
import type { World } from "./world";
import { offerWorkers } from "./worker_select";

const ROWS_MAX = 300;
const HELD_MAX = 300;  // events that wait to be drawn
const DRAW_MS = 100;
const DRAWN_MAX = 50;  // at once: frames stay smooth, and nobody reads faster

function line(event: TailEvent): string {
  const what = event.method ? `${event.method} ${event.url}` : `cron ${event.cron}`;
  const times = `${(Number(event.wallUs) / 1000).toFixed(1)} ms${event.cold ? ", cold" : ""}`;
  return `${event.status || event.outcome}  ${what}  ${times}`;
}

function row(event: TailEvent): Element {
  const bad = event.outcome !== "ok" || event.status >= 500;
  const more = [...event.logs.map((log) => `${log.level}: ${log.text}`),
    ...event.exceptions.map((e) => e.stack || `${e.name}: ${e.message}`)];
  return el("li", { class: bad ? "bad" : undefined },
    el("span", { class: "where" }, `${clock(event.unixMs)}  ${event.pop}`), " ", line(event),
    event.city && el("span", { class: "where" }, `  ${event.city}`),
    bad && event.outcome !== "ok" && event.status > 0 && `  ${event.outcome}`,
    more.length > 0 && el("pre", {}, more.join("\n")));
}

export class TailPanel {
  readonly element: HTMLElement;
  private readonly script = el("select", { "aria-label": "Worker to watch" });
  private readonly outcome = el("select", { "aria-label": "Outcome" }, el("option", { value: "" }, "every outcome"),
    el("option", { value: "ok" }, "ok"), el("option", { value: "error" }, "errors"));
  private readonly search = el("input", { type: "search", placeholder: "in URL, logs, errors", "aria-label": "Text to look for", autocomplete: "off" });
  private readonly start = el("button", { type: "submit" }, "Watch");
  private readonly pause = el("button", { type: "button", disabled: true, click: () => this.setPaused(!this.paused) }, "Pause");
  private readonly clear = el("button", { type: "button", click: () => this.reset() }, "Clear");
  private readonly words = el("p", { class: "small", role: "status" }, "Nothing is watched. Events are not kept: a tail shows what happens from now on.");
  private readonly list = el("ol");
  private readonly view = el("div", { class: "tail", tabindex: "0", role: "log", "aria-live": "off", "aria-label": "Requests as they happen" }, this.list);
  private held: TailEvent[] = [];
  private running: AbortController | null = null;
  private paused = false;
  private drawn = false;
  private seen = 0;
  private passed = 0;  // that did not fit here
  private readonly dropped = new Map<string, number>();  // by the node that left them out
  private watching = "";

  constructor(private readonly api: Api) {
    const form = el("form", { class: "controls", submit: (event) => {
      event.preventDefault();
      if (this.running) this.stop("Stopped.");
      else void this.watch();
    } }, this.script, this.outcome, this.search, this.start, this.pause, this.clear);
    this.element = el("section", { "aria-labelledby": "tail-title" }, el("h2", { id: "tail-title" }, "Tail"), form, this.words, this.view);
  }

  show(world: World): void {
    const names = world.scripts.map((script) => script.name);
    offerWorkers(this.script, names);
    this.start.disabled = names.length === 0 && this.running === null;
  }

  private async watch(): Promise<void> {
    const running = this.running = new AbortController();
    const script = this.script.value;
    this.reset();
    setText(this.start, "Stop");
    this.pause.disabled = false;
    setText(this.words, `Asking the nodes to tell of ${script}…`);
    const filter = { outcomes: this.outcome.value ? [this.outcome.value] : [], search: this.search.value };
    try {
      await this.api.watch<TailItem>("Tail/Open", { script, filter }, running.signal, (item) => this.take(script, item));
      this.stop("The tail has ended.");
    } catch (error) {
      if (this.running === running) this.stop(`The tail broke: ${(error as Error).message}`);
    }
  }

  private stop(why: string): void {
    this.running?.abort();
    this.running = null;
    this.setPaused(false);
    this.pause.disabled = true;
    setText(this.start, "Watch");
    this.watching = "";
    this.draw();
    setText(this.words, `${why} ${this.counts()}`);
  }

  private reset(): void {
    this.held = [];
    this.seen = this.passed = 0;
    this.dropped.clear();
    this.list.replaceChildren();
    this.note();
  }

  private setPaused(paused: boolean): void {
    this.paused = paused;
    setText(this.pause, paused ? "Go on" : "Pause");
    this.note();
  }

  private take(script: string, item: TailItem): void {
    if (item.started) this.watching = `${item.started.nodes} nodes tell of ${script}`;
    for (const drop of item.drops ?? []) {
      const who = drop.node || "the control plane";
      this.dropped.set(who, (this.dropped.get(who) ?? 0) + Number(drop.events));
    }
    this.seen += item.events.length;
    this.held.push(...item.events);
    const over = this.held.length - HELD_MAX;
    if (over > 0) {
      this.held.splice(0, over);
      this.passed += over;
    }
    this.note();
  }

  private counts(): string {
    const left = [...this.dropped].map(([who, events]) => `${count(events)} left out by ${who}`);
    if (this.passed > 0) left.push(`${count(this.passed)} passed by unshown`);
    if (this.paused && this.held.length > 0) left.push(`${this.held.length} wait`);
    return `${count(this.seen)} came${left.length > 0 ? `; ${left.join(", ")}` : ", none left out"}.`;
  }

  private note(): void {
    if (this.drawn) return;
    this.drawn = true;
    setTimeout(() => { this.drawn = false; this.draw(); }, DRAW_MS);
  }

  private draw(): void {
    if (this.watching) setText(this.words, `${this.watching}. ${this.counts()}`);
    if (this.paused || this.held.length === 0) return;
    const { list, view } = this;
    const atEnd = view.scrollTop + view.clientHeight >= view.scrollHeight - 4;
    list.append(...this.held.splice(0, DRAWN_MAX).map(row));
    if (this.held.length > 0) this.note();
    while (list.childElementCount > ROWS_MAX) list.firstElementChild!.remove();
    if (atEnd) view.scrollTop = view.scrollHeight;
  }
}
