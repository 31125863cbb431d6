import { bucketVectors } from "./bucket.ts";
import { canonicalJsonVectors } from "./canonicalJson.ts";
import { catalogVectors } from "./catalogs.ts";
import { deltaVectors } from "./deltas.ts";
import { overrideVectors } from "./overrides.ts";
import { resolveVectors } from "./resolve.ts";
import { traceVectors } from "./traces.ts";
import { trialVectors } from "./trial.ts";
import { utf8Vectors } from "./utf8.ts";
import type { VectorFile } from "./vectorFile.ts";
import { versionVectors } from "./versions.ts";

/** Every file of vectors and what makes it, from this project's own code. What stands in a case by hand is compared on the way. */
export const VECTORS: Readonly<Record<string, () => VectorFile | Promise<VectorFile>>> = {
  "canonical-json.json": canonicalJsonVectors,
  "utf8.json": utf8Vectors,
  "bucket.json": bucketVectors,
  "versions.json": versionVectors,
  "catalogs.json": catalogVectors,
  "overrides.json": overrideVectors,
  "resolve.json": resolveVectors,
  "trial.json": trialVectors,
  "deltas.json": deltaVectors,
  "traces.json": traceVectors,
};
