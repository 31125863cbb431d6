import { draftRootPath } from "../model/paths.ts";
import { describeExpiry, isExpiring } from "../publish/expiry.ts";
import { readLiveHead, readLiveTimestamp } from "../publish/live.ts";
import { explainError, GiftError } from "../report/error.ts";
import { toTable } from "../report/text.ts";
import { workTree } from "../source/tree.ts";
import { type HeldKey, keyFolder, readHeldKeys } from "../trust/keyring.ts";
import { KEY_NAMES, shortKeyId } from "../trust/keys.ts";
import { isComplete, type Tally, tallySignatures } from "../trust/rootFile.ts";
import { metadataKey } from "../wire/keys.ts";
import type { RoleName, Root } from "../wire/metadata.ts";
import { type Command, ENVIRONMENT_OPTION, EXIT, type Exit, type Io, JSON_OPTION } from "./command.ts";
import { openEnvironment, trustEnvironment } from "./environment.ts";
import { readRootFiles } from "./rootFiles.ts";
import { rootToLines, talliesToLines } from "./rootText.ts";

interface Lifetime {
  readonly role: RoleName;
  readonly version: number;
  readonly expires: string;
  /** "in 364 days". */
  readonly left: string;
  readonly soon: boolean;
}

/** What is live, as far as keys are concerned; or why that cannot be said. */
type LiveKeys =
  | { readonly kind: "none" }
  | { readonly kind: "unread"; readonly why: string }
  | {
      readonly kind: "read";
      readonly lifetimes: readonly Lifetime[];
      /** What the trusted root does not vouch for, or what clients do not find: empty once it is published. */
      readonly unpublished: readonly string[];
    };

export interface KeysStatus {
  readonly environment: string;
  readonly root: Root;
  readonly lifetimes: readonly Lifetime[];
  readonly live: LiveKeys;
  readonly draft: { readonly root: Root; readonly tallies: readonly Tally[] } | null;
  readonly held: readonly { readonly from: string; readonly keyId: string; readonly use: string }[];
  /** Keys of this machine that cannot be read, in words. */
  readonly unreadable: readonly string[];
  readonly next: readonly string[];
}

export const command: Command = {
  summary: "show keys, expiries and signatures, and what is to be done",
  usage: "[--env NAME]",
  example: "giftwrap keys status --env production",
  options: { env: ENVIRONMENT_OPTION, json: JSON_OPTION },
  run: async (args, io) => {
    const status = await readKeysStatus(io, args.text("env") ?? "production");
    if (args.flag("json")) io.line(JSON.stringify(toJson(status)));
    else for (const line of statusToLines(status)) io.line(line);
    return exitOf(status);
  },
};

export async function readKeysStatus(io: Io, name: string): Promise<KeysStatus> {
  const { root: envelope, draft } = await readRootFiles(io, name);
  const root = envelope.signed;
  const known = {
    environment: name,
    root,
    lifetimes: [toLifetime("root", root, io.now())],
    live: await readLiveKeys(io, name),
    draft: draft && { root: draft.signed, tallies: await tallySignatures(draft, root) },
    ...(await readHeld(io, name, root, draft?.signed ?? null)),
  };
  return { ...known, next: nextSteps(known) };
}

async function readLiveKeys(io: Io, name: string): Promise<LiveKeys> {
  try {
    const environment = await openEnvironment(io, workTree(io.root), name);
    const { store } = environment;
    const trusted = await trustEnvironment(environment);
    const timestamp = await readLiveTimestamp(store, trusted);
    if (!timestamp) return { kind: "none" };
    await readLiveHead(store, trusted, timestamp);
    const { version } = trusted.root;
    const roles = ["targets", "snapshot", "timestamp"] as const;
    const lifetimes = roles.flatMap((role) => {
      const signed = trusted[role];
      return signed ? [toLifetime(role, signed, io.now())] : [];
    });
    const isThere = (await store.head(metadataKey("root", version))) !== null;
    const old = roles.filter((role) => trusted.vouchedBy[role] !== version);
    return {
      kind: "read",
      lifetimes,
      unpublished: [
        ...(isThere ? [] : [`root ${version} is not in the store`]),
        ...old.map((role) => `${role} is signed by a key of root ${trusted.vouchedBy[role]}`),
      ],
    };
  } catch (error) {
    if (!(error instanceof GiftError)) throw error;
    return { kind: "unread", why: `${explainError(error)}; ${error.fix}` };
  }
}

async function readHeld(
  io: Io,
  name: string,
  root: Root,
  draft: Root | null,
): Promise<Pick<KeysStatus, "held" | "unreadable">> {
  const held: { from: string; keyId: string; use: string }[] = [];
  const unreadable: string[] = [];
  for (const kind of KEY_NAMES) {
    let keys: readonly HeldKey[] = [];
    try {
      keys = await readHeldKeys(kind, keyFolder(io.root, name), io.variables);
    } catch (error) {
      if (!(error instanceof GiftError)) throw error;
      unreadable.push(error.message);
    }
    for (const { from, signer } of keys)
      held.push({ from, keyId: signer.keyId, use: useOf(signer.keyId, root, draft) });
  }
  return { held, unreadable };
}

/** "root 1", "root 1 and the draft", or why it may go. */
function useOf(keyId: string, root: Root, draft: Root | null): string {
  const names = (it: Root) => Object.values(it.roles).some(({ keyids }) => keyids.includes(keyId));
  const uses = [
    ...(names(root) ? [`root ${root.version}`] : []),
    ...(draft && names(draft) ? [`the draft of root ${draft.version}`] : []),
  ];
  if (uses.length === 0) return "named by no root: delete it once the newest root is published";
  return `named by ${uses.join(" and ")}`;
}

function nextSteps({
  environment,
  lifetimes,
  live,
  draft,
  root,
}: Omit<KeysStatus, "next">): readonly string[] {
  const steps: string[] = [];
  if (draft)
    steps.push(
      isComplete(draft.tallies)
        ? `npx giftwrap keys sign --env ${environment} makes the draft the root: it has its signatures`
        : `have the draft signed: npx giftwrap keys sign --env ${environment}`,
    );
  if (live.kind === "read" && live.unpublished.length > 0)
    steps.push(`npx giftwrap publish --env ${environment}, once root ${root.version} is committed`);
  const soon = [...lifetimes, ...(live.kind === "read" ? live.lifetimes : [])].filter((it) => it.soon);
  if (soon.some((it) => it.role === "root") && !draft)
    steps.push(`npx giftwrap keys rotate --env ${environment} --renew`);
  if (soon.some((it) => it.role !== "root"))
    steps.push(
      `publish to ${environment}: its ${soon
        .filter((it) => it.role !== "root")
        .map((it) => it.role)
        .join(", ")} should have been signed anew by now`,
    );
  return steps;
}

function statusToLines(status: KeysStatus): readonly string[] {
  const { environment, root, lifetimes, live, draft, held, unreadable, next } = status;
  const lived = [...lifetimes, ...(live.kind === "read" ? live.lifetimes : [])];
  return [
    `${environment}: root ${root.version}`,
    ...rootToLines(root, null).filter((line) => !line.startsWith("  lasts")),
    toTable([
      ["role", "version", "expires", ""],
      ...lived.map((it) => [
        it.role,
        String(it.version),
        it.expires,
        `${it.left}${it.soon ? "  <- act" : ""}`,
      ]),
    ]),
    ...(live.kind === "none" ? ["nothing is published yet"] : []),
    ...(live.kind === "unread" ? [`what is live could not be read: ${live.why}`] : []),
    ...(live.kind === "read" ? live.unpublished.map((it) => `not published yet: ${it}`) : []),
    ...(draft
      ? [
          `draft of root ${draft.root.version} in ${draftRootPath(environment)}:`,
          ...rootToLines(draft.root, root),
          "signatures:",
          ...talliesToLines(draft.tallies, draft.root.version),
        ]
      : []),
    held.length > 0 ? "private keys on this machine:" : "no private keys on this machine",
    ...held.map((it) => `  ${shortKeyId(it.keyId)} ${it.from}: ${it.use}`),
    ...unreadable.map((it) => `  unreadable: ${it}`),
    ...(next.length > 0 ? next.map((it) => `next: ${it}`) : ["nothing is to be done"]),
  ];
}

function toLifetime(
  role: RoleName,
  { version, expires }: { readonly version: number; readonly expires: string },
  now: number,
): Lifetime {
  return { role, version, expires, left: describeExpiry(expires, now), soon: isExpiring(role, expires, now) };
}

/** For a nightly job: 0 fine, 1 a person must act, 3 nobody can tell. */
function exitOf({ lifetimes, live }: KeysStatus): Exit {
  if (live.kind === "unread") return EXIT.failure;
  const lived = [...lifetimes, ...(live.kind === "read" ? live.lifetimes : [])];
  const isLate = live.kind === "read" && live.unpublished.length > 0;
  return isLate || lived.some((it) => it.soon) ? EXIT.findings : EXIT.ok;
}

function toJson({ root, draft, ...rest }: KeysStatus) {
  return {
    ...rest,
    root: root.version,
    roles: root.roles,
    draft: draft && { version: draft.root.version, roles: draft.root.roles, signatures: draft.tallies },
  };
}
