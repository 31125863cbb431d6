import { findChromium as findIn } from "../../src/commands/smoke/chromium.ts";

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
  return findIn(process.env);
}
