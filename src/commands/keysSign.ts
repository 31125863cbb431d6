import { basename, dirname, join } from "node:path";
import { rename, writeFile } from "node:fs/promises";
import { draftRootPath } from "../model/paths.ts";
import { GiftError, UsageError } from "../report/error.ts";
import { shortKeyId } from "../trust/keys.ts";
import { addSignatures, mergeSignatures, parseRoot, tallySignatures, writeRoot } from "../trust/rootFile.ts";
import { canonicalJson, type Envelope, type Root } from "../wire/metadata.ts";
import { type Command, ENVIRONMENT_OPTION, EXIT, type Exit, type Io } from "./command.ts";
import { ROOT_KEY_OPTION } from "./keysRotate.ts";
import { readRootFiles, readRootKeys, readText, writeDraft } from "./rootFiles.ts";
import { outcomeToLines, rootToLines, talliesToLines } from "./rootText.ts";

export const command: Command = {
  summary: "sign the draft of the next root with the root keys of this machine",
  usage: "--env NAME [FILE ...] | FILE --key FILE",
  example: "giftwrap keys sign production.root.next.json --key root-2.pem",
  options: {
    env: {
      ...ENVIRONMENT_OPTION,
      help: "the environment whose draft to sign; files are signed copies of it",
    },
    key: ROOT_KEY_OPTION,
  },
  run: async (args, io) => {
    const name = args.text("env");
    if (name !== undefined) return signDraft(io, name, args.words, args.texts("key"));
    const [path, ...more] = args.words;
    if (path === undefined || more.length > 0)
      throw new UsageError("name the draft to sign as one file, or its environment with --env");
    return signFile(io, path, args.texts("key"));
  },
};

/** In the repository: with the keys at hand and the signatures of copies that came back. Enough of them make it the root. */
async function signDraft(
  io: Io,
  name: string,
  copies: readonly string[],
  keys: readonly string[],
): Promise<Exit> {
  const files = await readRootFiles(io, name);
  if (!files.draft)
    throw new GiftError(
      "DRAFT_MISSING",
      `${draftRootPath(name)} is not there: root ${files.root.signed.version} of ${name} has no successor to sign`,
      `draft one with npx giftwrap keys rotate --env ${name}, or fetch the branch that has it`,
    );
  const { signed } = files.draft;
  let draft = files.draft;
  for (const path of copies) {
    const copy = parseRoot(path, new TextEncoder().encode(await readText(io, path)));
    if (canonicalJson(copy.signed) !== canonicalJson(signed))
      throw new GiftError(
        "DRAFT_DIFFERS",
        `${path} is signed, but is not the draft in ${draftRootPath(name)}`,
        "have that very file signed; whoever changed it makes all signatures void",
      );
    draft = mergeSignatures(draft, copy.signatures);
  }
  io.line(`root ${signed.version} of ${name}:`);
  for (const line of rootToLines(signed, files.root.signed)) io.line(line);
  const next = await signWith(io, draft, files.root.signed, name, keys);
  for (const line of outcomeToLines(name, signed, await writeDraft(io, name, files, next))) io.line(line);
  return EXIT.ok;
}

/** Anywhere, without git, store or network: all that is needed is the file and a key. */
async function signFile(io: Io, path: string, keys: readonly string[]): Promise<Exit> {
  const draft = parseRoot(path, new TextEncoder().encode(await readText(io, path)));
  const name = /^(.+)\.root\.next\.json$/.exec(basename(path))?.[1] ?? null;
  io.line(`root ${draft.signed.version}${name === null ? "" : ` of ${name}`}:`);
  for (const line of rootToLines(draft.signed, null)) io.line(line);
  const next = await signWith(io, draft, null, name, keys);
  const target = path.startsWith("/") ? path : join(io.root, path);
  await writeFile(`${target}.tmp`, writeRoot(next));
  await rename(`${target}.tmp`, target);
  io.line("signatures:");
  const tallies = await tallySignatures(next, null);
  for (const line of talliesToLines(tallies, draft.signed.version)) io.line(line);
  io.line(
    `next: bring ${basename(path)} from ${dirname(target)} back, and npx giftwrap keys sign --env ${name ?? "NAME"} FILE takes its signatures in`,
  );
  return EXIT.ok;
}

/** @param before null where only the draft is at hand: a key that goes signs, too, though the draft does not name it */
async function signWith(
  io: Io,
  draft: Envelope<Root>,
  before: Root | null,
  name: string | null,
  paths: readonly string[],
): Promise<Envelope<Root>> {
  const isNamed = (keyId: string) =>
    [draft.signed, ...(before ? [before] : [])].some((it) => it.roles.root.keyids.includes(keyId));
  const held = await readRootKeys(io, name, paths);
  const able = held.filter(({ from, signer }) =>
    before ? isNamed(signer.keyId) : isNamed(signer.keyId) || paths.includes(from),
  );
  for (const { from, signer } of held) {
    const known = isNamed(signer.keyId)
      ? ""
      : before
        ? ": no root key of either root, so it does not sign"
        : `; root ${draft.signed.version} does not name it, so it counts only if the root before does`;
    io.line(`key ${shortKeyId(signer.keyId)} of ${from}${known}`);
  }
  if (held.length === 0) io.line("no root key is on this machine: nothing is signed here");
  return addSignatures(
    draft,
    able.map((it) => it.signer),
  );
}
