import { type Json, numberOf, textOf, toList, toRecord } from "../../../formats/jsonValues.ts";
import { MAX_FRAMES } from "../../../formats/limits.ts";
import { parseJson } from "../../../formats/parseJson.ts";
import { parseSvgaArchive } from "../../../formats/svgaArchive.ts";
import { toLayout, toTransform } from "../../../formats/svgaSpecGeometry.ts";
import { readZip } from "../../../formats/zip.ts";
import { isRecord } from "../../../wire/isRecord.ts";
import {
  CAPS,
  checkCount,
  JOINS,
  keepingShapes,
  MAX_SHAPES,
  NO_STYLES,
  readSceneMessage,
} from "./readScene.ts";
import {
  type Colour,
  type SceneFrame,
  type SceneSprite,
  type Shape,
  type ShapeStyles,
  type SvgaScene,
} from "./scene.ts";

/**
 * What is drawn of an SVGA 1.x: of its `movie.binary`, which is the message of 2.x, or else of its `movie.spec`, the same as JSON. Source:
 * github.com/svga/SVGAPlayer-Android, entities/SVGAVideoSpriteFrameEntity.kt and SVGAVideoShapeEntity.kt, the constructors from JSON.
 * @throws MediaError when it is damaged, or holds more than an animation can use
 */
export async function readArchiveScene(bytes: Uint8Array): Promise<SvgaScene> {
  const { movie } = await parseSvgaArchive(bytes);
  const { width, height, images } = movie;
  const files = readZip("SVGA", bytes);
  const binary = files.get("movie.binary");
  if (binary) return { ...(await readSceneMessage(binary)), images };
  const spec = parseJson("SVGA's movie.spec", files.get("movie.spec") ?? new Uint8Array());
  const sprites = toList(isRecord(spec) ? spec["sprites"] : []).map(toSprite);
  return { width, height, images, sprites };
}

function toSprite(sprite: Json): SceneSprite {
  const frames = toList(sprite["frames"]);
  checkCount(frames.length, MAX_FRAMES, "frames in one sprite");
  const ownFrame = (at: number): SceneFrame | null => {
    const frame = frames[at];
    return frame ? toFrame(frame) : null;
  };
  return {
    imageKey: textOf(sprite["imageKey"]),
    matteKey: textOf(sprite["matteKey"]),
    frameAt: keepingShapes(ownFrame),
  };
}

function toFrame(frame: Json): SceneFrame {
  const shapes = toList(frame["shapes"]);
  checkCount(shapes.length, MAX_SHAPES, "shapes in one frame of a sprite");
  return {
    alpha: numberOf(frame["alpha"], 0),
    layout: toLayout(frame["layout"]),
    transform: toTransform(frame["transform"]),
    clipPath: textOf(frame["clipPath"]),
    shapes: shapes.map(toShape),
  };
}

function toShape(shape: Json): Shape {
  return {
    outline: toOutline(textOf(shape["type"]).toLowerCase(), toRecord(shape["args"])),
    styles: toStyles(toRecord(shape["styles"])),
    transform: toTransform(shape["transform"]),
  };
}

function toOutline(type: string, args: Json): Shape["outline"] {
  const number = (key: string) => numberOf(args[key], 0);
  const corner = { x: number("x"), y: number("y") };
  if (type === "keep") return { kind: "keep" };
  if (type === "rect") {
    const size = { width: number("width"), height: number("height") };
    return { kind: "rectangle", ...corner, ...size, cornerRadius: number("cornerRadius") };
  }
  if (type === "ellipse")
    return { kind: "ellipse", ...corner, radiusX: number("radiusX"), radiusY: number("radiusY") };
  return { kind: "path", d: textOf(args["d"]) };
}

function toStyles(styles: Json): ShapeStyles {
  const dash: readonly unknown[] = Array.isArray(styles["lineDash"]) ? styles["lineDash"] : [];
  return {
    fill: toColour(styles["fill"]),
    stroke: toColour(styles["stroke"]),
    strokeWidth: numberOf(styles["strokeWidth"], 0),
    lineCap: CAPS.find((it) => it === styles["lineCap"]) ?? NO_STYLES.lineCap,
    lineJoin: JOINS.find((it) => it === styles["lineJoin"]) ?? NO_STYLES.lineJoin,
    miterLimit: numberOf(styles["miterLimit"], 0),
    dash: [numberOf(dash[0], 0), numberOf(dash[1], 0), numberOf(dash[2], 0)],
  };
}

function toColour(value: unknown): Colour | null {
  if (!Array.isArray(value) || value.length !== 4) return null;
  const [r = 0, g = 0, b = 0, a = 0] = value.map((it) => numberOf(it, 0));
  return { r, g, b, a };
}
