import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Collector } from "../../src/metrics/collector.ts";
import { toExposition } from "../../src/metrics/exposition.ts";
import { FAMILIES, UNIT_LABELS } from "../../src/metrics/families.ts";
import { KnownReleases } from "../../src/metrics/knownReleases.ts";
import { parseExposition } from "../../src/metrics/parseExposition.ts";
import type { BeaconBatch, BeaconEvent, ExposedEvent } from "../../src/wire/beacon.ts";
import { digestLike } from "../wire/catalogOf.ts";
import {
  BASELINE,
  batchOf,
  collectorOf,
  deviceOf,
  endedOf,
  exposedOf,
  LIVE,
  NEWER,
  NOW,
  OLDER,
  playOf,
  scrape,
  sumOf,
  wellOf,
} from "./beacons.ts";
import { runsOf } from "../support/runs.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function refusedOf(
  collector: Collector,
  events: readonly BeaconEvent[],
  parts: Partial<BeaconBatch> = {},
): object {
  return Object.fromEntries(collector.take(batchOf(events, parts), NOW).refused);
}

/** The counters of units that are not 0, by what they are called in the contract. */
function unitsOf(collector: Collector, ...labels: readonly string[]): object {
  const found = scrape(collector);
  const names = ["units", "failed", "crashed", "fellBack", "mismatched"] as const;
  const counts = names.map((name) => [name, sumOf(found, FAMILIES[name], ...labels)] as const);
  return Object.fromEntries(counts.filter(([, value]) => value !== 0));
}

describe("a play is counted whole, when it is over", () => {
  test("with all of its labels, and in the histograms", () => {
    const collector = collectorOf();
    expect(collector.take(batchOf(wellOf(1)), NOW)).toEqual({ accepted: 4, refused: new Map() });
    const labels =
      'gift="rose",version="1.1.0",build="aaaaaaaaaaaa",trial="1.1.0",arm="trial",region="SG",tier="mid",platform="android",play="first"';
    const found = scrape(collector);
    expect(found.get(`${FAMILIES.units}{${labels}}`)).toBe(1);
    expect(found.get(`${FAMILIES.failed}{${labels}}`)).toBe(0);
    expect(found.get(`${FAMILIES.decode}_bucket{${labels},le="75"}`)).toBe(0);
    expect(found.get(`${FAMILIES.decode}_bucket{${labels},le="100"}`)).toBe(1);
    expect(found.get(`${FAMILIES.decode}_sum{${labels}}`)).toBe(80);
    expect(found.get(`${FAMILIES.dropped}_bucket{${labels},le="0.01"}`)).toBe(1);
    expect(found.get(`${FAMILIES.dropped}_count{${labels}}`)).toBe(1);
  });

  test("and not before: until then a scrape shows the series at 0", () => {
    const collector = collectorOf();
    collector.take(batchOf([exposedOf(1), { kind: "failed", play: playOf(1), cause: "network" }]), NOW);
    expect(unitsOf(collector)).toEqual({});
    expect([...scrape(collector).keys()].some((key) => key.startsWith(FAMILIES.units))).toBe(true);
    collector.take(batchOf([endedOf(1)]), NOW);
    expect(unitsOf(collector)).toEqual({ units: 1, failed: 1 });
  });

  test("with what went wrong, by cause and by what was shown instead", () => {
    const collector = collectorOf();
    collector.take(
      batchOf([
        exposedOf(1),
        { kind: "failed", play: playOf(1), cause: "hash" },
        { kind: "fell_back", play: playOf(1), to: "still" },
        endedOf(1),
      ]),
      NOW,
    );
    expect(unitsOf(collector)).toEqual({ units: 1, failed: 1, fellBack: 1, mismatched: 1 });
    const found = scrape(collector);
    expect(found.get(`${FAMILIES.causes}{gift="rose",version="1.1.0",cause="hash"}`)).toBe(1);
    expect(found.get(`${FAMILIES.fallbacks}{gift="rose",version="1.1.0",to="still"}`)).toBe(1);
    expect(sumOf(found, `${FAMILIES.dropped}_count`)).toBe(0);
  });

  test("as a crash when it has no end for two minutes", () => {
    const collector = collectorOf();
    collector.take(batchOf([exposedOf(1)]), NOW);
    collector.tick(NOW + 2 * MINUTE - 1);
    expect(unitsOf(collector)).toEqual({});
    collector.tick(NOW + 2 * MINUTE);
    expect(unitsOf(collector)).toEqual({ units: 1, crashed: 1 });
    expect(refusedOf(collector, [endedOf(1)])).toEqual({ play: 1 });
    expect(unitsOf(collector)).toEqual({ units: 1, crashed: 1 });
  });

  test("but not as a crash while senders are turned away, for ten minutes at most", () => {
    const collector = collectorOf();
    collector.take(batchOf([exposedOf(1)]), NOW);
    for (let minute = 1; minute < 10; minute++) {
      collector.postpone(NOW + minute * MINUTE);
      collector.tick(NOW + minute * MINUTE);
    }
    expect(unitsOf(collector)).toEqual({});
    collector.postpone(NOW + 10 * MINUTE);
    collector.tick(NOW + 10 * MINUTE);
    expect(unitsOf(collector)).toEqual({ units: 1, crashed: 1 });
  });

  test("with an objective of the policy among the bounds", () => {
    const collector = collectorOf({}, [180]);
    collector.take(batchOf(wellOf(1, {}, 178)), NOW);
    const found = [...scrape(collector)].filter(([key]) => key.startsWith(`${FAMILIES.decode}_bucket`));
    const at = (bound: string) => found.find(([key]) => key.includes(`le="${bound}"`))?.[1];
    expect([at("175"), at("180"), at("200"), at("+Inf")]).toEqual([0, 1, 1, 1]);
  });
});

describe("a device is counted once", () => {
  test("a million events from one device are one unit, of which the device's own rate lets few be looked at", () => {
    const collector = collectorOf();
    let accepted = 0;
    for (let play = 0; play < 250_000; play += 5)
      accepted += collector.take(batchOf([0, 1, 2, 3, 4].flatMap((it) => wellOf(play + it))), NOW).accepted;
    expect(accepted).toBe(300);
    const found = scrape(collector);
    expect(sumOf(found, FAMILIES.refused, 'reason="device"')).toBe(999_700);
    expect([sumOf(found, FAMILIES.units), sumOf(found, FAMILIES.devices)]).toEqual([1, 1]);
  });

  test("however often it says that it plays for the first time, also where no rate holds it", () => {
    const collector = collectorOf({ deviceEventsPerMinute: Number.POSITIVE_INFINITY });
    for (let play = 0; play < 10_000; play++) collector.take(batchOf(wellOf(play)), NOW);
    const found = scrape(collector);
    expect(sumOf(found, FAMILIES.events)).toBe(40_000);
    expect(unitsOf(collector)).toEqual({ units: 1 });
    expect([sumOf(found, FAMILIES.devices), sumOf(found, FAMILIES.apps)]).toEqual([1, 1]);
    expect(collector.pendingPlays).toBe(0);
  });

  test("and later plays apart, one in an hour", () => {
    const collector = collectorOf();
    const repeat = { first: false };
    for (const [play, at] of [NOW, NOW + MINUTE, NOW + HOUR, NOW + HOUR + MINUTE].entries())
      collector.take(batchOf(wellOf(play, repeat)), at);
    expect([unitsOf(collector, 'play="first"'), unitsOf(collector, 'play="repeat"')]).toEqual([
      {},
      { units: 2 },
    ]);
  });

  test("in each arm, for each share and with one app", () => {
    const collector = collectorOf();
    collector.take(batchOf([...wellOf(1), ...wellOf(2, { sharePerMillion: 500_000 })]), NOW);
    collector.take(batchOf(wellOf(3), { app: "8.5.0" }), NOW);
    collector.take(batchOf(wellOf(4, BASELINE)), NOW);
    const found = scrape(collector);
    const devices = [...found].filter(([key]) => key.startsWith(FAMILIES.devices));
    expect(devices).toEqual([
      [`${FAMILIES.devices}{gift="rose",trial="1.1.0",arm="trial",region="SG",tier="mid",share="200000"}`, 1],
      [`${FAMILIES.devices}{gift="rose",trial="1.1.0",arm="trial",region="SG",tier="mid",share="500000"}`, 1],
      [
        `${FAMILIES.devices}{gift="rose",trial="1.1.0",arm="baseline",region="SG",tier="mid",share="200000"}`,
        1,
      ],
    ]);
    expect(sumOf(found, FAMILIES.apps, 'arm="trial"', 'app="8.4"')).toBe(1);
    expect(sumOf(found, FAMILIES.apps, 'arm="trial"', 'app="8.5"')).toBe(0);
  });

  test("also among devices when it has played the bytes before: most of a baseline has", () => {
    const collector = collectorOf();
    collector.take(batchOf(wellOf(1, { ...BASELINE, first: false })), NOW);
    expect(sumOf(scrape(collector), FAMILIES.devices, 'arm="baseline"')).toBe(1);
  });

  test("whose plays are nobody's trial, in no count of devices", () => {
    const collector = collectorOf();
    collector.take(batchOf(wellOf(1, LIVE)), NOW);
    expect(unitsOf(collector, 'arm="live"', 'trial=""')).toEqual({ units: 1 });
    expect(sumOf(scrape(collector), FAMILIES.devices)).toBe(0);
  });

  test("and cannot end another's play", () => {
    const collector = collectorOf();
    collector.take(batchOf([exposedOf(1)]), NOW);
    expect(refusedOf(collector, [endedOf(1)], { device: deviceOf(2) })).toEqual({ play: 1 });
    expect(collector.pendingPlays).toBe(1);
  });
});

describe("what is not counted has a reason", () => {
  test.each<[string, Partial<ExposedEvent>, string]>([
    ["a digest that no release has", { digest: digestLike("forged") }, "digest"],
    ["a digest of another version", { digest: OLDER }, "release"],
    ["a digest of another gift", { gift: "lily", version: "2.0.0", trial: "2.0.0" }, "release"],
    ["a trial that is no version", { trial: "9.9.9" }, "trial"],
    ["a trial of another gift", { trial: "2.0.0" }, "trial"],
    ["the trial as its own baseline", { arm: "baseline" }, "trial"],
    ["a trial without a chance", { sharePerMillion: 0 }, "trial"],
    ["a cohort with a chance", { arm: "cohort" }, "trial"],
    ["a live play of a trial", { arm: "live" }, "trial"],
    ["a gift that is named like a part of every object", { gift: "constructor", digest: NEWER }, "release"],
  ])("%s", (_name, parts, reason) => {
    const collector = collectorOf();
    expect(refusedOf(collector, wellOf(1, parts))).toEqual({ [reason]: 1, play: 3 });
    expect(unitsOf(collector)).toEqual({});
    expect(sumOf(scrape(collector), FAMILIES.refused, `reason="${reason}"`)).toBe(1);
  });

  test("a region or a platform that nobody serves, and with it all that the batch says", () => {
    const collector = collectorOf();
    expect(refusedOf(collector, wellOf(1), { region: "XX" })).toEqual({ region: 4 });
    expect(refusedOf(collector, wellOf(1), { region: "" })).toEqual({ region: 4 });
    expect(refusedOf(collector, wellOf(1), { platform: "__proto__" })).toEqual({ platform: 4 });
    expect(unitsOf(collector)).toEqual({});
  });

  test("an event that was said before, as when an answer was lost on the way: a batch sent again changes nothing", () => {
    const collector = collectorOf();
    const half = batchOf(wellOf(1).slice(0, 3));
    collector.take(half, NOW);
    expect(Object.fromEntries(collector.take(half, NOW).refused)).toEqual({ repeated: 3 });
    collector.take(batchOf([endedOf(1, 100, 1)]), NOW);
    expect(unitsOf(collector)).toEqual({ units: 1 });
  });

  test("more frames dropped than there were: such a play is neither good nor a crash", () => {
    const collector = collectorOf();
    expect(refusedOf(collector, [exposedOf(1), endedOf(1, 10, 11)])).toEqual({ numbers: 1 });
    collector.tick(NOW + HOUR);
    expect(unitsOf(collector)).toEqual({});
  });

  test("too much from one device in a minute, until the minute is over", () => {
    const collector = collectorOf({ deviceEventsPerMinute: 8 });
    expect(refusedOf(collector, [...wellOf(1), ...wellOf(2)])).toEqual({});
    expect(refusedOf(collector, wellOf(3))).toEqual({ device: 4 });
    expect(refusedOf(collector, wellOf(4), { device: deviceOf(2) })).toEqual({});
    expect(collector.take(batchOf(wellOf(3)), NOW + MINUTE).accepted).toBe(4);
  });

  test("too much from one address, where that is asked for", () => {
    const collector = collectorOf({ addressEventsPerMinute: 8 });
    const from = (device: number, address: string) =>
      collector.take(batchOf(wellOf(device), { device: deviceOf(device) }), NOW, address).accepted;
    expect([from(1, "192.0.2.1"), from(2, "192.0.2.1"), from(3, "192.0.2.1"), from(4, "192.0.2.2")]).toEqual([
      4, 4, 0, 4,
    ]);
  });

  test("what came with a release that git has no more", () => {
    const collector = collectorOf();
    collector.take(batchOf(wellOf(1)), NOW);
    collector.know({
      releases: new KnownReleases([]),
      regions: new Set(["SG"]),
      platforms: new Set(["android"]),
    });
    expect(refusedOf(collector, [exposedOf(2)], { device: deviceOf(2) })).toEqual({ digest: 1 });
    expect(unitsOf(collector)).toEqual({ units: 1 });
  });
});

describe("memory is bounded", () => {
  test("in plays that are under way", () => {
    const collector = collectorOf({ pendingPlays: 3 });
    const devices = [1, 2, 3, 4].map((it) => refusedOf(collector, [exposedOf(it)], { device: deviceOf(it) }));
    expect(devices).toEqual([{}, {}, {}, { pending: 1 }]);
    expect([collector.isFull, collector.pendingPlays]).toEqual([true, 3]);
    collector.tick(NOW + HOUR);
    expect([collector.isFull, unitsOf(collector)]).toEqual([false, { units: 3, crashed: 3 }]);
  });

  test("in series, of which plays outside of a trial take half at most", () => {
    const collector = collectorOf({ series: 2 });
    expect(refusedOf(collector, wellOf(1, LIVE))).toEqual({});
    expect(refusedOf(collector, wellOf(2, LIVE), { tier: "low" })).toEqual({ series: 1, play: 3 });
    expect(refusedOf(collector, wellOf(3), { tier: "low" })).toEqual({});
    expect(refusedOf(collector, wellOf(4), { tier: "high" })).toEqual({ series: 1, play: 3 });
    expect(refusedOf(collector, wellOf(5), { device: deviceOf(2), tier: "low" })).toEqual({});
    expect(unitsOf(collector)).toEqual({ units: 3 });
  });

  test("in shares and apps, which anybody may make up", () => {
    const collector = collectorOf({ valuesPerTrial: 2 });
    const shares = [1, 2, 3].map((it) => refusedOf(collector, [exposedOf(it, { sharePerMillion: it })]));
    expect(shares).toEqual([{}, {}, { series: 1 }]);
    const apps = [1, 2, 3].map((it) =>
      refusedOf(collector, [exposedOf(10 + it, { sharePerMillion: 1 })], {
        app: `9.${it}.0`,
        device: deviceOf(it),
      }),
    );
    expect(apps).toEqual([{}, { series: 1 }, { series: 1 }]);
  });
});

/** Batches as apps, broken apps and liars send them: few devices and plays, so that they often meet. */
function batches(): fc.Arbitrary<readonly BeaconBatch[]> {
  const play = fc.nat(5).map(playOf);
  const milliseconds = fc.integer({ min: 0, max: 5_000 });
  const exposed = fc.tuple(
    fc.nat(5),
    fc.constantFrom({}, BASELINE, LIVE, { first: false }, { digest: OLDER }),
  );
  const event: fc.Arbitrary<BeaconEvent> = fc.oneof(
    { weight: 3, arbitrary: exposed.map(([at, parts]) => exposedOf(at, parts)) },
    fc.record({ kind: fc.constant("loaded" as const), play, milliseconds }),
    fc.record({ kind: fc.constant("decoded" as const), play, milliseconds }),
    fc.record({
      kind: fc.constant("failed" as const),
      play,
      cause: fc.constantFrom("network" as const, "missing" as const, "hash" as const, "decode" as const),
    }),
    fc.record({
      kind: fc.constant("fell_back" as const),
      play,
      to: fc.constantFrom("release" as const, "gift" as const, "still" as const, "default" as const),
    }),
    fc.record({ kind: fc.constant("ended" as const), play, frames: fc.nat(3), dropped: fc.nat(3) }),
  );
  const batch = fc.record({
    events: fc.array(event, { minLength: 1, maxLength: 8 }),
    device: fc.nat(3).map(deviceOf),
    region: fc.constantFrom("SG", "SG", "ID", "XX"),
    tier: fc.constantFrom("low" as const, "mid" as const),
  });
  return fc.array(
    batch.map(({ events, ...parts }) => batchOf(events, parts)),
    { maxLength: 30 },
  );
}

describe("whatever is sent, in whatever order", () => {
  test("no scrape ever shows more units with something wrong than units, or a counter that falls", () => {
    fc.assert(
      fc.property(batches(), fc.nat(60_000), (sent, step) => {
        const collector = collectorOf();
        let before = scrape(collector);
        sent.forEach((batch, at) => {
          collector.take(batch, NOW + at * step);
          collector.tick(NOW + at * step);
          const found = scrape(collector);
          for (const [key, value] of before) expect(found.get(key)).toBeGreaterThanOrEqual(value);
          for (const [key, units] of found) {
            if (!key.startsWith(`${FAMILIES.units}{`)) continue;
            const labels = key.slice(FAMILIES.units.length);
            for (const name of ["failed", "crashed", "fellBack", "mismatched"] as const)
              expect(found.get(FAMILIES[name] + labels)).toBeLessThanOrEqual(units);
            expect(found.get(`${FAMILIES.decode}_count${labels}`)).toBeLessThanOrEqual(units);
            expect(found.get(`${FAMILIES.dropped}_count${labels}`)).toBeLessThanOrEqual(units);
          }
          before = found;
        });
      }),
      runsOf(60, 15),
    );
  });

  test("what a scrape shows is what the gate's own reader reads", () => {
    fc.assert(
      fc.property(batches(), (sent) => {
        const collector = collectorOf();
        for (const batch of sent) collector.take(batch, NOW);
        const read = parseExposition(toExposition(collector.families()));
        const found = scrape(collector);
        expect(read).toHaveLength(found.size);
        expect(read.reduce((sum, it) => sum + it.value, 0)).toBeCloseTo(
          [...found.values()].reduce((a, b) => a + b, 0),
          3,
        );
        for (const { name, labels } of read)
          if (name === FAMILIES.units) expect(Object.keys(labels)).toEqual([...UNIT_LABELS]);
      }),
      runsOf(50, 25),
    );
  });

  test("each event is accepted or refused, once, and a scrape says so", () => {
    fc.assert(
      fc.property(batches(), (sent) => {
        const collector = collectorOf();
        let [accepted, refused] = [0, 0];
        for (const batch of sent) {
          const outcome = collector.take(batch, NOW);
          accepted += outcome.accepted;
          for (const events of outcome.refused.values()) refused += events;
        }
        const found = scrape(collector);
        expect([sumOf(found, FAMILIES.events), sumOf(found, FAMILIES.refused)]).toEqual([accepted, refused]);
        expect(accepted + refused).toBe(sent.reduce((sum, batch) => sum + batch.events.length, 0));
      }),
      runsOf(200, 60),
    );
  });

  test("sending everything again changes no unit and no device", () => {
    fc.assert(
      fc.property(batches(), (sent) => {
        const collector = collectorOf();
        const units = () =>
          [...scrape(collector)].filter(
            ([key]) => !key.startsWith(FAMILIES.events) && !key.startsWith(FAMILIES.refused),
          );
        for (const batch of sent) collector.take(batch, NOW);
        collector.tick(NOW + 2 * MINUTE);
        const before = units();
        for (const batch of sent) collector.take(batch, NOW + 3 * MINUTE);
        collector.tick(NOW + 5 * MINUTE);
        expect(units().filter(([, value]) => value !== 0)).toEqual(before.filter(([, value]) => value !== 0));
      }),
      runsOf(200, 60),
    );
  });

  test("plays that went well are counted exactly: one for each device, release and arm", () => {
    const plays = fc.array(fc.tuple(fc.nat(8), fc.constantFrom({}, BASELINE)), { maxLength: 40 });
    fc.assert(
      fc.property(plays, (sent) => {
        const collector = collectorOf();
        sent.forEach(([device, parts], at) => {
          collector.take(batchOf(wellOf(at, parts), { device: deviceOf(device) }), NOW);
        });
        const distinct = new Set(sent.map(([device, parts]) => `${device} ${JSON.stringify(parts)}`));
        const found = scrape(collector);
        expect(sumOf(found, FAMILIES.units)).toBe(distinct.size);
        expect(sumOf(found, `${FAMILIES.decode}_count`)).toBe(distinct.size);
        expect(sumOf(found, FAMILIES.devices)).toBe(distinct.size);
      }),
      runsOf(100, 40),
    );
  });
});
