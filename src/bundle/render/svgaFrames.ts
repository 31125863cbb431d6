import { isZip } from "../../formats/zip.ts";
import { loadCanvasKit, openSheet } from "./canvasKit.ts";
import type { Frames, Size } from "./frames.ts";
import { drawScene } from "./svga/drawScene.ts";
import { ImageShelf } from "./svga/imageShelf.ts";
import { readArchiveScene } from "./svga/readArchiveScene.ts";
import { readScene } from "./svga/readScene.ts";

/** Draws SVGA, 1.x and 2.x. @throws MediaError when it is damaged */
export async function svgaFrames(bytes: Uint8Array, count: number, fps: number, size: Size): Promise<Frames> {
  const scene = isZip(bytes) ? await readArchiveScene(bytes) : await readScene(bytes);
  const kit = await loadCanvasKit();
  const sheet = openSheet(kit, size, "SVGA");
  const images = new ImageShelf(kit, scene.images);
  return {
    ...size,
    count,
    fps,
    draw: async (at) =>
      sheet.draw((canvas) => {
        canvas.scale(size.width / scene.width, size.height / scene.height);
        drawScene(kit, canvas, scene, at, images);
      }),
    async close() {
      images.free();
      sheet.free();
    },
  };
}
