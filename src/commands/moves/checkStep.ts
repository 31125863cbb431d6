import { giftOfPath } from "../../model/paths.ts";
import type { Finding } from "../../report/finding.ts";
import { checkOutData } from "../../source/checkOutData.ts";
import { makeCommit } from "../../source/proposeCommit.ts";
import type { Io } from "../command.ts";
import { validate } from "../validate.ts";

/** One file as it would be on top of a commit. */
export interface Step {
  readonly tip: string;
  readonly path: string;
  readonly text: string;
}

/**
 * What the rules refuse about it, for its gift and for everything; what is checked out here stays as it is.
 * @throws GiftError `GIT_FAILED`, and those of `validate`
 */
export async function checkStep(io: Io, { tip, path, text }: Step): Promise<readonly Finding[]> {
  const seconds = Math.floor(io.now() / 1000);
  const commit = await makeCommit(io.root, { base: tip, path, text, message: "To be checked\n", seconds });
  const checkout = await checkOutData(io.root, commit);
  try {
    const { findings } = await validate({ ...io, root: checkout.root }, tip, io.root);
    const gift = giftOfPath(path);
    return findings.filter((it) => it.severity === "error" && (it.gift === undefined || it.gift === gift));
  } finally {
    await checkout.remove();
  }
}
