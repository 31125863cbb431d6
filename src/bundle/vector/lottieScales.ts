import { isRecord } from "../../wire/isRecord.ts";

export type Json = Record<string, unknown>;

/** A layer, and how many times its own size it is shown at most. */
export interface ScaledLayer {
  readonly layer: Json;
  readonly scale: number;
  /** Whether the layer's own coordinates may be changed: nothing but its picture stands in them. */
  readonly isAlone: boolean;
}

/**
 * The layers of a Lottie by the id of the asset that they show, as far as they can be reached from the movie, or from a character
 * that is a composition itself (`chars`, drawn for texts by lottie-web). A layer is scaled by itself, by its parents, and by every layer
 * that shows the composition that it stands in; between key frames no scale is larger than at one. How large a character is drawn is
 * its text's matter, so nothing in it may be changed. Source: Lottie Animation Format 1.0, Layers (`parent`, `refId`), Transform
 * (`s` in percent).
 */
export function findShown(movie: Json): ReadonlyMap<string, readonly ScaledLayer[]> {
  const compositions = new Map(
    objectsOf(movie["assets"]).flatMap((it) =>
      typeof it["id"] === "string" && Array.isArray(it["layers"]) ? [[it["id"], it] as const] : [],
    ),
  );
  const shown = new Map<string, ScaledLayer[]>();
  const reached = new Set<string>();
  follow([movie], true);
  const glyphs = glyphIds(movie);
  for (const id of glyphs) reached.add(id);
  follow(
    glyphs.map((id) => compositions.get(id)).filter((it) => it !== undefined),
    false,
  );
  for (const id of reached) shown.set(id, shown.get(id) ?? []);
  return shown;

  function follow(starts: readonly Json[], isFree: boolean): void {
    const largest = new Map<string, number>();
    const waiting = starts.map((composition) => ({ composition, scale: 1, depth: 0 }));
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      for (const it of layersOf(next.composition, next.scale)) {
        const id = it.layer["refId"];
        if (typeof id !== "string") continue;
        const composition = compositions.get(id);
        if (!composition) {
          note(id, { ...it, isAlone: it.isAlone && isFree });
          continue;
        }
        // Shown again and no larger, it brings nothing new; a composition within itself ends by its depth.
        if (it.scale <= (largest.get(id) ?? -1) || next.depth >= compositions.size) continue;
        largest.set(id, it.scale);
        reached.add(id);
        waiting.push({ composition, scale: it.scale, depth: next.depth + 1 });
      }
    }
  }

  function note(id: string, it: ScaledLayer): void {
    const list = shown.get(id) ?? [];
    shown.set(id, list);
    const known = list.findIndex((other) => other.layer === it.layer);
    const before = list[known];
    if (!before) list.push(it);
    else
      list[known] = {
        ...it,
        scale: Math.max(it.scale, before.scale),
        isAlone: it.isAlone && before.isAlone,
      };
  }
}

/** What the characters of a movie's fonts show. */
function glyphIds(movie: Json): string[] {
  return objectsOf(movie["chars"]).flatMap(({ data }) => {
    const id = isRecord(data) ? data["refId"] : undefined;
    return typeof id === "string" ? [id] : [];
  });
}

export function objectsOf(list: unknown): Json[] {
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

function* layersOf(composition: Json, outer: number): Generator<ScaledLayer> {
  const layers = objectsOf(composition["layers"]);
  const byIndex = new Map<unknown, Json>(
    layers.flatMap((it) => (it["ind"] === undefined ? [] : [[it["ind"], it] as const])),
  );
  const parents = new Set<unknown>(layers.map((it) => it["parent"]).filter((it) => it !== undefined));
  for (const layer of layers) {
    let scale = outer * ownScale(layer);
    let parent = byIndex.get(layer["parent"]);
    for (let depth = 0; parent && depth < layers.length; depth++) {
      scale *= ownScale(parent);
      parent = byIndex.get(parent["parent"]);
    }
    const hasMore = ["masksProperties", "ef", "sy"].some((it) => objectsOf(layer[it]).length > 0);
    yield { layer, scale, isAlone: !hasMore && !parents.has(layer["ind"]) };
  }
}

/** The largest scale of a layer's own, over its key frames; 1 where none is written. */
function ownScale(layer: Json): number {
  const transform = layer["ks"];
  const scale = isRecord(transform) ? transform["s"] : undefined;
  if (!isRecord(scale)) return 1;
  const values = valuesOf(scale["k"]);
  // More key frames than a call takes arguments are legal.
  return values.length === 0 ? 1 : values.reduce((a, b) => Math.max(a, b)) / 100;
}

/** The sizes in the first two dimensions. */
function valuesOf(value: unknown): number[] {
  if (!Array.isArray(value)) return [];
  if (value.every((it) => typeof it === "number")) return value.slice(0, 2).map(Math.abs);
  const values: number[] = [];
  for (const keyFrame of objectsOf(value))
    for (const it of [...valuesOf(keyFrame["s"]), ...valuesOf(keyFrame["e"])]) values.push(it);
  return values;
}
