import { join } from "node:path";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { linkTarget, listDirectory, readBytes, readText } from "../../system/files.ts";
import { accounts, homeDirectories, homeOwner } from "../../system/homes.ts";
import { checkRows, checkTime, CollectError } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { flatpakEntry, isFlatpakPart, parseFlatpakDeploy, parseInstallations } from "./parse.ts";
import type { FlatpakRef } from "./parse.ts";

const SYSTEM = "/var/lib/flatpak";
const USER = "/.local/share/flatpak";
const FURTHER = "/etc/flatpak/installations.d";
const CONF_BYTES_MAX = 64 * 1024;
const DEPLOY_BYTES_MAX = 4 * 1024 * 1024;
const KINDS = ["app", "runtime"] as const;

/**
 * The applications and runtimes that flatpak deployed, of the system's installation, of further ones and of each user's, as
 * `flatpak list` shows them. flatpak touches `.changed` in an installation after every change of it.
 */
export async function collectFlatpakPackages(context: CollectContext): Promise<Collected> {
  const { root } = context;
  const homes = await homeDirectories(root);
  const installations = [SYSTEM, ...(await furtherInstallations(root)), ...homes.map((home) => `${home}${USER}`)];
  const known = await accounts(root);
  const entries: SoftwareEntry[] = [];
  for (const installation of new Set(installations)) {
    const installedBy = homeOwner(known, installation);
    for (const ref of await deployedRefs(context, installation)) {
      entries.push(await readDeployment(context, installation, ref, installedBy));
      checkRows(entries.length);
    }
  }
  return { entries, markers: [...new Set(installations)].map((installation) => `${installation}/.changed`) };
}

async function furtherInstallations(root: string): Promise<string[]> {
  const paths: string[] = [];
  for (const item of await listDirectory(join(root, FURTHER))) {
    if (!item.name.endsWith(".conf")) continue;
    paths.push(...parseInstallations((await readText(join(root, FURTHER, item.name), CONF_BYTES_MAX)) ?? ""));
  }
  return paths;
}

async function deployedRefs({ root, signal }: CollectContext, installation: string): Promise<FlatpakRef[]> {
  const refs: FlatpakRef[] = [];
  for (const kind of KINDS) {
    for (const id of await directories(join(root, installation, kind))) {
      if (isFlatpakPart(id)) continue;
      checkTime(signal);
      // Beside the architectures lies a link `current`, which is no directory by itself.
      for (const arch of await directories(join(root, installation, kind, id))) {
        for (const branch of await directories(join(root, installation, kind, id, arch))) {
          const active = await linkTarget(join(root, installation, kind, id, arch, branch, "active"));
          // Without it the branch is being removed, or was never deployed.
          if (active !== null) refs.push({ kind, id, arch, branch });
        }
      }
    }
  }
  return refs;
}

async function directories(path: string): Promise<string[]> {
  return (await listDirectory(path)).filter((item) => item.isDirectory()).map((item) => item.name);
}

async function readDeployment(
  { root }: CollectContext,
  installation: string,
  ref: FlatpakRef,
  installedBy: string,
): Promise<SoftwareEntry> {
  const path = `${installation}/${ref.kind}/${ref.id}/${ref.arch}/${ref.branch}`;
  const bytes = await readBytes(join(root, path, "active/deploy"), DEPLOY_BYTES_MAX);
  const deploy = bytes === null ? null : parseFlatpakDeploy(bytes);
  if (deploy === null) throw new CollectError("malformed", `${path}/active/deploy does not say where it is from.`);
  return flatpakEntry(ref, deploy, path, installedBy);
}
