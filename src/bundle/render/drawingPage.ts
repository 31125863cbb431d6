import type { AlphaLayout } from "../../player/video/layout.ts";
import type { Size } from "./frames.ts";

/** What the page is told of the file that lies at `/file`. */
export interface DrawingTask {
  readonly kind: "video" | "pag" | "pictures";
  readonly mediaType: string;
  /** As frames are asked for. */
  readonly size: Size;
  readonly count: number;
  readonly fps: number;
  /** Of a video. */
  readonly layout: AlphaLayout | null;
}

/** The part of the package `libpag` that draws; the page has it before. */
type PagInit = (options: { locateFile(name: string): string }) => Promise<{
  readonly PAGFile: { load(bytes: ArrayBuffer): Promise<object> };
  readonly PAGView: {
    init(file: object, canvas: HTMLCanvasElement, options: object): Promise<PagView | undefined>;
  };
}>;

interface PagView {
  setProgress(share: number): void;
  flush(): Promise<boolean>;
  makeSnapshot(): Promise<ImageBitmap>;
}

/**
 * Runs in the page, where nothing of this module is: it is sent as text. Opens the file and leaves `globalThis.drawFrame`, which gives
 * a frame as base64 of straight RGBA. What is refused is thrown as an Error in words.
 */
export async function openDrawing(task: DrawingTask): Promise<void> {
  const { size, count, fps, layout } = task;
  const sheet = (): OffscreenCanvasRenderingContext2D => {
    const context = new OffscreenCanvas(size.width, size.height).getContext("2d", {
      willReadFrequently: true,
    });
    if (!context) throw new Error("the browser has no canvas");
    context.imageSmoothingQuality = "high";
    return context;
  };
  const pixelsOf = (context: OffscreenCanvasRenderingContext2D): Uint8ClampedArray =>
    context.getImageData(0, 0, size.width, size.height).data;
  const toBase64 = (pixels: Uint8ClampedArray): string => {
    const pieces: string[] = [];
    for (let at = 0; at < pixels.length; at += 32_768)
      pieces.push(String.fromCharCode(...pixels.subarray(at, at + 32_768)));
    return btoa(pieces.join(""));
  };
  const fetchFile = async () => (await fetch("/file")).blob();

  const openVideo = async () => {
    const video = document.createElement("video");
    video.muted = true;
    video.preload = "auto";
    const event = (name: string) =>
      new Promise<void>((resolve, reject) => {
        const refuse = () => {
          const isUnknown = video.error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
          reject(
            new Error(
              isUnknown ? "it cannot play this codec, or the file is damaged" : "the file is damaged",
            ),
          );
        };
        video.addEventListener(name, () => resolve(), { once: true });
        video.addEventListener("error", refuse, { once: true });
      });
    const ready = event("loadeddata");
    video.src = URL.createObjectURL(new Blob([await fetchFile()], { type: task.mediaType }));
    await ready;
    const colour = sheet();
    const grey = sheet();
    /** A part of the decoded frame, whose size need not be what the rectangles are measured in. */
    const drawPart = (
      context: OffscreenCanvasRenderingContext2D,
      part: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
      whole: Size,
    ) => {
      const across = video.videoWidth / whole.width;
      const down = video.videoHeight / whole.height;
      context.clearRect(0, 0, size.width, size.height);
      context.drawImage(
        video,
        part.x * across,
        part.y * down,
        part.width * across,
        part.height * down,
        0,
        0,
        size.width,
        size.height,
      );
      return pixelsOf(context);
    };
    return async (at: number) => {
      if (!layout) throw new Error("a video has a layout");
      const time = Math.min((at + 0.5) / fps, Math.max(0, video.duration - 0.001));
      const sought = event("seeked");
      video.currentTime = time;
      await sought;
      const pixels = drawPart(colour, layout.colour, layout);
      if (layout.alpha.width === 0) return pixels;
      const opacity = drawPart(grey, layout.alpha, layout);
      for (let place = 0; place < pixels.length; place += 4) {
        const alpha = opacity[place + 1] ?? 0;
        pixels[place + 3] = alpha;
        // Over black the colour was multiplied already; a clamped array rounds and stops at 255.
        for (let part = place; part < place + 3 && !layout.isStraight; part++)
          pixels[part] = alpha === 0 ? 0 : ((pixels[part] ?? 0) * 255) / alpha;
      }
      return pixels;
    };
  };

  const openPictures = async () => {
    const decoder = new ImageDecoder({
      type: task.mediaType,
      data: await (await fetchFile()).arrayBuffer(),
      preferAnimation: true,
    });
    const context = sheet();
    return async (at: number) => {
      const { image } = await decoder.decode({ frameIndex: at });
      context.clearRect(0, 0, size.width, size.height);
      context.drawImage(image, 0, 0, size.width, size.height);
      image.close();
      return pixelsOf(context);
    };
  };

  const openPag = async () => {
    const begin: PagInit | undefined = Reflect.get(globalThis, "PAGInit");
    if (!begin) throw new Error("the package libpag is not installed here, which draws it");
    const library = await begin({ locateFile: (name: string) => `/libpag/${name}` });
    const file = await library.PAGFile.load(await (await fetchFile()).arrayBuffer());
    const canvas = document.createElement("canvas");
    canvas.width = size.width;
    canvas.height = size.height;
    const view = await library.PAGView.init(file, canvas, { useScale: false, firstFrame: false });
    if (!view) throw new Error("the browser has no WebGL for it");
    const context = sheet();
    return async (at: number) => {
      // A share of the duration: the middle of the frame.
      view.setProgress((at + 0.5) / count);
      await view.flush();
      const image = await view.makeSnapshot();
      context.clearRect(0, 0, size.width, size.height);
      context.drawImage(image, 0, 0, size.width, size.height);
      image.close();
      return pixelsOf(context);
    };
  };

  const open = { video: openVideo, pictures: openPictures, pag: openPag }[task.kind];
  const draw = await open();
  Object.assign(globalThis, { drawFrame: async (at: number) => toBase64(await draw(at)) });
}
