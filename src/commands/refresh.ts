import { describeExpiry, isExpiring } from "../publish/expiry.ts";
import { ALWAYS, type LiveTimestamp, readLiveHead, readLiveTimestamp } from "../publish/live.ts";
import { toLogRecord, writeLog } from "../publish/record.ts";
import { refreshTimestamp } from "../publish/refreshTimestamp.ts";
import { GiftError } from "../report/error.ts";
import {
  accountOf,
  type Arguments,
  type Command,
  DEADLINE_OPTION,
  EDGE_OPTION,
  ENVIRONMENT_OPTION,
  EXIT,
  type Exit,
  type Io,
  JSON_OPTION,
  parseDeadline,
} from "./command.ts";
import { confirmWritten } from "./confirmWritten.ts";
import { type Environment, readSignerOf, speakingOf, trustEnvironment } from "./environment.ts";
import { openCommitted } from "./openCommitted.ts";

export const command: Command = {
  summary: "sign the timestamp anew before it expires, with its own key alone",
  usage: "[--env NAME]",
  example: "giftwrap refresh --env production",
  options: {
    env: ENVIRONMENT_OPTION,
    force: { type: "boolean", help: "also when more than 36 hours are left" },
    edge: EDGE_OPTION,
    deadline: DEADLINE_OPTION,
    json: JSON_OPTION,
  },
  run: (args, io) => {
    const name = args.text("env") ?? "production";
    return speakingOf(name, () => refresh(args, io, name));
  },
};

async function refresh(args: Arguments, io: Io, name: string): Promise<Exit> {
  const say = args.flag("json") ? () => {} : io.line;
  const { environment } = await openCommitted(args, io, name);
  const { store } = environment;
  const signer = await readSignerOf(io, environment, "timestamp");
  const readNow = async () => {
    const trusted = await trustEnvironment(environment);
    const live = await readLiveTimestamp(store, trusted);
    if (live && trusted.vouchedBy.timestamp !== trusted.root.version)
      throw new GiftError(
        "ROOT_UNPUBLISHED",
        `root ${trusted.root.version} of ${name} names another timestamp key and is not published yet; nothing was written`,
        `publish it with npx giftwrap publish --env ${name}, which signs everything anew`,
      );
    if (live) return live;
    throw new GiftError(
      "NOT_PUBLISHED",
      `${name} has no timestamp, so there is nothing to refresh`,
      `publish first with npx giftwrap publish --env ${name}; if something was published before, npx giftwrap verify --env ${name} says what to do`,
    );
  };
  const { before, now } = await refreshTimestamp(store, signer, io.now(), readNow, args.flag("force"));

  const { version: revision, expires } = now.signed;
  const isWritten = now !== before;
  say(
    isWritten
      ? `${name}: signed anew as revision ${revision}, expires ${describeExpiry(expires, io.now())}`
      : `${name}: nothing to do, revision ${revision} expires ${describeExpiry(expires, io.now())}`,
  );
  const edges = isWritten ? await confirmWritten(environment, now, parseDeadline(args), io, say) : [];
  if (isWritten) {
    const record = { now, before, kind: "refresh" as const, by: accountOf(io), at: io.now(), edges };
    await writeLog(store, toLogRecord(record));
  }
  // Reads two files more, so only when there was something to write anyway.
  const warnings = isWritten ? await warnOfOthers(environment, now, io.now()) : [];
  for (const warning of warnings) say(warning);
  if (args.flag("json"))
    io.line(JSON.stringify({ environment: name, written: isWritten, revision, expires, warnings, edges }));
  return edges.some((it) => !it.ok) ? EXIT.failure : EXIT.ok;
}

/** What this command's key cannot renew. */
async function warnOfOthers(
  environment: Environment,
  timestamp: LiveTimestamp,
  now: number,
): Promise<readonly string[]> {
  const { name, store } = environment;
  const trusted = await trustEnvironment(environment);
  try {
    await trusted.updateTimestamp(timestamp.bytes, ALWAYS);
    await readLiveHead(store, trusted, timestamp);
  } catch (error) {
    // The timestamp is out, which is what was asked for.
    if (!(error instanceof GiftError)) throw error;
    return [`${name}: warning: ${error.message}; ${error.fix}`];
  }
  const others = [
    ["snapshot", trusted.snapshot, `run npx giftwrap reconcile --env ${name} with the release key`],
    ["targets", trusted.targets, `run npx giftwrap reconcile --env ${name} with the release key`],
    ["root", trusted.root, `run npx giftwrap keys rotate --env ${name} --renew with the root keys`],
  ] as const;
  return others.flatMap(([role, signed, fix]) =>
    signed && isExpiring(role, signed.expires, now)
      ? [`${name}: warning: the ${role} expires ${describeExpiry(signed.expires, now)}; ${fix}`]
      : [],
  );
}
