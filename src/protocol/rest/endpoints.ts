import type { AnyEndpoint } from "../endpoint.ts";
import * as access from "./access.ts";
import * as activities from "./activities.ts";
import * as enrollSecrets from "./enroll-secrets.ts";
import * as exports from "./exports.ts";
import * as history from "./history.ts";
import * as hostSummary from "./host-summary.ts";
import * as hostSoftware from "./host-software.ts";
import * as hosts from "./hosts.ts";
import * as labels from "./labels.ts";
import * as notifications from "./notifications.ts";
import * as settings from "./settings.ts";
import * as software from "./software.ts";
import * as titleCorrections from "./title-corrections.ts";
import * as vex from "./vex.ts";
import * as productIdentities from "./product-identities.ts";
import * as vulnerabilityDecisions from "./vulnerability-decisions.ts";
import * as vulnerabilities from "./vulnerabilities.ts";
import * as vulnerabilityExports from "./vulnerability-exports.ts";
import * as vulnerabilityJudgement from "./vulnerability-judgement.ts";
import * as vulnerabilityFeeds from "./vulnerability-feeds.ts";
import * as vulnerableSoftware from "./vulnerable-software.ts";
import * as vulnerabilityRescans from "./vulnerability-rescans.ts";

/** Every REST endpoint, by name. Tests walk this list: each is served, described and guarded as it declares. */
export const ENDPOINTS: Readonly<Record<string, AnyEndpoint>> = Object.fromEntries(
  [
    access,
    activities,
    enrollSecrets,
    exports,
    history,
    hosts,
    hostSoftware,
    hostSummary,
    labels,
    notifications,
    settings,
    software,
    titleCorrections,
    vulnerabilities,
    vulnerableSoftware,
    vulnerabilityExports,
    vex,
    productIdentities,
    vulnerabilityDecisions,
    vulnerabilityJudgement,
    vulnerabilityFeeds,
    vulnerabilityRescans,
  ].flatMap((module) => Object.entries(module).filter((named): named is [string, AnyEndpoint] => isEndpoint(named[1]))),
);

function isEndpoint(value: unknown): value is AnyEndpoint {
  return typeof value === "object" && value !== null && "permission" in value && "method" in value;
}
