import { isRecord } from "../wire/isRecord.ts";
import type { ErrorObject } from "ajv";
import type { FindingCode } from "../report/codes.ts";
import { nearestWord } from "../report/nearest.ts";
import type {
  BeaconFile,
  EnvironmentFile,
  EvidenceFile,
  GiftFile,
  LockFile,
  LocksFile,
  OverrideFile,
  PolicyFile,
  ReleaseFile,
  ReportFile,
} from "./schemas.ts";
import * as validators from "./validators.ts";

export interface Files {
  gift: GiftFile;
  release: ReleaseFile;
  lock: LockFile;
  policy: PolicyFile;
  environment: EnvironmentFile;
  override: OverrideFile;
  evidence: EvidenceFile;
  /** Not a file: what an app posts to the collector. */
  beacon: BeaconFile;
  /** Not a file of the repository: what a pull request's own run says of itself. */
  report: ReportFile;
  /** Not a file of the repository: what was built for a pull request and is to be stored. */
  locks: LocksFile;
}

export type FileKind = keyof Files;

/** A place in a value: keys and indexes from the top. */
export type Path = readonly (string | number)[];

/** What a value does not fit, in words; whoever knows the text turns it into a finding. */
export interface Misfit {
  readonly code: FindingCode;
  readonly path: Path;
  /** Whether the key at the path is meant, or its value. */
  readonly at: "key" | "value";
  readonly message: string;
  readonly fix: string;
  /** Of an unknown key: the known one that was probably meant, as a JSON pointer. */
  readonly meant?: string;
  /** Of a missing key: its JSON pointer. */
  readonly missing?: string;
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly misfits: readonly Misfit[] };

/** What Ajv made of a schema: the errors of the last call are beside the function. */
interface Validate {
  (value: unknown): boolean;
  readonly errors?: readonly ErrorObject[] | null;
}

const VALIDATORS: Readonly<Record<FileKind, Validate>> = validators;

/** Checks a parsed value against its schema. */
export function checkShape<K extends FileKind>(kind: K, value: unknown): Checked<Files[K]> {
  const validate = VALIDATORS[kind];
  if (isShaped<K>(validate, value)) return { ok: true, value };
  const errors = validate.errors ?? [];
  // A failed `oneOf` also reports each branch; one message about the whole is what a person can use.
  const choices = new Set(errors.filter((it) => it.keyword === "oneOf").map((it) => it.instancePath));
  const misfits = errors
    .filter((it) => it.keyword === "oneOf" || ![...choices].some((path) => it.instancePath.startsWith(path)))
    .filter((it) => it.keyword !== "propertyNames")
    .map(toMisfit);
  // A misspelt key is both unknown and missing; one of the two says what to do.
  const meant = new Set(misfits.flatMap((it) => it.meant ?? []));
  return {
    ok: false,
    misfits: misfits.filter(
      (it) => !(it.code === "MISSING_KEY" && it.missing !== undefined && meant.has(it.missing)),
    ),
  };
}

function isShaped<K extends FileKind>(validate: Validate, value: unknown): value is Files[K] {
  return validate(value);
}

function toMisfit(error: ErrorObject): Misfit {
  const path = toPath(error.instancePath);
  const name = nameOf(path);
  const schema = toSchemaText(error.parentSchema);
  const example = schema.example === undefined ? "" : `, such as ${JSON.stringify(schema.example)}`;
  const found = show(error.data);
  const value = { path, at: "value" } as const;
  switch (error.keyword) {
    case "additionalProperties": {
      const key = String(error.params["additionalProperty"]);
      const known = Object.keys(schema.properties);
      const near = nearestWord(key, known);
      return {
        code: "UNKNOWN_KEY",
        path: [...path, key],
        at: "key",
        message: `"${key}" is not known here${near ? `; did you mean "${near}"?` : ""}`,
        fix: near ? `write "${near}" instead of "${key}"` : `take it out; known here: ${known.join(", ")}`,
        ...(near && { meant: `${error.instancePath}/${near}` }),
      };
    }
    case "required": {
      const key = String(error.params["missingProperty"]);
      const missing = toSchemaText(schema.properties[key]);
      const like =
        missing.example === undefined ? "" : `, such as ${key}: ${JSON.stringify(missing.example)}`;
      return {
        ...value,
        code: "MISSING_KEY",
        message: `"${key}" is missing`,
        fix: `add it${like}`,
        missing: `${error.instancePath}/${key}`,
      };
    }
    case "type":
      return {
        ...value,
        code: "WRONG_TYPE",
        message: `${name} is ${found}, not ${withArticle(String(error.params["type"]))}`,
        fix: fixType(String(error.params["type"]), error.data, example),
      };
    case "enum":
      return {
        ...value,
        code: "NOT_ALLOWED",
        message: `${name} is ${found}, which is not one of ${allowedValues(error)}`,
        fix: `write one of ${allowedValues(error)}`,
      };
    case "pattern":
      // Ajv names a property that does not fit `propertyNames` by the property itself.
      if (error.propertyName !== undefined) {
        return {
          code: "WRONG_NAME",
          path: [...path, error.propertyName],
          at: "key",
          message: `"${error.propertyName}" cannot be a name here`,
          fix: `write a name that fits ${String(error.params["pattern"])}`,
        };
      }
      return {
        ...value,
        code: name === "version" ? "NOT_SEMVER" : "WRONG_FORM",
        message:
          name === "version"
            ? `${found} is not a semantic version`
            : `${name} is ${found}, which does not have the right form`,
        fix: asInstruction(schema),
      };
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
      return {
        ...value,
        code: name === "percent" || path.at(-2) === "regions" ? "PERCENT_RANGE" : "OUT_OF_RANGE",
        message: `${name} is ${found}; the ${error.keyword === "maximum" ? "most" : "least"} is ${String(error.params["limit"])}`,
        fix: `write a number ${rangeWords(schema.minimum, schema.maximum)}`,
      };
    case "oneOf":
      return {
        ...value,
        code: "NOT_ALLOWED",
        message: `${name} is ${found}, which does not fit`,
        fix: asInstruction(schema),
      };
    default:
      return {
        ...value,
        code: "WRONG_VALUE",
        message: `${name} ${MISFIT_WORDS[error.keyword] ?? error.message ?? "does not fit"}`,
        fix: asInstruction(schema),
      };
  }
}

/** What Ajv says for compilers, in words. */
const MISFIT_WORDS: Readonly<Record<string, string>> = {
  minItems: "is an empty list",
  minLength: "is empty",
  minProperties: "says too little: there is nothing in it, or nothing beside open",
  uniqueItems: "has the same item twice",
};

/** "write it like "1.4.0": a semantic version, the name of this file" reads as an order; a bare description does not. */
function asInstruction({ description, example }: SchemaText): string {
  const about = description.split(/[.;]/)[0] ?? description;
  return example === undefined
    ? `write ${lowerFirst(about)}`
    : `write it like ${JSON.stringify(example)}: ${lowerFirst(about)}`;
}

function fixType(type: string, found: unknown, example: string): string {
  if (type === "boolean") return "write true or false, without quotes";
  if (type === "string" && typeof found === "number")
    return `put it in quotes, for YAML reads it as a number${example}`;
  return `write ${withArticle(type)}${example}`;
}

function lowerFirst(text: string): string {
  return text.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
}

/** "percent", or "item 2 of tiers". */
function nameOf(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return "the file";
  return typeof last === "number" ? `item ${last + 1} of ${path.at(-2) ?? "the list"}` : last;
}

interface SchemaText {
  readonly description: string;
  readonly example: unknown;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
}

function toSchemaText(schema: unknown): SchemaText {
  const known: Record<string, unknown> = isRecord(schema) ? schema : {};
  return {
    description: typeof known["description"] === "string" ? known["description"] : "see the schema",
    example: Array.isArray(known["examples"]) ? known["examples"][0] : undefined,
    properties: isRecord(known["properties"]) ? known["properties"] : {},
    minimum: toNumber(known["minimum"]),
    maximum: toNumber(known["maximum"]),
  };
}

function toNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** RFC 6901: `/rollout/canary/open` to its parts. */
function toPath(pointer: string): (string | number)[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function allowedValues(error: ErrorObject): string {
  const allowed: unknown = error.params["allowedValues"];
  return Array.isArray(allowed) ? allowed.join(", ") : String(allowed);
}

function rangeWords(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum === undefined) return `up to ${maximum}`;
  return maximum === undefined ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
}

function withArticle(type: string): string {
  const words: Record<string, string> = {
    object: "a block of keys",
    array: "a list",
    boolean: "true or false",
    string: "text",
  };
  return words[type] ?? (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`);
}

function show(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a block of keys";
  if (typeof value === "number") return String(value); // JSON has no word for what is beyond all numbers
  const text = JSON.stringify(value) ?? "nothing that can be written here";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
