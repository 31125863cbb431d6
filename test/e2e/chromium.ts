import { accessSync, constants } from "node:fs";

/** Debian's package has the program itself in /usr/lib; /usr/bin holds a script around it. */
const PLACES = [process.env["CHROMIUM"], "/usr/lib/chromium/chromium", "/usr/bin/chromium"];

export const CHROMIUM_ARGUMENTS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The installed browser, or null. */
export function findChromium(): string | null {
  return PLACES.find((path) => path !== undefined && isExecutable(path)) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
