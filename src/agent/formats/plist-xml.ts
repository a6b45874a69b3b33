import { PLIST_DEPTH_MAX, PLIST_VALUES_MAX, PlistError, type PlistDictionary, type PlistValue } from "./plist-value.ts";

/** One token: a tag with its name, or the text between two tags. */
const TOKEN = /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<([/!?]?)([A-Za-z]+)[^>]*?(\/?)>|([^<]+)/y;
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/**
 * Reads a property list in its XML form. Only what plist(5) knows: no entities of its own, no namespaces.
 *
 * @throws PlistError
 */
export function parseXmlPlist(source: string): PlistValue {
  if (/<!ENTITY/i.test(source)) throw new PlistError("The property list defines entities, which no honest one does.");
  const reader = new Reader(source);
  reader.open("plist");
  return reader.value(0);
}

interface Tag {
  name: string;
  closing: boolean;
  empty: boolean;
}

class Reader {
  readonly #source: string;
  #at = 0;
  #values = 0;

  constructor(source: string) {
    this.#source = source.replace(/^\uFEFF/, "");
  }

  /** Goes on behind the opening tag of this name. */
  open(name: string): void {
    for (;;) {
      const tag = this.#tag();
      if (tag.name === name && !tag.closing) return;
    }
  }

  value(depth: number): PlistValue {
    const tag = this.#tag();
    if (tag.closing) throw new PlistError(`The property list has a </${tag.name}> where a value belongs.`);
    return this.#valueOf(tag, depth);
  }

  #valueOf(tag: Tag, depth: number): PlistValue {
    if (depth > PLIST_DEPTH_MAX) throw new PlistError("The property list is nested too deeply.");
    if (++this.#values > PLIST_VALUES_MAX) throw new PlistError(`The property list has more than ${PLIST_VALUES_MAX} values.`);
    if (tag.name === "dict") return tag.empty ? {} : this.#dictionary(depth);
    if (tag.name === "array") return tag.empty ? [] : this.#array(depth);
    const text = tag.empty ? "" : this.#text(tag.name);
    return scalar(tag.name, text);
  }

  #dictionary(depth: number): PlistDictionary {
    const found: PlistDictionary = Object.create(null) as PlistDictionary;
    for (;;) {
      const tag = this.#tag();
      if (tag.closing && tag.name === "dict") return found;
      if (tag.name !== "key") throw new PlistError(`The property list has <${tag.name}> where a key belongs.`);
      const key = tag.empty ? "" : this.#text("key");
      found[key] = this.value(depth + 1);
    }
  }

  #array(depth: number): PlistValue[] {
    const found: PlistValue[] = [];
    for (;;) {
      const tag = this.#tag();
      if (tag.closing && tag.name === "array") return found;
      found.push(this.#valueOf(tag, depth + 1));
    }
  }

  /** The next tag that is none of XML's own. */
  #tag(): Tag {
    for (;;) {
      const [, , mark, name, slash] = this.#token();
      if (name !== undefined && mark !== "!" && mark !== "?") return { name, closing: mark === "/", empty: slash === "/" };
    }
  }

  /** The text up to the closing tag of this name. */
  #text(name: string): string {
    let text = "";
    for (;;) {
      const [, data, mark, tag, , plain] = this.#token();
      if (mark === "/" && tag === name) return text;
      text += data ?? (plain === undefined ? "" : unescaped(plain));
    }
  }

  #token(): RegExpExecArray {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#source);
    if (match === null) throw new PlistError("The property list is cut off or is none.");
    this.#at = TOKEN.lastIndex;
    return match;
  }
}

function scalar(name: string, text: string): PlistValue {
  if (name === "string") return text;
  if (name === "integer" || name === "real") return Number(text);
  if (name === "true") return true;
  if (name === "false") return false;
  if (name === "date") return Math.floor(Date.parse(text) / 1000);
  return null; // data
}

function unescaped(text: string): string {
  return text.replaceAll(/&(#x[0-9a-fA-F]{1,6}|#\d{1,7}|[a-z]+);/g, (whole, entity: string) => {
    if (!entity.startsWith("#")) return ENTITIES[entity] ?? whole;
    const code = entity.startsWith("#x") ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "";
  });
}
