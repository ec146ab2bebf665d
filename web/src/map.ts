// The map: land, and a mark a node. A mark grows with the requests of now; its shape and colour say the state, and a
// ring says that a rollout's new version has come there. A visit is drawn as the way from its city to who answered.

import landCsv from "../../data/land.csv";
import { el, KeyedList, setAttribute, setText, svg } from "./dom";
import { ms, rate, stateName } from "./format";
import { greatCircle } from "./great_circle";
import { chooseLabels, type Side } from "./labels";
import { HEIGHT, project, WIDTH } from "./projection";
import type { Visit } from "./messages";
import { type City, nearest } from "./places";
import type { NodeFacts, World } from "./world";

const LABELS_MAX = 40;
const MARK = 5;  // half of a cross, and what a name keeps away from the smallest mark
const CROSS = "M-5 -5L5 5M-5 5L5 -5";
const GROWING_MAX = 60;  // marks that may grow smoothly: more would have the whole map painted in every frame
const NARROW_SCALE = 2.2;  // of marks and names, as app.css has it

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
  return Math.min(16, 3 + 0.9 * Math.log2(1 + perS));
}

// Beside its mark, whose size it has to clear; one that found no room shows under the pointer.
function placeLabel(label: Element, side: Side | undefined, r: number): void {
  const dx = side === "right" ? r + 2 : side === "left" ? -r - 2 : 0;
  const dy = side === "right" || side === "left" ? 4 : side === "below" ? r + 11 : -r - 3;
  setAttribute(label, "class", side ? "" : "minor");
  setAttribute(label, "x", dx.toFixed(1));
  setAttribute(label, "y", dy.toFixed(1));
  setAttribute(label, "text-anchor", side === "right" ? "start" : side === "left" ? "end" : "middle");
}

// What the shapes mean, for who sees them; a screen reader has the table.
function legend(): Element {
  const of = (state: string, text: string) => {
    const mark = svg("svg", { viewBox: "-9 -9 18 18", class: `node ${state}` }, svg("circle", { class: "ring", r: 7 }),
      svg("circle", { class: "dot", r: 4 }), svg("path", { class: "cross", d: CROSS }));
    return el("span", {}, mark, text);
  };
  return el("span", { class: "legend", "aria-hidden": "true" }, of("ready", "ready, larger with more requests"),
    of("draining", "draining"), of("down", "down"), of("ready carries", "has a rollout's new version"),
    of("ready aimed", "a scenario aims at it"));
}

export class WorldMap {
  readonly element: HTMLElement;
  private readonly summary = el("span", { class: "summary" });
  private readonly marksLayer = svg("g");
  private readonly marks: KeyedList<NodeFacts & { new: boolean; aimed: boolean }>;
  private readonly way = svg("path", { class: "way" });
  private readonly person = svg("g", { class: "person", visibility: "hidden" }, svg("g", { class: "mark" },
    svg("circle", { r: 4.5 }), svg("text", { y: 17, "text-anchor": "middle" })));
  private readonly narrow = matchMedia("(max-width: 600px)");
  private labelled: ReadonlyMap<string, Side> = new Map();

  constructor(private readonly chosen: (id: string) => void, pointed: (city: City) => void) {
    const layer = this.marksLayer;
    this.marks = new KeyedList(layer, (facts) => this.mark(facts));
    const map = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img",
      "aria-label": "Map of the nodes; the table below says the same, and a city can be typed" },
      svg("path", { class: "land", d: landPath(landCsv) }), this.way, layer, this.person);
    map.addEventListener("click", (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM()!.inverse());
      const city = nearest(at.x, at.y);
      this.placePerson(city.x, city.y, city.label);
      this.way.removeAttribute("d");
      pointed(city);
    });
    this.narrow.addEventListener("change", () => { this.labelled = new Map(); });
    this.element = el("figure", { class: "map" }, map, el("figcaption", {}, this.summary, legend()));
  }

  // The way of a visit, or none.
  showVisit(visit: Visit | null, world: World): void {
    const node = visit && world.nodes().find((f) => f.node.info.pop === visit.pop)?.node.info;
    if (!visit || !node) return this.way.removeAttribute("d");
    const [x, y] = project(visit.latitudeDeg, visit.longitudeDeg);
    this.placePerson(x, y, `${visit.city}: ${ms(visit.totalMs)}`);
    this.way.setAttribute("d", greatCircle([visit.latitudeDeg, visit.longitudeDeg], [node.latitudeDeg, node.longitudeDeg]));
  }

  private placePerson(x: number, y: number, text: string): void {
    this.person.setAttribute("visibility", "visible");
    this.person.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
    setText(this.person.querySelector("text")!, text);
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
    const nodes = world.nodes(), aimedAt = world.aimedAt();
    setAttribute(this.marksLayer, "class", nodes.length > GROWING_MAX ? "" : "growing");
    this.labelled = chooseLabels(nodes.map(({ node: { info, state }, requestsPerS }) => {
      const [x, y] = project(info.latitudeDeg, info.longitudeDeg);
      // What is wrong is named first.
      const weight = state === "NODE_STATE_READY" ? requestsPerS : 1e9;
      return { id: info.id, x, y, radius: Math.max(radius(requestsPerS), MARK), weight };
    }), this.labelled, this.narrow.matches ? NARROW_SCALE : 1, LABELS_MAX);
    this.marks.show(nodes.map((f) => ({ ...f, new: carriers.has(f.node.info.id), aimed: aimedAt.has(f.node.info.id) })), (f) => f.node.info.id);
    const down = nodes.filter((f) => f.node.state === "NODE_STATE_DOWN").map((f) => f.node.info.id);
    setText(this.summary, nodes.length === 0 ? "No node has come yet." : down.length === 0 ? "All nodes are there." : `Down: ${down.join(", ")}.`);
  }

  private mark(facts: NodeFacts) {
    const { id, city, latitudeDeg, longitudeDeg } = facts.node.info;
    const [x, y] = project(latitudeDeg, longitudeDeg);
    const dot = svg("circle", { class: "dot" }), ring = svg("circle", { class: "ring" });
    const cross = svg("path", { class: "cross", d: CROSS });
    const label = svg("text", {}, id), title = svg("title");
    const element = svg("g", { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, click: (event) => {
      event.stopPropagation();
      this.chosen(id);
    } }, title, svg("g", { class: "mark" }, ring, dot, cross, label));
    const update = (now: NodeFacts & { new: boolean; aimed: boolean }) => {
      const r = radius(now.requestsPerS);
      setAttribute(element, "class", `node ${stateName(now.node.state)}${now.new ? " carries" : ""}${now.aimed ? " aimed" : ""}`);
      setAttribute(dot, "r", r.toFixed(1));
      setAttribute(ring, "r", (r + 4).toFixed(1));
      placeLabel(label, this.labelled.get(id), Math.max(r, MARK));
      setText(title, `${id}, ${city}: ${stateName(now.node.state)}, ${rate(now.requestsPerS)} requests/s`);
    };
    return { element, update };
  }
}
