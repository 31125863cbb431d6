import type { LoadedFile } from "../client/load/loader.ts";

/** An address within this page for bytes that were verified; revoke it when they are no longer shown. */
export function blobUrl({ content, mediaType }: LoadedFile): string {
  // A Blob takes no view on shared memory; a copy is never one.
  return URL.createObjectURL(new Blob([new Uint8Array(content)], { type: mediaType }));
}
