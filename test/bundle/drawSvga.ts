import { deflateSync } from "node:zlib";
import protobuf from "protobufjs";
import sharp from "sharp";

/** As in github.com/svga/SVGAPlayer-Android, library/proto/svga.proto, with an unknown field in frames. */
const SCHEMA = protobuf.parse(`
  syntax = "proto3";
  message MovieParams { float viewBoxWidth = 1; float viewBoxHeight = 2; int32 fps = 3; int32 frames = 4; }
  message Layout { float x = 1; float y = 2; float width = 3; float height = 4; }
  message Transform { float a = 1; float b = 2; float c = 3; float d = 4; float tx = 5; float ty = 6; }
  message FrameEntity { float alpha = 1; Layout layout = 2; Transform transform = 3; string clipPath = 4; int32 unknown = 99; }
  message SpriteEntity { string imageKey = 1; repeated FrameEntity frames = 2; string matteKey = 3; }
  message AudioEntity { string audioKey = 1; int32 startFrame = 2; int32 endFrame = 3; }
  message MovieEntity {
    string version = 1;
    MovieParams params = 2;
    map<string, bytes> images = 3;
    repeated SpriteEntity sprites = 4;
    repeated AudioEntity audios = 5;
  }`).root;

export interface DrawnFrame {
  readonly alpha?: number;
  readonly layout?: { readonly width: number; readonly height: number; readonly x?: number };
  /** `a b c d tx ty`, as readers of the format name them. */
  readonly transform?: readonly number[];
  readonly clipPath?: string;
}

export interface DrawnSvga {
  readonly width?: number;
  readonly height?: number;
  readonly fps?: number;
  readonly images: Readonly<Record<string, Uint8Array>>;
  /** The frames of each sprite, by the key of the image that it draws. */
  readonly sprites: Readonly<Record<string, readonly DrawnFrame[]>>;
  readonly sounds?: readonly string[];
}

/** An SVGA 2.x whose sprites stand and turn as told; by default 400 x 300 pixels at 20 frames per second. */
export function drawSvga({
  width = 400,
  height = 300,
  fps = 20,
  images,
  sprites,
  sounds = [],
}: DrawnSvga): Buffer {
  const type = SCHEMA.lookupType("MovieEntity");
  const frames = Math.max(...Object.values(sprites).map((it) => it.length));
  const message = type.encode(
    type.create({
      version: "2.0.0",
      params: { viewBoxWidth: width, viewBoxHeight: height, fps, frames },
      images,
      sprites: Object.entries(sprites).map(([imageKey, its]) => ({
        imageKey,
        frames: its.map(({ alpha = 1, layout, transform, clipPath }) => ({
          alpha,
          unknown: 7,
          ...(layout && { layout }),
          ...(transform && {
            transform: Object.fromEntries(
              transform.map((it, at) => ["abcd"[at] ?? ["tx", "ty"][at - 4], it]),
            ),
          }),
          ...(clipPath !== undefined && { clipPath }),
        })),
      })),
      audios: sounds.map((audioKey) => ({ audioKey, endFrame: frames })),
    }),
  );
  return deflateSync(message.finish());
}

export interface ReadSvga {
  readonly images: Readonly<Record<string, Uint8Array>>;
  /** Each as it is written. */
  readonly sprites: readonly string[];
  readonly frames: readonly {
    readonly key: string;
    readonly layout: Box | null;
    readonly transform: readonly number[];
  }[];
}

interface Box {
  readonly width: number;
  readonly height: number;
}

interface DecodedSprite {
  readonly imageKey: string;
  readonly frames?: readonly {
    readonly layout?: Partial<Box>;
    readonly transform?: Partial<Record<"a" | "b" | "c" | "d" | "tx" | "ty", number>>;
  }[];
}

/** Reads a message with the official schema, and not with what is tested. */
export function decodeSvga(message: Uint8Array): ReadSvga {
  const type = SCHEMA.lookupType("MovieEntity");
  const sprite = SCHEMA.lookupType("SpriteEntity");
  const movie = type.toObject(type.decode(message));
  const images: Record<string, Uint8Array> = movie["images"] ?? {};
  const sprites: DecodedSprite[] = movie["sprites"] ?? [];
  return {
    images,
    sprites: sprites.map((it) => Buffer.from(sprite.encode(sprite.fromObject(it)).finish()).toString("hex")),
    frames: sprites.flatMap(({ imageKey: key, frames = [] }) =>
      frames.map(({ layout, transform = { a: 1, d: 1 } }) => {
        const { a = 0, b = 0, c = 0, d = 0, tx = 0, ty = 0 } = transform;
        const { width = 0, height = 0 } = layout ?? {};
        return { key, layout: layout ? { width, height } : null, transform: [a, b, c, d, tx, ty] };
      }),
    ),
  };
}

/** A picture with a rectangle in it, clear everywhere else; with a `palette`, of few colours. */
export async function drawPng(
  width: number,
  height: number,
  box = { left: 0, top: 0, width, height },
  palette = false,
): Promise<Buffer> {
  const gradient = `<svg xmlns="http://www.w3.org/2000/svg" width="${box.width}" height="${box.height}"><defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="#f40"/><stop offset="1" stop-color="#04f"/></linearGradient></defs><rect width="${box.width}" height="${box.height}" fill="url(#g)"/></svg>`;
  return sharp({ create: { width, height, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
    .composite([{ input: Buffer.from(gradient), left: box.left, top: box.top }])
    .png({ palette })
    .toBuffer();
}
