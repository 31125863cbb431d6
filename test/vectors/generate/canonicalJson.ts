import { canonicalJson } from "../../../src/wire/metadata.ts";
import type { VectorFile } from "./vectorFile.ts";

const MAX_SAFE = "9007199254740991";

/** What the text of a JSON document is signed as. Written by hand; null for what nobody can have signed. */
const CASES: readonly (readonly [name: string, json: string, canonical: string | null])[] = [
  ["null", "null", "null"],
  ["true", "true", "true"],
  ["false", "false", "false"],
  ["zero", "0", "0"],
  ["a zero has no sign", "-0", "0"],
  ["nor has one with a fraction", "-0.0", "0"],
  ["a negative integer", "-17", "-17"],
  ["the largest integer", MAX_SAFE, MAX_SAFE],
  ["the smallest integer", `-${MAX_SAFE}`, `-${MAX_SAFE}`],
  ["one more than the largest", "9007199254740992", null],
  ["one less than the smallest", "-9007199254740992", null],
  ["two more than the largest, which a double rounds", "9007199254740993", null],
  ["an integer of twenty digits", "12345678901234567890", null],
  ["an integer beyond all doubles", `1${"0".repeat(400)}`, null],
  ["a number is its double: a fraction of nothing is an integer", "1.0", "1"],
  ["and so is an exponent that leaves no fraction", "1.5e3", "1500"],
  ["and what a double rounds to an integer", `${MAX_SAFE}.2`, MAX_SAFE],
  ["a fraction", "1.5", null],
  ["a small fraction", "1e-1", null],
  ["a fraction deep inside", '{"a":[{"b":0.5}]}', null],
  ["an exponent beyond the largest integer", "1e21", null],
  ["an exponent beyond all doubles", "1e400", null],
  ["an empty string", '""', '""'],
  ["a quote and a backslash are escaped", '"a\\"b\\\\c"', '"a\\"b\\\\c"'],
  ["nothing else is: a slash", '"\\/"', '"/"'],
  ["nothing else is: white space", '"\\n\\r\\t\\b\\f"', '"\n\r\t\b\f"'],
  ["nothing else is: control characters", '"\\u0000\\u001f\\u007f"', '"\u0000\u001f\u007f"'],
  ["an escape is the character that it stands for", '"\\u0041\\u00e9"', '"Aé"'],
  ["text beyond ASCII is as it is", '"玫瑰 é ü"', '"玫瑰 é ü"'],
  ["two escaped halves are one character", '"\\ud83d\\ude00"', '"😀"'],
  ["the line separator of Unicode is as it is", '"\\u2028"', '"\u2028"'],
  ["a byte order mark inside is as it is", '"\\ufeff"', '"\ufeff"'],
  ["composed and decomposed stay two", '["\\u00e9","e\\u0301"]', '["\u00e9","e\u0301"]'],
  ["half of a pair has no UTF-8", '"a\\ud800b"', null],
  ["nor has the other half", '"\\udc00"', null],
  ["nor have both in the wrong order", '"\\ude00\\ud83d"', null],
  ["nor has a key that ends in one", '{"a\\ud83d":1}', null],
  ["an empty list", "[]", "[]"],
  ["a list keeps its order", " [ 3 , 1 ,\n 2 ] ", "[3,1,2]"],
  ["an empty object", "{ }", "{}"],
  ["keys are sorted", '{"b":1,"a":2}', '{"a":2,"b":1}'],
  ["at every depth", '{"b":{"d":1,"c":[{"f":1,"e":2}]},"a":0}', '{"a":0,"b":{"c":[{"e":2,"f":1}],"d":1}}'],
  ["capitals come first", '{"a":1,"B":2,"_":3}', '{"B":2,"_":3,"a":1}'],
  ["digits are text", '{"10":1,"9":2,"1":3,"":4}', '{"":4,"1":3,"10":1,"9":2}'],
  [
    "a shorter key comes before a longer one that it begins",
    '{"ab":1,"a":2,"a-":3}',
    '{"a":2,"a-":3,"ab":1}',
  ],
  ["a key is escaped like a string", '{"\\"":1,"\\\\":2,"\\n":3}', '{"\n":3,"\\"":1,"\\\\":2}'],
  [
    "keys that some languages know",
    '{"toString":1,"__proto__":2,"constructor":3}',
    '{"__proto__":2,"constructor":3,"toString":1}',
  ],
  ["keys beyond ASCII", '{"é":1,"z":2,"玫":3}', '{"z":2,"é":1,"玫":3}'],
  [
    "keys are sorted by UTF-16 code units, not by code points",
    '{"\\uff5a":1,"\\ud83d\\ude00":2}',
    '{"😀":2,"\uff5a":1}',
  ],
  ["of a key that is written twice the last counts", '{"a":1,"b":2,"a":3}', '{"a":3,"b":2}'],
  ["a member that is null stays", '{"a":null}', '{"a":null}'],
];

/** Too long to be written out: `times` opening brackets and as many closing ones. */
const NESTED: readonly (readonly [name: string, times: number, isSigned: boolean])[] = [
  ["fifty lists in each other", 50, true],
  ["a hundred thousand lists in each other, which nobody signs", 100_000, false],
];

export function canonicalJsonVectors(): VectorFile {
  const encoder = new TextEncoder();
  return {
    about: "A JSON document and the very bytes that a signature of it is over; null where it has none.",
    lists: {
      cases: CASES.map(([name, json, expected]) => {
        const canonical = canonicalOf(json);
        if (canonical !== expected) throw new Error(`${name}: ${canonical} instead of ${expected}`);
        const utf8 = canonical === null ? null : Buffer.from(encoder.encode(canonical)).toString("hex");
        return { name, json, canonical, utf8 };
      }),
      nested: NESTED.map(([name, times, isSigned]) => {
        const json = "[".repeat(times) + "]".repeat(times);
        if ((canonicalOf(json) === json) !== isSigned) throw new Error(`${name}: not as written`);
        return { name, open: "[", close: "]", times, isSigned };
      }),
    },
  };
}

function canonicalOf(json: string): string | null {
  try {
    const canonical = canonicalJson(JSON.parse(json));
    return /\p{Surrogate}/u.test(canonical) ? null : canonical;
  } catch {
    return null;
  }
}
