import { join } from "node:path";
import type { CollectionResponse, CollectionSettings } from "#protocol/agent/messages.ts";
import type { AgentLog } from "../system/log.ts";
import { readText, writePrivateFile } from "../system/files.ts";
import { parseCollection, SettingsError } from "./parse-settings.ts";

const BYTES_MAX = 1024 * 1024;

export interface FollowDeps {
  stateDir: string;
  log: AgentLog;
  /** Takes over settings at once. */
  apply(settings: CollectionSettings): void;
  /** Asks the server for the settings of this host; the answer is not checked yet. @throws CallError */
  fetch(nodeKey: string, signal: AbortSignal): Promise<unknown>;
}

/**
 * The collection settings this device follows: kept with its state, so that they hold from its start on and while the server
 * cannot be reached; asked for when the server names others.
 */
export class FollowedSettings {
  readonly #deps: FollowDeps;
  #etag: string | null = null;
  /** Settings that were asked for and not taken: they are not asked for again at every call. */
  #refused: string | null = null;
  #asking: Promise<boolean> | null = null;

  constructor(deps: FollowDeps) {
    this.#deps = deps;
  }

  /** Applies what is kept from before; a damaged file counts as none, and the server is asked again. */
  async open(): Promise<void> {
    const { stateDir, log } = this.#deps;
    const path = file(stateDir);
    try {
      const text = await readText(path, BYTES_MAX);
      if (text === null) return;
      const { etag, settings } = parseCollection(JSON.parse(text));
      this.#etag = etag;
      this.#deps.apply(settings);
    } catch (error) {
      log.warn(
        { path, error: String(error) },
        "The kept collection settings cannot be used; the server is asked for them again.",
      );
    }
  }

  /**
   * Takes note of the settings that an answer of the server names, and gets and applies them when they are others.
   * @param etag absent in answers of a server that has no settings
   * @returns true when settings were applied
   * @throws CallError when the server cannot be asked
   */
  async follow(etag: string | undefined, nodeKey: string, signal: AbortSignal): Promise<boolean> {
    if (etag === undefined || etag === this.#etag || etag === this.#refused) return false;
    // Two calls may bring the same news at once.
    this.#asking ??= this.#ask(etag, nodeKey, signal).finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #ask(offered: string, nodeKey: string, signal: AbortSignal): Promise<boolean> {
    const { stateDir, log } = this.#deps;
    const answer = await this.#deps.fetch(nodeKey, signal);
    let parsed: CollectionResponse;
    try {
      parsed = parseCollection(answer);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      this.#refused = offered;
      log.warn({ etag: offered, error: error.message }, "The server's collection settings are not usable; the former ones stay.");
      return false;
    }
    this.#etag = parsed.etag;
    this.#refused = null;
    this.#deps.apply(parsed.settings);
    log.info({ etag: parsed.etag, sources: Object.keys(parsed.settings.sources).length }, "Follows new collection settings.");
    await this.#keep(parsed, stateDir);
    return true;
  }

  /** A full disk must not keep settings from being followed: they hold until the end of this process then. */
  async #keep(parsed: CollectionResponse, stateDir: string): Promise<void> {
    try {
      await writePrivateFile(file(stateDir), `${JSON.stringify(parsed)}\n`);
    } catch (error) {
      this.#deps.log.warn({ error: String(error) }, "The collection settings could not be kept for the next start.");
    }
  }
}

function file(stateDir: string): string {
  return join(stateDir, "collection.json");
}
