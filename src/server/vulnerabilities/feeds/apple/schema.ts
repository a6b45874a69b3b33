import { Type, type Static } from "typebox";
import { Compile, type Validator } from "typebox/compile";

const Name = Type.String({ maxLength: 2000 });
const Cve = Type.String({ pattern: "^CVE-\\d{4}-\\d{4,}$" });

/** v1 says whether it is exploited; v2 has an object with more, or an empty one. */
const CveContext = Type.Union([
  Type.Boolean(),
  Type.Object({ exploited: Type.Optional(Type.Boolean()), kev: Type.Optional(Type.Boolean()) }),
]);

const SofaRelease = Type.Object({
  ProductVersion: Name,
  ReleaseDate: Type.Optional(Name),
  SecurityInfo: Type.Optional(Name),
  CVEs: Type.Optional(Type.Union([Type.Null(), Type.Record(Cve, CveContext)])),
});
export type SofaRelease = Static<typeof SofaRelease>;

const SofaVersion = Type.Object({ SecurityReleases: Type.Array(SofaRelease, { maxItems: 2000 }) });

/** Background security improvements (v2) and rapid security responses: fixes of one release, with a letter. */
const Improvement = Type.Object({
  Version: Name,
  VersionExtra: Type.Optional(Type.Union([Type.Null(), Name])),
  CVEs: Type.Optional(Type.Union([Type.Null(), Type.Array(Cve, { maxItems: 5000 })])),
  SecurityInfo: Type.Optional(Type.Union([Type.Null(), Name])),
});

/** A SOFA feed, v1 or v2, of an operating system (`OSVersions`) or an app (`AppVersions`). */
const Sofa = Type.Object({
  LastCheck: Type.Optional(Name),
  OSVersions: Type.Optional(Type.Array(SofaVersion, { maxItems: 200 })),
  AppVersions: Type.Optional(Type.Array(SofaVersion, { maxItems: 200 })),
  BackgroundSecurityImprovements: Type.Optional(
    Type.Union([Type.Null(), Type.Record(Name, Type.Array(Improvement, { maxItems: 2000 }))]),
  ),
});
export type Sofa = Static<typeof Sofa>;
export const SOFA: Validator<Record<never, never>, typeof Sofa, Sofa> = Compile(Sofa);

/** SOFA's list of Apple's security releases of all products. */
const Releases = Type.Object({
  releases: Type.Array(
    Type.Object({
      name: Name,
      url: Type.Optional(Type.Union([Type.Null(), Name])),
      version: Type.Optional(Type.Union([Type.Null(), Name])),
      release_date: Type.Optional(Type.Union([Type.Null(), Name])),
      cves: Type.Array(Cve, { maxItems: 10_000 }),
      cve_context: Type.Optional(
        Type.Union([
          Type.Null(),
          Type.Record(Name, Type.Object({ exploited: Type.Optional(Type.Boolean()), kev: Type.Optional(Type.Boolean()) })),
        ]),
      ),
    }),
    { maxItems: 100_000 },
  ),
});
export type AppleReleases = Static<typeof Releases>;
export const APPLE_RELEASES: Validator<Record<never, never>, typeof Releases, AppleReleases> = Compile(Releases);
