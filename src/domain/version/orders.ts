import { apkOrder } from "./apk/apk.ts";
import { appleOrder } from "./apple/apple.ts";
import { composerOrder } from "./composer/composer.ts";
import { dpkgOrder } from "./dpkg/dpkg.ts";
import { genericOrder } from "./generic/generic.ts";
import { homebrewOrder } from "./homebrew/homebrew.ts";
import { mavenOrder } from "./maven/maven.ts";
import { nugetOrder } from "./nuget/nuget.ts";
import { pacmanOrder } from "./pacman/pacman.ts";
import { pep440Order } from "./pep440/pep440.ts";
import { compareRpm, rpmOrder } from "./rpm/rpm.ts";
import type { RpmVersion } from "./rpm/rpm.ts";
import { rubygemsOrder } from "./rubygems/rubygems.ts";
import type { VersionOrder, VersionScheme } from "./scheme.ts";
import { semverOrder } from "./semver/semver.ts";
import { windowsOrder } from "./windows/windows.ts";

const ORDERS: { [scheme in VersionScheme]: unknown } = {
  dpkg: dpkgOrder,
  rpm: rpmOrder,
  apk: apkOrder,
  pacman: pacmanOrder,
  semver: semverOrder,
  pep440: pep440Order,
  maven: mavenOrder,
  rubygems: rubygemsOrder,
  nuget: nugetOrder,
  composer: composerOrder,
  windows: windowsOrder,
  apple: appleOrder,
  homebrew: homebrewOrder,
  generic: genericOrder,
};

const RPM_WITHOUT_EPOCHS: VersionOrder<RpmVersion> = {
  parse: (version) => rpmOrder.parse(version),
  compare: (a, b) => compareRpm(a, b, { epoch_known: false }),
};

/** Facts about the versions at hand that their texts do not tell. */
export interface ComparisonFacts {
  /** False: an rpm's epoch is not known, so the epochs of both sides are left out. Other schemes do not mind. */
  epoch_known?: boolean;
}

/** The order of a scheme. What its `parse` gives is for its own `compare` only; rpm's is the same with and without epochs. */
export function versionOrder(scheme: VersionScheme, facts: ComparisonFacts = {}): VersionOrder<unknown> {
  const order = scheme === "rpm" && facts.epoch_known === false ? RPM_WITHOUT_EPOCHS : ORDERS[scheme];
  return order as VersionOrder<unknown>;
}

/**
 * For a comparison now and then. Who compares many parses each once: {@link versionOrder}.
 *
 * @returns less than, equal to or more than 0 as `a` is older, the same or newer; null when one is no version of the scheme or the
 * scheme does not say
 */
export function compareVersions(scheme: VersionScheme, a: string, b: string, facts: ComparisonFacts = {}): number | null {
  const order = versionOrder(scheme, facts);
  const [left, right] = [order.parse(a), order.parse(b)];
  return left === null || right === null ? null : order.compare(left, right);
}
