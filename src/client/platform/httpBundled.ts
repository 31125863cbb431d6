import type { ReadBundled } from "../ports.ts";
import { httpFetch, type HttpFetchOptions } from "./httpFetch.ts";

const MAX_BYTES = 64_000_000;

/** What `giftwrap export-app` wrote, read from where a web app serves its own files. */
export function httpBundled(options: Omit<HttpFetchOptions, "sendEtag">): ReadBundled {
  const fetch = httpFetch(options);
  return async (name) => {
    const result = await fetch(name, { maxBytes: MAX_BYTES });
    return result.kind === "body" ? result.bytes : null;
  };
}
