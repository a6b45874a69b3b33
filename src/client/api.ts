import type * as access from "#protocol/rest/access.ts";
import type * as activities from "#protocol/rest/activities.ts";
import type * as enrollSecrets from "#protocol/rest/enroll-secrets.ts";
import type * as exports from "#protocol/rest/exports.ts";
import type * as history from "#protocol/rest/history.ts";
import type * as hostSummary from "#protocol/rest/host-summary.ts";
import type * as hostSoftware from "#protocol/rest/host-software.ts";
import type * as hosts from "#protocol/rest/hosts.ts";
import type * as labels from "#protocol/rest/labels.ts";
import type * as notifications from "#protocol/rest/notifications.ts";
import type * as settings from "#protocol/rest/settings.ts";
import type * as software from "#protocol/rest/software.ts";
import type * as titleCorrections from "#protocol/rest/title-corrections.ts";
import type * as vulnerabilities from "#protocol/rest/vulnerabilities.ts";
import type * as vulnerableSoftware from "#protocol/rest/vulnerable-software.ts";
import type * as vulnerabilityExports from "#protocol/rest/vulnerability-exports.ts";
import type * as vulnerabilityFeeds from "#protocol/rest/vulnerability-feeds.ts";
import type * as vulnerabilityRescans from "#protocol/rest/vulnerability-rescans.ts";
import type * as vex from "#protocol/rest/vex.ts";
import type * as vulnerabilityJudgement from "#protocol/rest/vulnerability-judgement.ts";
import type * as productIdentities from "#protocol/rest/product-identities.ts";
import type * as vulnerabilityDecisions from "#protocol/rest/vulnerability-decisions.ts";
import type { EndpointReference } from "./client.ts";

/**
 * Every REST endpoint by its name in `#protocol/rest`, as a bare method and path: the schemas stay out, because a browser
 * would load them (and the schema library) for nothing. The types are the endpoints' own; a test holds both lists together.
 *
 * @example const { hosts } = await client.call(api.listHosts, { query: { per_page: 10 } });
 */
export const api = {
  setupStatus: at<typeof access.setupStatus>("GET", "/setup"),
  setup: at<typeof access.setup>("POST", "/setup"),
  login: at<typeof access.login>("POST", "/login"),
  logout: at<typeof access.logout>("POST", "/logout"),
  me: at<typeof access.me>("GET", "/me"),
  version: at<typeof access.version>("GET", "/version"),
  listUsers: at<typeof access.listUsers>("GET", "/users"),
  createUser: at<typeof access.createUser>("POST", "/users/admin"),
  getUser: at<typeof access.getUser>("GET", "/users/:id"),
  updateUser: at<typeof access.updateUser>("PATCH", "/users/:id"),
  deleteUser: at<typeof access.deleteUser>("DELETE", "/users/:id"),
  getSession: at<typeof access.getSession>("GET", "/sessions/:id"),
  deleteSession: at<typeof access.deleteSession>("DELETE", "/sessions/:id"),
  listUserSessions: at<typeof access.listUserSessions>("GET", "/users/:id/sessions"),
  deleteUserSessions: at<typeof access.deleteUserSessions>("DELETE", "/users/:id/sessions"),
  listActivities: at<typeof activities.listActivities>("GET", "/activities"),
  listHostActivities: at<typeof activities.listHostActivities>("GET", "/hosts/:id/activities"),
  getEnrollSecrets: at<typeof enrollSecrets.getEnrollSecrets>("GET", "/spec/enroll_secret"),
  applyEnrollSecrets: at<typeof enrollSecrets.applyEnrollSecrets>("POST", "/spec/enroll_secret"),
  exportHosts: at<typeof exports.exportHosts>("GET", "/hosts/report"),
  exportSoftwareTitles: at<typeof exports.exportSoftwareTitles>("GET", "/software/titles/report"),
  exportSoftwareVersions: at<typeof exports.exportSoftwareVersions>("GET", "/software/versions/report"),
  exportHostSoftware: at<typeof exports.exportHostSoftware>("GET", "/hosts/:id/software/report"),
  exportHolders: at<typeof exports.exportHolders>("GET", "/software/hosts/report"),
  hostSbom: at<typeof exports.hostSbom>("GET", "/hosts/:id/sbom"),
  labelSbom: at<typeof exports.labelSbom>("GET", "/labels/:id/sbom"),
  fleetSbom: at<typeof exports.fleetSbom>("GET", "/sbom"),
  listHosts: at<typeof hosts.listHosts>("GET", "/hosts"),
  countHosts: at<typeof hosts.countHosts>("GET", "/hosts/count"),
  getHost: at<typeof hosts.getHost>("GET", "/hosts/:id"),
  getHostByIdentifier: at<typeof hosts.getHostByIdentifier>("GET", "/hosts/identifier/:identifier"),
  deleteHost: at<typeof hosts.deleteHost>("DELETE", "/hosts/:id"),
  deleteHosts: at<typeof hosts.deleteHosts>("POST", "/hosts/delete"),
  refetchHost: at<typeof hosts.refetchHost>("POST", "/hosts/:id/refetch"),
  listHostSoftware: at<typeof hostSoftware.listHostSoftware>("GET", "/hosts/:id/software"),
  hostSoftwareHistory: at<typeof history.hostSoftwareHistory>("GET", "/hosts/:id/software/history"),
  softwareTitleHistory: at<typeof history.softwareTitleHistory>("GET", "/software/titles/:id/history"),
  softwareTitleHosts: at<typeof history.softwareTitleHosts>("GET", "/software/titles/:id/hosts"),
  softwareTitleAdoption: at<typeof history.softwareTitleAdoption>("GET", "/software/titles/:id/adoption"),
  listUnusedSoftware: at<typeof history.listUnusedSoftware>("GET", "/software/unused"),
  hostSummary: at<typeof hostSummary.hostSummary>("GET", "/host_summary"),
  createLabel: at<typeof labels.createLabel>("POST", "/labels"),
  updateLabel: at<typeof labels.updateLabel>("PATCH", "/labels/:id"),
  listLabels: at<typeof labels.listLabels>("GET", "/labels"),
  labelsSummary: at<typeof labels.labelsSummary>("GET", "/labels/summary"),
  labelVitals: at<typeof labels.labelVitals>("GET", "/labels/vitals"),
  previewLabel: at<typeof labels.previewLabel>("POST", "/labels/preview"),
  getLabel: at<typeof labels.getLabel>("GET", "/labels/:id"),
  listLabelHosts: at<typeof labels.listLabelHosts>("GET", "/labels/:id/hosts"),
  changeLabelHosts: at<typeof labels.changeLabelHosts>("POST", "/labels/:id/hosts"),
  deleteLabel: at<typeof labels.deleteLabel>("DELETE", "/labels/:name"),
  deleteLabelById: at<typeof labels.deleteLabelById>("DELETE", "/labels/id/:id"),
  addLabelsToHost: at<typeof labels.addLabelsToHost>("POST", "/hosts/:id/labels"),
  removeLabelsFromHost: at<typeof labels.removeLabelsFromHost>("DELETE", "/hosts/:id/labels"),
  getCollectionSettings: at<typeof settings.getCollectionSettings>("GET", "/collection_settings"),
  putCollectionSettings: at<typeof settings.putCollectionSettings>("PUT", "/collection_settings"),
  getHostCollection: at<typeof settings.getHostCollection>("GET", "/hosts/:id/collection_settings"),
  getConfig: at<typeof settings.getConfig>("GET", "/config"),
  updateConfig: at<typeof settings.updateConfig>("PATCH", "/config"),
  listSoftwareTitles: at<typeof software.listSoftwareTitles>("GET", "/software/titles"),
  getSoftwareTitle: at<typeof software.getSoftwareTitle>("GET", "/software/titles/:id"),
  listSoftwareVersions: at<typeof software.listSoftwareVersions>("GET", "/software/versions"),
  getSoftwareVersion: at<typeof software.getSoftwareVersion>("GET", "/software/versions/:id"),
  previewTitleCorrection: at<typeof titleCorrections.previewTitleCorrection>("POST", "/software/titles/corrections/preview"),
  correctTitles: at<typeof titleCorrections.correctTitles>("POST", "/software/titles/corrections"),
  listTitleCorrections: at<typeof titleCorrections.listTitleCorrections>("GET", "/software/titles/corrections"),
  undoTitleCorrection: at<typeof titleCorrections.undoTitleCorrection>("POST", "/software/titles/corrections/:id/undo"),
  renameSoftwareTitle: at<typeof titleCorrections.renameSoftwareTitle>("PATCH", "/software/titles/:id/name"),
  listOsVersions: at<typeof software.listOsVersions>("GET", "/os_versions"),
  getOsVersion: at<typeof software.getOsVersion>("GET", "/os_versions/:id"),
  listVulnerabilities: at<typeof vulnerabilities.listVulnerabilities>("GET", "/vulnerabilities"),
  exportVulnerabilities: at<typeof vulnerabilityExports.exportVulnerabilities>("GET", "/vulnerabilities/report"),
  exportVulnerableHosts: at<typeof vulnerabilityExports.exportVulnerableHosts>("GET", "/vulnerabilities/hosts/report"),
  getVulnerability: at<typeof vulnerabilities.getVulnerability>("GET", "/vulnerabilities/:cve"),
  listVulnerableSoftware: at<typeof vulnerableSoftware.listVulnerableSoftware>("GET", "/vulnerabilities/:cve/software"),
  explainVulnerability: at<typeof vulnerabilities.explainVulnerability>("GET", "/vulnerabilities/:cve/explanation"),
  vulnerabilityHistory: at<typeof vulnerabilities.vulnerabilityHistory>("GET", "/vulnerabilities/:cve/history"),
  vulnerabilityExposure: at<typeof vulnerabilities.vulnerabilityExposure>("GET", "/vulnerability_exposure"),
  listHostVulnerabilities: at<typeof vulnerabilities.listHostVulnerabilities>("GET", "/hosts/:id/vulnerabilities"),
  exportHostVulnerabilities: at<typeof vulnerabilityExports.exportHostVulnerabilities>(
    "GET",
    "/hosts/:id/vulnerabilities/report",
  ),
  hostHealth: at<typeof vulnerabilities.hostHealth>("GET", "/hosts/:id/health"),
  rescanVulnerabilities: at<typeof vulnerabilityRescans.rescanVulnerabilities>("POST", "/vulnerabilities/rescan"),
  getVulnerabilityRescan: at<typeof vulnerabilityRescans.getVulnerabilityRescan>("GET", "/vulnerabilities/rescans/:id"),
  listVulnerabilityFeeds: at<typeof vulnerabilityFeeds.listVulnerabilityFeeds>("GET", "/vulnerability_feeds"),
  syncVulnerabilityFeed: at<typeof vulnerabilityFeeds.syncVulnerabilityFeed>("POST", "/vulnerability_feeds/:feed/sync"),
  createFeedImport: at<typeof vulnerabilityFeeds.createFeedImport>("POST", "/vulnerability_feeds/imports"),
  putFeedImportChunk: at<typeof vulnerabilityFeeds.putFeedImportChunk>("PUT", "/vulnerability_feeds/imports/:id/chunks/:number"),
  loadFeedImport: at<typeof vulnerabilityFeeds.loadFeedImport>("POST", "/vulnerability_feeds/imports/:id/load"),
  getFeedImport: at<typeof vulnerabilityFeeds.getFeedImport>("GET", "/vulnerability_feeds/imports/:id"),
  listFeedImports: at<typeof vulnerabilityFeeds.listFeedImports>("GET", "/vulnerability_feeds/imports"),
  downloadFeedBundle: at<typeof vulnerabilityFeeds.downloadFeedBundle>("GET", "/vulnerability_feeds/bundle"),
  listUnidentifiedSoftware: at<typeof productIdentities.listUnidentifiedSoftware>("GET", "/software/unidentified"),
  previewProductCorrection: at<typeof productIdentities.previewProductCorrection>(
    "POST",
    "/software/product_corrections/preview",
  ),
  createProductCorrection: at<typeof productIdentities.createProductCorrection>("POST", "/software/product_corrections"),
  listProductCorrections: at<typeof productIdentities.listProductCorrections>("GET", "/software/product_corrections"),
  getTitleIdentity: at<typeof productIdentities.getTitleIdentity>("GET", "/software/titles/:id/product_identity"),
  undoProductCorrection: at<typeof productIdentities.undoProductCorrection>("POST", "/software/product_corrections/:id/undo"),
  getProductCatalogue: at<typeof productIdentities.getProductCatalogue>("GET", "/software/product_catalogue"),
  previewDecision: at<typeof vulnerabilityDecisions.previewDecision>("POST", "/vulnerability_decisions/preview"),
  createDecision: at<typeof vulnerabilityDecisions.createDecision>("POST", "/vulnerability_decisions"),
  listDecisions: at<typeof vulnerabilityDecisions.listDecisions>("GET", "/vulnerability_decisions"),
  getDecision: at<typeof vulnerabilityDecisions.getDecision>("GET", "/vulnerability_decisions/:id"),
  revokeDecision: at<typeof vulnerabilityDecisions.revokeDecision>("POST", "/vulnerability_decisions/:id/revoke"),
  listSuppressions: at<typeof vulnerabilityDecisions.listSuppressions>("GET", "/vulnerability_suppressions"),
  fixFirst: at<typeof vulnerabilityJudgement.fixFirst>("GET", "/vulnerabilities/fix_first"),
  getSla: at<typeof vulnerabilityJudgement.getSla>("GET", "/vulnerabilities/sla"),
  updateSla: at<typeof vulnerabilityJudgement.updateSla>("PATCH", "/vulnerabilities/sla"),
  explainPriority: at<typeof vulnerabilityJudgement.explainPriority>("GET", "/vulnerabilities/:cve/priority"),
  listNotificationRules: at<typeof notifications.listNotificationRules>("GET", "/notification_rules"),
  createNotificationRule: at<typeof notifications.createNotificationRule>("POST", "/notification_rules"),
  updateNotificationRule: at<typeof notifications.updateNotificationRule>("PATCH", "/notification_rules/:id"),
  deleteNotificationRule: at<typeof notifications.deleteNotificationRule>("DELETE", "/notification_rules/:id"),
  testNotificationRule: at<typeof notifications.testNotificationRule>("POST", "/notification_rules/:id/test"),
  listNotificationDeliveries: at<typeof notifications.listNotificationDeliveries>("GET", "/notification_deliveries"),
  replayNotification: at<typeof notifications.replayNotification>("POST", "/notification_deliveries/:id/replay"),
  importVex: at<typeof vex.importVex>("POST", "/vex_documents"),
  listVexDocuments: at<typeof vex.listVexDocuments>("GET", "/vex_documents"),
  deleteVexDocument: at<typeof vex.deleteVexDocument>("DELETE", "/vex_documents/:id"),
  exportVex: at<typeof vex.exportVex>("GET", "/vex_documents/report"),
} as const;

function at<E>(method: EndpointReference<E>["method"], path: string): EndpointReference<E> {
  return { method, path };
}
