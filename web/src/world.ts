// The network as this page knows it: followed by streams where there are streams, looked at once a second where not.

import { Api, ApiError } from "./api";
import type { EdgeNode, NodeStatus, Rollout, RolloutProgress, Run, Script, Status, View } from "./messages";

const LOOK_MS = 1000;
const RETRY_MS_MAX = 5000;
const SILENT_MS = 10_000;  // of a run that was heard of last so long ago

export interface NodeFacts {
  node: EdgeNode;
  status?: NodeStatus;
  requestsPerS: number;
  errorsPerS: number;
}

export class World {
  view: View | null = null;
  status: Status | null = null;
  scripts: Script[] = [];
  rollouts: Rollout[] = [];
  runs: Run[] = [];  // of scenarios, newest first
  readonly progress = new Map<string, RolloutProgress>();  // by rollout, those followed here
  launcher = false;  // nodes can be killed and started from here
  listed = false;  // scripts and rollouts are known
  reachable = false;
  refused = "";  // why the token is not taken

  private readonly rates = new Map<string, { at: number; requests: number; errors: number; perS: [number, number] }>();
  private readonly heard = new Map<string, { elapsedS: number; at: number }>();  // by run, those in the list
  private readonly followed = new Set<string>();
  private revision = "";
  private drawn = false;

  constructor(readonly api: Api, private readonly changed: () => void) {}

  start(): void {
    void this.forever(() => this.api.watch<View>("Topology/WatchView", { watcher: "dashboard" },
      new AbortController().signal, (view) => { this.view = view; this.note(); }));
    void this.forever(() => this.api.watch<{ runs: Run[] }>("Runs/WatchRuns", {},
      new AbortController().signal, ({ runs }) => { this.hear(runs); this.note(); }));
    void this.forever(() => this.look());
  }

  nodes(): NodeFacts[] {
    const statuses = new Map(this.status?.nodes.map((s) => [s.node.info.id, s]));
    return (this.view?.nodes ?? []).map((node) => {
      const [requestsPerS, errorsPerS] = this.rates.get(node.info.id)?.perS ?? [0, 0];
      return { node, status: statuses.get(node.info.id), requestsPerS, errorsPerS };
    });
  }

  // Looks now: after a change that this page made.
  async refresh(): Promise<void> {
    const [scripts, rollouts, launcher] = await Promise.all([
      this.api.call<{ scripts: Script[] }>("Deployments/ListScripts"),
      this.api.call<{ rollouts: Rollout[] }>("Rollouts/ListRollouts"),
      this.api.call<{ present: boolean }>("Launcher/GetLauncher")]);
    this.launcher = launcher.present;
    this.scripts = scripts.scripts;
    this.rollouts = rollouts.rollouts;
    this.listed = true;
    for (const script of this.scripts) if (script.rolloutId) void this.follow(script.name, script.rolloutId);
    this.note();
  }

  // Nodes that a scenario under way does something to.
  aimedAt(): Set<string> {
    const going = this.runs.filter((run) => run.state === "RUNNING" && !this.silentS(run));
    return new Set(going.flatMap((run) => run.timeline.map((event) => event.target)));
  }

  // How long a run that should go on was not heard of; 0: it is over, or was heard of just now.
  silentS(run: Run): number {
    const silentMs = performance.now() - (this.heard.get(run.id)?.at ?? 0);
    return run.state === "RUNNING" && silentMs > SILENT_MS ? Math.floor(silentMs / 1000) : 0;
  }

  // The list comes whenever one of its runs changed: heard of is one that got on.
  private hear(runs: Run[]): void {
    this.runs = runs;
    for (const { id, elapsedS } of runs) {
      if (this.heard.get(id)?.elapsedS !== elapsedS) this.heard.set(id, { elapsedS, at: performance.now() });
    }
    const listed = new Set(runs.map((run) => run.id));
    for (const id of this.heard.keys()) if (!listed.has(id)) this.heard.delete(id);
  }

  private async look(): Promise<void> {
    const status = await this.api.call<Status>("Admin/GetStatus");
    const now = performance.now();
    for (const node of status.nodes) this.count(node, now);
    this.status = status;
    this.reachable = true;
    if (status.revision !== this.revision) {
      this.revision = status.revision;
      await this.refresh();
    }
    this.note();
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }

  private count(node: NodeStatus, at: number): void {
    const requests = Number(node.requests), errors = Number(node.errors);
    const before = this.rates.get(node.node.info.id);
    let perS: [number, number] = [0, 0];
    if (before && requests >= before.requests && at > before.at) {
      const s = (at - before.at) / 1000;
      perS = [(requests - before.requests) / s, (errors - before.errors) / s];
    }
    this.rates.set(node.node.info.id, { at, requests, errors, perS });
  }

  private async follow(script: string, rollout: string): Promise<void> {
    if (this.followed.has(rollout)) return;
    this.followed.add(rollout);
    try {
      await this.api.watch<RolloutProgress>("Rollouts/WatchRollout", { script, rolloutId: rollout },
        new AbortController().signal, (progress) => { this.progress.set(rollout, progress); this.note(); });
      await this.refresh();
    } catch {
      setTimeout(() => { this.followed.delete(rollout); this.revision = ""; }, LOOK_MS);
    }
  }

  // Begins again when it ends or breaks, later and later while it keeps breaking, never all pages at once.
  private async forever(act: () => Promise<void>): Promise<void> {
    for (let wait = 200; ;) {
      try {
        await act();
        wait = 200;
        continue;
      } catch (error) {
        const code = error instanceof ApiError ? error.code : "";
        if (code === "UNAUTHENTICATED" || code === "PERMISSION_DENIED") {
          this.refused = (error as Error).message;
          return this.note();
        }
        this.reachable = false;
        this.note();
      }
      await new Promise((done) => setTimeout(done, wait * (0.5 + Math.random())));
      wait = Math.min(wait * 2, RETRY_MS_MAX);
    }
  }

  // Many changes of one moment are drawn once.
  private note(): void {
    if (this.drawn) return;
    this.drawn = true;
    requestAnimationFrame(() => { this.drawn = false; this.changed(); });
  }
}
