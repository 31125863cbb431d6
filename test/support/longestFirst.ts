import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * The test files that take longest, the longest first, as one run on two cores had them. The order alone matters, and a
 * wrong one costs no more than time.
 */
const LONGEST = [
  "e2e/life",
  "e2e/smoke",
  "e2e/hostilePulls",
  "e2e/doors",
  "e2e/nginx",
  "e2e/races",
  "e2e/varnish",
  "e2e/demo",
  "e2e/matrixOracle",
  "e2e/page",
  "e2e/s3",
  "e2e/room",
  "e2e/cli",
  "e2e/gateCommand",
  "e2e/action",
  "laws/publish",
  "e2e/watch",
  "e2e/collection",
  "e2e/runbook",
  "e2e/gate",
  "e2e/drill",
].map((name) => `test/${name}.`);

/**
 * Starts the longest files first, so that none of them runs alone at the end while the other workers have nothing left. Vitest
 * does so by itself only where it has run before: in a new clone it goes by the size of the files, and the longest are short.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification) => {
      const path = relative(this.ctx.config.root, moduleId);
      const place = LONGEST.findIndex((it) => path.startsWith(it));
      return place < 0 ? LONGEST.length : place;
    };
    // The sort is stable: the others keep the order that they have by default.
    return (await super.sort(files)).sort((a, b) => placeOf(a) - placeOf(b));
  }
}
