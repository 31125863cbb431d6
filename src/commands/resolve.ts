import { UsageError } from "../report/error.ts";
import { nearestWord } from "../report/nearest.ts";
import { toMoment } from "../publish/logText.ts";
import type { PastRecord } from "../publish/readLog.ts";
import { readStateAt, type StateAt } from "../publish/stateAt.ts";
import { explainVerdict } from "../page/words.ts";
import { workTree } from "../source/tree.ts";
import { Catalog, writeCatalog } from "../wire/catalog.ts";
import { type Override, overridesFor } from "../wire/override.ts";
import { explain, type Link, resolve } from "../wire/resolve.ts";
import { parseVersion } from "../wire/version.ts";
import { type Tier, toViewer, type Viewer } from "../wire/viewer.ts";
import {
  type Arguments,
  type Command,
  ENVIRONMENT_OPTION,
  EXIT,
  type Io,
  JSON_OPTION,
  parseTier,
} from "./command.ts";
import { type Environment, openEnvironment } from "./environment.ts";
import { parseTime } from "./parseTime.ts";
import { readLiveOf, readRevision } from "./plan.ts";
import { mustReadDesired } from "./readDesired.ts";

/** The longest time between a client's polls. */
const MOST_POLL_SECONDS = 300;

export const command: Command = {
  summary: "show what one viewer gets, and why",
  usage: "GIFT --platform NAME --app VERSION [--tier TIER] [--region CODE] [--unit ID] [--live | --at TIME]",
  example: "giftwrap resolve rose --platform android --app 8.4.0 --tier low --region SG --unit 42",
  options: {
    platform: { type: "string", value: "NAME", help: "android, ios, web, ..." },
    app: { type: "string", value: "VERSION", help: "the app's version" },
    tier: { type: "string", value: "TIER", help: "low, mid or high (default: mid)" },
    region: { type: "string", value: "CODE", help: "two capital letters, such as SG" },
    unit: { type: "string", value: "ID", help: "the id that percentages are counted by" },
    cohort: {
      type: "string",
      multiple: true,
      value: "NAME",
      help: "a cohort of the viewer, such as staff; may be given several times",
    },
    hint: { type: "string", value: "VERSION", help: "the version that a gift message names" },
    live: { type: "boolean", help: "ask what is published, not the work tree" },
    at: {
      type: "string",
      value: "TIME",
      help: "ask what was published then, such as 2026-11-20T21:00:00Z",
    },
    env: ENVIRONMENT_OPTION,
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const [gift, ...rest] = args.words;
    if (gift === undefined || rest.length > 0)
      throw new UsageError("name one gift, such as: giftwrap resolve rose --platform android --app 8.4.0");
    const viewer = readViewer(args);
    const { catalog, overrides, past } = await readState(args, io, viewer.tier);
    if (!catalog.get(gift)) {
      const near = nearestWord(gift, [...catalog.ids()]);
      const when = past ? ` in revision ${past.revision}, which was live then` : "";
      throw new UsageError(`${gift} has no open release${when}${near ? `; did you mean ${near}?` : ""}`);
    }
    const { chain, reason } = resolve(catalog, overrides, viewer, gift, args.text("hint"));
    const verdicts = explain(catalog, overrides, viewer, gift);
    if (args.flag("json")) {
      const { revision, commit, generation, at = 0 } = past ?? {};
      const then = past && { revision, commit, generation, since: new Date(at).toISOString() };
      io.line(JSON.stringify({ ...then, reason, chain, verdicts }));
    } else {
      if (past)
        io.line(
          `revision ${past.revision}, commit ${past.commit?.slice(0, 10) ?? "not recorded"}, live since ${toMoment(past.at)}; a device is up to one poll later (at most ${MOST_POLL_SECONDS} s while it is online)`,
        );
      io.line(`${describeLink(chain[0])} (${reason})`);
      for (const { version, verdict } of verdicts)
        io.line(`  ${gift} ${version}: ${explainVerdict(verdict)}`);
      io.line(`if that fails: ${chain.slice(1).map(describeLink).join(", then ") || "nothing"}`);
    }
    return EXIT.ok;
  },
};

async function readState(
  args: Arguments,
  io: Io,
  tier: Tier,
): Promise<{ catalog: Catalog; overrides: readonly Override[]; past?: PastRecord }> {
  const tree = workTree(io.root);
  const environment = await openEnvironment(io, tree, args.text("env") ?? "production");
  const at = args.text("at");
  if (at !== undefined) {
    const { record: past, ...state } = await readPast(environment, parseTime("at", at), tier, args, io);
    return { ...state, past };
  }
  if (args.flag("live")) {
    const live = await readLiveOf(environment);
    if (!live) throw new UsageError("nothing is published yet: leave --live out to ask the work tree");
    return {
      catalog: new Catalog(live.catalogs[tier]),
      overrides: overridesFor(live.generation, live.timestamp.signed.giftwrap.overrides),
    };
  }
  const { wanted } = await mustReadDesired(tree, environment, io.now());
  return { catalog: new Catalog(writeCatalog(tier, wanted.lines[tier])), overrides: wanted.overrides };
}

async function readPast(
  environment: Environment,
  moment: number,
  tier: Tier,
  args: Arguments,
  io: Io,
): Promise<StateAt> {
  if (args.flag("live")) throw new UsageError("say --live or --at, not both");
  if (moment > io.now())
    throw new UsageError(`--at ${args.text("at")} is in the future: leave --at out, or say --live`);
  return readStateAt(environment.store, environment.name, await readRevision(environment), moment, tier);
}

function readViewer(args: Arguments): Viewer {
  const [platform, appVersion] = [args.text("platform"), args.text("app")];
  if (platform === undefined || appVersion === undefined)
    throw new UsageError("say --platform and --app: what a viewer gets depends on them");
  if (!parseVersion(appVersion)) throw new UsageError(`--app ${appVersion}: write a version such as 8.4.0`);
  const asked = args.text("tier") ?? "mid";
  const tier = parseTier(asked);
  return toViewer({
    platform,
    appVersion,
    tier,
    region: args.text("region") ?? "",
    cohorts: args.texts("cohort"),
    unitId: args.text("unit") ?? "",
  });
}

export function describeLink(link: Link | undefined): string {
  if (!link || link.kind === "default") return "what the app carries itself";
  if (link.kind === "still") return `the still of ${link.gift} ${link.version}`;
  const needs = link.requires.map((it) => `${it.gift} ${it.version}`);
  return `${link.gift} ${link.version}${needs.length > 0 ? ` with ${needs.join(", ")}` : ""}`;
}
