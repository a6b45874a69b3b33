import type { OvalCriteria, OvalDocument, OvalNode, OvalTest } from "./oval-document.ts";

/** A condition that one package is there, in versions that `operation` speaks of. */
export interface PackageCondition {
  names: string[];
  /** `below`: versions before `evr`; `any`: every version; `never`: no version at all (the publisher's "not affected"). */
  operation: "below" | "any" | "never";
  evr: string | null;
  /** Architectures that it speaks of; null: all. */
  arch: string[] | null;
}

/** What must hold together: one way in which a definition is true. */
export interface OvalCondition {
  package: PackageCondition | null;
  /** `name:stream` of a module that must be enabled. */
  module: string | null;
  arch: string[] | null;
  /** Pattern that the name of the running kernel fits (Ubuntu). */
  kernel: string | null;
  kernelBelow: string | null;
  /** The condition asks that a package is absent: it says that nothing is affected. */
  absent: boolean;
  /** A second package has a say that one range cannot express. */
  unresolved: string | null;
  /** The test that named the package. */
  test: string | null;
  /** The document lacks a test that the definition asks for. */
  lost: boolean;
}

/** Whether a release of a distribution that a test names is the one that is read. */
export type ReleaseChoice = (comment: string, version: string) => boolean;

/** More ways than this in which one definition may be true: its tree is not one that distributions write. */
const MAX_CONDITIONS = 200_000;

const NEUTRAL: OvalCondition = {
  package: null,
  module: null,
  arch: null,
  kernel: null,
  kernelBelow: null,
  absent: false,
  unresolved: null,
  test: null,
  lost: false,
};
const LOST: readonly OvalCondition[] = [{ ...NEUTRAL, lost: true }];
const TRUE: readonly OvalCondition[] = [NEUTRAL];
const FALSE: readonly OvalCondition[] = [];

/**
 * Reduces the tree of one definition to the list of ways in which it is true, each about one package. Tests of signatures, of the
 * operating system's family and of which kernel boots next always hold here: the inventory says what is installed.
 *
 * @throws {Error} when the tree is larger than any a distribution writes
 */
export function flattenCriteria(document: OvalDocument, node: OvalNode, release: ReleaseChoice): OvalCondition[] {
  return [...flattenNode(document, node, release, new Map())];
}

type Known = Map<string, readonly OvalCondition[]>;

function flattenNode(document: OvalDocument, node: OvalNode, release: ReleaseChoice, known: Known): readonly OvalCondition[] {
  if (typeof node !== "string")
    return node.operator === "OR" ? anyOf(document, node, release, known) : allOf(document, node, release, known);
  let conditions = known.get(node);
  if (conditions === undefined) {
    const test = document.tests.get(node);
    conditions =
      test === undefined ? lostTest(document.comments.get(node), release) : testConditions(document, node, test, release);
    known.set(node, conditions);
  }
  return conditions;
}

/** A test that the document lacks. Where the definition says that it asks for a release (`openSUSE Leap 15.2 is installed`) that answers it. */
function lostTest(comment: string | undefined, release: ReleaseChoice): readonly OvalCondition[] {
  if (comment === undefined || !/^(?:open)?SUSE .* is installed$/u.test(comment)) return LOST;
  return release(comment, "") ? TRUE : FALSE;
}

function anyOf(document: OvalDocument, node: OvalCriteria, release: ReleaseChoice, known: Known): readonly OvalCondition[] {
  const found = new Set<OvalCondition>();
  for (const child of node.children) {
    for (const condition of flattenNode(document, child, release, known)) found.add(condition);
    if (found.size > MAX_CONDITIONS) throw new Error(`a definition has more than ${MAX_CONDITIONS} alternatives`);
  }
  return [...found];
}

function allOf(document: OvalDocument, node: OvalCriteria, release: ReleaseChoice, known: Known): readonly OvalCondition[] {
  let found: readonly OvalCondition[] = TRUE;
  for (const child of node.children) {
    const conditions = flattenNode(document, child, release, known);
    if (found.length * conditions.length > MAX_CONDITIONS)
      throw new Error(`a definition has more than ${MAX_CONDITIONS} alternatives`);
    if (conditions === TRUE) continue;
    found = found === TRUE ? conditions : found.flatMap((left) => conditions.map((right) => both(left, right)));
    if (found.length === 0) return FALSE;
  }
  return found;
}

function both(left: OvalCondition, right: OvalCondition): OvalCondition {
  if (left === NEUTRAL) return right;
  if (right === NEUTRAL) return left;
  const joined = joinPackages(left, right);
  return {
    ...joined,
    module: left.module ?? right.module,
    arch: left.arch ?? right.arch,
    kernel: left.kernel ?? right.kernel,
    kernelBelow: left.kernelBelow ?? right.kernelBelow,
    absent: left.absent || right.absent,
    lost: left.lost || right.lost,
  };
}

/** Of two conditions on one package the narrower counts; of two packages the one with a version, and the other stays unanswered. */
function joinPackages(left: OvalCondition, right: OvalCondition): OvalCondition {
  if (left.package === null) return right;
  if (right.package === null) return left;
  const narrower = left.package.operation === "any" && right.package.operation !== "any" ? right : left;
  const wider = narrower === left ? right : left;
  const same = narrower.package!.names.every((name) => wider.package!.names.includes(name));
  return {
    ...narrower,
    unresolved: same ? (left.unresolved ?? right.unresolved) : `also ${wider.package!.names.slice(0, 3).join(", ")}`,
  };
}

/** In which ways one test holds. */
function testConditions(document: OvalDocument, id: string, test: OvalTest, release: ReleaseChoice): readonly OvalCondition[] {
  const fields = test.states.flatMap((state) => document.states.get(state) ?? []);
  switch (test.kind) {
    case "rpminfo_test":
    case "dpkginfo_test":
      return packageTest(document, id, test, release);
    case "rpmverifyfile_test": {
      const version = fields.find(({ field }) => field === "version")?.value ?? "";
      return test.none || !release(test.comment, version) ? FALSE : TRUE;
    }
    case "uname_test": {
      const pattern = fields.find(({ field, operation }) => field === "os_release" && operation === "pattern match");
      return pattern === undefined ? TRUE : [{ ...NEUTRAL, kernel: pattern.value }];
    }
    case "variable_test": {
      const below = fields.find(({ field, operation }) => field === "value" && operation === "less than");
      return below === undefined ? TRUE : [{ ...NEUTRAL, kernelBelow: below.value }];
    }
    case "textfilecontent54_test":
      return textTest(document, id, test);
    default:
      return TRUE;
  }
}

function packageTest(document: OvalDocument, id: string, test: OvalTest, release: ReleaseChoice): readonly OvalCondition[] {
  const fields = test.states.flatMap((state) => document.states.get(state) ?? []);
  const names = objectNames(document, test);
  const field = (name: string) => fields.find((one) => one.field === name);
  if (names.length > 0 && names.every((name) => RELEASE_PACKAGE.test(name)) && field("evr")?.operation !== "less than") {
    const arch = field("arch");
    if (arch !== undefined && field("version") === undefined) return [{ ...NEUTRAL, arch: archList(arch.value) }];
    return release(document.comments.get(id) ?? test.comment, field("version")?.value ?? "") ? TRUE : FALSE;
  }
  if (test.none) return [{ ...NEUTRAL, absent: true }];
  if (names.length === 0 || (field("signature_keyid") !== undefined && field("evr") === undefined)) return TRUE;
  return [{ ...NEUTRAL, test: id, package: packageCondition(names, field("evr"), field("version"), field("arch")?.value) }];
}

type Field = { operation: string; value: string } | undefined;

function packageCondition(names: string[], evr: Field, version: Field, arch: string | undefined): PackageCondition {
  const condition: PackageCondition = { names, operation: "any", evr: null, arch: arch === undefined ? null : archList(arch) };
  // SUSE writes "is not affected" as a version that no package has
  if (version?.operation === "equals" && version.value === "0") return { ...condition, operation: "never" };
  if (evr?.operation !== "less than") return condition;
  return { ...condition, operation: evr.value === "0:0" || evr.value === "0" ? "never" : "below", evr: evr.value };
}

/** A test of a file's text: that a module stream is enabled, or (Ubuntu's lists of an image's packages) a package's version. */
function textTest(document: OvalDocument, id: string, test: OvalTest): readonly OvalCondition[] {
  const module = /^Module (\S+:\S+) is enabled/u.exec(test.comment)?.[1];
  if (module !== undefined) return [{ ...NEUTRAL, module }];
  const names = objectNames(document, test).flatMap((pattern) => /^\^([a-z0-9][a-z0-9+.-]*)\(\?::/u.exec(pattern)?.[1] ?? []);
  if (names.length === 0) return TRUE;
  const fields = test.states.flatMap((state) => document.states.get(state) ?? []);
  const version = fields.find(({ field }) => field === "subexpression");
  return [{ ...NEUTRAL, test: id, package: packageCondition(names, version, undefined, undefined) }];
}

function objectNames(document: OvalDocument, test: OvalTest): string[] {
  const object = test.object === null ? undefined : document.objects.get(test.object);
  if (object === undefined) return [];
  return object.variable === null ? object.names : (document.variables.get(object.variable) ?? []);
}

/** Packages whose version is the release of the distribution. */
const RELEASE_PACKAGE =
  /(?:^|-)release(?:-|$)|^(?:sles|sled|suse|openSUSE|SLES|SLED|SUSE)[\w-]*-release|^(?:aaa_base|SUSE-release)$/u;

function archList(pattern: string): string[] {
  return pattern.replaceAll(/[()^$]/gu, "").split("|");
}
