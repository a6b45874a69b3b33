import { ANY_STREAM, moduleOf } from "#domain/vulnerability/identity/rpm-modules.ts";

/**
 * The stream of the module whose builds an advisory lists, where it does not name it: one of its packages is the product whose lines the
 * streams are (`nodejs`, `postgresql`). `*` when none is.
 *
 * @param builds name of the package (source or binary) and `[epoch:]version-release`
 */
export function moduleOfBuilds(builds: readonly { name: string; evr: string }[]): string {
  for (const { name, evr } of builds) {
    const [, version = "", release = ""] = /^(?:\d+:)?([^-]+)-(.+)$/u.exec(evr) ?? [];
    const module = moduleOf(release, name, version);
    if (module !== undefined && module !== ANY_STREAM) return module;
  }
  return ANY_STREAM;
}

/**
 * The stream that the title of an advisory names: `Important: nodejs:18 security update`, `httpd:2.4/mod_http2 security update`.
 * undefined when it names none.
 */
export function moduleInTitle(title: string): string | undefined {
  return /(?:^|\s)([a-z\d][\w.+-]*:[\w.-]+)(?=[\s/])/u.exec(title.replace(/^(?:[A-Z][\w-]*: +)?(?:\w+: )?/u, ""))?.[1];
}
