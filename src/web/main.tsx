import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./ui/base.css";
import { createQueryClient } from "./data/query-client.ts";
import { meQuery } from "./data/queries.ts";
import { paths } from "./paths.ts";
import { createAppRouter } from "./routes.tsx";

const queries = createQueryClient(() => {
  const { pathname, href } = router.state.location;
  queries.removeQueries({ queryKey: meQuery.queryKey });
  if (pathname !== "/login" && pathname !== "/setup") router.history.push(paths.login(href));
});
const router = createAppRouter(queries);

const root = document.querySelector("#root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
