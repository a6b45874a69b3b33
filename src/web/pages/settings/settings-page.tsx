import { getRouteApi } from "@tanstack/react-router";
import { PageHead, TabLinks } from "../../parts/page.tsx";
import { paths, SETTINGS_TABS } from "../../paths.ts";
import type { SettingsTab } from "../../paths.ts";
import { NotFoundPage } from "../not-found-page.tsx";
import { AboutTab } from "./about-tab.tsx";
import { AppearanceTab } from "./appearance-tab.tsx";
import { CollectionTab } from "./collection-tab.tsx";
import { CorrectionsTab } from "./corrections-tab.tsx";
import { EnrollmentTab } from "./enrollment-tab.tsx";
import { LifetimeTab } from "./lifetime-tab.tsx";
import { NotificationsTab } from "./notifications/notifications-tab.tsx";
import { SessionsTab } from "./sessions-tab.tsx";
import { UsersTab } from "./users-tab.tsx";
import { VulnerabilitiesTab } from "./vulnerabilities-tab.tsx";

const route = getRouteApi("/app/settings/{-$tab}");
const TABS: Record<SettingsTab, { label: string; View: () => React.ReactNode }> = {
  enrollment: { label: "Enroll secrets", View: EnrollmentTab },
  collection: { label: "Collection", View: CollectionTab },
  corrections: { label: "Corrections", View: CorrectionsTab },
  vulnerabilities: { label: "Vulnerabilities", View: VulnerabilitiesTab },
  notifications: { label: "Notifications", View: NotificationsTab },
  lifetime: { label: "Host expiry", View: LifetimeTab },
  users: { label: "Users", View: UsersTab },
  sessions: { label: "You", View: SessionsTab },
  appearance: { label: "Appearance", View: AppearanceTab },
  about: { label: "About", View: AboutTab },
};

export function SettingsPage() {
  const { tab = "enrollment" } = route.useParams();
  const current = SETTINGS_TABS.find((t) => t === tab);
  if (current === undefined) return <NotFoundPage />;
  const { View } = TABS[current];
  return (
    <>
      <PageHead title="Settings">
        <TabLinks
          label="Settings"
          tabs={SETTINGS_TABS.map((t) => ({ href: paths.settings(t), label: TABS[t].label, current: t === current }))}
        />
      </PageHead>
      <View />
    </>
  );
}
