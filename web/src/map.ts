// The map: land, and a mark a node. The mark's area is the requests of now; its shape and colour say the state, and a
// ring says that a rollout's new version has come there.

import landCsv from "../../data/land.csv";
import { el, KeyedList, setAttribute, setText, svg } from "./dom";
import { rate, stateName } from "./format";
import { HEIGHT, project, WIDTH } from "./projection";
import type { NodeFacts, World } from "./world";

const LABELS_MAX = 30;

// Outlines as one path. The CSV's rows are ring, latitude, longitude.
export function landPath(csv: string): string {
  let ring = "", path = "";
  for (const row of csv.split("\n").slice(1)) {
    const [of, latitude, longitude] = row.split(",");
    if (longitude === undefined) continue;
    const [x, y] = project(Number(latitude), Number(longitude));
    path += `${of === ring ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    ring = of;
  }
  return path;
}

function radius(perS: number): number {
  return 4 + Math.min(14, 1.6 * Math.sqrt(Math.log2(1 + perS) * 2));
}

export class WorldMap {
  readonly element: HTMLElement;
  private readonly summary = el("figcaption");
  private readonly marks: KeyedList<NodeFacts & { new: boolean }>;
  private labelled = new Set<string>();

  constructor(private readonly chosen: (id: string) => void) {
    const layer = svg("g");
    this.marks = new KeyedList(layer, (facts) => this.mark(facts));
    const map = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": "Map of the nodes; the table below says the same" },
      svg("path", { class: "land", d: landPath(landCsv) }), layer);
    this.element = el("figure", { class: "map" }, map, this.summary);
  }

  show(world: World): void {
    const carriers = new Set<string>();
    for (const { rollout } of world.progress.values()) {
      if (rollout.state !== "RUNNING" && rollout.state !== "PAUSED") continue;
      for (const wave of rollout.plan.waves.slice(0, rollout.wave + 1)) {
        for (const { node } of world.nodes()) {
          const scope = wave.scope;
          const everywhere = !scope || (scope.pops.length === 0 && scope.continents.length === 0);
          if (everywhere || scope.pops.includes(node.info.pop)) carriers.add(node.info.id);
        }
      }
    }
    const nodes = world.nodes();
    const busiest = [...nodes].sort((a, b) => b.requestsPerS - a.requestsPerS).slice(0, LABELS_MAX);
    this.labelled = new Set(busiest.map((f) => f.node.info.id));
    this.marks.show(nodes.map((f) => ({ ...f, new: carriers.has(f.node.info.id) })), (f) => f.node.info.id);
    const down = nodes.filter((f) => f.node.state === "NODE_STATE_DOWN").map((f) => f.node.info.id);
    setText(this.summary, down.length === 0 ? "All nodes are there." : `Down: ${down.join(", ")}.`);
  }

  private mark(facts: NodeFacts) {
    const { id, city, latitudeDeg, longitudeDeg } = facts.node.info;
    const [x, y] = project(latitudeDeg, longitudeDeg);
    const dot = svg("circle", { class: "dot" }), ring = svg("circle", { class: "ring" });
    const cross = svg("path", { class: "cross", d: "M-5 -5L5 5M-5 5L5 -5" });
    const label = svg("text", { y: -9, "text-anchor": "middle" }, id), title = svg("title");
    const element = svg("g", { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, click: () => this.chosen(id) },
      title, ring, dot, cross, label);
    const update = (now: NodeFacts & { new: boolean }) => {
      const r = radius(now.requestsPerS);
      setAttribute(element, "class", `node ${stateName(now.node.state)}${now.new ? " carries" : ""}`);
      setAttribute(dot, "r", r.toFixed(1));
      setAttribute(ring, "r", (r + 4).toFixed(1));
      setAttribute(label, "class", this.labelled.has(id) ? "" : "minor");
      setText(title, `${id}, ${city}: ${stateName(now.node.state)}, ${rate(now.requestsPerS)} requests/s`);
    };
    return { element, update };
  }
}
