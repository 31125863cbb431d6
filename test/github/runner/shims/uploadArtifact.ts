import { join } from "node:path";
import { notKnown } from "../notKnown.ts";
import type { Shim } from "./shim.ts";

const NOTHING = ["warn", "error", "ignore"];

/** `actions/upload-artifact`: plain paths, one a line. */
export const uploadArtifact: Shim = {
  inputs: [
    "name",
    "path",
    "if-no-files-found",
    "retention-days",
    "include-hidden-files",
    "compression-level",
  ],
  async run({ state, inputs, place, print }) {
    const name = inputs["name"] ?? "artifact";
    const paths = (inputs["path"] ?? "")
      .split("\n")
      .map((it) => it.trim())
      .filter((it) => it !== "");
    if (paths.length === 0) throw new Error("Input required and not supplied: path");
    const pattern = paths.find((it) => /[*?[!]/.test(it));
    if (pattern !== undefined) throw notKnown(place, `the pattern ${pattern}`);
    const forNothing = inputs["if-no-files-found"] ?? "warn";
    if (!NOTHING.includes(forNothing)) throw notKnown(place, `if-no-files-found: ${forNothing}`);

    const withHidden = inputs["include-hidden-files"] === "true";
    const absolute = paths.map((it) => (it.startsWith("/") ? it : join(state.workspace, it)));
    const count = await state.attempt.artifacts.keep(name, absolute, withHidden);
    const nothing = `No files were found with the provided path: ${paths.join(", ")}. No artifacts will be uploaded.`;
    if (count === 0 && forNothing === "error") throw new Error(nothing);
    print(count === 0 ? nothing : `Artifact ${name} has ${count} file${count === 1 ? "" : "s"}`);
    return count === 0 ? {} : { outputs: { "artifact-id": String(state.attempt.id) } };
  },
};
