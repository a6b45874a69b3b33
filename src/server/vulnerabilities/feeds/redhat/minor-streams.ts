import { compareVersions } from "#domain/version/orders.ts";

/** A span of versions: from `introduced` (absent: from the beginning) to before `fixed`. */
interface VersionSpan {
  introduced?: string;
  fixed: string;
}

/**
 * Which versions of a package lack a fix that Red Hat released in several minor streams: everything below the fix of the main stream, but
 * for the builds of each other stream from its own fix on.
 *
 * With fixes at `70.101.1.el9_0` (an extended stream) and `427.16.1.el9_4` (main) the kernel `70.120.1.el9_0` is fixed though it is older
 * than the main stream's fix. A stream's builds are told by their release: kernels count on behind their first number, others carry the
 * minor release in their tag (`23.el9_2.4`, `11.module+el8.2.0+…`).
 *
 * @param main fixes of the main stream, which moved on with each minor release
 * @param others fixes of extended streams
 */
export function versionsBeforeFix(main: readonly string[], others: readonly string[]): VersionSpan[] {
  const last = main.toSorted(order).at(-1);
  if (last === undefined) return [];
  const spans: VersionSpan[] = [];
  let introduced: string | undefined;
  for (const fixed of [...new Set([...main, ...others])].toSorted(order)) {
    if (order(fixed, last) > 0) break;
    if (introduced === undefined || order(introduced, fixed) < 0)
      spans.push({ ...(introduced !== undefined && { introduced }), fixed });
    const end = streamEnd(fixed);
    if (end === null) return [{ fixed: last }];
    introduced = introduced === undefined || order(end, introduced) > 0 ? end : introduced;
  }
  return spans;
}

/** The first version that is no longer of the stream that a fix belongs to; null where its release does not tell. */
function streamEnd(fixed: string): string | null {
  const parts = /^(.+-)(\d+)(.*)$/u.exec(fixed);
  if (parts === null) return null;
  const [, before = "", first = "", rest = ""] = parts;
  const tag = /^(\.el\d+_)(\d+)/u.exec(rest) ?? /^(\.module\+el\d+\.\d+\.)(\d+)/u.exec(rest);
  if (tag !== null) return `${before}${first}${tag[1]}${Number(tag[2]) + 1}`;
  return `${before}${Number(first) + 1}`;
}

function order(a: string, b: string): number {
  return compareVersions("rpm", a, b) ?? 0;
}
