// A gateway without a network behind it: the page's files, and messages shaped as the control plane's, of as many nodes
// and requests as asked for. For measuring the page alone; the tests use a real cluster.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8" };

function nodesOf(data, most) {
  return readFileSync(join(data, "pops.csv"), "utf8").trim().split("\n").slice(1, most + 1).map((row, i) => {
    const [code, city, country, latitude, longitude] = row.split(",");
    const info = { id: code, pop: code, city, country, latitudeDeg: Number(latitude), longitudeDeg: Number(longitude) };
    return { info, state: i % 41 === 40 ? "NODE_STATE_DRAINING" : "NODE_STATE_READY", load: 0 };
  });
}

function eventOf(node, n) {
  return { pop: node.info.pop, unixMs: String(Date.now()), outcome: n % 50 ? "ok" : "exception", method: "GET",
    url: `http://hello.edge.test/item/${n}`, city: node.info.city, status: n % 50 ? 200 : 500,
    logs: n % 10 ? [] : [{ level: "log", text: `item ${n} asked for` }],
    exceptions: n % 50 ? [] : [{ name: "TypeError", message: "x is not a function", stack: "TypeError: x is not a function\n    at fetch (index.js:3:5)" }],
    wallUs: String(300 + n % 1700), cold: n % 97 === 0, cron: "" };
}

// { url, close() }. `requests` and `events` are all nodes' together, a second.
export async function syntheticGateway({ web, data, pops, requests, events = 0 }) {
  const nodes = nodesOf(data, pops), started = Date.now();
  const script = (name) => ({ name, versionId: "1f2e3d4c5b6a79880a1b2c3d4e5f6071", routes: [`${name}.edge.test/*`],
    deployedUnixMs: String(started), deploymentId: `${name}-1`, shares: [], rolloutId: "" });
  const status = () => ({ cluster: "synthetic", revision: "7", nodes: nodes.map((node, i) => ({
    // Uneven, as cities are, and never the same for long.
    node, ackedRevision: "7", requests: String(Math.round((Date.now() - started) / 1000 * requests / nodes.length * (0.2 + 1.6 * ((i * 37) % 100) / 100))),
    errors: "0", rssBytes: String((20 + i % 9) << 20), isolates: 1 + i % 4, rejected: [] })) });
  const unary = {
    "Admin/GetStatus": status,
    "Deployments/ListScripts": () => ({ scripts: ["geo", "hello", "shop"].map(script) }),
    "Launcher/GetLauncher": () => ({ present: true }),
    "Rollouts/ListRollouts": () => ({ rollouts: [] }),
  };
  const timers = new Set();
  const every = (response, ms, act) => {
    const timer = setInterval(act, ms);
    timers.add(timer);
    response.on("close", () => { clearInterval(timer); timers.delete(timer); });
  };
  const server = createServer((request, response) => {
    const method = request.url.replace("/v1/", "");
    if (unary[method]) {
      response.setHeader("content-type", "application/json");
      return response.end(JSON.stringify(unary[method]()));
    }
    if (method === "Topology/WatchView") {
      return response.write(`${JSON.stringify({ cluster: "synthetic", serial: "1", zone: "edge.test", nodes, hostnames: [] })}\n`);
    }
    if (method === "Runs/WatchRuns") return response.write(`${JSON.stringify({ runs: [] })}\n`);
    if (method === "Tail/Open") {
      response.write(`${JSON.stringify({ started: { nodes: nodes.length }, events: [], drops: [] })}\n`);
      let sent = 0;
      const begun = Date.now();
      return every(response, 20, () => {
        const due = Math.floor((Date.now() - begun) / 1000 * events), batch = [];
        for (; sent < due; ++sent) batch.push(eventOf(nodes[sent % nodes.length], sent));
        if (batch.length > 0) response.write(`${JSON.stringify({ events: batch, drops: [{ node: nodes[0].info.id, events: "3" }] })}\n`);
      });
    }
    const name = request.url === "/" ? "index.html" : request.url.slice(1);
    const type = TYPES[name.split(".").pop()];
    if (!type || name.includes("/")) return response.writeHead(404).end();
    response.setHeader("content-type", type);
    return response.end(readFileSync(join(web, name)));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${server.address().port}/#token=none`,
    close: () => { timers.forEach(clearInterval); server.closeAllConnections(); server.close(); },
  };
}
