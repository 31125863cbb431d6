import { openDrawingBrowser } from "../bundle/render/browser.ts";
import type { DrawingBrowser } from "../bundle/render/frames.ts";
import { chromiumArguments, chromiumEnvironment, findChromium } from "./smoke/chromium.ts";

/** A browser for what only one can draw, which the caller closes; or why there is none, and what to do about it. */
export type BrowserHere =
  | { readonly browser: DrawingBrowser }
  | { readonly browser: null; readonly why: string; readonly fix: string };

export async function openDrawingBrowserHere(variables: NodeJS.ProcessEnv): Promise<BrowserHere> {
  const executablePath = findChromium(variables);
  if (!executablePath)
    return {
      browser: null,
      why: "there is no Chromium",
      fix: "install Chromium and run this again, or name its program in the variable CHROMIUM",
    };
  try {
    const browser = await openDrawingBrowser({
      executablePath,
      arguments: chromiumArguments(process.getuid?.() === 0),
      environment: chromiumEnvironment(variables),
    });
    return { browser };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")
      return {
        browser: null,
        why: "playwright-core is not installed",
        fix: "run npm install playwright-core, then this again",
      };
    return {
      browser: null,
      why: `Chromium does not start: ${whyOf(error)}`,
      fix: `start ${executablePath} yourself to see what it lacks, or name another in the variable CHROMIUM`,
    };
  }
}

/** What Chromium said itself, or how it ended; both are in the log behind the first line. */
function whyOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const code = /process did exit: exitCode=(\d+)/.exec(text)?.[1];
  return (
    /\[err\] (.+)/.exec(text)?.[1] ??
    (code ? `it ended at once with exit code ${code}` : (text.split("\n")[0] ?? ""))
  ).trim();
}
