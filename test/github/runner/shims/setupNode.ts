import { notKnown } from "../notKnown.ts";
import type { Shim } from "./shim.ts";

/** Steps run on the Node that runs the tests: what is asked for is read, and not fetched. */
export const setupNode: Shim = {
  inputs: ["node-version", "node-version-file", "package-manager-cache"],
  async run({ inputs, place, print }) {
    const version = inputs["node-version"] ?? inputs["node-version-file"];
    if (version === undefined || version === "") throw notKnown(place, "a Node that no version is asked of");
    print(`Node ${process.version} instead of ${version}`);
    return { outputs: { "node-version": process.version } };
  },
};
