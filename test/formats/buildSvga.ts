import { deflateSync } from "node:zlib";
import protobuf from "protobufjs";

/** As in github.com/svga/SVGAPlayer-Android, library/proto/svga.proto, without clip paths and vector shapes. */
const SCHEMA = protobuf.parse(`
  syntax = "proto3";
  message MovieParams { float viewBoxWidth = 1; float viewBoxHeight = 2; int32 fps = 3; int32 frames = 4; }
  message Layout { float x = 1; float y = 2; float width = 3; float height = 4; }
  message Transform { float a = 1; float b = 2; float c = 3; float d = 4; float tx = 5; float ty = 6; }
  message FrameEntity { float alpha = 1; Layout layout = 2; Transform transform = 3; string clipPath = 4; }
  message SpriteEntity { string imageKey = 1; repeated FrameEntity frames = 2; string matteKey = 3; }
  message AudioEntity { string audioKey = 1; int32 startFrame = 2; int32 endFrame = 3; int32 totalTime = 5; }
  message MovieEntity {
    string version = 1;
    MovieParams params = 2;
    map<string, bytes> images = 3;
    repeated SpriteEntity sprites = 4;
    repeated AudioEntity audios = 5;
  }`).root;

const SQUARE = { alpha: 1, layout: { width: 10, height: 10 } };

export interface SvgaParts {
  readonly version: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: number;
  readonly images: Readonly<Record<string, Uint8Array>>;
  readonly sprites: readonly SpriteParts[];
  /** The key of a sound, or its audio entry. */
  readonly sounds: readonly (string | Readonly<Record<string, string | number>>)[];
}

export interface SpriteParts {
  readonly imageKey: string;
  readonly frames: number;
  readonly matteKey?: string;
  /** Fields of the first frame, instead of a solid square of 10 x 10. */
  readonly first?: object;
}

/** By default 300 x 200 pixels, 40 frames at 20 per second, drawn by one sprite without an image. */
export function buildSvga(parts: Partial<SvgaParts> = {}): Buffer {
  const movie = {
    version: "2.0.0",
    width: 300,
    height: 200,
    fps: 20,
    frames: 40,
    images: {},
    sounds: [],
    ...parts,
  };
  const sprites = parts.sprites ?? [{ imageKey: "body", frames: movie.frames }];
  const type = SCHEMA.lookupType("MovieEntity");
  const message = type.encode(
    type.create({
      version: movie.version,
      params: {
        viewBoxWidth: movie.width,
        viewBoxHeight: movie.height,
        fps: movie.fps,
        frames: movie.frames,
      },
      images: movie.images,
      sprites: sprites.map(({ imageKey, frames, matteKey = "", first = SQUARE }) => ({
        imageKey,
        matteKey,
        frames: Array.from({ length: frames }, (_, at) => (at === 0 ? first : SQUARE)),
      })),
      audios: movie.sounds.map((it) => (typeof it === "string" ? { audioKey: it, endFrame: 10 } : it)),
    }),
  );
  return deflateSync(message.finish());
}
