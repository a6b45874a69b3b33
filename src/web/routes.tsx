import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import type { RouterHistory } from "@tanstack/react-router";
import { isSessionEnd } from "./data/query-client.ts";
import { meQuery, setupQuery } from "./data/queries.ts";
import { PageFailure, PagePending } from "./pages/page-states.tsx";
import { NotFoundPage } from "./pages/not-found-page.tsx";
import { AppFrame } from "./parts/frame/app-frame.tsx";
import { Notices } from "./parts/notices.tsx";
import { PLANNED, paths, searchText } from "./paths.ts";
import * as search from "./search.ts";
import { parseActivitySearch } from "./search-activity.ts";
import { parseDeviceSearch } from "./search-device.ts";
import { parseVulnerabilitiesSearch, parseVulnerabilitySearch } from "./search-vulnerabilities.ts";
import * as views from "./search-vulnerability-views.ts";
import { FrameSkeleton } from "./ui/frame-skeleton.tsx";
import { TooltipLayer } from "./ui/tooltip.tsx";

interface RouterContext {
  queries: QueryClient;
}

const root = createRootRouteWithContext<RouterContext>()({
  component: () => (
    <>
      <Outlet />
      <Notices />
      <TooltipLayer />
    </>
  ),
  notFoundComponent: NotFoundPage,
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  validateSearch: search.parseSetupSearch,
  component: lazyRouteComponent(() => import("./pages/access/setup-page.tsx"), "SetupPage"),
});
const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: search.parseLoginSearch,
  component: lazyRouteComponent(() => import("./pages/access/login-page.tsx"), "LoginPage"),
});

/** Everything inside the frame needs somebody who is logged in. */
const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  component: AppFrame,
  pendingComponent: FrameSkeleton,
  beforeLoad: ({ context, location }) => requireSession(context.queries, location.href),
  errorComponent: PageFailure,
});

const dashboard = createRoute({
  getParentRoute: () => app,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/dashboard/dashboard-page.tsx"), "DashboardPage"),
});
const devices = createRoute({
  getParentRoute: () => app,
  path: "/devices",
  validateSearch: search.parseDevicesSearch,
  component: lazyRouteComponent(() => import("./pages/devices/devices-page.tsx"), "DevicesPage"),
});
const addDevice = createRoute({
  getParentRoute: () => app,
  path: "/devices/add",
  validateSearch: search.parseAddSearch,
  component: lazyRouteComponent(() => import("./pages/devices/add-device-page.tsx"), "AddDevicePage"),
});
const device = createRoute({
  getParentRoute: () => app,
  path: "/devices/$id/{-$tab}",
  validateSearch: parseDeviceSearch,
  component: lazyRouteComponent(() => import("./pages/devices/device-page.tsx"), "DevicePage"),
});
const labels = createRoute({
  getParentRoute: () => app,
  path: "/labels",
  validateSearch: search.parseLabelsSearch,
  component: lazyRouteComponent(() => import("./pages/labels/labels-page.tsx"), "LabelsPage"),
});
const newLabel = createRoute({
  getParentRoute: () => app,
  path: "/labels/new",
  component: lazyRouteComponent(() => import("./pages/labels/label-form-page.tsx"), "NewLabelPage"),
});
const label = createRoute({
  getParentRoute: () => app,
  path: "/labels/$id",
  validateSearch: search.parseDevicesSearch,
  component: lazyRouteComponent(() => import("./pages/labels/label-page.tsx"), "LabelPage"),
});
const editLabel = createRoute({
  getParentRoute: () => app,
  path: "/labels/$id/edit",
  component: lazyRouteComponent(() => import("./pages/labels/label-form-page.tsx"), "EditLabelPage"),
});
const software = createRoute({
  getParentRoute: () => app,
  path: "/software",
  validateSearch: search.parseSoftwareSearch,
  component: lazyRouteComponent(() => import("./pages/software/titles-page.tsx"), "TitlesPage"),
});
const softwareTitle = createRoute({
  getParentRoute: () => app,
  path: "/software/titles/$id/{-$tab}",
  validateSearch: search.parseTitleSearch,
  component: lazyRouteComponent(() => import("./pages/software/title-page.tsx"), "TitlePage"),
});
const unusedSoftware = createRoute({
  getParentRoute: () => app,
  path: "/software/unused",
  validateSearch: search.parseUnusedSearch,
  component: lazyRouteComponent(() => import("./pages/history/unused-page.tsx"), "UnusedPage"),
});
const softwareVersions = createRoute({
  getParentRoute: () => app,
  path: "/software/versions",
  validateSearch: search.parseSoftwareSearch,
  component: lazyRouteComponent(() => import("./pages/software/versions-page.tsx"), "VersionsPage"),
});
const softwareVersion = createRoute({
  getParentRoute: () => app,
  path: "/software/versions/$id",
  validateSearch: search.parseDevicesSearch,
  component: lazyRouteComponent(() => import("./pages/software/version-page.tsx"), "VersionPage"),
});
const operatingSystems = createRoute({
  getParentRoute: () => app,
  path: "/software/os",
  validateSearch: search.parseOsSearch,
  component: lazyRouteComponent(() => import("./pages/software/os-page.tsx"), "OsPage"),
});
const operatingSystem = createRoute({
  getParentRoute: () => app,
  path: "/software/os/$id",
  validateSearch: search.parseDevicesSearch,
  component: lazyRouteComponent(() => import("./pages/software/os-version-page.tsx"), "OsVersionPage"),
});
const vulnerabilities = createRoute({
  getParentRoute: () => app,
  path: "/vulnerabilities",
  validateSearch: parseVulnerabilitiesSearch,
  component: lazyRouteComponent(() => import("./pages/vulnerabilities/vulnerabilities-page.tsx"), "VulnerabilitiesPage"),
});
const fixFirst = createRoute({
  getParentRoute: () => app,
  path: "/vulnerabilities/fix-first",
  validateSearch: views.parseFixFirstSearch,
  component: lazyRouteComponent(() => import("./pages/vulnerabilities/fix-first-page.tsx"), "FixFirstPage"),
});
const exposure = createRoute({
  getParentRoute: () => app,
  path: "/vulnerabilities/exposure",
  validateSearch: views.parseExposureSearch,
  component: lazyRouteComponent(() => import("./pages/vulnerabilities/exposure-page.tsx"), "ExposurePage"),
});
const decisions = createRoute({
  getParentRoute: () => app,
  path: "/vulnerabilities/decisions",
  validateSearch: views.parseDecisionsSearch,
  component: lazyRouteComponent(() => import("./pages/vulnerabilities/decisions/decisions-page.tsx"), "DecisionsPage"),
});
const unidentified = createRoute({
  getParentRoute: () => app,
  path: "/vulnerabilities/unidentified",
  validateSearch: views.parseUnidentifiedSearch,
  component: lazyRouteComponent(() => import("./pages/vulnerabilities/identities/unidentified-page.tsx"), "UnidentifiedPage"),
});
const feeds = createRoute({
  getParentRoute: () => app,
  path: "/vulnerabilities/feeds",
  validateSearch: views.parseFeedsSearch,
  component: lazyRouteComponent(() => import("./pages/vulnerabilities/feeds/feeds-page.tsx"), "FeedsPage"),
});
const vulnerability = createRoute({
  getParentRoute: () => app,
  path: "/vulnerabilities/$cve/{-$tab}",
  validateSearch: parseVulnerabilitySearch,
  component: lazyRouteComponent(() => import("./pages/vulnerabilities/vulnerability-page.tsx"), "VulnerabilityPage"),
});
const planned = PLANNED.map((area) =>
  createRoute({
    getParentRoute: () => app,
    path: `/${area}`,
    component: lazyRouteComponent(() => import("./pages/planned/planned-page.tsx"), "PlannedPage"),
  }),
);
const activity = createRoute({
  getParentRoute: () => app,
  path: "/activity",
  validateSearch: parseActivitySearch,
  component: lazyRouteComponent(() => import("./pages/activity/activity-page.tsx"), "ActivityPage"),
});
const settings = createRoute({
  getParentRoute: () => app,
  path: "/settings/{-$tab}",
  component: lazyRouteComponent(() => import("./pages/settings/settings-page.tsx"), "SettingsPage"),
});
const missing = createRoute({ getParentRoute: () => app, path: "$", component: NotFoundPage });

const inApp = app.addChildren([
  dashboard,
  devices,
  addDevice,
  device,
  labels,
  newLabel,
  label,
  editLabel,
  software,
  softwareTitle,
  unusedSoftware,
  softwareVersions,
  softwareVersion,
  operatingSystems,
  operatingSystem,
  vulnerabilities,
  fixFirst,
  exposure,
  decisions,
  unidentified,
  feeds,
  vulnerability,
  ...planned,
  activity,
  settings,
  missing,
]);
const tree = root.addChildren([setup, login, inApp]);

/** The router; `history` is given in tests only. */
export function createAppRouter(queries: QueryClient, history?: RouterHistory) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    ...(history === undefined ? {} : { history }),
    defaultPreload: false,
    defaultPendingComponent: PagePending,
    defaultErrorComponent: PageFailure,
    defaultPendingMs: 200,
    defaultPendingMinMs: 0,
    scrollRestoration: true,
    // Plain names and values: an address is read, typed and shared by people.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: searchText,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}

/** Lets a logged-in user pass; sends everybody else to login, or to set-up while no user exists. */
async function requireSession(queries: QueryClient, href: string): Promise<void> {
  try {
    await queries.ensureQueryData(meQuery);
  } catch (error) {
    if (!isSessionEnd(error)) throw error;
    const { setup_required } = await queries.fetchQuery(setupQuery);
    // TanStack Router's redirects are thrown by its contract.
    // oxlint-disable-next-line typescript/only-throw-error
    throw redirect({ href: setup_required ? paths.setup() : paths.login(href) });
  }
}
