import { setTimeout as delay } from "node:timers/promises";
import { DemoDevice, numberOf } from "./device.ts";
import type { DemoImage } from "./images.ts";

/** How often each device checks in; an online device is one that was seen within three minutes. */
const CHECK_IN_MS = 60_000;
/** First reports under way at once. */
const AT_ONCE = 8;
/** Of 100 check-ins so many bring a change. */
const CHANGES_PERCENT = 8;
/** Of 100 devices so many are switched off after their first report. */
const OFF_PERCENT = 4;

export interface Fleet {
  /** Resolves when every device has reported once. */
  loaded: Promise<void>;
  reported(): number;
  stop(): Promise<void>;
}

export interface FleetOptions {
  images: DemoImage[];
  count: number;
  server: string;
  enrollSecret: string;
  /** The server may hold these devices from an earlier run: their first reports begin with digests, as all later ones do. */
  isKnown: boolean;
  /** Told as first reports come in. */
  onProgress: (reported: number) => void;
}

/** Lets simulated devices report to a server, once each as fast as it takes them, and then every minute, with changes now and then. */
export function startFleet(options: FleetOptions): Fleet {
  const stop = new AbortController();
  let reported = 0;
  let next = 0;
  const devices: DemoDevice[] = [];
  const timers: Promise<void>[] = [];
  async function firstReports(): Promise<void> {
    while (next < options.count && !stop.signal.aborted) {
      const number = next++;
      const device = new DemoDevice(number, imageFor(number, options.images));
      devices.push(device);
      if (!(await attempt(options.isKnown ? device.report(options) : device.firstReport(options)))) continue;
      reported += 1;
      options.onProgress(reported);
      if (numberOf(device.hostname, "off") % 100 >= OFF_PERCENT) timers.push(keepReporting(device, options, stop.signal));
    }
  }
  const loaded = Promise.all(Array.from({ length: AT_ONCE }, firstReports)).then(() => undefined);
  return {
    loaded,
    reported: () => reported,
    async stop() {
      stop.abort();
      await loaded;
      await Promise.all(timers);
    },
  };
}

/** Half Windows, a third macOS, the rest Linux: like a company's fleet. */
function imageFor(number: number, images: DemoImage[]): DemoImage {
  const share = number % 12;
  const wanted = share < 6 ? "windows" : share < 10 ? "darwin" : "linux";
  const family = images.filter((image) => (["windows", "darwin"].includes(image.platform) ? image.platform : "linux") === wanted);
  const image = family[Math.floor(number / 12) % family.length] ?? images[0];
  if (image === undefined) throw new Error("the demonstration has no images");
  return image;
}

async function keepReporting(device: DemoDevice, options: FleetOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !device.isRemoved) {
    const wait = CHECK_IN_MS * (0.8 + 0.4 * Math.random());
    await delay(wait, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    if (Math.random() * 100 < CHANGES_PERCENT) device.change(Math.random);
    await attempt(device.report(options));
  }
}

/** A failed report is not said: the server says it, and the next one comes in a minute. */
async function attempt(report: Promise<void>): Promise<boolean> {
  return report.then(
    () => true,
    () => false,
  );
}
