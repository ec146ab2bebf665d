// Every view of the dashboard, in light and dark, wide and narrow: what axe says, whether the keyboard reaches
// everything, whether anything jumps.
import assert from "node:assert/strict";
import { ask, openPage, SCHEMES, SIZES, step, unreachable, violations } from "./harness.mjs";

const dialogOf = (page) => page.getByRole("dialog");
const leave = (page) => page.keyboard.press("Escape");

// [name, show it, leave it]. The first is the page as it is opened.
const VIEWS = [
  ["the page", async () => {}, async () => {}],
  ["a new worker", (page) => page.getByRole("button", { name: "Deploy a new one…" }).click(), leave],
  ["a split", (page) => page.getByRole("button", { name: "Split hello" }).click(), leave],
  ["a kill", (page) => page.getByRole("button", { name: "Kill IAD" }).click(), leave],
  ["a question", (page) => page.getByRole("button", { name: "Roll back hello" }).click(), leave],
  ["a visit", async (page) => {
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator(".result .waterfall").waitFor();
    await page.getByText("Why that one").click();
  }, async () => {}],
  ["a tail", async (page) => {
    await page.getByRole("button", { name: "Watch", exact: true }).click();
    await page.getByText("3 nodes tell of hello").waitFor();
    const rows = page.getByRole("log").locator("li");
    while (await rows.count() < 2 || await rows.locator("pre").count() === 0) await Promise.all([ask("Lagos", "/seen"), ask("Tokyo", "/throws")]);
  }, async () => {}],
  ["a notice", async (page) => {
    await page.getByRole("button", { name: "Drain IAD" }).click();
    await page.locator(".notice").waitFor();
    await page.getByRole("button", { name: "Take back IAD" }).click();
  }, async () => {}],
];

export async function views(browser, url) {
  for (const size of SIZES) {
    for (const scheme of SCHEMES) {
      await step(`axe, keyboard and layout at ${size.width} px in ${scheme}`, async () => {
        const page = await openPage(browser, url, { size, scheme });
        await page.locator(".stage").waitFor();
        for (const [name, show, end] of VIEWS) {
          await show(page);
          assert.deepEqual(await violations(page), [], name);
          if (await dialogOf(page).count() > 0) assert.deepEqual(await unreachable(page), [], name);
          await end(page);
          await dialogOf(page).waitFor({ state: "detached" });
        }
        assert.deepEqual(await unreachable(page), []);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "the page scrolls sideways");
        assert.deepEqual(await page.evaluate(() => window.shifts), []);
        assert.deepEqual(page.trouble, []);
        await page.context().close();
      });
    }
  }
  await step("axe on the question for a token", async () => {
    for (const scheme of SCHEMES) {
      const page = await openPage(browser, url.split("#")[0], { scheme });
      await page.getByLabel("Token").waitFor();
      assert.deepEqual(await violations(page), []);
      await page.getByLabel("Token").fill("wrong");
      await page.getByRole("button", { name: "Open" }).click();
      await page.getByText("token").first().waitFor();
      assert.deepEqual(await violations(page), []);
      await page.context().close();
    }
  });
}
