// The pictures of docs/dashboard.md: a cluster's dashboard with traffic, a visit and a tail, and the reports of scenarios.
// Of the cluster that TERRELLA_HOME and TERRELLA_CLUSTER name, and of REPORTS (name=file, comma between them), into OUT.
// screenshots.py starts the cluster and makes the reports.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ask, openBrowser, openPage, SCHEMES, SIZES, terrella } from "./harness.mjs";

const CITIES = ["Lagos", "Berlin", "Tokyo", "São Paulo", "New York City", "Mumbai", "Sydney", "London", "Paris", "Chicago", "Seoul", "Nairobi"];
const NAMES = { 1440: "wide", 390: "narrow" };
const TALL_MAX = 2600;  // of a picture of a whole page
const OVERVIEW_TALL = 760;
const WHOLE = "report-frankfurt-goes-dark";  // in every size and scheme; of others one picture
const QUALITY = 76;
const FORMAT = process.env.FORMAT ?? "webp";

// All of the page, as WebP, which playwright's own does not write.
async function shoot(page, name, tallMax = TALL_MAX) {
  const session = await page.context().newCDPSession(page);
  const { cssContentSize } = await session.send("Page.getLayoutMetrics");
  const clip = { x: 0, y: 0, width: page.viewportSize().width, height: Math.min(tallMax, cssContentSize.height), scale: 1 };
  const { data } = await session.send("Page.captureScreenshot", { format: FORMAT, quality: QUALITY, clip, captureBeyondViewport: true });
  writeFileSync(join(process.env.OUT, `${name}.${FORMAT}`), Buffer.from(data, "base64"));
}

async function dashboard(browser, url, size, scheme) {
  const page = await openPage(browser, url, { size, scheme });
  await page.locator(".stage").waitFor();
  await page.locator("#visit-worker").selectOption("hello");
  await page.getByLabel("Worker to watch").selectOption("hello");
  await page.getByRole("button", { name: "Watch", exact: true }).click();
  await page.getByText(/nodes tell of/).waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".result .waterfall").waitFor();
  const rows = page.getByRole("log").locator("li");
  while (await rows.count() < 40) await page.evaluate(() => new Promise(requestAnimationFrame));
  await page.locator(".facts", { hasText: /[1-9]\d+ requests/ }).waitFor();  // it has looked twice
  await page.evaluate(() => { document.activeElement?.blur(); scrollTo(0, 0); });
  await page.mouse.move(0, 0);
  await shoot(page, `${NAMES[size.width]}-${scheme}`);
  if (size.width > 1000 && scheme === "light") await shoot(page, "overview", OVERVIEW_TALL);
  await page.context().close();
}

const browser = await openBrowser();
if (process.env.TERRELLA_CLUSTER) {
  const url = (await terrella("dashboard")).trim();
  let going = true;
  const people = CITIES.map(async (city, i) => {
    for (let n = 0; going; ++n) await ask(city, `/item/${(i * 7 + n) % 20}`);
  });
  for (const size of SIZES) for (const scheme of SCHEMES) await dashboard(browser, url, size, scheme);
  going = false;
  await Promise.all(people);
}
for (const pair of (process.env.REPORTS ?? "").split(",").filter(Boolean)) {
  const [name, file] = pair.split("=");
  for (const size of SIZES) {
    for (const scheme of SCHEMES) {
      if (name !== WHOLE && (size !== SIZES[0] || scheme !== "light")) continue;
      const page = await openPage(browser, pathToFileURL(resolve(file)).href, { size, scheme });
      await shoot(page, `${name}-${NAMES[size.width]}-${scheme}`);
      await page.context().close();
    }
  }
}
await browser.close();
