import { GiftError } from "../report/error.ts";

/**
 * Gives the key back when every driver can keep it: letters, digits, dots, dashes, underscores and slashes, and no part that
 * is empty or begins with a dot.
 * @throws GiftError `KEY_REFUSED`
 */
export function checkKey(key: string): string {
  if (isKey(key)) return key;
  throw new GiftError(
    "KEY_REFUSED",
    `"${key}" cannot be a key of the store`,
    "use letters, digits, dots, dashes and slashes",
  );
}

export function isKey(text: string): boolean {
  return (
    /^[A-Za-z0-9._/-]+$/.test(text) && !text.split("/").some((part) => part === "" || part.startsWith("."))
  );
}
