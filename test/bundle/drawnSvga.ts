import { deflateSync } from "node:zlib";
import protobuf from "protobufjs";

/** As in github.com/svga/SVGA-Format, proto/svga.proto, with `matteKey` of github.com/svga/SVGAPlayer-Android. */
const SCHEMA = protobuf.parse(`
  syntax = "proto3";
  message MovieParams { float viewBoxWidth = 1; float viewBoxHeight = 2; int32 fps = 3; int32 frames = 4; }
  message Layout { float x = 1; float y = 2; float width = 3; float height = 4; }
  message Transform { float a = 1; float b = 2; float c = 3; float d = 4; float tx = 5; float ty = 6; }
  message ShapeArgs { string d = 1; }
  message RectArgs { float x = 1; float y = 2; float width = 3; float height = 4; float cornerRadius = 5; }
  message EllipseArgs { float x = 1; float y = 2; float radiusX = 3; float radiusY = 4; }
  message RGBAColor { float r = 1; float g = 2; float b = 3; float a = 4; }
  message ShapeStyle {
    RGBAColor fill = 1; RGBAColor stroke = 2; float strokeWidth = 3; int32 lineCap = 4; int32 lineJoin = 5; float miterLimit = 6;
    float lineDashI = 7; float lineDashII = 8; float lineDashIII = 9;
  }
  message ShapeEntity {
    int32 type = 1; ShapeArgs shape = 2; RectArgs rect = 3; EllipseArgs ellipse = 4; ShapeStyle styles = 10; Transform transform = 11;
  }
  message FrameEntity { float alpha = 1; Layout layout = 2; Transform transform = 3; string clipPath = 4; repeated ShapeEntity shapes = 5; }
  message SpriteEntity { string imageKey = 1; repeated FrameEntity frames = 2; string matteKey = 3; }
  message MovieEntity { string version = 1; MovieParams params = 2; map<string, bytes> images = 3; repeated SpriteEntity sprites = 4; }`).root;

export interface DrawnSprite {
  readonly imageKey: string;
  readonly matteKey?: string;
  readonly frames: readonly Readonly<Record<string, unknown>>[];
}

/** An SVGA of 40 x 40 pixels that is drawn as its sprites say; every frame has an opacity of its own. */
export function drawnSvga(
  sprites: readonly DrawnSprite[],
  images: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array {
  const type = SCHEMA.lookupType("MovieEntity");
  const params = { viewBoxWidth: 40, viewBoxHeight: 40, fps: 10, frames: sprites[0]?.frames.length ?? 1 };
  return deflateSync(type.encode(type.fromObject({ version: "2.0.0", params, images, sprites })).finish());
}
