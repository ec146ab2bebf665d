// What a person does in the dashboard, on a cluster of FRA, IAD and SIN, and what the network does of it.
import assert from "node:assert/strict";
import { ask, askUntil, PATIENCE_MS, step, terrella } from "./harness.mjs";

const code = (version) => `export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/throws") throw new TypeError("as asked");
    console.log("asked for " + pathname);
    return new Response("${version} " + request.cf.colo);
  },
};
`;

const node = (page, id) => page.locator("svg g.node", { has: page.locator("text", { hasText: new RegExp(`^${id}$`) }) });
const card = (page, name) => page.locator("li.card", { has: page.locator("h3", { hasText: name }) });

// The mark's state is a class beside "node".
async function seeState(page, id, state) {
  await page.locator(`svg g.node.${state}`, { has: page.locator("text", { hasText: new RegExp(`^${id}$`) }) }).waitFor({ state: "attached" });
  await page.locator(`#node-${id} .state.${state}`).waitFor();
}

async function seeShares(page, wanted) {
  await page.waitForFunction((wanted) => {
    const text = document.querySelector("li.card .shares .text")?.textContent ?? "";
    return JSON.stringify(text.split(", ").map((share) => share.replace(/^\S+ /, ""))) === JSON.stringify(wanted);
  }, wanted, { timeout: PATIENCE_MS });
}

async function deploy(page) {
  await page.getByRole("button", { name: "Deploy a new one…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Worker", { exact: true }).fill("hello");
  await dialog.getByLabel("or code").fill(code("first"));
  await dialog.getByRole("button", { name: "Deploy" }).click();
  await card(page, "hello").waitFor();
  await askUntil("the first version answers", (a) => a.status === 200 && a.text === "first FRA", "Lagos");
}

async function refuse(page) {
  await page.getByRole("button", { name: "New version of hello" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("or code").fill("export default { fetch( }");
  await dialog.getByRole("button", { name: "Deploy" }).click();
  await page.locator(".notice.bad", { hasText: "SyntaxError" }).waitFor();
  assert.equal((await ask("Lagos")).text, "first FRA");
}

async function split(page) {
  await page.getByRole("button", { name: "New version of hello" }).click();
  let dialog = page.getByRole("dialog");
  await dialog.getByLabel("Files").setInputFiles({ name: "index.mjs", mimeType: "text/javascript", buffer: Buffer.from(code("second")) });
  await dialog.getByLabel("It gets").selectOption("");
  await dialog.getByRole("button", { name: "Deploy" }).click();
  await page.locator(".notice", { hasText: "hello has a new version" }).waitFor();
  assert.equal((await ask("Lagos")).text, "first FRA");
  await page.getByRole("button", { name: "Split hello" }).click();
  dialog = page.getByRole("dialog");
  const shares = dialog.getByRole("spinbutton");
  await shares.nth(2).waitFor();  // what answers now, then the newest; the one that was refused is kept, too
  await shares.nth(0).fill("60");
  await shares.nth(1).fill("30");
  await dialog.getByText("100 % are needed").waitFor();
  await shares.nth(0).fill("70");
  await dialog.getByRole("button", { name: "Share" }).click();
  await seeShares(page, ["30 %", "70 %"]);  // the newest first
  await askUntil("the first version answers a share", (a) => a.text === "first FRA", "Berlin");
  await askUntil("the second version answers a share", (a) => a.text === "second FRA", "Berlin");
}

const lastAnswer = (page) => page.locator(".result strong").locator("..").textContent();

async function beIn(page, city) {
  await page.getByLabel("Be in").fill(city);
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".result .waterfall").waitFor();
  await page.getByRole("button", { name: "Send" }).waitFor();  // it said "…" meanwhile
  return lastAnswer(page);
}

// Until somebody there is answered as wanted; the page is asked by hand each time.
async function beInUntil(page, city, wanted) {
  const deadline = Date.now() + PATIENCE_MS;
  for (let text; ;) {
    text = await beIn(page, city).catch((error) => String(error));
    if (wanted.test(text)) return text;
    assert.ok(Date.now() < deadline, `${city}: ${text}`);
  }
}

async function visit(page) {
  assert.match(await beIn(page, "Lagos, NG"), /^200 from FRA, \d.* away from Lagos, NG, version .* DNS told them 127\.\S+ \(FRA\)/);
  const phases = await page.locator(".waterfall tr").evaluateAll((rows) => rows.map((row) =>
    [row.querySelector("th").textContent, parseFloat(row.querySelector("td").textContent)]));
  assert.deepEqual(phases.map(([name]) => name), ["dns", "connect", "tls", "request", "edge", "response", "body"]);
  const [tcp, tls] = phases.slice(1).map(([, time]) => time);
  assert.ok(tcp > 1 && tls > tcp * 0.8 && tls < tcp * 3 + 200, `TCP took ${tcp} ms, TLS ${tls} ms`);
  await page.getByText("Why that one").click();
  const why = await page.locator(".why li").allTextContents();
  assert.match(why[0], /^0 client \S+ in Lagos, NG, by the client subnet/);
  assert.match(why[1], /^1 -> FRA .* nearest/);
  assert.equal(why.length, 4);
  const to = await page.locator("path.way").getAttribute("d");
  // Somebody on the map, clicked a little to the west of Singapore's mark.
  const mark = await node(page, "SIN").locator(".dot").boundingBox();
  await page.mouse.click(mark.x - 12, mark.y + mark.height / 2);
  assert.match(await page.getByLabel("Be in").inputValue(), /, (SG|MY|ID)$/);
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".result", { hasText: "from SIN" }).waitFor();
  assert.notEqual(await page.locator("path.way").getAttribute("d"), to);
  await page.getByLabel("Led by").selectOption("anycast");
  assert.match(await beIn(page, "Berlin, DE"), /^200 from FRA, .* The anycast address led them there\.$/);
  await page.getByLabel("Led by").selectOption("dns");
  // A telephone is further away.
  const far = Number((await beIn(page, "Lagos")).match(/FRA, ([\d.]+) ms/)[1]);
  await page.getByLabel("Last mile").selectOption("4g");
  const further = Number((await beIn(page, "Lagos")).match(/FRA, ([\d.]+) ms/)[1]);
  assert.ok(further > far + 20, `4g: ${further} ms, wired: ${far} ms`);
  await page.getByLabel("Last mile").selectOption("");
  await page.getByLabel("Be in").fill("Lagoss");
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".result .bad", { hasText: "did you mean Lagos" }).waitFor();
}

// 0 when its process is gone, as the program that started it sees it.
async function pidOf(name) {
  // It says by its exit code, too, that a part is dead.
  const { parts } = JSON.parse(await terrella("status", "--json").catch((error) => error.stdout));
  const part = parts.find((p) => p.name === name);
  return part.running ? part.pid : 0;
}

async function kill(page) {
  let going = true;
  const answers = [];
  const traffic = (async () => { while (going) answers.push(await ask("Berlin")); })();
  await page.getByRole("button", { name: "Kill FRA" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Leave it" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.equal((await pidOf("FRA")) > 0, true, "it was killed without a yes");
  await page.getByRole("button", { name: "Kill FRA" }).click();
  await dialog.getByLabel("Why (for the list)").fill("a drill");
  await dialog.getByRole("button", { name: "Kill it" }).click();
  await seeState(page, "FRA", "down");
  assert.equal(await pidOf("FRA"), 0, "its process runs");
  await page.locator("figcaption", { hasText: "Down: FRA." }).waitFor();
  await page.locator(".facts", { hasText: "2/3 nodes ready" }).waitFor();
  assert.equal(await node(page, "FRA").locator(".dot").isVisible(), false);
  await beInUntil(page, "Berlin, DE", /^200 from (IAD|SIN),/);
  await askUntil("traffic fails over", (a) => a.status === 200 && a.pop !== "FRA", "Berlin");
  going = false;
  await traffic;
  assert.ok(answers.some((a) => a.status === 200), "nobody was answered");
  await page.getByRole("button", { name: "Start FRA" }).click();
  await page.locator(".notice", { hasText: "FRA is started" }).waitFor();
  await seeState(page, "FRA", "ready");
  assert.ok(await pidOf("FRA") > 0);
  const audit = await terrella("audit", "list", "--json");
  assert.match(audit, /Launcher\.KillNode[^}]*FRA/);
  assert.match(audit, /a drill/);
  await page.locator("figcaption", { hasText: "All nodes are there." }).waitFor();
}

async function drain(page) {
  await page.getByRole("button", { name: "Drain SIN" }).click();
  await seeState(page, "SIN", "draining");
  await beInUntil(page, "Tokyo, JP", /^200 from (IAD|FRA),/);
  await page.getByRole("button", { name: "Take back SIN" }).click();
  await seeState(page, "SIN", "ready");
  await beInUntil(page, "Tokyo, JP", /^200 from SIN,/);
}

async function rollBack(page) {
  await page.getByRole("button", { name: "Roll back hello" }).click();
  await page.getByRole("dialog").getByLabel("Why (for the list)").fill("by the test");
  await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
  await seeShares(page, ["100 %"]);
  const deadline = Date.now() + PATIENCE_MS;
  for (let row = 0; row < 20;) {  // the other version had 30 %
    row = (await ask("Berlin")).text.startsWith("first ") ? row + 1 : 0;
    assert.ok(Date.now() < deadline, "the second version answers still");
  }
  const [last] = JSON.parse(await terrella("deployments", "list", "hello", "--json"));
  assert.equal(last.message, "by the test");
}

// A scenario under way, as who looks on sees it, and its report, which is nobody's page.
async function lookOn(page) {
  const run = page.locator("li.run", { has: page.locator("h3", { hasText: "a-drill" }) });
  const ended = terrella("sim", "run", process.env.SCENARIO).catch((error) => error);  // an assertion of it fails
  await run.getByText("running", { exact: true }).waitFor();
  await run.locator("tr", { hasText: /^Europe[1-9]/ }).waitFor();
  await run.getByText("at 4.0 s: undrain SIN, to come").waitFor();
  await run.filter({ hasText: "✓ holding so far errors < 50% is 0" }).filter({ hasText: "✗ failing so far requests < 1 is" })
    .filter({ hasText: "– not yet p50_ms@late < 9000" }).waitFor();
  await page.locator("svg g.node.aimed", { has: page.locator("text", { hasText: "SIN" }) }).waitFor({ state: "attached" });
  await run.locator("li:not(.planned)", { hasText: /at 2\.\d s: drain SIN/ }).waitFor();
  await seeState(page, "SIN", "draining");
  await run.getByText("✗ failed", { exact: true }).waitFor();
  assert.equal((await ended).code, 1);
  assert.deepEqual(await run.locator("li:has(code)").allTextContents().then((all) => all.map((text) => text.replace(/ is .*/, ""))),
    ["✓ holds errors < 50%", "✗ does not requests < 1", "✓ holds p50_ms@late < 9000"]);
  assert.equal(await run.locator("progress").evaluate((bar) => bar.value), 1);
  await seeState(page, "SIN", "ready");
  await page.locator("svg g.node.aimed").waitFor({ state: "detached" });
  const [report] = await Promise.all([page.waitForEvent("popup"), run.getByRole("link", { name: "Report of a-drill" }).click()]);
  await report.getByRole("heading", { name: "Who moved" }).or(report.getByRole("heading", { name: "Regions" })).first().waitFor();
  assert.equal(await report.evaluate(() => origin), "null", "it shares the dashboard's origin");
  assert.equal(await report.evaluate(() => fetch("/healthz").then(() => "answered", () => "refused")), "refused");
  assert.equal(await report.getByRole("button", { name: "p95 ms" }).count() > 0, true, "its own script did not run");
  await report.close();
  assert.equal((await fetch(new URL("/runs/0123456789abcdef0123456789abcdef", page.url()))).status, 404);
}

// A run in virtual time: of the cluster only the page is told of it.
async function lookOnVirtual(page) {
  const run = page.locator("li.run", { has: page.locator("h3", { hasText: "half-an-hour" }) });
  const ended = terrella("sim", "run", "--virtual", "--watch", "--declared", "--pops", "FRA,IAD,SIN", "--threads", "1", process.env.VIRTUAL_SCENARIO);
  await run.getByText("running", { exact: true }).waitFor();
  await run.getByText("virtual time", { exact: true }).waitFor();
  await run.filter({ hasText: /[1-9][\d,]* requests so far/ }).filter({ hasText: "at 1790.0 s: undrain SIN, to come" }).waitFor();
  assert.equal(await page.locator("svg g.node.aimed").count(), 0, "a node of the cluster is aimed at");
  await run.getByText("✓ passed", { exact: true }).waitFor();
  await ended;
  assert.match(await run.textContent(), /3 PoPs, in virtual time, since .*: 1800 of 1800 s/);
  assert.equal(await run.locator("li.planned").count(), 0);
  await run.locator("tr", { hasText: /^Africa[1-9]/ }).waitFor();
  const [report] = await Promise.all([page.waitForEvent("popup"), run.getByRole("link", { name: "Report of half-an-hour" }).click()]);
  await report.getByRole("heading", { name: "Regions" }).first().waitFor();
  await report.close();
  await seeState(page, "SIN", "ready");
}

async function tail(page) {
  const list = page.getByRole("log");
  const words = page.locator("section", { has: list }).getByRole("status");
  await page.getByRole("button", { name: "Watch", exact: true }).click();
  await words.filter({ hasText: "3 nodes tell of hello" }).waitFor();
  await askUntil("a tail shows a request", () => list.getByText("/first").count(), "Lagos", "/first");
  const row = list.locator("li", { hasText: "/first" }).first();
  assert.match(await row.textContent(), /FRA 200 {2}GET http:\/\/hello\.edge\.test\/first .* Lagos.*log: asked for \/first/s);
  await askUntil("a tail shows an exception", () => list.locator("li.bad", { hasText: "TypeError: as asked" }).count(), "Tokyo", "/throws");
  await page.getByRole("button", { name: "Pause" }).click();
  await askUntil("events wait", () => words.filter({ hasText: /[1-9]\d* wait/ }).count(), "Lagos", "/while-paused");
  assert.equal(await list.getByText("/while-paused").count(), 0);
  await page.getByRole("button", { name: "Go on" }).click();
  await list.getByText("/while-paused").first().waitFor();
  await words.filter({ hasText: "none left out" }).waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await words.filter({ hasText: "Stopped." }).waitFor();
  await page.getByLabel("Outcome").selectOption("error");
  await page.getByRole("button", { name: "Watch", exact: true }).click();
  await words.filter({ hasText: "3 nodes tell of hello" }).waitFor();
  await askUntil("a tail shows errors", () => list.locator("li").count(), "Lagos", "/throws");
  await Promise.all(["/quiet", "/throws"].map((path) => ask("Lagos", path)));
  assert.equal(await list.getByText("/quiet").count(), 0);
}

async function comeBack(page) {
  const { parts } = JSON.parse(await terrella("status", "--json"));
  process.kill(parts.find((part) => part.name === "control").pid, "SIGKILL");
  await page.getByRole("alert").filter({ hasText: "The control plane does not answer" }).waitFor();
  assert.equal((await ask("Lagos")).status, 200);  // nodes serve on
  await terrella("up");
  await page.getByRole("alert").waitFor({ state: "hidden" });
  await page.locator(".facts", { hasText: "3/3 nodes ready" }).waitFor();
}

async function browse() {
  const args = ["--headless=new", "--dump-dom", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])];
  const dom = await terrella("browse", "--from", "Lagos", ...args.flatMap((arg) => ["--browser-arg", arg]), "http://hello.edge.test/");
  assert.match(dom, /first FRA/);
}

export async function acts(page) {
  await step("sees the nodes", async () => {
    for (const id of ["FRA", "IAD", "SIN"]) await seeState(page, id, "ready");
    await page.getByText("All nodes are there.").waitFor();
    assert.equal(page.url().includes("token"), false);
  });
  await step("deploys", () => deploy(page));
  await step("is told why a version is refused", () => refuse(page));
  await step("splits traffic", () => split(page));
  await step("is somebody in Lagos", () => visit(page));
  await step("sees a node die and traffic fail over", () => kill(page));
  await step("drains", () => drain(page));
  await step("rolls back", () => rollBack(page));
  await step("looks on while a scenario runs", () => lookOn(page));
  await step("looks on while one goes in virtual time", () => lookOnVirtual(page));
  await step("tails", () => tail(page));
  await step("browses from Lagos", browse);
  await step("outlives the control plane", () => comeBack(page));
}
