import { openDrawingBrowser } from "../bundle/render/browser.ts";
import type { DrawingBrowser } from "../bundle/render/frames.ts";
import { chromiumArguments, chromiumEnvironment, findChromium } from "./smoke/chromium.ts";

/** A browser for what only one can draw; null where none is installed, or `playwright-core` is not. The caller closes it. */
export async function openDrawingBrowserHere(variables: NodeJS.ProcessEnv): Promise<DrawingBrowser | null> {
  const executablePath = findChromium(variables);
  if (!executablePath) return null;
  try {
    return await openDrawingBrowser({
      executablePath,
      arguments: chromiumArguments(process.getuid?.() === 0),
      environment: chromiumEnvironment(variables),
    });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND") return null;
    throw error;
  }
}
