import { isNode, LineCounter, parseDocument } from "yaml";
import { isBlock, isList, type Json, type JsonBlock } from "./json.ts";
import { notKnown } from "./notKnown.ts";

type Path = readonly (string | number)[];

/** Plain YAML with the way back to its lines. Every question that it cannot answer throws NotKnown with the place. */
export interface Reader {
  readonly root: Json;
  /** `<file>:<line> (<keys>)` of what stands at `path`. */
  place(path: Path): string;
  /** The block at `path`, which may have these keys only; empty where there is none. */
  block(path: Path, keys: readonly string[]): JsonBlock;
  /** Any keys. */
  anyBlock(path: Path): JsonBlock;
  list(path: Path): readonly Json[];
  text(path: Path): string | null;
  value(path: Path): Json;
}

export function readYaml(file: string, source: string): Reader {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken !== undefined) throw notKnown(file, `this YAML: ${broken.message}`);
  const root: Json = document.toJS() as Json;

  const place = (path: Path) => {
    const node = path.length === 0 ? document.contents : document.getIn(path, true);
    const offset = isNode(node) ? node.range?.[0] : undefined;
    const line = offset === undefined ? "" : `:${lines.linePos(offset).line}`;
    return `${file}${line}${path.length === 0 ? "" : ` (${path.join(".")})`}`;
  };
  const value = (path: Path): Json => {
    let found: Json | undefined = root;
    for (const key of path) {
      if (isBlock(found)) found = found[String(key)];
      else if (isList(found) && typeof key === "number") found = found[key];
      else return null;
    }
    return found ?? null;
  };
  const anyBlock = (path: Path): JsonBlock => {
    const found = value(path);
    if (found === null) return {};
    if (!isBlock(found)) throw notKnown(place(path), `what is not a block here: ${JSON.stringify(found)}`);
    return found;
  };
  const block = (path: Path, keys: readonly string[]): JsonBlock => {
    const found = anyBlock(path);
    for (const key of Object.keys(found))
      if (!keys.includes(key)) throw notKnown(place([...path, key]), `the key ${key}`);
    return found;
  };
  const list = (path: Path): readonly Json[] => {
    const found = value(path);
    if (found === null) return [];
    return isList(found) ? found : [found];
  };
  const text = (path: Path): string | null => {
    const found = value(path);
    if (found === null) return null;
    if (typeof found === "object") throw notKnown(place(path), "anything but a text here");
    return String(found);
  };
  return { root, place, block, anyBlock, list, text, value };
}
