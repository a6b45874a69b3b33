import { chromium as playwright, type Browser, type Page } from "playwright-core";
import { chromiumFromNpm } from "./chromium.ts";

const ARGUMENTS = [
  "--no-sandbox", // the tests may run as root, in containers without user namespaces
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--font-render-hinting=none",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** A real browser, in a process of its own. */
export async function openBrowser(): Promise<Browser> {
  const { executablePath, env } = await chromiumFromNpm();
  return await playwright.launch({ executablePath, env, args: ARGUMENTS, headless: true });
}

export interface PageOptions {
  width?: number;
  colorScheme?: "light" | "dark";
}

/** A page in a fresh session that fails the test on any script error or policy violation. */
export async function openPage(browser: Browser, options: PageOptions = {}): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1440, height: 900 },
    colorScheme: options.colorScheme ?? "light",
    reducedMotion: "reduce",
    locale: "en-GB",
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(`script error: ${error.message}`));
  page.on("console", (message) => {
    // a refused call is part of some stories (wrong password); the page must handle it, the browser logs it all the same
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) problems.push(message.text());
  });
  return { page, problems };
}
