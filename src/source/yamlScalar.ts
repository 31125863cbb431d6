/** Words that some reader of YAML takes for something else than a text. */
const NO_TEXT = new Set(["null", "true", "false", "yes", "no", "on", "off", "y", "n"]);
const PLAIN = /^[a-z][a-z0-9-]*$/;

/** A text as every reader of YAML takes it for that text, on one line: JSON's quotes are YAML's too. */
export function toYamlScalar(text: string): string {
  return PLAIN.test(text) && !NO_TEXT.has(text) ? text : escapeSigns(JSON.stringify(text));
}

/** What a reader of YAML may refuse or turn into a line's end, and what nobody would see. */
const SIGNS = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu;

function escapeSigns(quoted: string): string {
  return quoted.replace(SIGNS, (sign) => {
    const code = sign.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${toHex(code, 8)}` : `\\u${toHex(code, 4)}`;
  });
}

function toHex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
