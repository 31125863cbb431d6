/** The repository's variable that says which App the workflows are. */
export const OWN_APP_VARIABLE = "GIFTWRAP_APP_ID";

/**
 * Which App writes what main requires. A ruleset knows an App by its number alone: `named` is one that is given otherwise, such as by
 * its client id. `none` is no App, and `unread` what this account may not see.
 */
export type OwnApp =
  | { readonly kind: "number"; readonly id: number }
  | { readonly kind: "named" | "none" | "unread" };

/** From the repository's variables; null stands for what may not be read. */
export function toOwnApp(variables: ReadonlyMap<string, string> | null): OwnApp {
  if (variables === null) return { kind: "unread" };
  const value = variables.get(OWN_APP_VARIABLE) ?? "";
  if (value === "") return { kind: "none" };
  return /^[1-9]\d{0,14}$/.test(value) ? { kind: "number", id: Number(value) } : { kind: "named" };
}
