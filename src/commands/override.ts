import { overridePath } from "../model/paths.ts";
import { toRangeText } from "../model/range.ts";
import { changeOverrides } from "../publish/changeOverrides.ts";
import { overrideFileText, toLimitWord } from "../publish/overrideFile.ts";
import { GiftError } from "../report/error.ts";
import type { Override } from "../wire/override.ts";
import {
  accountOf,
  type Command,
  DEADLINE_OPTION,
  EDGE_OPTION,
  ENVIRONMENT_OPTION,
  EXIT,
  JSON_OPTION,
  parseDeadline,
} from "./command.ts";
import { logWritten } from "./logWritten.ts";
import { confirmWritten } from "./confirmWritten.ts";
import { type Environment, readSignerOf } from "./environment.ts";
import { findReached, reachedToLines } from "./override/findReached.ts";
import { narrowToNewest } from "./override/narrowToNewest.ts";
import { openSwitch } from "./override/openSwitch.ts";
import { baseReader } from "./override/readBase.ts";
import { readWanted, type Wanted } from "./override/wanted.ts";

export const command: Command = {
  summary: "break-glass: hold gifts back at once, with git and GitHub out of reach",
  usage: "GIFT[@RANGE] [GIFT...] --limit none|canary|regional --reason TEXT",
  example: 'giftwrap override rose --limit canary --reason "Crashes on Mali GPUs" --incident INC-42',
  options: {
    limit: { type: "string", value: "LIMIT", help: "how far they may still go: none, canary or regional" },
    reason: { type: "string", value: "TEXT", help: "for people; never published" },
    incident: { type: "string", value: "ID", help: "where it is followed up; never published" },
    range: {
      type: "string",
      value: "RANGE",
      help: 'only these versions of the one gift, such as ">=1.4.0 <2.0.0"; the same as GIFT@RANGE',
    },
    newest: {
      type: "boolean",
      help: "where no versions are named, only the newest release that reaches anybody beyond the limit, as giftwrap rollback closes it",
    },
    "all-gifts": { type: "boolean", help: "hold every gift, instead of naming some" },
    regions: { type: "string", value: "SG,ID", help: "only in these regions" },
    platforms: { type: "string", value: "NAMES", help: "only on these platforms, such as android,ios" },
    tiers: { type: "string", value: "TIERS", help: "only on these device tiers, such as low,mid" },
    app: {
      type: "string",
      multiple: true,
      value: "PLATFORM=RANGE",
      help: 'only these app versions, such as android=">=8.2.0"; may be given several times',
    },
    id: { type: "string", value: "ID", help: "its name, and that of its file in git (default: one is made)" },
    lift: { type: "string", value: "ID", help: "take a break-glass override away again" },
    env: ENVIRONMENT_OPTION,
    state: {
      type: "string",
      value: "FILE",
      help: "the copy that giftwrap status --save made, where the repository is not at hand",
    },
    edge: EDGE_OPTION,
    deadline: DEADLINE_OPTION,
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const narrowed = await narrowToNewest(args, io.root);
    if (narrowed === null) {
      const line = `no release of ${args.words[0]} reaches anybody beyond ${args.text("limit")}: there is nothing to hold back`;
      io.line(args.flag("json") ? JSON.stringify({ isWritten: false, override: null }) : line);
      return EXIT.ok;
    }
    const wanted = readWanted(narrowed, io.now());
    const deadlineMilliseconds = parseDeadline(args);
    const version = narrowed.text("range");
    if (narrowed !== args && version !== undefined) io.output("version", version);
    const opened = await openSwitch(args, io);
    const { environment } = opened;
    const signer = await readSignerOf(io, environment, "timestamp");
    const quiet = args.flag("json");
    const say = quiet ? () => {} : io.line;

    const changed = await orSayWhatIsLeft(wanted, environment, say, () =>
      changeOverrides(environment.store, signer, io.now, baseReader(opened, say), wanted.change),
    );
    const at = io.now();
    // From the start of the process: what a person waits for.
    const milliseconds = Math.round(performance.now());
    const override = wanted.overrideIn(changed);
    if (!wanted.isLift) io.output("id", override.id);
    const isWritten = changed.now !== changed.before;
    const { version: revision } = changed.now.signed;
    say(
      isWritten
        ? `${wanted.draft ? "override" : "lifted"} ${override.id}: ${describeReach(override)}`
        : `override ${override.id} stands already: ${describeReach(override)}`,
    );
    say(
      isWritten
        ? `${environment.name} is at revision ${revision}, written ${milliseconds} ms after the command began`
        : `${environment.name} is at revision ${revision}; nothing was written`,
    );

    const [edges, reached] = await Promise.all([
      confirmWritten(environment, changed.now, deadlineMilliseconds, io, say),
      findReached(environment, override),
    ]);
    if (environment.edges.length === 0) say(`${environment.name} names no edge, so none was asked`);
    if (isWritten)
      await logWritten(
        environment.store,
        { ...changed, kind: "break-glass", by: accountOf(io), why: wanted.why, at, edges },
        io.progress,
      );

    const file = wanted.draft && toFile(override, wanted);
    if (file) {
      for (const line of reachedToLines(reached, environment.name)) say(line);
      for (const line of fileToLines(file)) say(line);
      say(`to take it away again: npx giftwrap override --lift ${override.id} --env ${environment.name}`);
    }
    if (quiet)
      io.line(
        JSON.stringify({
          environment: environment.name,
          revision,
          isWritten,
          milliseconds,
          override,
          edges,
          ...(file && { reached, file }),
        }),
      );
    if (edges.some((it) => !it.ok)) return EXIT.failure;
    return file && reached.unknown.length > 0 ? EXIT.findings : EXIT.ok;
  },
};

/** When the store takes nothing, git is the way that is left: what to commit is shown before the error. */
async function orSayWhatIsLeft<T>(
  { draft, reason, incident }: Wanted,
  { name }: Environment,
  say: (line: string) => void,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (draft && error instanceof GiftError) {
      say(`nothing was written to ${name}: viewers get what they got before`);
      for (const line of fileToLines(toFile(draft, { reason, incident }))) say(line);
    }
    throw error;
  }
}

interface WrittenFile {
  readonly path: string;
  readonly text: string;
}

function toFile(override: Override, { reason, incident }: Pick<Wanted, "reason" | "incident">): WrittenFile {
  return { path: overridePath(override.id), text: overrideFileText(override, reason, incident) };
}

function fileToLines({ path, text }: WrittenFile): readonly string[] {
  return [
    "",
    `not in git yet: commit this as ${path}, and the file rules from then on`,
    "",
    ...text
      .trimEnd()
      .split("\n")
      .map((line) => `  ${line}`),
    "",
  ];
}

/** Whom it holds back, and how far: "rose >=1.4.0, at most canary, in SG". */
function describeReach({ gifts, versions, scope, limit }: Override): string {
  const what = gifts === "*" ? "every gift" : gifts.join(", ");
  const which = versions ? ` ${toRangeText(versions)}` : "";
  const word = toLimitWord(limit);
  const apps = Object.entries(scope?.app ?? {}).map(([name, range]) => `${name} ${toRangeText(range)}`);
  return [
    `${what}${which}`,
    word === "none" ? "for nobody" : `at most ${word}`,
    ...(scope?.regions ? [`in ${scope.regions.join(", ")}`] : []),
    ...(scope?.platforms ? [`on ${scope.platforms.join(", ")}`] : []),
    ...(apps.length > 0 ? [`on ${apps.join(", ")}`] : []),
    ...(scope?.tiers ? [`on ${scope.tiers.join(", ")} devices`] : []),
  ].join(", ");
}
