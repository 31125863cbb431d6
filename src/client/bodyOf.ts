import { ClientError } from "./error.ts";
import type { FetchResult } from "./ports.ts";

/** What a file that must be there was answered with. @throws ClientError `missing` */
export function bodyOf(result: FetchResult, key: string): FetchResult & { readonly kind: "body" } {
  if (result.kind !== "body") throw new ClientError("missing", `${key} is not there`);
  return result;
}
