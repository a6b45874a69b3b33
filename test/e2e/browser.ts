import { chromium as playwright, type Browser, type Page, type Request } from "playwright-core";
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
  watchRequests(page);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(`script error: ${error.message}`));
  page.on("console", (message) => {
    // a refused call is part of some stories (wrong password); the page must handle it, the browser logs it all the same
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) problems.push(message.text());
  });
  return { page, problems };
}

/** Pictures that a page must have shown without asking for anything before it counts as complete: what arrived leads to further calls. */
const QUIET_PICTURES = 4;
const underWay = new WeakMap<Page, Set<Request>>();

/** To be called when a page is new, for {@link untilLoaded}. */
export function watchRequests(page: Page): void {
  const requests = new Set<Request>();
  underWay.set(page, requests);
  page.on("request", (request) => requests.add(request));
  page.on("requestfinished", (request) => requests.delete(request));
  page.on("requestfailed", (request) => requests.delete(request));
}

/** Waits until a page shows all it asked for: no call is under way, and a few pictures later there is still none. */
export async function untilLoaded(page: Page): Promise<void> {
  const requests = underWay.get(page);
  if (requests === undefined) throw new Error("call watchRequests when the page is new");
  for (let quiet = 0; quiet < QUIET_PICTURES;) {
    await page.evaluate(() => new Promise((shown) => requestAnimationFrame(() => setTimeout(shown))));
    quiet = requests.size === 0 ? quiet + 1 : 0;
  }
}
