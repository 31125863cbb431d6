import { isRecord } from "../wire/isRecord.ts";
import { MediaError } from "./media.ts";
import { parseJson } from "./parseJson.ts";
import { quoteName } from "./quoteName.ts";

export type LottieJson = Readonly<Record<string, unknown>>;

export const EXPORT_LOTTIE_AS =
  "export it again as Lottie JSON, with Bodymovin 5 or a tool that writes the same";

/** The kinds of layers (`ty`) that anybody here asks for. */
export const LOTTIE_LAYER = { precomp: 0, image: 2, text: 5, audio: 6 } as const;

/** Compositions within compositions; artists stop at a few. */
const MAX_NESTING = 32;
/** A player makes every layer anew each time that its composition is shown. */
const MAX_LAYERS = 10_000;
/** How often the shapes of one layer may be drawn by repeaters. */
const MAX_COPIES = 1_000;
/** How often shapes may be drawn for one frame, over all layers as they are laid out: more takes a player seconds. */
const MAX_DRAWN = 20_000;

/** What the layers that are played come to. */
export interface LottieReach {
  /** Ids of the assets that some layer leads to, through compositions. */
  readonly assets: ReadonlySet<unknown>;
  /** Layers that are drawn through a canvas of their own: they have a mask or a matte. */
  readonly offScreen: number;
  readonly hasSound: boolean;
}

/**
 * A Lottie animation as its JSON says it. Source: Lottie Animation Format (Lottie Animation Community, lottie.github.io/lottie-spec) 1.0.
 * @throws MediaError when it is damaged, draws nothing, or is beyond what JSON of an animation can be
 */
export function parseLottie(bytes: Uint8Array): LottieJson {
  const movie = parseJson("Lottie", withoutMark(bytes));
  if (isRecord(movie) && isRecord(movie["skeleton"]) && "spine" in movie["skeleton"])
    throw new MediaError(
      "this is a part of a Spine animation, which is not supported",
      "render it in Spine (Export, PNG sequence) into a folder, or as a video with transparency",
    );
  if (!isRecord(movie) || !Array.isArray(movie["layers"]))
    throw new MediaError("this JSON is no Lottie animation: it has no layers", EXPORT_LOTTIE_AS);
  if (movie["layers"].length === 0)
    throw new MediaError("the Lottie draws nothing: its list of layers is empty", EXPORT_LOTTIE_AS);
  return movie;
}

/**
 * Follows the layers from the root through every composition that they show, as a player does.
 * @throws MediaError when a composition shows itself, or there is more than a player can be asked to draw
 */
export function followLayers(movie: LottieJson): LottieReach {
  const compositions = new Map<unknown, LottieJson>();
  for (const asset of assetsOf(movie))
    if (Array.isArray(asset["layers"]) && !compositions.has(asset["id"]))
      compositions.set(asset["id"], asset);
  const assets = new Set<unknown>();
  const sizes = new Map<LottieJson, Size>();
  const path: LottieJson[] = [];
  let offScreen = 0;
  let hasSound = false;

  const sizeOf = (composition: LottieJson): Size => {
    const known = sizes.get(composition);
    if (known !== undefined) return known;
    if (path.includes(composition)) throw endless([...path.slice(path.indexOf(composition)), composition]);
    path.push(composition);
    if (path.length > MAX_NESTING) throw tooDeep(path);
    const size = { layers: 0, drawn: 0 };
    for (const layer of objectsOf(composition["layers"])) {
      const copies = checkCopies(movie, layer);
      assets.add(layer["refId"]);
      if (isOffScreen(layer)) offScreen += 1;
      if (layer["ty"] === LOTTIE_LAYER.audio) hasSound = true;
      const shown = layer["ty"] === LOTTIE_LAYER.precomp ? compositions.get(layer["refId"]) : undefined;
      const within = shown ? sizeOf(shown) : NO_SIZE;
      size.layers += 1 + within.layers;
      size.drawn += copies + within.drawn;
    }
    path.pop();
    sizes.set(composition, size);
    return size;
  };
  const all = [movie, ...glyphs(movie, compositions, assets)].map(sizeOf);
  const layers = all.reduce((sum, it) => sum + it.layers, 0);
  const drawn = all.reduce((sum, it) => sum + it.drawn, 0);
  if (layers > MAX_LAYERS)
    throw new MediaError(
      `the Lottie comes to ${layers} layers when its compositions are laid out, at most ${MAX_LAYERS} are allowed`,
      "use fewer layers, or show a composition fewer times, then export it again",
    );
  if (drawn > MAX_DRAWN)
    throw new MediaError(
      `the repeaters of the Lottie draw its layers ${drawn} times in all, at most ${MAX_DRAWN} are allowed`,
      "lower the number of copies, or use fewer layers with repeaters, then export it again",
    );
  return { assets, offScreen, hasSound };
}

/** What a player makes of a composition. */
interface Size {
  readonly layers: number;
  /** How often it draws the shapes of a layer. */
  readonly drawn: number;
}

const NO_SIZE: Size = { layers: 0, drawn: 0 };

/** Characters that are compositions themselves (`t: 1`), as lottie-web draws them. */
function glyphs(
  movie: LottieJson,
  compositions: ReadonlyMap<unknown, LottieJson>,
  assets: Set<unknown>,
): LottieJson[] {
  return objectsOf(movie["chars"]).flatMap(({ t, data }) => {
    if (t !== 1 || !isRecord(data)) return [];
    assets.add(data["refId"]);
    const shown = compositions.get(data["refId"]);
    return shown ? [shown] : [];
  });
}

function isOffScreen({ masksProperties, tt }: LottieJson): boolean {
  return (Array.isArray(masksProperties) && masksProperties.length > 0) || (typeof tt === "number" && tt > 0);
}

/** How often the layer's shapes are drawn. */
function checkCopies(movie: LottieJson, layer: LottieJson): number {
  const copies = copiesIn(movie, layer["shapes"]);
  if (copies > MAX_COPIES)
    throw new MediaError(
      `the repeaters in the layer ${quoteName(textOf(layer["nm"]))} of the Lottie draw its shapes ${copies} times, at most ${MAX_COPIES} are allowed`,
      "lower the number of copies, then export it again",
    );
  return copies;
}

/** A repeater draws what stands beside it, groups with repeaters of their own as well. The JSON is not nested deeper than a stack. */
function copiesIn(movie: LottieJson, shapes: unknown): number {
  let own = 1;
  let within = 1;
  for (const shape of objectsOf(shapes)) {
    if (shape["ty"] === "rp") own *= Math.max(1, copiesOf(movie, shape["c"]));
    else within = Math.max(within, copiesIn(movie, shape["it"]));
  }
  return own * within;
}

/**
 * A property with a slot id takes its value from the movie's slots (lottie-spec 1.0, Slots), as CanvasKit does; whether other players do is
 * open, so the larger counts. A slot that is not there is for an app to fill, with whatever it likes.
 */
function copiesOf({ slots }: LottieJson, copies: unknown): number {
  const id = isRecord(copies) ? copies["sid"] : undefined;
  if (typeof id !== "string") return mostOf(copies);
  const slot = isRecord(slots) && Object.hasOwn(slots, id) ? slots[id] : undefined;
  return Math.max(mostOf(copies), isRecord(slot) && "p" in slot ? mostOf(slot["p"]) : MAX_COPIES);
}

/** The largest number that a property takes: its value `k`, or the values `s` and `e` of its key frames. */
function mostOf(property: unknown): number {
  const k = isRecord(property) ? property["k"] : property;
  const values = objectsOf(k).flatMap(({ s, e }) => [s, e]);
  let most = 0;
  for (const it of [k, ...values].flat()) if (typeof it === "number") most = Math.max(most, it);
  return most;
}

/** A name or an id as it is written; empty for none. */
export function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

export function assetsOf(movie: LottieJson): LottieJson[] {
  return objectsOf(movie["assets"]);
}

export function objectsOf(list: unknown): LottieJson[] {
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return hasMark ? bytes.subarray(3) : bytes;
}

function endless(chain: readonly LottieJson[]): MediaError {
  return new MediaError(
    `a composition in the Lottie shows itself without end: ${namesOf(chain)}`,
    "take the composition out of itself, then export it again",
  );
}

function tooDeep(chain: readonly LottieJson[]): MediaError {
  return new MediaError(
    `the Lottie has compositions within compositions, more than ${MAX_NESTING} deep: ${namesOf(chain.slice(0, 4))} …`,
    "put the layers of some compositions beside each other, then export it again",
  );
}

function namesOf(chain: readonly LottieJson[]): string {
  return chain.map(({ id, nm }) => quoteName(textOf(id) || textOf(nm) || "the Lottie itself")).join(" > ");
}
