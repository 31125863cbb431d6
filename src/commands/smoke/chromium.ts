import { accessSync, constants } from "node:fs";

/** Debian's package has the program itself in /usr/lib; /usr/bin holds a script around it. */
const PLACES = ["/usr/lib/chromium/chromium", "/usr/bin/chromium"];

const ARGUMENTS: readonly string[] = [
  "--headless=new",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Nothing outside of this machine is ever reached, whatever a gift asks for.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
  // One renderer for one page, so that its memory is the page's.
  "--disable-features=SpareRendererForSitePerProcess",
];

/** What plays in it is hostile until proven otherwise, so it keeps its sandbox, which Chromium does not have for root alone. */
export function chromiumArguments(isRoot: boolean): readonly string[] {
  return isRoot ? [...ARGUMENTS, "--no-sandbox"] : ARGUMENTS;
}

const NEEDED = /^(PATH|HOME|TMPDIR|LANG|LC_ALL|FONTCONFIG_.*)$/;

/** What it may know of our environment, which holds signing keys where this runs: what it needs to start, and nothing else. */
export function chromiumEnvironment(variables: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) =>
      NEEDED.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}

/** Where Chromium is, or null. With the variable CHROMIUM it is there or nowhere. */
export function findChromium({ CHROMIUM }: NodeJS.ProcessEnv): string | null {
  return (CHROMIUM ? [CHROMIUM] : PLACES).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
