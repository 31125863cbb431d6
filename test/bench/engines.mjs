import { GrowthBookClient } from "@growthbook/growthbook";
import { FlagdCore } from "@openfeature/flagd-core";
import { Unleash } from "unleash-client";
import { Catalog } from "../../dist/wire/catalog.js";
import { resolve } from "../../dist/wire/resolve.js";
import { COMPAT, REGIONAL } from "./catalog.mjs";

/*
 * One catalog's rules in the words of other engines: newest release first, its cohorts, its regional slice, the app versions that it
 * needs. What a release requires and its chain of fallbacks they cannot say; this project's resolver answers that on top.
 *
 * @typedef {{ id: string, releases: { version: string, isFull: boolean, salt: string }[] }} Gift
 * @typedef {{ name: string, definitions: string, load: (text: string) => Promise<Loaded>, toViewer: (viewer: object) => object }} Engine
 * @typedef {{ ask: (gift: string, viewer: object) => string | null, close: () => Promise<void> }} Loaded
 */

const QUIET = { error() {}, warn() {}, info() {}, debug() {} };
const COHORTS = ["staff", "qa"];
const PLATFORMS = Object.entries(COMPAT.app).map(([platform, range]) => ({
  platform,
  from: range === "*" ? null : range.slice(2),
}));
const REGIONS = Object.entries(REGIONAL.regions);
const { tiers, exclude } = REGIONAL.eligible;

/**
 * @param {string} catalogText
 * @returns {Engine[]}
 */
export function enginesOf(catalogText) {
  const catalog = new Catalog(catalogText);
  const gifts = [...catalog.ids()].map((id) => ({
    id,
    releases: (catalog.get(id)?.releases ?? []).map(({ release }) => ({
      version: release.version,
      isFull: release.rollout.full === true,
      salt: release.rollout.salt,
    })),
  }));
  return [giftwrap(catalogText), growthBook(gifts), unleash(gifts), flagd(gifts)];
}

function giftwrap(definitions) {
  return {
    name: "giftwrap",
    definitions,
    toViewer: (viewer) => viewer,
    load: async (text) => {
      const catalog = new Catalog(text);
      return {
        ask: (gift, viewer) => {
          const [first] = resolve(catalog, [], viewer, gift).chain;
          return first?.kind === "release" && first.gift === gift ? first.version : null;
        },
        close: async () => {},
      };
    },
  };
}

/** https://docs.growthbook.io: features with rules that force a value, the first that matches wins. */
function growthBook(gifts) {
  const app = {
    $or: PLATFORMS.map(({ platform, from }) => ({ platform, ...(from && { app: { $vgte: from } }) })),
  };
  const rulesOf = ({ version, isFull, salt }) =>
    isFull
      ? [{ condition: app, force: version }]
      : [
          { condition: { ...app, cohorts: { $in: COHORTS } }, force: version },
          ...REGIONS.map(([region, percent]) => ({
            condition: { ...app, region, tier: { $in: tiers }, cohorts: { $nin: exclude } },
            force: version,
            coverage: percent / 100,
            hashAttribute: "unitId",
            hashVersion: 2,
            seed: salt,
          })),
        ];
  const features = Object.fromEntries(
    gifts.map(({ id, releases }) => [id, { defaultValue: null, rules: releases.flatMap(rulesOf) }]),
  );
  return {
    name: "@growthbook/growthbook",
    definitions: JSON.stringify({ features }),
    toViewer: (viewer) => ({ attributes: toAttributes(viewer) }),
    load: async (text) => {
      const client = new GrowthBookClient().initSync({ payload: JSON.parse(text) });
      return {
        ask: (gift, context) => client.evalFeature(gift, context).value,
        close: async () => client.destroy(),
      };
    },
  };
}

/** https://docs.getunleash.io: strategies with constraints, each with the variant that it gives; one for each platform, since constraints know no "or". */
function unleash(gifts) {
  const apps = PLATFORMS.map(({ platform, from }) => [
    { contextName: "platform", operator: "IN", values: [platform] },
    // There is no "at least": not below it.
    ...(from ? [{ contextName: "app", operator: "SEMVER_LT", value: from, inverted: true }] : []),
  ]);
  const strategiesOf = ({ version, isFull, salt }) => {
    const strategy = (constraints, percent) => ({
      name: "flexibleRollout",
      parameters: { rollout: String(percent), stickiness: "userId", groupId: salt },
      constraints,
      variants: [{ name: version, weight: 1000, stickiness: "userId", overrides: [] }],
    });
    if (isFull) return apps.map((it) => strategy(it, 100));
    const inCohort = { contextName: "cohorts", operator: "IN", values: COHORTS };
    const inSlice = (region) => [
      { contextName: "region", operator: "IN", values: [region] },
      { contextName: "tier", operator: "IN", values: tiers },
      { contextName: "cohorts", operator: "NOT_IN", values: exclude },
    ];
    return apps.flatMap((it) => [
      strategy([...it, inCohort], 100),
      ...REGIONS.map(([region, percent]) => strategy([...it, ...inSlice(region)], percent)),
    ]);
  };
  const features = gifts.map(({ id, releases }) => ({
    name: id,
    type: "release",
    enabled: true,
    stale: false,
    impressionData: false,
    project: "default",
    variants: [],
    strategies: releases.flatMap(strategiesOf),
  }));
  return {
    name: "unleash-client",
    definitions: JSON.stringify({ version: 2, features, segments: [] }),
    toViewer: ({ unitId, platform, region, tier, app, cohorts }) => ({
      userId: unitId,
      // A viewer of the bench is in one cohort at most; a context has one value for each name.
      properties: { platform, region, tier, app: app.join("."), cohorts: cohorts[0] ?? "" },
    }),
    load: async (text) => {
      const client = new Unleash({
        // Nobody is there: it begins with what it is given, and that is all there is.
        url: "http://127.0.0.1:1/",
        appName: "bench",
        instanceId: "bench",
        refreshInterval: 0,
        disableMetrics: true,
        skipInstanceCountWarning: true,
        bootstrap: { data: JSON.parse(text).features },
        storageProvider: { get: async () => undefined, set: async () => {} },
      });
      client.on("error", () => {});
      client.on("warn", () => {});
      await new Promise((done) => client.once("ready", done));
      return {
        ask: (gift, context) => {
          const { name, enabled } = client.getVariant(gift, context);
          return enabled ? name : null;
        },
        close: async () => client.destroy(),
      };
    },
  };
}

/** https://flagd.dev: targeting as JSON Logic, with `sem_ver` and `fractional`, whose bucket is the very one of this project. */
function flagd(gifts) {
  const is = (name, value) => ({ "==": [{ var: name }, value] });
  const app = {
    or: PLATFORMS.map(({ platform, from }) =>
      from
        ? { and: [is("platform", platform), { sem_ver: [{ var: "app" }, ">=", from] }] }
        : is("platform", platform),
    ),
  };
  const isIn = (cohort) => ({ in: [cohort, { var: "cohorts" }] });
  const coversOf = ({ isFull, salt }) =>
    isFull
      ? app
      : {
          and: [
            app,
            {
              or: [
                ...COHORTS.map(isIn),
                {
                  and: [
                    { in: [{ var: "tier" }, tiers] },
                    ...exclude.map((it) => ({ "!": isIn(it) })),
                    {
                      or: REGIONS.map(([region, percent]) => ({
                        and: [is("region", region), { "==": [slice(salt, percent), "in"] }],
                      })),
                    },
                  ],
                },
              ],
            },
          ],
        };
  const flags = Object.fromEntries(
    gifts.map(({ id, releases }) => [
      id,
      {
        state: "ENABLED",
        variants: Object.fromEntries([...releases.map((it) => it.version), "none"].map((it) => [it, it])),
        defaultVariant: "none",
        targeting: { if: [...releases.flatMap((it) => [coversOf(it), it.version]), "none"] },
      },
    ]),
  );
  return {
    name: "@openfeature/flagd-core",
    definitions: JSON.stringify({ flags }),
    toViewer: (viewer) => ({ targetingKey: viewer.unitId, ...toAttributes(viewer) }),
    load: async (text) => {
      const core = new FlagdCore(undefined, QUIET);
      core.setConfigurations(text);
      return {
        ask: (gift, context) => {
          const { value } = core.resolveStringEvaluation(gift, "none", context, QUIET);
          return value === "none" ? null : value;
        },
        close: async () => {},
      };
    },
  };
}

function slice(salt, percent) {
  const basisPoints = percent * 100;
  return {
    fractional: [
      { cat: [salt, ":", { var: "targetingKey" }] },
      ["in", basisPoints],
      ["out", 10_000 - basisPoints],
    ],
  };
}

function toAttributes({ unitId, platform, region, tier, app, cohorts }) {
  return { unitId, platform, region, tier, app: app.join("."), cohorts };
}
