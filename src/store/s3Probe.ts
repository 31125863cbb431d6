import { GiftError } from "../report/error.ts";
import type { Conditions } from "./s3Conditions.ts";
import type { Stored } from "./store.ts";

/** Where a bucket remembers what was found out about it; private, so never served. */
export const PROBE_KEY = "log/store.json";

/** Several publishers may ask a new bucket at once; each round that one of them loses, another has got further. */
const MAX_ROUNDS = 10;

export interface ProbePorts {
  /** The value at {@link PROBE_KEY}. */
  read(): Promise<Stored | null>;
  /** Writes there under a condition; whether the service accepted it. */
  write(bytes: Uint8Array, condition: Readonly<Record<string, string>>): Promise<boolean>;
}

/**
 * Finds out how a bucket takes conditions, and that it honours them: what must be refused is tried beside what must be accepted,
 * on one small key, whose last value is the outcome. Later processes read that and ask no more.
 * @param service the bucket's address: an outcome that was copied along from another bucket does not count
 * @throws GiftError `STORE_UNSAFE` when a condition is ignored or refused always
 */
export async function probeConditions(
  { read, write }: ProbePorts,
  ways: readonly Conditions[],
  service: string,
  place: string,
): Promise<Conditions> {
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const found = await read();
    const known = found && parseNote(found.bytes, ways, service);
    if (known) return known;
    const absent = ways[0]?.absent ?? {};
    if (!found && !(await write(toNote(service, null), absent))) continue;
    // There is a value now, so this must be refused.
    if (await write(toNote(service, null), absent))
      throw ignored(place, `a write with ${header(absent)}, over a value that was there,`);
    const outcome = await probeMatch({ read, write }, ways, service, place);
    if (outcome !== "changed") return outcome;
  }
  throw new GiftError(
    "STORE_UNSAFE",
    `${place} was asked how it takes conditions ${MAX_ROUNDS} times, and somebody else wrote ${PROBE_KEY} each time`,
    "run the command again when nobody else publishes there",
  );
}

async function probeMatch(
  { read, write }: ProbePorts,
  ways: readonly Conditions[],
  service: string,
  place: string,
): Promise<Conditions | "changed"> {
  const before = await read();
  if (!before) return "changed";
  for (const way of ways) {
    const wrong = way.match(way.wrongTag) ?? {};
    if (await write(toNote(service, null), wrong)) throw ignored(place, `a write with ${header(wrong)}`);
    const right = way.match(before.tag);
    if (right && (await write(toNote(service, way), right))) return way;
    if ((await read())?.tag !== before.tag) return "changed";
  }
  throw new GiftError(
    "STORE_UNSAFE",
    `${place} refuses ${ways.map((way) => way.name).join(" and ")} also with the right tag: it cannot swap one value for another`,
    "use a service or a version of it that takes conditional writes, or for Google write conditions: generation",
  );
}

function ignored(place: string, tried: string): GiftError {
  return new GiftError(
    "STORE_UNSAFE",
    `${place} does not honour conditions: ${tried} was accepted, so two publishers could overwrite each other`,
    "turn the bucket's versioning off (Ceph's radosgw ignores conditions with it), write conditions: generation for Google, " +
      "or use a service that takes conditional writes",
  );
}

function header(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ");
}

function toNote(service: string, way: Conditions | null): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ service, conditions: way?.name ?? null })}\n`);
}

function parseNote(bytes: Uint8Array, ways: readonly Conditions[], service: string): Conditions | null {
  try {
    const note: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof note !== "object" || note === null) return null;
    if (!("service" in note) || note.service !== service || !("conditions" in note)) return null;
    return ways.find((way) => way.name === note.conditions) ?? null;
  } catch {
    return null;
  }
}
