// The dashboard: what the network is and does, live, and the changes a person makes by hand. This file is the wiring:
// token -> Api -> World -> panels, and what buttons do.

import { Api, ApiError, forgetToken, takeToken } from "./api";
import { askShares, askVersion, confirmWith } from "./dialogs";
import { el, setAttribute, setText } from "./dom";
import { rate } from "./format";
import { WorldMap } from "./map";
import { NodesTable } from "./nodes_table";
import { RolloutsPanel } from "./rollouts_panel";
import { RunsPanel } from "./runs_panel";
import { ScriptsPanel, sharesOf } from "./scripts_panel";
import { TailPanel } from "./tail_panel";
import { uploadVersion } from "./upload";
import { VisitPanel } from "./visit_panel";
import { World } from "./world";

const START_PATIENCE_MS = 60_000;
const VERSIONS_OFFERED = 4;  // a split has at most so many

function notice(text: string, bad = false): void {
  const line = el("p", { class: bad ? "notice bad" : "notice" }, text);
  document.getElementById("notices")!.append(line);
  setTimeout(() => line.remove(), 8000);
}

function askForToken(why: string): void {
  const input = el("input", { type: "password", name: "token", required: true, autocomplete: "off", id: "token" });
  const form = el("form", { class: "card token", submit: (event) => {
    event.preventDefault();
    location.hash = `token=${encodeURIComponent(input.value.trim())}`;
    location.reload();
  } }, el("h1", {}, "terrella"), el("p", {}, why),
    el("label", { for: "token" }, "Token (", el("code", {}, "terrella dashboard"), " prints an address that has it)"),
    input, el("p", { class: "buttons" }, el("button", {}, "Open")));
  document.getElementById("head")!.replaceChildren();
  document.getElementById("page")!.replaceChildren(form);
}

function run(token: string): void {
  const api = new Api(token);
  const title = el("h1", {}, "terrella"), facts = el("p", { class: "facts" });
  const lost = el("p", { class: "lost", role: "alert", hidden: true });
  document.getElementById("head")!.replaceChildren(title, facts, lost);

  // What every button does: a change, a word about it, a look at what became of it.
  const act = async (what: string, change: () => Promise<unknown>) => {
    try {
      await change();
      notice(what);
      await world.refresh();
    } catch (error) {
      notice(`${what}: ${error instanceof ApiError ? error.message : error}`, true);
    }
  };
  const requestId = () => crypto.randomUUID();

  const table = new NodesTable({
    drain: (node, drain) => void act(`${node} ${drain ? "drains" : "is taken back"}`,
      () => api.call("Admin/DrainNode", { node, drain })),
    kill: async (node) => {
      const message = await confirmWith(`Kill ${node}?`,
        "Its process ends at once, as in a power cut: requests in flight there fail, and people go elsewhere when they notice. Start brings it back.", "Kill it");
      if (message === null) return;
      await act(`${node} is killed`, () => api.call("Launcher/KillNode", { node, message }));
    },
    start: (node) => void act(`${node} is started`, () => api.call("Launcher/StartNode", { node }, START_PATIENCE_MS)),
  });
  const scripts = new ScriptsPanel({
    deploy: async (of) => {
      const given = await askVersion(of);
      if (given === null) return;
      const { script, files, message, answers } = given;
      await act(answers ? `${script} is deployed` : `${script} has a new version`, async () => {
        const versionId = await uploadVersion(api, script, files);
        if (answers) await api.call("Deployments/Deploy", { script, versionId, message, endSplit: true, requestId: requestId() });
      });
    },
    rollback: async (script) => {
      const message = await confirmWith(`Roll ${script} back?`, "To the version that answered before the current one.", "Roll back");
      if (message === null) return;
      await act(`${script} is back`, () => api.call("Deployments/Rollback", { script, message, requestId: requestId() }));
    },
    split: async (script) => {
      const { versions } = await api.call<{ versions: { id: string; message: string; live: boolean }[] }>(
        "Deployments/ListVersions", { script });
      const now = sharesOf(world.scripts.find((s) => s.name === script)!);
      const live = new Set(now.map((s) => s.versionId));
      const offered = [...versions.filter((v) => live.has(v.id)), ...versions.filter((v) => !live.has(v.id))];
      const shares = await askShares(script, offered.slice(0, VERSIONS_OFFERED), now);
      if (shares === null) return;
      await act(`${script} is shared`, () => api.call("Deployments/Deploy", { script, shares, requestId: requestId(), message: "by the dashboard" }));
    },
  });
  const rollouts = new RolloutsPanel({
    change: (rollout, change) => void act(`${rollout.id}: ${change.toLowerCase()}`,
      () => api.call("Rollouts/ChangeRollout", { script: rollout.script, rolloutId: rollout.id, change, requestId: requestId() })),
  });
  const runs = new RunsPanel();
  const visit = new VisitPanel(api, (arrived) => map.showVisit(arrived, world));
  const map = new WorldMap((id) => table.reveal(id), (city) => visit.choose(city.label));
  const tail = new TailPanel(api);
  const page = el("div", { hidden: true }, el("div", { class: "stage" }, map.element, visit.element),
    el("div", { class: "columns" }, scripts.element, rollouts.element), runs.element, tail.element, table.element);
  document.getElementById("page")!.replaceChildren(page);

  const world: World = new World(api, () => {
    if (world.refused) {
      forgetToken();
      return askForToken(world.refused);
    }
    const nodes = world.nodes();
    const ready = nodes.filter((f) => f.node.state === "NODE_STATE_READY").length;
    const total = nodes.reduce((sum, f) => sum + f.requestsPerS, 0);
    setText(title, world.view ? `terrella: ${world.view.cluster}` : "terrella");
    setText(facts, world.view ? `${ready}/${nodes.length} nodes ready · ${rate(total)} requests/s · revision ${world.status?.revision ?? "?"} · zone ${world.view.zone}` : "");
    lost.hidden = world.reachable || world.status === null;
    setText(lost, lost.hidden ? "" : "The control plane does not answer. What you see is what it said last; nodes serve on without it.");
    setAttribute(document.body, "data-live", String(world.reachable));
    // All at once when all is known, so that nothing jumps.
    page.hidden = page.hidden && (world.view === null || world.status === null || !world.listed);
    map.show(world);
    visit.show(world);
    tail.show(world);
    scripts.show(world);
    rollouts.show(world);
    runs.show(world);
    table.show(world);
  });
  world.start();
}

const token = takeToken();
if (token === null) askForToken("This page needs to know that it may look.");
else run(token);
