import { createHash } from "node:crypto";
import {
  makeRoot,
  makeSnapshot,
  makeTargets,
  makeTimestamp,
  signMetadata,
  toFileMeta,
} from "../../../src/trust/sign.ts";
import { metadataKey, TIMESTAMP_KEY } from "../../../src/wire/keys.ts";
import type { FileMeta, Timestamp } from "../../../src/wire/metadata.ts";
import type { Override } from "../../../src/wire/override.ts";
import { catalogTexts, encode, HOUR, NOW, type Repository, tampered } from "../../client/repositoryOf.ts";
import { type Gifts, overrideOf, releaseOf } from "../../wire/catalogOf.ts";
import { rotate, signerNamed } from "./fixedRepository.ts";
import type { Trace } from "./trace.ts";

const OLD: Gifts = { kit: [releaseOf("2.0.0")], rose: [releaseOf("1.0.0")] };
const NEW: Gifts = { kit: [releaseOf("2.0.0")], rose: [releaseOf("1.1.0"), releaseOf("1.0.0")] };
const STOP: Override = overrideOf("rose", {
  id: "stop/rose/1.1.0",
  origin: "stop",
  versions: [
    [
      [1, 1, 0],
      [1, 1, 1, 0],
    ],
  ],
});

/** An edge that has not heard of the newest timestamp is common: a client may keep quiet about it for some seconds. */
const BEHIND = "rollback or unchanged";

/** A sentence, and how it goes: steps with the outcome of each, written by hand. */
export type TraceCase = readonly [name: string, run: (trace: Trace) => Promise<void>];

export const TRACE_CASES: readonly TraceCase[] = [
  ...started(),
  ...nothingNew(),
  ...published(),
  ...overridden(),
  ...rotated(),
  ...grownOld(),
  ...rolledBack(),
  ...damaged(),
  ...unreadable(),
  ...cutOff(),
];

function started(): TraceCase[] {
  return [
    [
      "a first start: the timestamp, then what it names, each once",
      async (trace) => {
        await trace.opens();
        await trace.repository.publish(OLD, [overrideOf("kit")]);
        await trace.refreshes("changed");
      },
    ],
    [
      "nothing was ever published",
      async (trace) => {
        await trace.opens();
        await trace.refreshes("missing");
      },
    ],
    ...["snapshot", "targets", "catalog"].map(
      (file): TraceCase => [
        `the ${file} is not there, and comes later`,
        async (trace) => {
          await trace.repository.publish(OLD, [overrideOf("kit")]);
          const { repository } = trace;
          const key = file === "catalog" ? repository.catalogKey("mid") : `metadata/1.${file}.json`;
          trace.answers.set(key, "missing");
          await trace.opens();
          await trace.refreshes("missing");
          trace.answers.delete(key);
          await trace.refreshes("changed");
        },
      ],
    ),
    [
      "the network is down, and up again",
      async (trace) => {
        await trace.repository.publish(OLD);
        trace.answers.set("*", "down");
        await trace.opens();
        await trace.refreshes("network");
        trace.answers.delete("*");
        await trace.refreshes("changed");
      },
    ],
    [
      "after a restart a client plays from what it stored, with no network at all",
      async (trace) => {
        await trace.repository.publish(NEW, [overrideOf("kit")]);
        await trace.opens();
        await trace.refreshes("changed");
        trace.answers.set("*", "down");
        await trace.opens();
        await trace.refreshes("network");
      },
    ],
    [
      "a poll interval is kept between 30 and 300 seconds, whatever is signed",
      async (trace) => {
        await trace.repository.publish(OLD);
        await trace.opens();
        await trace.refreshes("changed");
        for (const pollSeconds of [1, 45, 9_000]) {
          await signTimestamp(trace.repository, { giftwrap: { pollSeconds } });
          await trace.refreshes("changed");
        }
      },
    ],
  ];
}

function nothingNew(): TraceCase[] {
  return [
    [
      "nothing new: one question, answered by its ETag",
      async (trace) => {
        await upToDate(trace, OLD);
        await trace.refreshes("unchanged");
        await trace.refreshes("unchanged");
      },
    ],
    [
      "nothing new from an edge without ETags: the same timestamp in full",
      async (trace) => {
        trace.hasEtags = false;
        await upToDate(trace, OLD);
        await trace.refreshes("unchanged");
      },
    ],
    [
      "nothing new after a restart",
      async (trace) => {
        await upToDate(trace, OLD);
        await trace.opens();
        await trace.refreshes("unchanged");
      },
    ],
    [
      "the very version that is trusted, with other content: nothing changes",
      async (trace) => {
        await upToDate(trace, OLD);
        trace.repository.revision--;
        await trace.repository.publishOverrides([overrideOf("rose")]);
        await trace.refreshes("unchanged");
      },
    ],
  ];
}

function published(): TraceCase[] {
  return [
    [
      "a publish comes by its delta",
      async (trace) => {
        await upToDate(trace, OLD);
        await trace.repository.publish(NEW);
        await trace.refreshes("changed");
      },
    ],
    [
      "a publish after a restart comes by its delta, too",
      async (trace) => {
        await upToDate(trace, OLD);
        await trace.opens();
        await trace.repository.publish(NEW);
        await trace.refreshes("changed");
      },
    ],
    [
      "a publish of the same catalog: it is not asked for again",
      async (trace) => {
        await upToDate(trace, OLD);
        await trace.repository.publish(OLD);
        await trace.refreshes("changed");
      },
    ],
    [
      "a publish beyond one that was missed: no delta leads there",
      async (trace) => {
        await upToDate(trace, OLD);
        await trace.repository.publish({ kit: [releaseOf("2.0.0")] });
        await trace.repository.publish(NEW);
        await trace.refreshes("changed");
      },
    ],
    ...(
      [
        ["is missing", null],
        ["is down", "down"],
        ["is no JSON", "<!doctype html>"],
        ["is null", "null"],
        ["leads elsewhere", '{"rose":null}'],
        ["is longer than the catalog that it leads to", `{"rose":"${"x".repeat(100_000)}"}`],
      ] as const
    ).map(
      ([how, text]): TraceCase => [
        `a delta that ${how}: the whole catalog is fetched`,
        async (trace) => {
          await upToDate(trace, OLD);
          const { repository } = trace;
          await repository.publish(NEW);
          const key = repository.deltaKeyTo("mid");
          if (text === "down") trace.answers.set(key, "down");
          else if (text === null) repository.files.delete(key);
          // A long one need not be kept: the limit is asked before the content.
          else
            repository.files.set(
              key,
              text.length > 5_000 ? new Uint8Array(text.length).fill(32) : encode(text),
            );
          await trace.refreshes("changed");
        },
      ],
    ),
  ];
}

function overridden(): TraceCase[] {
  const untilSecond = { ...STOP, untilGeneration: 2 };
  return [
    [
      "an override alone is one small file",
      async (trace) => {
        await upToDate(trace, OLD);
        await trace.repository.publishOverrides([overrideOf("rose")]);
        await trace.refreshes("changed");
        await trace.repository.publishOverrides([]);
        await trace.refreshes("changed");
      },
    ],
    [
      "an override takes effect though the catalog beside it cannot be had",
      async (trace) => {
        await upToDate(trace, OLD);
        await trace.repository.publish(NEW, [overrideOf("kit")]);
        trace.answers.set("metadata/2.snapshot.json", "down");
        await trace.refreshes("network");
        trace.answers.clear();
        await trace.refreshes("changed");
      },
    ],
    [
      "a stop until generation 2 ends with the catalog that carries it",
      async (trace) => {
        await upToDate(trace, NEW);
        await trace.repository.publishOverrides([untilSecond]);
        await trace.refreshes("changed");
        await trace.repository.publish(NEW);
        await trace.refreshes("changed");
      },
    ],
    [
      "a stop is kept over an older catalog though it is named no more, also over a restart",
      async (trace) => {
        await upToDate(trace, NEW);
        await trace.repository.publishOverrides([untilSecond]);
        await trace.refreshes("changed");
        await trace.repository.publish(OLD, []);
        trace.answers.set("metadata/2.snapshot.json", "down");
        await trace.refreshes("network");
        await trace.opens();
        await trace.refreshes("network");
        trace.answers.clear();
        await trace.refreshes("changed");
      },
    ],
  ];
}

function rotated(): TraceCase[] {
  return [
    [
      "a new timestamp key, found by asking for the next root",
      async (trace) => {
        await upToDate(trace, OLD);
        await rotate(trace.repository, { timestamp: "timestamp 2" });
        await trace.repository.publish(NEW);
        await trace.refreshes("changed");
      },
    ],
    [
      "a new release key, which the timestamp does not show",
      async (trace) => {
        await upToDate(trace, OLD);
        await rotate(trace.repository, { release: "release 2" });
        await trace.repository.publish(NEW);
        await trace.refreshes("changed");
      },
    ],
    [
      "several roots at once, the root's own key among them, kept over a restart",
      async (trace) => {
        await upToDate(trace, OLD);
        await rotate(trace.repository, { root: "root 2" });
        await rotate(trace.repository, { root: "root 3", release: "release 2" });
        for (const root of ["root 4", "root 5", "root 6"]) await rotate(trace.repository, { root });
        await rotate(trace.repository, { timestamp: "timestamp 2" });
        await trace.repository.publish(NEW);
        await trace.refreshes("changed");
        await trace.opens();
        await trace.refreshes("unchanged");
      },
    ],
    [
      "an app that comes with the first root follows all of them",
      async (trace) => {
        await rotate(trace.repository, { root: "root 2" });
        await rotate(trace.repository, { root: "root 3", timestamp: "timestamp 2", release: "release 2" });
        await trace.repository.publish(NEW);
        await trace.opens();
        await trace.refreshes("changed");
      },
    ],
    ["two of three root keys", (trace) => asksForTwo(trace, ["root 1", "root a", "root c"], "changed")],
    [
      "two of three root keys, where one signed",
      (trace) => asksForTwo(trace, ["root 1", "root a"], "signature"),
    ],
    [
      "two of three root keys, where a stranger signed",
      (trace) => asksForTwo(trace, ["root 1", "root a", "root d"], "signature"),
    ],
    [
      "a root that the old key did not sign",
      async (trace) => {
        await upToDate(trace, OLD);
        await rotate(trace.repository, { root: "root 2", timestamp: "timestamp 2" }, ["root 2"]);
        await trace.repository.publish(NEW);
        await trace.refreshes("signature");
      },
    ],
    [
      "a root that its own key did not sign",
      async (trace) => {
        await upToDate(trace, OLD);
        await rotate(trace.repository, { root: "root 2", timestamp: "timestamp 2" }, ["root 1"]);
        await trace.repository.publish(NEW);
        await trace.refreshes("signature");
      },
    ],
    [
      "a root that skips a version",
      async (trace) => {
        await upToDate(trace, OLD);
        const { repository } = trace;
        await rotate(repository, { timestamp: "timestamp 2" });
        await rotate(repository, { timestamp: "timestamp 3" });
        repository.files.set(metadataKey("root", 2), repository.bytesOf(metadataKey("root", 3)));
        repository.files.delete(metadataKey("root", 3));
        await repository.publish(NEW);
        await trace.refreshes("rollback");
      },
    ],
    [
      "a root that expired on the way is passed, as long as the last one holds",
      async (trace) => {
        await upToDate(trace, OLD);
        const { repository } = trace;
        await rotate(repository, { root: "root 2" });
        repository.root = { ...repository.root, expires: "2027-01-01T00:00:00Z" };
        await repository.signRoot([signerNamed("root 1"), signerNamed("root 2")]);
        await rotate(repository, { timestamp: "timestamp 2" });
        await repository.publish(NEW);
        await trace.refreshes("changed");
      },
    ],
    [
      "a root that has expired since gives way to the next one, though no key has changed",
      async (trace) => {
        const { repository } = trace;
        const until = (version: number, expires: string) => {
          repository.root = { ...repository.root, version, expires };
          return repository.signRoot([signerNamed("root 1")]);
        };
        await until(2, "2027-02-01T12:00:00Z");
        await rotate(repository, { timestamp: "timestamp 2" });
        await until(3, "2027-02-01T12:00:00Z");
        await upToDate(trace, OLD);
        trace.now += 36 * HOUR;
        await repository.publishOverrides([overrideOf("rose")], trace.now);
        await trace.refreshes("expired");
        await until(4, "2028-02-01T12:00:00Z");
        await trace.refreshes("changed");
      },
    ],
    [
      "a root that expired lets nothing in",
      async (trace) => {
        const { repository } = trace;
        await upToDate(trace, OLD);
        await rotate(repository, { timestamp: "timestamp 2" });
        repository.root = { ...repository.root, expires: "2027-01-01T00:00:00Z" };
        await repository.signRoot([signerNamed("root 1")]);
        await repository.publish(NEW);
        await trace.refreshes("expired");
      },
    ],
    [
      "new keys lead back from version numbers that were run far ahead",
      async (trace) => {
        await upToDate(trace, OLD);
        const { repository } = trace;
        await signTimestamp(repository, { version: 1_000_000 });
        await trace.refreshes("changed");
        repository.revision = 1;
        await repository.publishOverrides([overrideOf("rose")]);
        await trace.refreshes(BEHIND);
        await rotate(repository, { timestamp: "timestamp 2" });
        await repository.publishOverrides([overrideOf("rose")]);
        await trace.refreshes("changed");
      },
    ],
    [
      "new keys replace a catalog that a stolen release key signed under the same numbers",
      async (trace) => {
        const { repository } = trace;
        await repository.publish(OLD);
        await repository.publish({ rose: [releaseOf("6.6.6")] });
        await trace.opens();
        await trace.refreshes("changed");
        await rotate(repository, { release: "release 2", timestamp: "timestamp 2" });
        repository.generation = 1;
        await repository.publish(NEW);
        await trace.refreshes("changed");
      },
    ],
  ];
}

/** A root that asks for two of three from now on, and the keys that signed it; the old root's one is `root 1`. */
async function asksForTwo(trace: Trace, signedBy: readonly string[], outcome: string): Promise<void> {
  await upToDate(trace, OLD);
  const { repository } = trace;
  const root = ["root a", "root b", "root c"].map(signerNamed);
  repository.keys = { ...repository.keys, timestamp: signerNamed("timestamp 2") };
  repository.root = { ...makeRoot({ ...repository.keys, root }, NOW, 2), version: 2 };
  await repository.signRoot(signedBy.map(signerNamed));
  await repository.publish(NEW);
  await trace.refreshes(outcome);
}

function grownOld(): TraceCase[] {
  return [
    [
      "a timestamp that has expired",
      async (trace) => {
        await trace.repository.publish(OLD);
        trace.now += 49 * HOUR;
        await trace.opens();
        await trace.refreshes("expired");
      },
    ],
    [
      "a timestamp in its last second, and at its end",
      async (trace) => {
        await trace.repository.publish(OLD);
        trace.now += 48 * HOUR - 1;
        await trace.opens();
        await trace.refreshes("changed");
        trace.now += 1;
        await trace.refreshes("expired");
      },
    ],
    ...[true, false].map(
      (hasEtags): TraceCase => [
        `a timestamp that was taken up in time and is answered again when it has expired, ${hasEtags ? "as not modified" : "in full"}`,
        async (trace) => {
          trace.hasEtags = hasEtags;
          await trace.repository.publish(OLD, [overrideOf("rose")]);
          await trace.opens();
          await trace.refreshes("changed");
          trace.now += 49 * HOUR;
          await trace.refreshes("expired");
          await trace.repository.publishOverrides([], trace.now);
          await trace.refreshes("changed");
        },
      ],
    ),
    [
      "a stored state that has expired is played from still, after a restart, too",
      async (trace) => {
        await upToDate(trace, OLD);
        trace.now += 10_000 * HOUR;
        await trace.opens();
        await trace.refreshes("expired");
      },
    ],
    [
      "a timestamp that expired before its catalog came lets no catalog in",
      async (trace) => {
        await trace.repository.publish(OLD);
        trace.answers.set("metadata/1.snapshot.json", "down");
        await trace.opens();
        await trace.refreshes("network");
        trace.answers.clear();
        trace.now += 49 * HOUR;
        await trace.refreshes("expired");
      },
    ],
    ...(["snapshot", "targets"] as const).map(
      (role): TraceCase => [
        `${role} that have expired, under a fresh timestamp`,
        async (trace) => {
          await upToDate(trace, OLD);
          await publishBy(trace.repository, NEW, { [role]: { expires: "2027-01-01T00:00:00Z" } });
          await trace.refreshes("expired");
        },
      ],
    ),
  ];
}

function rolledBack(): TraceCase[] {
  return [
    [
      "an edge that is behind answers an older timestamp",
      async (trace) => {
        const { repository } = trace;
        await repository.publish(OLD);
        const stale = repository.bytesOf(TIMESTAMP_KEY);
        await repository.publishOverrides([overrideOf("rose")]);
        const fresh = repository.bytesOf(TIMESTAMP_KEY);
        await trace.opens();
        await trace.refreshes("changed");
        repository.files.set(TIMESTAMP_KEY, stale);
        await trace.refreshes(BEHIND);
        await trace.opens();
        await trace.refreshes(BEHIND);
        repository.files.set(TIMESTAMP_KEY, fresh);
        await trace.refreshes("unchanged");
        await repository.publish(NEW);
        await trace.refreshes("changed");
      },
    ],
    [
      "a newer timestamp over an older snapshot",
      async (trace) => {
        const { repository } = trace;
        await repository.publish(OLD);
        const snapshot = fileMeta(repository, "snapshot", 1);
        await repository.publish(NEW);
        await trace.opens();
        await trace.refreshes("changed");
        await signTimestamp(repository, { meta: { "snapshot.json": snapshot } });
        await trace.refreshes("rollback");
      },
    ],
    [
      "a newer snapshot over older targets",
      async (trace) => {
        const { repository } = trace;
        await repository.publish(OLD);
        const targets = fileMeta(repository, "targets", 1);
        await repository.publish(NEW);
        await trace.opens();
        await trace.refreshes("changed");
        await publishSnapshot(repository, 3, targets);
        await trace.refreshes("rollback");
      },
    ],
    [
      "mix and match: the snapshot of another generation",
      async (trace) => {
        await upToDate(trace, OLD);
        const { repository } = trace;
        await repository.publish(NEW);
        repository.files.set("metadata/2.snapshot.json", repository.bytesOf("metadata/1.snapshot.json"));
        await trace.refreshes("hash");
      },
    ],
    [
      "mix and match: the targets of another generation",
      async (trace) => {
        await upToDate(trace, OLD);
        const { repository } = trace;
        await repository.publish(NEW);
        repository.files.set("metadata/2.targets.json", repository.bytesOf("metadata/1.targets.json"));
        await trace.refreshes("hash");
      },
    ],
    [
      "targets of another number than the snapshot says, by the right hash",
      async (trace) => {
        await upToDate(trace, OLD);
        const { repository } = trace;
        await publishBy(repository, NEW, { targets: { version: 7 } });
        await trace.refreshes("hash");
      },
    ],
  ];
}

function damaged(): TraceCase[] {
  const publishes = (trace: Trace) => trace.repository.publish(NEW, [overrideOf("kit")]);
  const replace = (trace: Trace, key: string, from: string, to: string) =>
    trace.repository.files.set(key, tampered(trace.repository.bytesOf(key), from, to));
  return [
    [
      "a timestamp with one letter changed, and the good one again",
      async (trace) => {
        await upToDate(trace, OLD);
        await publishes(trace);
        const good = trace.repository.bytesOf(TIMESTAMP_KEY);
        replace(trace, TIMESTAMP_KEY, "stop-kit", "stop-bit");
        await trace.refreshes("signature");
        await trace.refreshes("signature");
        trace.repository.files.set(TIMESTAMP_KEY, good);
        await trace.refreshes("changed");
      },
    ],
    [
      "a timestamp that another key signed",
      async (trace) => {
        await upToDate(trace, OLD);
        await signTimestamp(trace.repository, {}, "stranger");
        await trace.refreshes("signature");
      },
    ],
    [
      "a timestamp that the release key signed: each key has its own work",
      async (trace) => {
        await upToDate(trace, OLD);
        await signTimestamp(trace.repository, {}, "release 1");
        await trace.refreshes("signature");
      },
    ],
    [
      "a timestamp without signatures",
      async (trace) => {
        await upToDate(trace, OLD);
        await publishes(trace);
        const { signed } = JSON.parse(new TextDecoder().decode(trace.repository.bytesOf(TIMESTAMP_KEY)));
        trace.repository.files.set(TIMESTAMP_KEY, encode(JSON.stringify({ signatures: [], signed })));
        await trace.refreshes("signature");
      },
    ],
    [
      "what was signed counts, not how it is written: keys in another order, and white space",
      async (trace) => {
        await upToDate(trace, OLD);
        await publishes(trace);
        const { signatures, signed } = JSON.parse(
          new TextDecoder().decode(trace.repository.bytesOf(TIMESTAMP_KEY)),
        );
        const turned = Object.fromEntries(Object.entries(signed).reverse());
        trace.repository.files.set(
          TIMESTAMP_KEY,
          encode(JSON.stringify({ signed: turned, signatures }, null, 1)),
        );
        await trace.refreshes("changed");
      },
    ],
    ...["snapshot", "targets"].map(
      (role): TraceCase => [
        `${role} with one letter changed, of the same length`,
        async (trace) => {
          await upToDate(trace, OLD);
          await publishes(trace);
          replace(trace, `metadata/2.${role}.json`, '"expires":"2028', '"expires":"2029');
          await trace.refreshes("hash");
        },
      ],
    ),
    [
      "a catalog with one letter changed",
      async (trace) => {
        await upToDate(trace, OLD);
        await publishes(trace);
        trace.repository.files.delete(trace.repository.deltaKeyTo("mid"));
        replace(trace, trace.repository.catalogKey("mid"), "1.1.0", "6.6.6");
        await trace.refreshes("hash");
      },
    ],
    [
      "a release key that signed under a name that is not its own",
      async (trace) => {
        await upToDate(trace, OLD);
        const { repository } = trace;
        repository.keys = { ...repository.keys, release: signerNamed("stranger") };
        await repository.publish(NEW);
        await trace.refreshes("signature");
      },
    ],
    [
      "a timestamp that is longer than any",
      async (trace) => {
        await upToDate(trace, OLD);
        trace.repository.files.set(TIMESTAMP_KEY, new Uint8Array(16_385).fill(32));
        await trace.refreshes("too_large");
      },
    ],
    ...["snapshot", "targets", "catalog"].map(
      (file): TraceCase => [
        `${file}: longer than its signed length`,
        async (trace) => {
          await upToDate(trace, OLD);
          const { repository } = trace;
          await publishes(trace);
          repository.files.delete(repository.deltaKeyTo("mid"));
          const key = file === "catalog" ? repository.catalogKey("mid") : `metadata/2.${file}.json`;
          const bytes = repository.bytesOf(key);
          const longer = new Uint8Array(bytes.length + 1).fill(10);
          longer.set(bytes);
          repository.files.set(key, longer);
          await trace.refreshes("too_large");
        },
      ],
    ),
  ];
}

function unreadable(): TraceCase[] {
  const answered = (name: string, bytes: Uint8Array | string): TraceCase => [
    `a timestamp that ${name}`,
    async (trace) => {
      await upToDate(trace, OLD);
      trace.repository.files.set(TIMESTAMP_KEY, typeof bytes === "string" ? encode(bytes) : bytes);
      await trace.refreshes("schema");
    },
  ];
  const signed = (name: string, parts: TimestampParts, outcome = "schema"): TraceCase => [
    `a timestamp ${name}`,
    async (trace) => {
      await upToDate(trace, OLD);
      await signTimestamp(trace.repository, parts);
      await trace.refreshes(outcome);
    },
  ];
  return [
    answered("is empty", ""),
    answered("is no JSON", "<!doctype html>"),
    answered("breaks off", '{"signatures":[],"signed":{"_type":"timestamp"'),
    answered("is no UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])),
    answered("is null", "null"),
    answered("is a list", "[]"),
    answered("has no signed part", '{"signatures":[]}'),
    answered(
      "has no list of signatures",
      '{"signatures":{},"signed":{"_type":"timestamp","version":2,"expires":"2028-01-01T00:00:00Z"}}',
    ),
    answered(
      "has a signature that is null",
      '{"signatures":[null],"signed":{"_type":"timestamp","version":2,"expires":"2028-01-01T00:00:00Z"}}',
    ),
    [
      "a snapshot where a timestamp should be",
      async (trace) => {
        await upToDate(trace, OLD);
        const { files } = trace.repository;
        files.set(TIMESTAMP_KEY, trace.repository.bytesOf("metadata/1.snapshot.json"));
        await trace.refreshes("schema");
      },
    ],
    answered(
      "has a version that is no number",
      '{"signatures":[],"signed":{"_type":"timestamp","version":"2","expires":"2028-01-01T00:00:00Z"}}',
    ),
    answered(
      "has a version with a fraction",
      '{"signatures":[],"signed":{"_type":"timestamp","version":2.5,"expires":"2028-01-01T00:00:00Z"}}',
    ),
    answered("has no end", '{"signatures":[],"signed":{"_type":"timestamp","version":2}}'),
    answered(
      "ends at no time",
      '{"signatures":[],"signed":{"_type":"timestamp","version":2,"expires":"soon"}}',
    ),
    [
      "a timestamp that holds a fraction",
      async (trace) => {
        await upToDate(trace, OLD);
        await trace.repository.publishOverrides([]);
        const bytes = trace.repository.bytesOf(TIMESTAMP_KEY);
        trace.repository.files.set(TIMESTAMP_KEY, tampered(bytes, '"pollSeconds":60', '"pollSeconds":60.5'));
        await trace.refreshes("schema");
      },
    ],
    signed("of another major of the format", { giftwrap: { format: "2.0" } }),
    signed("of a major that only begins alike", { giftwrap: { format: "10.0" } }),
    signed(
      "of a later minor, with more than is known",
      { giftwrap: { format: "1.9", more: { of: "this" } } },
      "changed",
    ),
    [
      "a catalog of another major: the timestamp counts, the catalog does not",
      async (trace) => {
        await upToDate(trace, OLD);
        const { mid, ...others } = catalogTexts(NEW);
        await trace.repository.publishTexts(
          { ...others, mid: mid.replace('"format":"1.0"', '"format":"2.0"') },
          [STOP],
        );
        await trace.refreshes("schema");
        await trace.opens();
        await trace.refreshes("schema");
        await trace.repository.publish(NEW, []);
        await trace.refreshes("changed");
      },
    ],
    [
      "a catalog of a later minor: no delta leads there, and it is read",
      async (trace) => {
        await upToDate(trace, OLD);
        const { mid, ...others } = catalogTexts(NEW);
        await trace.repository.publishTexts({
          ...others,
          mid: mid.replace('"format":"1.0"', '"format":"1.7"'),
        });
        await trace.refreshes("changed");
      },
    ],
    [
      "targets that do not name this tier's catalog",
      async (trace) => {
        await upToDate(trace, OLD);
        await publishBy(trace.repository, NEW, { targets: { targets: {} } });
        await trace.refreshes("schema");
      },
    ],
  ];
}

function cutOff(): TraceCase[] {
  const files = ["metadata/2.snapshot.json", "metadata/2.targets.json", "catalog"];
  return [
    ...files.map(
      (file): TraceCase => [
        `cut off before ${file}, and taken up where it was`,
        async (trace) => {
          await upToDate(trace, OLD);
          const { repository } = trace;
          await repository.publish(NEW, [overrideOf("kit")]);
          repository.files.delete(repository.deltaKeyTo("mid"));
          const key = file === "catalog" ? repository.catalogKey("mid") : file;
          trace.answers.set(key, "down");
          await trace.refreshes("network");
          trace.answers.clear();
          await trace.refreshes("changed");
        },
      ],
    ),
    [
      "cut off before the catalog, and restarted: the last whole one is played, under the newest overrides",
      async (trace) => {
        await upToDate(trace, OLD);
        const { repository } = trace;
        await repository.publish(NEW, [overrideOf("kit")]);
        repository.files.delete(repository.deltaKeyTo("mid"));
        trace.answers.set(repository.catalogKey("mid"), "down");
        await trace.refreshes("network");
        await trace.opens();
        await trace.refreshes("network");
        trace.answers.clear();
        await trace.refreshes("changed");
      },
    ],
    [
      "cut off before a catalog that the next one replaces",
      async (trace) => {
        await upToDate(trace, OLD);
        const { repository } = trace;
        await repository.publish(NEW);
        trace.answers.set("metadata/2.targets.json", "down");
        await trace.refreshes("network");
        await repository.publish({ kit: [releaseOf("3.0.0")] });
        await trace.refreshes("changed");
      },
    ],
    [
      "a timestamp that was stored without its catalog still leads to it",
      async (trace) => {
        await trace.repository.publish(NEW);
        trace.answers.set("metadata/1.snapshot.json", "down");
        await trace.opens();
        await trace.refreshes("network");
        trace.answers.clear();
        await trace.opens();
        await trace.refreshes("changed");
      },
    ],
  ];
}

async function upToDate(trace: Trace, gifts: Gifts): Promise<void> {
  await trace.repository.publish(gifts);
  await trace.opens();
  await trace.refreshes("changed");
}

type TimestampParts = Partial<Omit<Timestamp, "giftwrap">> & { giftwrap?: object };

/** The next timestamp over the same catalogs, but for what is said. */
async function signTimestamp(repository: Repository, parts: TimestampParts, signer?: string): Promise<void> {
  repository.revision++;
  const { revision, generation } = repository;
  const content = {
    version: revision,
    snapshot: fileMeta(repository, "snapshot", generation),
    pollSeconds: 60,
    commit: `commit-${revision}`,
    overrides: repository.overrides,
  };
  const made = makeTimestamp(content, NOW);
  const { giftwrap, ...rest } = parts;
  await repository.signTimestamp(
    { ...made, ...rest, giftwrap: { ...made.giftwrap, ...giftwrap } },
    signer === undefined ? repository.keys.timestamp : signerNamed(signer),
  );
}

/** A new generation whose snapshot or targets differ from the publisher's in what is said. */
async function publishBy(
  repository: Repository,
  gifts: Gifts,
  parts: { readonly snapshot?: object; readonly targets?: object },
): Promise<void> {
  await repository.publish(gifts);
  const { generation } = repository;
  const { signed } = JSON.parse(
    new TextDecoder().decode(repository.bytesOf(metadataKey("targets", generation))),
  );
  const targets = { ...makeTargets(generation, signed.targets, NOW), ...parts.targets };
  const bytes = await signMetadata(targets, [repository.keys.release]);
  repository.files.set(metadataKey("targets", generation), bytes);
  repository.revision--;
  await publishSnapshot(repository, generation, toFileMeta(generation, bytes), parts.snapshot);
}

async function publishSnapshot(
  repository: Repository,
  version: number,
  targets: FileMeta,
  parts: object = {},
): Promise<void> {
  const snapshot = { ...makeSnapshot(version, targets, NOW), ...parts };
  const bytes = await signMetadata(snapshot, [repository.keys.release]);
  repository.files.set(metadataKey("snapshot", version), bytes);
  repository.generation = version;
  await signTimestamp(repository, {});
}

function fileMeta(repository: Repository, role: "snapshot" | "targets", version: number): FileMeta {
  const bytes = repository.bytesOf(metadataKey(role, version));
  return {
    version,
    length: bytes.length,
    hashes: { sha256: createHash("sha256").update(bytes).digest("hex") },
  };
}
