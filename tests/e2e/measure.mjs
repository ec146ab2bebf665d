// How fast the page is by itself: WEB's files and DATA's sites, with 308 nodes, 10,000 requests a second and as many
// events of a tail, beside the same with nothing going on. Prints one object of JSON.
import { openBrowser, openPage } from "./harness.mjs";
import { syntheticGateway } from "./synthetic_gateway.mjs";

const [web, data, seconds] = [process.env.WEB, process.env.DATA, Number(process.env.SECONDS ?? 10)];
const NODES = 308, PER_S = 10_000;

async function framesOf(page, seconds) {
  return page.evaluate((ms) => new Promise((done) => {
    const gaps = [];
    let blocked = 0;
    new PerformanceObserver((list) => { for (const task of list.getEntries()) blocked += task.duration; }).observe({ entryTypes: ["longtask"] });
    let before = performance.now();
    const end = before + ms;
    requestAnimationFrame(function frame() {
      const now = performance.now();
      gaps.push(now - before);
      before = now;
      if (now < end) return requestAnimationFrame(frame);
      gaps.sort((a, b) => a - b);
      const at = (q) => gaps[Math.min(gaps.length - 1, Math.floor(q * gaps.length))];
      done({ fps: gaps.length / ms * 1000, p95Ms: at(0.95), p99Ms: at(0.99), worstMs: at(1), longTasksMs: blocked });
    });
  }), seconds * 1000);
}

async function measure(browser, pops, requests, events) {
  const gateway = await syntheticGateway({ web, data, pops, requests, events });
  const page = await openPage(browser, gateway.url);
  await page.locator(".stage").waitFor();
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
  const shown = await page.evaluate(() => performance.now());
  if (events > 0) {
    await page.getByRole("button", { name: "Watch", exact: true }).click();
    await page.getByRole("log").locator("li").first().waitFor();
  }
  const frames = await framesOf(page, seconds);
  const rows = await page.getByRole("log").locator("li").count();
  await page.context().close();
  gateway.close();
  return { firstPaintMs: paint, shownMs: shown, ...frames, rows };
}

const browser = await openBrowser();
console.log(JSON.stringify({
  nodes: NODES, perS: PER_S,
  quiet: await measure(browser, 3, 0, 0),
  busy: await measure(browser, NODES, PER_S, 0),
  tailing: await measure(browser, NODES, PER_S, PER_S),
}));
await browser.close();
