// What the tests of the pages have in common: a browser, waiting for what a page shows, requests of people, and axe.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { request as httpRequest } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

export const PATIENCE_MS = 30_000;
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
export const SIZES = [{ width: 1440, height: 1000 }, { width: 390, height: 844 }];
export const SCHEMES = ["light", "dark"];

// Debian's; as root it does without the sandbox, which needs another user.
export async function openBrowser() {
  const args = process.getuid() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
}

// A page whose errors are errors of the test.
export async function openPage(browser, url, { size = SIZES[0], scheme = "light", offline = false } = {}) {
  const context = await browser.newContext({ viewport: size, colorScheme: scheme, offline });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.trouble = [];
  page.asked = [];
  page.on("request", (request) => page.asked.push(request.url()));
  page.on("pageerror", (error) => page.trouble.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) page.trouble.push(message.text());
  });
  await page.addInitScript(() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (!entry.hadRecentInput) window.shifts.push(`${entry.value.toFixed(4)} of ${entry.sources.map((s) => s.node?.outerHTML?.slice(0, 80) ?? s.node?.nodeName).join(" and ")}`);
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(url);
  return page;
}

export async function terrella(...words) {
  const { stdout } = await promisify(execFile)(join(process.env.TERRELLA_BIN, "terrella"), words, { timeout: 60_000 });
  return stdout;
}

// One request as somebody in that city, to the anycast address: { status, text, pop }.
export function ask(city, path = "/", worker = "hello") {
  return new Promise((done) => {
    const sent = httpRequest({ host: "127.0.0.1", port: process.env.TERRELLA_PORT, path, agent: false,
      headers: { host: `${worker}.edge.test`, "terrella-from": city } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece) => { text += piece; });
      response.on("close", () => done({ status: response.statusCode, text, pop: (response.headers["terrella-ray"] ?? "").split("-").pop() }));
    });
    sent.on("error", (error) => done({ status: 0, text: String(error), pop: "" }));
    sent.end();
  });
}

// Asks again until the answer is as wanted; the network takes its time to agree.
export async function askUntil(what, wanted, ...question) {
  const deadline = Date.now() + PATIENCE_MS;
  for (let last; ;) {
    last = await ask(...question);
    if (wanted(last)) return last;
    if (Date.now() > deadline) assert.fail(`${what}: the last answer was ${JSON.stringify(last)}`);
  }
}

// Violations of axe's rules in what the page shows now, as lines.
export async function violations(page) {
  // The page's policy is for the page; a test may look into it.
  if (!await page.evaluate(() => "axe" in window)) {
    const session = await page.context().newCDPSession(page);
    const { readFile } = await import("node:fs/promises");
    await session.send("Runtime.evaluate", { expression: await readFile(AXE, "utf8") });
  }
  return page.evaluate(async () => {
    const { violations: found } = await window.axe.run(document, { resultTypes: ["violations"] });
    return found.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.failureSummary}`));
  });
}

// Tab by tab through the page: what can be operated and was never reached, or shows no focus.
export async function unreachable(page) {
  await page.evaluate(() => {
    document.activeElement?.blur();
    const within = document.querySelector("dialog[open]") ?? document;
    window.wanted = new Set([...within.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
      .filter((e) => !e.disabled && e.checkVisibility({ visibilityProperty: true }))
      .filter((e) => e.type !== "radio" || e.checked));  // arrow keys reach the others
    window.left = new Set(window.wanted);
  });
  const wanted = await page.evaluate(() => window.wanted.size);
  for (let i = 0; i < 2 * wanted + 10; ++i) {
    await page.keyboard.press("Tab");
    const left = await page.evaluate(() => {
      const at = document.activeElement;
      if (at && getComputedStyle(at).outlineStyle !== "none") window.left.delete(at);
      return window.left.size;
    });
    if (left === 0) return [];
  }
  return page.evaluate(() => [...window.left].map((e) => e.outerHTML.slice(0, 120)));
}

const begun = Date.now();
export async function step(name, act) {
  const from = Date.now();
  try {
    await act();
  } catch (error) {
    console.error(`not ok: ${name}`);
    throw error;
  }
  console.log(`ok: ${name} (${((Date.now() - from) / 1000).toFixed(1)} s, at ${((Date.now() - begun) / 1000).toFixed(1)} s)`);
}
