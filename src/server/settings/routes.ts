import * as settings from "#protocol/rest/settings.ts";
import { route } from "../http/route.ts";
import type { Route } from "../http/route.ts";
import { hostCollection, readCollectionSettings, writeCollectionSettings } from "./collection-settings.ts";
import { readConfig, updateConfig } from "./config.ts";
import type { SettingsDeps } from "./deps.ts";

/** The REST endpoints of the installation's settings. */
export function settingsRoutes(deps: SettingsDeps): Route[] {
  return [
    route(settings.getCollectionSettings, async () => readCollectionSettings(deps)),
    route(settings.putCollectionSettings, async ({ body, caller }) => writeCollectionSettings(deps, body, caller)),
    route(settings.getHostCollection, async ({ params }) => {
      const collection = await hostCollection(deps.db, params.id);
      return { etag: collection.etag, sources: collection.settings.sources };
    }),
    route(settings.getConfig, async () => readConfig(deps)),
    route(settings.updateConfig, async ({ body, caller }) => updateConfig(deps, body, caller)),
  ];
}
