import type { Preview } from "../../bundle/build.ts";
import type { Drawing } from "../../bundle/drawing.ts";
import { makePreviews } from "../../bundle/preview/makePreviews.ts";
import { CannotDraw } from "../../bundle/render/browser.ts";
import { CANVASKIT_VERSION } from "../../bundle/render/canvasKit.ts";
import type { Artwork, DrawingBrowser } from "../../bundle/render/frames.ts";
import { drawFullest } from "../../bundle/render/fullest.ts";
import { openFrames } from "../../bundle/render/openFrames.ts";
import { type BrowserHere, openDrawingBrowserHere } from "../drawingBrowser.ts";

export interface DrawingHere extends Drawing {
  makePreviews(artwork: Artwork): Promise<readonly Preview[]>;
  /** Ends the browser, if one was needed. */
  close(): Promise<void>;
}

/**
 * Drawing by what is on this machine; a browser is started for the first file that needs one.
 * @param tell hears once why there is none, and what to do
 */
export function openDrawing(variables: NodeJS.ProcessEnv, tell: (text: string) => void): DrawingHere {
  let opening: Promise<BrowserHere> | undefined;
  const open = async (): Promise<BrowserHere> => {
    const here = await openDrawingBrowserHere(variables);
    if (!here.browser) tell(`videos, PAG and AVIF cannot be drawn here: ${here.why}; fix: ${here.fix}`);
    return here;
  };
  const browserFor = async (artwork: Artwork): Promise<DrawingBrowser | null> => {
    if (artwork.kind === "folder" || artwork.media.drawnBy !== "browser") return null;
    opening ??= open();
    return (await opening).browser;
  };
  return {
    openFrames: async (artwork, longSide) =>
      nullIfNot(openFrames(artwork, longSide, await browserFor(artwork))),
    drawFullest: async (artwork, longSide) =>
      nullIfNot(drawFullest(artwork, longSide, await browserFor(artwork))),
    programs: async (artwork) => {
      const browser = await browserFor(artwork);
      if (browser) return { browser: browser.version };
      return isDrawnHere(artwork) ? { canvaskit: CANVASKIT_VERSION } : {};
    },
    makePreviews: async (artwork) => {
      const previews = await nullIfNot(makePreviews(artwork, await browserFor(artwork)));
      return previews
        ? (["sheet", "motion"] as const).map((role) => ({ role, mediaType: "image/webp", ...previews[role] }))
        : [];
    },
    close: async () => (await opening)?.browser?.close(),
  };
}

/** What a browser does not play it does not draw either: as good as no browser. */
async function nullIfNot<T>(drawing: Promise<T | null>): Promise<T | null> {
  try {
    return await drawing;
  } catch (error) {
    if (error instanceof CannotDraw) return null;
    throw error;
  }
}

/** By instructions; rows of pictures are only decoded, by the builder's image library. */
function isDrawnHere(artwork: Artwork): boolean {
  return artwork.kind === "file" && ["svga", "lottie", "dotlottie"].includes(artwork.media.format);
}
