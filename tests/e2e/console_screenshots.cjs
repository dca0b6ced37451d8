// Pictures of pages in headless Chromium: node console_screenshots.cjs ADDRESS FOLDER NAME=PATH…
// Complains of scripts that fail, of what the content security policy refused, and of pages that are wider than their window.

const { chromium } = require("playwright-core");

const OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
const WIDTHS = { wide: { width: 1280, height: 900 }, narrow: { width: 390, height: 844 } };
const SETTLED_MS = 1500;

async function main() {
  const [address, folder, ...pages] = process.argv.slice(2);
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: OPTIONS });
  let complaints = 0;
  const complain = (...texts) => { complaints += 1; console.log("COMPLAINT", ...texts); };
  for (const colorScheme of ["light", "dark"]) {
    for (const [widthName, viewport] of Object.entries(WIDTHS)) {
      const page = await browser.newPage({ colorScheme, viewport });
      page.on("pageerror", (error) => complain(error.message));
      // A call that was not recorded has no wave form, and the browser says so.
      const isMeant = (message) => message.location().url.endsWith("/waveform") && message.text().includes("404");
      page.on("console", (message) => ["error", "warning"].includes(message.type()) && !isMeant(message) && complain(message.text()));
      page.on("dialog", (dialog) => { complain("a dialog", dialog.message()); dialog.dismiss(); });
      for (const [name, path] of pages.map((text) => text.split(/=(.*)/s))) {
        await page.goto(address + path);
        await page.waitForTimeout(SETTLED_MS);
        const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (excess > 0) complain(name, widthName, `is ${excess} pixels too wide`);
        // All of the page at once, with what clings to the window's edge at the page's.
        const height = await page.evaluate(() => document.documentElement.scrollHeight);
        await page.setViewportSize({ ...viewport, height: Math.max(height, viewport.height) });
        await page.screenshot({ path: `${folder}/${name}-${colorScheme}-${widthName}.png`, fullPage: true });
        await page.setViewportSize(viewport);
      }
      await page.close();
    }
  }
  await browser.close();
  process.exitCode = complaints ? 1 : 0;
}

main();
