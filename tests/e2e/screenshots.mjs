// The pictures of docs/dashboard.md: a cluster's dashboard with traffic, a visit and a tail, and a scenario's report.
//   OUT=docs/dashboard REPORT=report.html node tests/e2e/screenshots.mjs
// of the cluster that TERRELLA_HOME and TERRELLA_CLUSTER name. Without a cluster's name only the report.
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ask, openBrowser, openPage, SCHEMES, SIZES, terrella } from "./harness.mjs";

const CITIES = ["Lagos", "Berlin", "Tokyo", "São Paulo", "New York City", "Mumbai", "Sydney", "London", "Paris", "Chicago", "Seoul", "Nairobi"];
const NAMES = { 1440: "wide", 390: "narrow" };
const out = (name) => join(process.env.OUT, `${name}.png`);

async function dashboard(browser, url, size, scheme) {
  const page = await openPage(browser, url, { size, scheme });
  await page.locator(".stage").waitFor();
  await page.getByRole("button", { name: "Watch", exact: true }).click();
  await page.getByText(/nodes tell of/).waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".result .waterfall").waitFor();
  const rows = page.getByRole("log").locator("li");
  while (await rows.count() < 40) await page.evaluate(() => new Promise(requestAnimationFrame));
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: out(`${NAMES[size.width]}-${scheme}`), fullPage: size.width === 390 ? false : false });
  if (size.width === 390) {
    await page.locator(".visit").scrollIntoViewIfNeeded();
  }
  await page.context().close();
}

const browser = await openBrowser();
if (process.env.TERRELLA_CLUSTER) {
  const url = (await terrella("dashboard")).trim();
  let going = true;
  const people = CITIES.map(async (city, i) => {
    for (let n = 0; going; ++n) await ask(city, `/item/${(i * 7 + n) % 20}`, process.env.WORKER ?? "hello");
  });
  for (const size of SIZES) for (const scheme of SCHEMES) await dashboard(browser, url, { ...size }, scheme);
  going = false;
  await Promise.all(people);
}
if (process.env.REPORT) {
  for (const size of SIZES) {
    for (const scheme of SCHEMES) {
      const page = await openPage(browser, pathToFileURL(resolve(process.env.REPORT)).href, { size, scheme });
      await page.screenshot({ path: out(`report-${NAMES[size.width]}-${scheme}`) });
      await page.context().close();
    }
  }
}
await browser.close();
