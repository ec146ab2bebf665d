// The dashboard in Chromium, on a cluster that TERRELLA_HOME and TERRELLA_CLUSTER name, with requests at TERRELLA_PORT;
// and the report of a scenario, the file REPORT.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { acts } from "./acts.mjs";
import { openBrowser, openPage, step, terrella } from "./harness.mjs";
import { report } from "./report.mjs";
import { views } from "./views.mjs";

const BYTES_MAX = 300 * 1024;  // of all files, compressed

const url = (await terrella("dashboard")).trim();
const browser = await openBrowser();
try {
  await step("is small", async () => {
    let bytes = 0;
    for (const file of ["", "app.js", "app.css"]) {
      const response = await fetch(new URL(file, url));
      bytes += gzipSync(Buffer.from(await response.arrayBuffer()), { level: 9 }).length;
    }
    console.log(`   ${bytes} bytes compressed`);
    assert.ok(bytes <= BYTES_MAX, `${bytes} bytes`);
  });
  const page = await openPage(browser, url);
  await acts(page);
  assert.deepEqual(page.trouble, []);
  await page.context().close();
  await views(browser, url);
  await report(browser, pathToFileURL(process.env.REPORT).href);
} finally {
  await browser.close();
}
