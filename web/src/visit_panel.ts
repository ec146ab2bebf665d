// Be somebody somewhere: a request to a worker as a person of a city, who answered and why, and where the time went.
// The control plane sends it through the ingress, as `terrella fetch --from` does: what is shown was waited for.

import type { Api } from "./api";
import { el, setText } from "./dom";
import { ms, shortId } from "./format";
import type { Visit } from "./messages";
import { suggest } from "./places";
import type { World } from "./world";
import { offerWorkers } from "./worker_select";

const SUGGESTED = 12;
const PATIENCE_MS = 40_000;
const ACCESS: [string, string][] = [["", "the cluster's access"], ["fibre", "fibre"], ["cable", "cable"], ["dsl", "DSL"],
  ["5g", "5G"], ["4g", "4G"], ["leo", "satellite, low"], ["geo", "satellite, high"]];

function waterfall({ phases, totalMs }: Visit): Element {
  const rows = phases.map((phase) => {
    const bar = el("span", { class: `bar-${phase.name}` });
    bar.style.marginInlineStart = `${100 * phase.startMs / totalMs}%`;
    bar.style.width = `${100 * phase.durationMs / totalMs}%`;
    return el("tr", { title: phase.note }, el("th", { scope: "row" }, phase.name), el("td", { class: "number" }, ms(phase.durationMs)),
      el("td", { class: "track", "aria-hidden": "true" }, bar));
  });
  return el("table", { class: "waterfall" }, el("caption", {}, `Where ${ms(totalMs)} went`),
    el("tbody", {}, ...rows));
}

function answer(visit: Visit, anycast: boolean): Node[] {
  const led = visit.dns
    ? `DNS told them ${visit.dns.address}${visit.dns.pop ? ` (${visit.dns.pop})` : ""}, for ${visit.dns.ttlS} s and a /${visit.dns.scopeBits}.`
    : anycast ? "The anycast address led them there." : "";
  const version = visit.versionId ? `, version ${shortId(visit.versionId)}` : "";
  return [
    el("p", {}, el("strong", { class: visit.status < 400 ? "good" : "bad" }, String(visit.status)),
      ` from ${visit.pop || "nobody in particular"}, ${ms(visit.rttMs)} away from ${visit.city}, ${visit.country}${version}. ${led}`),
    waterfall(visit),
    visit.why.length > 0 && el("details", {}, el("summary", {}, "Why that one, in the DNS router's words"),
      el("ol", { class: "why" }, ...visit.why.map((text) => el("li", {}, text)))),
    el("p", { class: "small" }, `Ray ${visit.ray || "none"}; ${visit.bodyBytes} bytes of content:`),
    el("pre", { tabindex: "0", "aria-label": "Content" }, visit.body),
  ].filter((node) => node !== false) as Node[];
}

export class VisitPanel {
  readonly element: HTMLElement;
  private readonly options = el("datalist", { id: "cities" });
  private readonly city = el("input", { id: "visit-city", list: "cities", required: true, value: "Lagos, NG", autocomplete: "off", maxlength: 128 });
  private readonly worker = el("select", { id: "visit-worker" });
  private readonly scheme = el("select", { "aria-label": "Protocol" }, el("option", {}, "https"), el("option", {}, "http"));
  private readonly path = el("input", { "aria-label": "Path", value: "/", pattern: "/.*", title: "begins with /", maxlength: 1024, autocomplete: "off" });
  private readonly via = el("select", { "aria-label": "Led by" }, el("option", { value: "dns" }, "by DNS"), el("option", { value: "anycast" }, "by anycast"));
  private readonly access = el("select", { "aria-label": "Last mile" }, ...ACCESS.map(([value, text]) => el("option", { value }, text)));
  private readonly send = el("button", { type: "submit", class: "main" }, "Send");
  private readonly result = el("div", { class: "result", role: "status" },
    el("p", { class: "small" }, "Click the map or type a city, then send a request as somebody there."));
  private zone = "";
  private waiting = false;  // for an answer

  constructor(private readonly api: Api, private readonly arrived: (visit: Visit | null) => void) {
    this.city.addEventListener("input", () => this.suggest());
    this.suggest();
    const form = el("form", { class: "visit-form", submit: (event) => { event.preventDefault(); void this.visit(); } },
      el("label", { for: "visit-city" }, "Be in"), el("span", { class: "controls" }, this.city, this.options, this.access),
      el("label", { for: "visit-worker" }, "ask"), el("span", { class: "controls" }, this.scheme, this.worker, this.path),
      el("span", {}, "led"), el("span", { class: "controls" }, this.via, this.send));
    this.element = el("section", { class: "visit", "aria-labelledby": "visit-title" },
      el("h2", { id: "visit-title" }, "Be somebody somewhere"), form, this.result);
  }

  show(world: World): void {
    this.zone = world.view?.zone ?? "";
    const names = world.scripts.map((script) => script.name);
    this.send.disabled = this.waiting || names.length === 0;
    offerWorkers(this.worker, names);
  }

  choose(city: string): void {
    this.city.value = city;
    this.suggest();
    this.send.focus({ preventScroll: true });
  }

  private suggest(): void {
    this.options.replaceChildren(...suggest(this.city.value, SUGGESTED).map((city) => el("option", { value: city.label })));
  }

  private async visit(): Promise<void> {
    const anycast = this.via.value === "anycast";
    const request = { place: this.city.value, url: `${this.scheme.value}://${this.worker.value}.${this.zone}${this.path.value}`, anycast,
      access: this.access.value };
    this.waiting = this.send.disabled = true;
    setText(this.send, "…");
    try {
      const visit = await this.api.call<Visit>("Visits/Visit", request, PATIENCE_MS);
      this.result.replaceChildren(...answer(visit, anycast));
      this.arrived(visit);
    } catch (error) {
      this.result.replaceChildren(el("p", { class: "bad" }, (error as Error).message));
      this.arrived(null);
    }
    this.waiting = this.send.disabled = false;
    setText(this.send, "Send");
  }
}
