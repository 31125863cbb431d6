import { relative } from "node:path";
import { draftRootPath } from "../model/paths.ts";
import { GiftError, UsageError } from "../report/error.ts";
import { createKey, keyFolder } from "../trust/keyring.ts";
import { keyIdOf, publicKeyFromPem, shortKeyId } from "../trust/keys.ts";
import { addSignatures } from "../trust/rootFile.ts";
import { nextRoot, type RootKeys } from "../trust/rotate.ts";
import type { PublicKey, Root } from "../wire/metadata.ts";
import {
  type Arguments,
  type Command,
  ENVIRONMENT_OPTION,
  EXIT,
  type Io,
  parseWholeNumber,
} from "./command.ts";
import { readRootFiles, readRootKeys, readText, writeDraft } from "./rootFiles.ts";
import { outcomeToLines, rootToLines } from "./rootText.ts";

const ROLES = ["root", "release", "timestamp"] as const;
type Role = (typeof ROLES)[number];

/** What was asked for, before any key is made. */
interface Asked {
  readonly roles: readonly Role[];
  /** The public half of a key that somebody else holds, as a file. */
  readonly publicKey: string | undefined;
  readonly leaked: boolean;
  readonly rootKeys: Omit<RootKeys, "add">;
}

export const ROOT_KEY_OPTION = {
  type: "string",
  multiple: true,
  value: "FILE",
  help: "a root key to sign with, beside those of .giftwrap/keys/ and GIFTWRAP_ROOT_KEY",
} as const;

export const command: Command = {
  summary: "draft the next root with a new key, or with a longer life",
  usage: "[--env NAME] (--role root|release|timestamp ... | --renew)",
  example: "giftwrap keys rotate --env production --role timestamp",
  options: {
    env: ENVIRONMENT_OPTION,
    role: {
      type: "string",
      multiple: true,
      value: "ROLE",
      help: "root, release or timestamp: whose key is new; may be given several times",
    },
    renew: { type: "boolean", help: "the same keys, for two more years" },
    leaked: {
      type: "boolean",
      help: "others may have the old key: the next publish believes no timestamp that it signed",
    },
    "public-key": {
      type: "string",
      value: "FILE",
      help: "the public half of the new key, which its holder or a key service keeps (default: one is made here)",
    },
    replace: { type: "string", value: "KEYID", help: "the root key that goes, when there are several" },
    add: { type: "boolean", help: "one more root key; none goes" },
    threshold: { type: "string", value: "NUMBER", help: "how many root keys must sign from then on" },
    key: ROOT_KEY_OPTION,
  },
  run: async (args, io) => {
    const name = args.text("env") ?? "production";
    const files = await readRootFiles(io, name);
    if (files.draft)
      throw new GiftError(
        "DRAFT_EXISTS",
        `${draftRootPath(name)} drafts root ${files.draft.signed.version} already`,
        "sign it, or delete it to draft another",
      );
    const before = files.root.signed;
    const asked = parseAsked(args, before);
    const { keys, made } = await newKeys(io, name, asked);
    const { root: rootKey, ...online } = keys;
    const next = nextRoot(
      before,
      {
        ...online,
        leaked: asked.leaked,
        ...(asked.roles.includes("root") && {
          root: { ...asked.rootKeys, ...(rootKey && { add: rootKey }) },
        }),
      },
      io.now(),
    );
    for (const line of made) io.line(line);
    io.line(`root ${next.version} of ${name}:`);
    for (const line of rootToLines(next, before)) io.line(line);

    const signers = (await readRootKeys(io, name, args.texts("key")))
      .map((it) => it.signer)
      .filter(({ keyId }) => [before, next].some((it) => it.roles.root.keyids.includes(keyId)));
    const draft = await addSignatures({ signatures: [], signed: next }, signers);
    for (const line of outcomeToLines(name, next, await writeDraft(io, name, files, draft))) io.line(line);
    return EXIT.ok;
  },
};

function parseAsked(args: Arguments, root: Root): Asked {
  const roles = args.texts("role").map((text): Role => {
    const role = ROLES.find((it) => it === text);
    if (!role) throw new UsageError(`--role ${text}: write ${ROLES.join(", ")}`);
    return role;
  });
  if (roles.length === 0 && !args.flag("renew"))
    throw new UsageError("say whose key is new with --role, or --renew for the same keys");
  if (roles.length > 0 && args.flag("renew"))
    throw new UsageError("--renew keeps all keys: leave it out, a new key makes the root last longer, too");
  const publicKey = args.text("public-key");
  if (publicKey !== undefined && new Set(roles).size !== 1)
    throw new UsageError("--public-key is one key: give one --role with it");
  return { roles, publicKey, leaked: args.flag("leaked"), rootKeys: parseRootKeys(args, roles, root) };
}

function parseRootKeys(args: Arguments, roles: readonly Role[], root: Root): Asked["rootKeys"] {
  const { keyids, threshold: present } = root.roles.root;
  const [text, adds] = [args.text("replace"), args.flag("add")];
  if (!roles.includes("root")) {
    if (text !== undefined || adds || args.text("threshold") !== undefined)
      throw new UsageError("--replace, --add and --threshold are about root keys: add --role root");
    return {};
  }
  const found = keyids.filter((it) => text === undefined || it.startsWith(text));
  const [remove] = adds ? [] : found;
  if (adds ? text !== undefined : found.length !== 1)
    throw new UsageError(
      `name the one root key that goes with --replace, or --add for one more; there are ${keyids.map(shortKeyId).join(", ")}`,
    );
  const threshold = parseWholeNumber("threshold", args.text("threshold"), present);
  const total = keyids.length + (adds ? 1 : 0);
  if (threshold < 1 || threshold > total)
    throw new UsageError(`--threshold ${threshold}: from 1 to ${total}, the number of root keys`);
  return { threshold, ...(remove !== undefined && { remove }) };
}

interface NewKeys {
  readonly keys: Partial<Record<Role, PublicKey>>;
  /** What to say of each, and never what is in it. */
  readonly made: readonly string[];
}

async function newKeys(io: Io, name: string, { roles, publicKey }: Asked): Promise<NewKeys> {
  const keys: Partial<Record<Role, PublicKey>> = {};
  const made: string[] = [];
  const folder = keyFolder(io.root, name);
  for (const role of new Set(roles)) {
    if (publicKey !== undefined) {
      const key = publicKeyFromPem(publicKey, await readText(io, publicKey));
      keys[role] = key;
      made.push(`${role} key ${shortKeyId(keyIdOf(key))}: ${publicKey}`);
      continue;
    }
    const { from, signer } = await createKey(role, folder);
    keys[role] = signer.publicKey;
    const where = `${relative(io.root, folder)}/${from}`;
    const use =
      role === "root"
        ? "keep it offline"
        : `for CI, store it as GIFTWRAP_${role.toUpperCase()}_KEY_NEXT before you merge`;
    made.push(`${role} key ${shortKeyId(signer.keyId)}: ${where} (not in git; ${use})`);
  }
  return { keys, made };
}
