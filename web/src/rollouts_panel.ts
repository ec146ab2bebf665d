// Rollouts that run, wave by wave with their figures, and how the last ones ended.

import { el, KeyedList, setText } from "./dom";
import { clock, percent, shortId } from "./format";
import type { Rollout, RolloutProgress } from "./messages";
import type { World } from "./world";

const PAST_MAX = 5;

export interface RolloutActions { change(rollout: Rollout, change: "PAUSE" | "RESUME" | "PROMOTE" | "ABORT"): void }

function figures(progress: RolloutProgress): string {
  const { newVersion, oldVersion, nodes } = progress.figures ?? {};
  if (!newVersion || !oldVersion || !nodes) return "no requests to compare yet";
  const of = (v: typeof newVersion) => `${v.requests} requests, ${(v.errorRate * 100).toFixed(2)} % errors, p99 ${v.p99Ms.toFixed(1)} ms`;
  return `new: ${of(newVersion)} · old: ${of(oldVersion)}`;
}

function ended(rollout: Rollout): string {
  const last = rollout.events[rollout.events.length - 1];
  return `${rollout.state.toLowerCase().replace("_", " ")}${last ? ` at ${clock(last.unixMs)}: ${last.text}` : ""}`;
}

export class RolloutsPanel {
  readonly element: HTMLElement;
  private readonly cards: KeyedList<{ rollout: Rollout; progress?: RolloutProgress }>;
  private readonly empty = el("p", {}, "None so far. In a terminal: ", el("code", {}, "terrella deploy --rollout safe"));

  constructor(private readonly actions: RolloutActions) {
    const list = el("ul", { class: "cards" });
    this.cards = new KeyedList(list, (item) => this.card(item.rollout));
    this.element = el("section", { "aria-labelledby": "rollouts-title" },
      el("div", { class: "titled" }, el("h2", { id: "rollouts-title" }, "Rollouts")), this.empty, list);
  }

  show(world: World): void {
    const shown = world.rollouts.filter((r, i) => r.endedUnixMs === "0" || i < PAST_MAX);
    this.empty.hidden = shown.length > 0;
    this.cards.show(shown.map((r) => {
      const progress = world.progress.get(r.id);
      return { rollout: r.endedUnixMs === "0" && progress ? progress.rollout : r, progress };
    }), (item) => item.rollout.id);
  }

  private card(of: Rollout) {
    const waves = el("ol", { class: "waves" }), facts = el("p", { class: "small" });
    const change = (name: "PAUSE" | "RESUME" | "PROMOTE" | "ABORT", text: string) =>
      el("button", { type: "button", "aria-label": `${text} ${of.id}`, click: () => this.actions.change(of, name) }, text);
    const pause = change("PAUSE", "Pause"), resume = change("RESUME", "Resume");
    const buttons = el("p", { class: "buttons" }, pause, resume, change("PROMOTE", "Next wave"), change("ABORT", "Abort"));
    const element = el("li", { class: "card" }, el("h3", {}, of.id),
      el("p", { class: "small" }, `${shortId(of.newVersion)} over ${shortId(of.oldVersion)}`), waves, facts, buttons);
    let drawn = "";
    const update = ({ rollout, progress }: { rollout: Rollout; progress?: RolloutProgress }) => {
      const running = rollout.state === "RUNNING" || rollout.state === "PAUSED";
      const key = `${rollout.wave} ${rollout.state}`;
      if (key !== drawn) {
        waves.replaceChildren(...rollout.plan.waves.map((wave, i) => el("li", {
          class: i < rollout.wave || rollout.state === "DONE" ? "past" : i === rollout.wave ? "now" : undefined,
          "aria-current": running && i === rollout.wave ? "step" : undefined,
        }, `${wave.place} ${percent(wave.basisPoints)}`)));
      }
      drawn = key;
      buttons.hidden = !running;
      pause.hidden = rollout.state === "PAUSED";
      resume.hidden = !pause.hidden;
      const phase = progress?.phase.toLowerCase() ?? "";
      const left = progress && Number(progress.bakeLeftMs) > 0 ? `, ${Math.ceil(Number(progress.bakeLeftMs) / 1000)} s left` : "";
      setText(facts, !running ? ended(rollout) : progress ? `${phase}${left}${progress.why ? ` (${progress.why})` : ""} · ${figures(progress)}` : "");
    };
    return { element, update };
  }
}
