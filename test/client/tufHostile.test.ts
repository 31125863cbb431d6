import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { ClientError } from "../../src/client/error.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { signMetadata } from "../../src/trust/sign.ts";
import { encode, NOW } from "./repositoryOf.ts";
import { type MetadataFolder, TufRepository } from "./tufRepository.ts";

const ROLES = ["root", "timestamp", "snapshot", "targets", "a"];
const NAMES = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "snapshot.json",
  "targets.json",
  "sha256",
];

let repository: TufRepository;
let store: MetadataFolder;

/** A client that has taken up the first version of everything; the next one, good as it is, lies ready. */
beforeEach(async () => {
  repository = await TufRepository.create();
  repository.delegate("targets", { name: "a", paths: ["*"] });
  repository.addTarget("a", "one", "1");
  await repository.publishAll("a");
  store = await repository.newStore();
  await (await repository.client({ store })).find("one");
  await repository.publish("root");
  await repository.publishAll("a");
});

/**
 * What becomes of a search while an address answers with these bytes for the role: a ClientError or the target, and nothing kept
 * but what a client without them would keep, or the bytes themselves where they are good. Gives the code, or null.
 */
async function answer(role: string, bytes: Uint8Array): Promise<string | null> {
  const before = new Map(store.files);
  const good = repository.bytesOf(role);
  const mine = { ...store, files: new Map(before) };
  const copy = {
    read: async (name: string) => mine.files.get(name) ?? null,
    write: async (name: string, it: Uint8Array) => void mine.files.set(name, it),
    remove: async (name: string) => void mine.files.delete(name),
  };
  repository.put(role, bytes);
  const error: unknown = await repository
    .client({ store: copy, crypto: nodeCrypto, now: () => NOW })
    .then((client) => client.find("one"))
    .then(
      () => null,
      (thrown: unknown) => thrown,
    );
  repository.put(role, good);
  if (error !== null && !(error instanceof ClientError))
    throw new Error("what was thrown is no ClientError", { cause: error });
  for (const [name, kept] of mine.files) {
    const taken = name === role && error === null ? bytes : repository.bytesOf(name);
    const own = [before.get(name), taken];
    expect(own).toContainEqual(kept);
  }
  expect(Object.prototype).not.toHaveProperty("polluted");
  return error === null ? null : error.code;
}

const anyName = fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 5 }));
const anyValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<unknown>(
      null,
      true,
      -1,
      0,
      1,
      1.5,
      2 ** 53,
      1e300,
      "",
      "1",
      "2030-01-01T00:00:00Z",
      [],
      {},
    ),
    fc.string({ unit: "binary" }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(anyName, tie("value")), { maxLength: 4 }).map((it) => new Members(it)),
  ),
})).value;

/** An object with whatever names, `__proto__` and doubled ones among them, for {@link write}. */
class Members {
  readonly members: readonly (readonly [string, unknown])[];
  constructor(members: readonly (readonly [string, unknown])[]) {
    this.members = members;
  }
}

function write(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(write).join()}]`;
  if (value instanceof Members)
    return `{${value.members.map(([name, it]) => `${JSON.stringify(name)}:${write(it)}`).join()}}`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([name, it]) => `${JSON.stringify(name)}:${write(it)}`)
      .join()}}`;
  return JSON.stringify(value);
}

/** Every place in a value: the names that lead there. */
function placesOf(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([name, it]) => placesOf(it, [...at, name]))];
}

/** The value with another one in a place; undefined takes it away. */
function withAt(value: unknown, [name, ...rest]: readonly string[], other: unknown): unknown {
  if (name === undefined) return other;
  if (typeof value !== "object" || value === null) return value;
  const changed = Object.entries(value).flatMap(([it, member]): [string, unknown][] => {
    if (it !== name) return [[it, member]];
    const next = withAt(member, rest, other);
    return next === undefined ? [] : [[it, next]];
  });
  return Array.isArray(value) ? changed.map(([, it]) => it) : Object.fromEntries(changed);
}

describe.each(ROLES)("whatever an address answers for %s", (role) => {
  test("any bytes, any JSON: nothing is thrown but a ClientError, kept or trusted", async () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      anyValue.map((it) => encode(write(it))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (it) => {
        expect(["schema", "hash"]).toContain(await answer(role, it));
      }),
      { numRuns: 25 },
    );
  });

  test("the good file with any member of it changed, and no new signature", async () => {
    const good: { readonly signed: unknown } = JSON.parse(new TextDecoder().decode(repository.bytesOf(role)));
    const places = placesOf(good.signed);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), anyValue, async (place, value) => {
        const changed = withAt(good, ["signed", ...place], value);
        if (write(changed) === write(good)) return;
        expect(["schema", "signature"]).toContain(await answer(role, encode(write(changed))));
      }),
      { numRuns: 25 },
    );
  });

  test("the good file with other signatures", async () => {
    const good: { readonly signatures: readonly { readonly keyid: string; readonly sig: string }[] } =
      JSON.parse(new TextDecoder().decode(repository.bytesOf(role)));
    const [own] = good.signatures;
    const entry = fc.oneof(
      anyValue,
      fc.record({
        keyid: fc.oneof(anyName, fc.constant(own?.keyid)),
        sig: fc.oneof(anyValue, fc.constant(own?.sig)),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyValue, fc.array(entry, { maxLength: 5 })), async (signatures) => {
        const code = await answer(role, encode(write({ ...good, signatures })));
        const isGood = Array.isArray(signatures) && signatures.some((it) => write(it) === write(own));
        // Signatures by others and by nobody beside a good one are no harm.
        expect(isGood ? [null, "schema", "signature"] : ["schema", "signature"]).toContain(code);
      }),
      { numRuns: 25 },
    );
  });

  test("rightly signed, with any member of the wrong shape: it is refused, or of no weight", async () => {
    const signed = repository.signed(role);
    const places = placesOf(signed).filter((it) => it.length > 0);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...places),
        fc.oneof(anyValue, fc.constant(undefined)),
        async (place, value) => {
          const text = write(withAt(signed, place, value));
          const parsed: unknown = JSON.parse(text);
          let bytes: Uint8Array;
          try {
            bytes = await signMetadata(parsed, repository.role(role).signers);
          } catch {
            // Nobody can sign what has no canonical form.
            bytes = encode(write({ signatures: [], signed: parsed }));
          }
          const good = repository.bytesOf(role);
          const kept = new Map(store.files);
          repository.put(role, bytes);
          const code = await repository
            .client({ store: { ...store } })
            .then((client) => client.find("one"))
            .then(
              () => null,
              (error: unknown) => {
                if (!(error instanceof ClientError)) throw error;
                return error.code;
              },
            );
          repository.put(role, good);
          store.files.clear();
          for (const [name, it] of kept) store.files.set(name, it);
          expect(Object.prototype).not.toHaveProperty("polluted");
          expect([null, "schema", "signature", "hash", "rollback", "expired", "missing"]).toContain(code);
        },
      ),
      { numRuns: 50 },
    );
  });

  test.each([
    ["nested without end", () => "[".repeat(200_000)],
    ["nested without end, and closed", () => "[".repeat(8_000) + "]".repeat(8_000)],
    ["of many objects in each other", () => '{"a":'.repeat(3_000)],
    ["one quote and many escaped ones", () => `"${'\\"'.repeat(100_000)}`],
    [
      "of many signatures",
      () => `{"signatures":[${'{"keyid":"a","sig":"b"},'.repeat(10_000)}{}],"signed":{}}`,
    ],
  ])("%s: refused", async (_, make) => {
    const bytes = encode(make());
    // Longer ones are not read to their end.
    expect(["schema", "too_large"]).toContain(await answer(role, bytes));
  });
});

test.each([
  ["a version of 0", { version: 0 }],
  ["a negative version", { version: -1 }],
  ["a version in halves", { version: 1.5 }],
  ["a version as a text", { version: "2" }],
  ["a version beyond what numbers carry", { version: 2 ** 53 }],
  ["no version", { version: undefined }],
  ["no expiry", { expires: undefined }],
  ["an expiry in another form", { expires: "2030-01-01" }],
  ["an expiry that is no date", { expires: "2030-99-01T00:00:00Z" }],
  ["another specification", { spec_version: "2.0.0" }],
  ["no specification", { spec_version: undefined }],
  ["the type of another role", { _type: "mirrors" }],
])("%s is refused in every role, signed as it is", async (_, extra) => {
  for (const role of ROLES) {
    const signed: unknown = JSON.parse(JSON.stringify({ ...repository.signed(role), ...extra }));
    const isWritable = !Object.values(extra).includes(1.5) && !Object.values(extra).includes(2 ** 53);
    const { signers } = repository.role(role);
    const bytes = isWritable
      ? await signMetadata(signed, signers)
      : encode(JSON.stringify({ signatures: [], signed }));
    expect([role, await answer(role, bytes)]).toEqual([role, "schema"]);
  }
});
