/**
 * The program of {@link drawWorker.ts}, by where the module lies that asks: beside it; for tests, which run the source, the compiled one; and
 * beside the single-file program the second file that src/main/bundle.mjs writes.
 */
export function drawWorkerFile(here: string = import.meta.url): URL {
  if (here.endsWith(".ts")) return new URL("../../../dist/bundle/render/drawWorker.js", here);
  return new URL(here.endsWith(".mjs") ? "draw.mjs" : "drawWorker.js", here);
}
