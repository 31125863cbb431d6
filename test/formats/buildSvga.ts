import { deflateSync } from "node:zlib";
import protobuf from "protobufjs";

/** As in github.com/svga/SVGAPlayer-Android, library/proto/svga.proto, without clip paths and vector shapes. */
const SCHEMA = protobuf.parse(`
  syntax = "proto3";
  message MovieParams { float viewBoxWidth = 1; float viewBoxHeight = 2; int32 fps = 3; int32 frames = 4; }
  message Layout { float x = 1; float y = 2; float width = 3; float height = 4; }
  message FrameEntity { float alpha = 1; Layout layout = 2; }
  message SpriteEntity { string imageKey = 1; repeated FrameEntity frames = 2; string matteKey = 3; }
  message AudioEntity { string audioKey = 1; int32 startFrame = 2; int32 endFrame = 3; }
  message MovieEntity {
    string version = 1;
    MovieParams params = 2;
    map<string, bytes> images = 3;
    repeated SpriteEntity sprites = 4;
    repeated AudioEntity audios = 5;
  }`).root;

export interface SvgaParts {
  readonly version: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: number;
  readonly images: Readonly<Record<string, Uint8Array>>;
  readonly sprites: readonly { readonly imageKey: string; readonly frames: number }[];
  readonly sounds: readonly string[];
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
      sprites: sprites.map(({ imageKey, frames }) => ({
        imageKey,
        frames: Array.from({ length: frames }, () => ({ alpha: 1, layout: { width: 10, height: 10 } })),
      })),
      audios: movie.sounds.map((audioKey) => ({ audioKey, endFrame: 10 })),
    }),
  );
  return deflateSync(message.finish());
}
