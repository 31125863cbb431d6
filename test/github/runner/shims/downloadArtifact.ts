import { cp, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isMatch } from "../triggers.ts";
import type { Shim } from "./shim.ts";

/** `actions/download-artifact`: of this run, or of another by `run-id` with a token and `actions: read`. */
export const downloadArtifact: Shim = {
  inputs: ["name", "pattern", "path", "merge-multiple", "run-id", "github-token"],
  async run({ state, inputs, print }) {
    const run = inputs["run-id"] ?? "";
    const isOther = run !== "" && run !== String(state.attempt.id);
    if (isOther && (inputs["github-token"] ?? "") === "")
      throw new Error("github-token is needed for the artifacts of another run");
    if (isOther && !("actions" in state.permissions))
      throw new Error("Unable to download artifact(s): Resource not accessible by integration");
    const artifacts = isOther ? state.world.artifactsOf(Number(run)) : state.attempt.artifacts;
    const target = resolve(state.workspace, inputs["path"] ?? ".");
    const name = inputs["name"] ?? "";
    if (name !== "") {
      const folder = artifacts?.folderOf(name) ?? null;
      if (folder === null)
        throw new Error(`Unable to download artifact(s): Artifact not found for name: ${name}`);
      await mkdir(target, { recursive: true });
      await cp(folder, target, { recursive: true });
      print(`Artifact ${name} is in ${target}`);
      return { outputs: { "download-path": target } };
    }
    const pattern = inputs["pattern"] ?? "**";
    for (const each of artifacts?.names ?? []) {
      const folder = artifacts?.folderOf(each) ?? null;
      if (folder === null || !isMatch([pattern], each)) continue;
      const place = inputs["merge-multiple"] === "true" ? target : join(target, each);
      await mkdir(place, { recursive: true });
      await cp(folder, place, { recursive: true });
      print(`Artifact ${each} is in ${place}`);
    }
    return { outputs: { "download-path": target } };
  },
};
