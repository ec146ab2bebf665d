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

// The map has one view at a time, which arrow keys choose.
async function switches(page) {
  const map = page.locator("figure.maps");
  const seen = (view) => map.locator(`g.view-${view}`).first().isVisible();
  await map.getByRole("radio", { name: "felt time" }).focus();
  for (const [view, name] of ["felt time", "who answered", "kill FRA"].entries()) {
    assert.equal(await map.getByRole("radio", { name }).isChecked(), true);
    for (let other = 0; other < 3; ++other) assert.equal(await seen(other), other === view, `view ${other} beside ${name}`);
    await page.keyboard.press("ArrowRight");
  }
  assert.ok(await map.locator("g.arc").count() > 3);
}

export async function report(browser, url) {
  for (const size of SIZES) {
    for (const scheme of SCHEMES) {
      await step(`the report at ${size.width} px in ${scheme}`, async () => {
        const page = await openPage(browser, url, { size, scheme, offline: true });
        assert.deepEqual(await violations(page), []);
        assert.deepEqual(await unreachable(page), []);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "it scrolls sideways");
        await switches(page);
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
