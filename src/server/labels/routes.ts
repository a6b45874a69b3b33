import * as labels from "#protocol/rest/labels.ts";
import { pageOf } from "../http/paging.ts";
import { route } from "../http/route.ts";
import type { Route } from "../http/route.ts";
import { createLabel } from "./create-label.ts";
import { deleteLabel, deleteLabelByName } from "./delete-label.ts";
import type { LabelsDeps } from "./deps.ts";
import { labelHost } from "./label-host.ts";
import { listLabels, listVitals, readLabel, summariseLabels } from "./list-labels.ts";
import { previewLabel } from "./preview-label.ts";
import { changeLabelHosts, updateLabel } from "./update-label.ts";

const ORDER = { orderKeys: labels.LABEL_ORDER_KEYS, defaultKey: "name" } as const;

/** The REST endpoints of labels; `GET /labels/:id/hosts` is with the hosts. */
export function labelsRoutes(deps: LabelsDeps): Route[] {
  return [
    route(labels.createLabel, async ({ body, caller }) => createLabel(deps, body, caller)),
    route(labels.updateLabel, async ({ params, body, caller }) => updateLabel(deps, params.id, body, caller)),
    route(labels.listLabels, async ({ query }) => listLabels(deps, query, pageOf(query, ORDER))),
    route(labels.labelsSummary, async () => summariseLabels(deps)),
    route(labels.labelVitals, async () => listVitals()),
    route(labels.previewLabel, async ({ body }) => previewLabel(deps, body.criteria)),
    route(labels.getLabel, async ({ params }) => readLabel(deps, params.id)),
    route(labels.changeLabelHosts, async ({ params, body, caller }) => changeLabelHosts(deps, params.id, body, caller)),
    route(labels.deleteLabel, async ({ params, caller }) => {
      await deleteLabelByName(deps, params.name, caller);
      return {};
    }),
    route(labels.deleteLabelById, async ({ params, caller }) => {
      await deleteLabel(deps, params.id, caller);
      return {};
    }),
    route(labels.addLabelsToHost, async ({ params, body }) => {
      await labelHost(deps, params.id, body.labels, true);
      return {};
    }),
    route(labels.removeLabelsFromHost, async ({ params, body }) => {
      await labelHost(deps, params.id, body.labels, false);
      return {};
    }),
  ];
}
