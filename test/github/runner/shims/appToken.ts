import { mask } from "../jobState.ts";
import { notKnown } from "../notKnown.ts";
import { toApiNames } from "../world.ts";
import type { Shim } from "./shim.ts";

const PERMISSIONS = [
  "actions",
  "administration",
  "checks",
  "contents",
  "issues",
  "members",
  "metadata",
  "organization-administration",
  "pull-requests",
  "statuses",
  "workflows",
];

/** `actions/create-github-app-token`: a token of the App for this repository, with no more than it was installed with. */
export const appToken: Shim = {
  inputs: [
    "client-id",
    "app-id",
    "private-key",
    "owner",
    "repositories",
    "github-api-url",
    ...PERMISSIONS.map((it) => `permission-${it}`),
  ],
  async run({ state, inputs, place }) {
    const { app, github } = state.world;
    const key = inputs["private-key"] ?? "";
    if (app === null) throw new Error("there is no GitHub App here");
    if (key === "") throw new Error("[@octokit/auth-app] privateKey option is required");
    if (key !== app.privateKey || (inputs["client-id"] ?? inputs["app-id"]) !== app.clientId)
      throw new Error("A JSON web token could not be decoded");
    if (state.environment === null) throw notKnown(place, "the App's key in a job without an environment");
    if (
      (inputs["owner"] ?? github.owner) !== github.owner ||
      (inputs["repositories"] ?? github.repo) !== github.repo
    )
      throw notKnown(place, "tokens for other repositories");

    const asked = Object.entries(inputs).flatMap(([name, level]) => {
      if (!name.startsWith("permission-") || level === "") return [];
      if (level !== "read" && level !== "write") throw notKnown(place, `the level ${level}`);
      return [[name.slice("permission-".length), level] as const];
    });
    for (const [name, level] of asked)
      if (app.permissions[name] !== "write" && app.permissions[name] !== level)
        throw new Error(`The permissions requested are not granted to this installation: ${name}: ${level}`);
    const permissions = asked.length === 0 ? app.permissions : Object.fromEntries(asked);
    const token = github.token({
      login: `${app.slug}[bot]`,
      kind: "app",
      permissions: toApiNames(permissions),
    });
    mask(state, token);
    return { outputs: { token, "app-slug": app.slug, "installation-id": "1" } };
  },
};
