import type { Loaded, LoadedFile } from "../../client/load/loader.ts";
import { playerFor } from "../player.ts";

/** Shows what was loaded in an empty element, and gives what ends it; the app's own default shows nothing. Rejects as players do. */
export async function show(into: HTMLElement, { files }: Loaded): Promise<() => void> {
  const file = files.find(isSeen);
  return file ? playerFor(file)(into, file, true) : () => {};
}

function isSeen({ role }: LoadedFile): boolean {
  return role !== "sound";
}
