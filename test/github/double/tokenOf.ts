import type { GitHubState, Token } from "./state.ts";

/** The token of a request: `token X`, `bearer X`, or the password of `basic`. Null without one, and for one that GitHub does not know. */
export function tokenOf(state: GitHubState, authorization: string | undefined): Token | null {
  const [scheme = "", text = ""] = (authorization ?? "").split(" ");
  const value =
    scheme.toLowerCase() === "basic"
      ? Buffer.from(text, "base64")
          .toString()
          .replace(/^[^:]*:/, "")
      : text;
  return state.tokens.get(value) ?? null;
}
