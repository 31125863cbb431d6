import { UsageError } from "../report/error.ts";
import { nearestWord } from "../report/nearest.ts";
import { explainVerdict } from "../page/words.ts";
import { workTree } from "../source/tree.ts";
import { Catalog, writeCatalog } from "../wire/catalog.ts";
import { type Override, overridesFor } from "../wire/override.ts";
import { explain, type Link, resolve } from "../wire/resolve.ts";
import { parseVersion } from "../wire/version.ts";
import { TIERS, type Tier, toViewer, type Viewer } from "../wire/viewer.ts";
import { type Arguments, type Command, ENVIRONMENT_OPTION, EXIT, type Io, JSON_OPTION } from "./command.ts";
import { openEnvironment } from "./environment.ts";
import { readLiveOf } from "./plan.ts";
import { mustReadDesired } from "./readDesired.ts";

export const command: Command = {
  summary: "show what one viewer gets, and why",
  usage: "GIFT --platform NAME --app VERSION [--tier TIER] [--region CODE] [--unit ID]",
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
    env: ENVIRONMENT_OPTION,
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const [gift, ...rest] = args.words;
    if (gift === undefined || rest.length > 0)
      throw new UsageError("name one gift, such as: giftwrap resolve rose --platform android --app 8.4.0");
    const viewer = readViewer(args);
    const { catalog, overrides } = await readState(args, io, viewer.tier);
    if (!catalog.get(gift)) {
      const near = nearestWord(gift, [...catalog.ids()]);
      throw new UsageError(`${gift} has no open release${near ? `; did you mean ${near}?` : ""}`);
    }
    const { chain, reason } = resolve(catalog, overrides, viewer, gift, args.text("hint"));
    const verdicts = explain(catalog, overrides, viewer, gift);
    if (args.flag("json")) io.line(JSON.stringify({ reason, chain, verdicts }));
    else {
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
): Promise<{ catalog: Catalog; overrides: readonly Override[] }> {
  const tree = workTree(io.root);
  const environment = await openEnvironment(io, tree, args.text("env") ?? "production");
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

function readViewer(args: Arguments): Viewer {
  const [platform, appVersion] = [args.text("platform"), args.text("app")];
  if (platform === undefined || appVersion === undefined)
    throw new UsageError("say --platform and --app: what a viewer gets depends on them");
  if (!parseVersion(appVersion)) throw new UsageError(`--app ${appVersion}: write a version such as 8.4.0`);
  const asked = args.text("tier") ?? "mid";
  const tier = TIERS.find((it) => it === asked);
  if (!tier) throw new UsageError(`--tier ${asked}: write low, mid or high`);
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
