// A scenario's report, which is one file: what axe says, whether the keyboard reaches everything, whether a heading sorts.
import assert from "node:assert/strict";
import { openPage, SCHEMES, SIZES, step, unreachable, violations } from "./harness.mjs";

async function sorts(page) {
  const table = page.locator("table.sort").last();
  const column = (n) => table.locator(`tbody tr > :nth-child(${n})`).evaluateAll((cells) => cells.map((c) => Number(c.dataset.key ?? c.textContent)));
  const p95 = table.getByRole("button", { name: "p95 ms" });
  await p95.press("Enter");
  const up = await column(5);
  assert.ok(up.length > 3);
  assert.deepEqual(up, [...up].sort((a, b) => a - b));
  await p95.press("Enter");
  assert.deepEqual(await column(5), [...up].reverse());
  assert.equal(await table.locator("th[aria-sort]").getAttribute("aria-sort"), "descending");
}

export async function report(browser, url) {
  for (const size of SIZES) {
    for (const scheme of SCHEMES) {
      await step(`the report at ${size.width} px in ${scheme}`, async () => {
        const page = await openPage(browser, url, { size, scheme, offline: true });
        assert.deepEqual(await violations(page), []);
        assert.deepEqual(await unreachable(page), []);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "it scrolls sideways");
        await sorts(page);
        assert.deepEqual(await violations(page), []);
        assert.deepEqual(await page.evaluate(() => window.shifts), []);
        assert.deepEqual(page.asked, [url], "it asks for more than itself");
        assert.deepEqual(page.trouble, []);
        await page.context().close();
      });
    }
  }
}
