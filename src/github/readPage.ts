import { GiftError } from "../report/error.ts";

interface Page {
  readonly headers: { readonly link?: string | undefined };
  readonly data: readonly unknown[];
}

/**
 * What one page of a list holds, where it is followed to the end: a page that speaks of a next one and is empty is no end.
 * @throws GiftError `GITHUB_FAILED`
 */
export function readPage<T extends Page>({ headers, data }: T): T["data"] {
  if (data.length === 0 && headers.link?.includes('rel="next"'))
    throw toTruncated("an empty page, and says that there is more");
  return data;
}

/** @throws GiftError `GITHUB_FAILED` where a list that says how long it is gave less */
export function checkTotal(total: number, given: number): void {
  if (given < total) throw toTruncated(`${given} of the ${total} that it says there are`);
}

function toTruncated(what: string): GiftError {
  return new GiftError(
    "GITHUB_FAILED",
    `GitHub did not give a whole list: ${what}`,
    "run this again; if it stays so, look at githubstatus.com",
  );
}
