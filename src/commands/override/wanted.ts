import { InvalidRange } from "../../model/range.ts";
import type { OverrideFile } from "../../model/schemas.ts";
import { checkShape } from "../../model/validate.ts";
import type { ChangedOverrides } from "../../publish/changeOverrides.ts";
import { toBreakGlass } from "../../publish/overrideFile.ts";
import { UsageError } from "../../report/error.ts";
import { canonicalJson } from "../../wire/metadata.ts";
import type { Override } from "../../wire/override.ts";
import type { Arguments } from "../command.ts";

/** An id is the name of the file with which git adopts the override. */
const ID = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const MAX_ID_LENGTH = 100;

/** What the command was asked to do to the overrides that stand. */
export interface Wanted {
  readonly isLift: boolean;
  readonly reason: string;
  readonly incident: string | undefined;
  /** For the log. */
  readonly why: string;
  /** What would be committed instead; null when it takes an override away. */
  readonly draft: Override | null;
  change(present: readonly Override[]): readonly Override[];
  /** The one that was added, found or taken away. */
  overrideIn(changed: ChangedOverrides): Override;
}

/** @throws UsageError */
export function readWanted(args: Arguments, now: number): Wanted {
  const id = args.text("lift");
  return id === undefined ? toStop(args, now) : toLift(args, id);
}

function toLift(args: Arguments, id: string): Wanted {
  if (args.words.length > 0 || args.flag("all-gifts") || args.text("limit") !== undefined)
    throw new UsageError("--lift ID stands alone: it takes that override away, whatever it holds");
  const reason = args.text("reason") ?? "lifted";
  const find = (present: readonly Override[]): Override => {
    const found = present.find((it) => it.id === id);
    if (found?.origin === "break-glass") return found;
    if (found) throw new UsageError(`${id} is not from break-glass: ${HOW_IT_ENDS[found.origin]}`);
    const own = present.flatMap((it) => (it.origin === "break-glass" ? [it.id] : []));
    throw new UsageError(
      `there is no override ${id}: ${own.length > 0 ? `from break-glass stand ${own.join(", ")}` : "none from break-glass stands"}`,
    );
  };
  return {
    isLift: true,
    reason,
    incident: args.text("incident"),
    why: toWhy(reason, args.text("incident")),
    draft: null,
    change: (present) => {
      const lifted = find(present);
      return present.filter((it) => it !== lifted);
    },
    overrideIn: ({ before }) => find(before.signed.giftwrap.overrides),
  };
}

const HOW_IT_ENDS: Readonly<Record<Override["origin"], string>> = {
  git: "delete its file below releases/overrides/ and publish",
  "break-glass": "--lift takes it away",
  stop: "it ends with the publish that carries the change itself",
  drill: "it ends with the next publish of a generation",
};

function toStop(args: Arguments, now: number): Wanted {
  const [reason, incident] = [args.text("reason"), args.text("incident")];
  if (!reason) throw new UsageError('say why, such as: --reason "Crashes on Mali GPUs"');
  const { gifts, versions } = readGifts(args);
  const scope = readScope(args);
  const file = {
    gifts,
    ...(versions !== undefined && { versions }),
    ...(Object.keys(scope).length > 0 && { scope }),
    limit: args.text("limit"),
    reason,
  };
  const checked = checkShape("override", file);
  if (!checked.ok) throw new UsageError(checked.misfits.map((it) => `${it.message}; ${it.fix}`).join("\n"));
  const given = readId(args);
  const draft = compile(given ?? toId(checked.value.gifts, now), checked.value);
  if (draft.versions?.length === 0) throw new UsageError(`no version is in the range ${versions}`);

  const isSame = (it: Override) => canonicalJson({ ...it, id: draft.id }) === canonicalJson(draft);
  let id = draft.id;
  return {
    isLift: false,
    reason,
    incident,
    why: toWhy(reason, incident),
    draft,
    change: (present) => {
      const same = present.find((it) => isSame(it) && (given === undefined || it.id === given));
      id = same?.id ?? freeId(draft.id, given !== undefined, present);
      return same ? present : [...present, { ...draft, id }];
    },
    overrideIn: () => ({ ...draft, id }),
  };
}

/** A name that somebody chose is never given to another override; a made-up one is numbered. */
function freeId(id: string, isGiven: boolean, present: readonly Override[]): string {
  const taken = new Set(present.map((it) => it.id));
  if (!taken.has(id)) return id;
  if (isGiven)
    throw new UsageError(
      `${id} stands already and holds something else: choose another --id, or lift it first with --lift ${id}`,
    );
  for (let number = 2; ; number++) if (!taken.has(`${id}-${number}`)) return `${id}-${number}`;
}

function readGifts(args: Arguments): { gifts: "*" | string[]; versions?: string } {
  if (args.flag("all-gifts")) {
    if (args.words.length > 0) throw new UsageError("--all-gifts stands for every gift: name none beside it");
    return { gifts: "*" };
  }
  const [first, ...others] = args.words;
  if (first === undefined)
    throw new UsageError("name a gift, such as: giftwrap override rose --limit none --reason ...");
  const range = args.text("range");
  if (range !== undefined) {
    if (others.length > 0 || first.includes("@"))
      throw new UsageError("--range goes with one gift, named without a range of its own");
    return { gifts: [first], versions: range };
  }
  const at = first.indexOf("@");
  if (at < 0 && others.every((it) => !it.includes("@"))) return { gifts: [...new Set(args.words)] };
  if (others.length > 0)
    throw new UsageError("a range of versions goes with one gift: run the command once for each");
  return { gifts: [first.slice(0, at)], versions: first.slice(at + 1) };
}

function readScope(args: Arguments): Record<string, unknown> {
  const listed = ["regions", "platforms", "tiers"].flatMap((name) => {
    const text = args.text(name);
    return text === undefined ? [] : [[name, text.split(",").map((it) => it.trim())] as const];
  });
  const apps = args.texts("app").map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`--app ${text}: write it as android=">=8.2.0"`);
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return { ...Object.fromEntries(listed), ...(apps.length > 0 && { app: Object.fromEntries(apps) }) };
}

function readId(args: Arguments): string | undefined {
  const id = args.text("id");
  if (id !== undefined && (!ID.test(id) || id.length > MAX_ID_LENGTH))
    throw new UsageError(`--id ${id}: it names a file, so write small letters, digits and single dashes`);
  return id;
}

/** Such as `break-glass-rose-20261125-2104`, in UTC. */
function toId(gifts: OverrideFile["gifts"], now: number): string {
  const [day = "", time = ""] = new Date(now).toISOString().split("T");
  const what = gifts === "*" ? "all-gifts" : (gifts[0] ?? "");
  return `break-glass-${what}-${day.replaceAll("-", "")}-${time.slice(0, 5).replace(":", "")}`;
}

function compile(id: string, file: OverrideFile): Override {
  try {
    return toBreakGlass(id, file);
  } catch (error) {
    if (!(error instanceof InvalidRange)) throw error;
    throw new UsageError(`${error.message}: write it as ">=1.4.0 <2.0.0"`);
  }
}

function toWhy(reason: string, incident: string | undefined): string {
  return incident === undefined ? reason : `${reason}; ${incident}`;
}
