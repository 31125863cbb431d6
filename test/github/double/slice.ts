import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

interface Slice {
  readonly operations: Readonly<Record<string, SliceOperation>>;
}

interface SliceOperation {
  readonly route: string;
  readonly path: ParameterSchema;
  readonly query: ParameterSchema;
  readonly body: BodySchema | null;
  readonly isBodyRequired: boolean;
  readonly answers: Readonly<Record<string, BodySchema | null>>;
}

interface ParameterSchema {
  readonly properties: Readonly<Record<string, { readonly type?: unknown }>>;
}

interface BodySchema {
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly additionalProperties?: unknown;
  readonly [key: string]: unknown;
}

export type Parameters = Readonly<Record<string, string | number | boolean>>;

export interface MatchedOperation {
  /** GitHub's id of the operation: `pulls/get`. */
  readonly id: string;
  /** `GET /repos/{owner}/{repo}/pulls/{pull_number}` */
  readonly route: string;
  readonly params: Parameters;
}

const slice = JSON.parse(
  readFileSync(new URL("../openapi/slice.json", import.meta.url), "utf8"),
) as unknown as Slice;

/** Refusals that any operation may give, whether its page names them or not. */
const COMMON = new Set([401, 403, 404, 409, 422, 429, 500, 502, 503]);

/** Parameters whose values have slashes in them when nobody escapes them. */
const LONG = new Set(["basehead", "branch"]);

const matchers = Object.entries(slice.operations)
  .map(([id, { route }]) => {
    const [method = "", template = ""] = route.split(" ");
    // The folder of everything has no path, and no slash before it.
    const whole = template.replaceAll(".", "\\.").replace("/{path}", "(?:/(?<path>.*))?");
    const pattern = whole.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const isLong = LONG.has(name) || (name === "ref" && template.includes("/git/"));
      return isLong ? `(?<${name}>.*)` : `(?<${name}>[^/]+)`;
    });
    const literals = template.split("/").filter((part) => !part.startsWith("{")).length;
    return { id, route, method, literals, pattern: new RegExp(`^${pattern}$`) };
  })
  .sort((a, b) => b.literals - a.literals);

let ajv: Ajv2020 | null = null;
const validators = new Map<string, ValidateFunction>();

/** All operations that the double must know, by GitHub's ids. */
export function sliceOperations(): readonly string[] {
  return Object.keys(slice.operations);
}

/** The operation that an address means; null when GitHub, or this part of it, has none. */
export function matchOperation(method: string, path: string): MatchedOperation | null {
  for (const matcher of matchers) {
    const found = matcher.method === method ? matcher.pattern.exec(path) : null;
    if (!found) continue;
    const schema = slice.operations[matcher.id]?.path;
    const params = Object.entries<string | undefined>(found.groups ?? {}).map(([name, text]) => {
      const value = decodeURIComponent(text ?? "");
      return [name, schema?.properties[name]?.type === "integer" ? Number(value) : value];
    });
    return { id: matcher.id, route: matcher.route, params: Object.fromEntries(params) as Parameters };
  }
  return null;
}

/** Values of a query as their types say, and what GitHub's description has against them; null when nothing. */
export function readQuery(
  id: string,
  search: URLSearchParams,
): { query: Parameters; problem: string | null } {
  const query = Object.fromEntries(search) as Record<string, string | number | boolean>;
  const validate = validatorOf(id, "query");
  const isRight = validate(query);
  return { query, problem: isRight ? null : explain("query", validate) };
}

/** What GitHub's description has against the parameters in the address; null when nothing. */
export function checkParams(id: string, params: Parameters): string | null {
  const validate = validatorOf(id, "path");
  return validate({ ...params }) ? null : explain("address", validate);
}

/** More than GitHub takes, which it says itself: the words of its refusal; null when nothing is too long. */
export function limitOfBody(id: string, body: unknown): string | null {
  if (!slice.operations[id]?.body || body === undefined) return null;
  const validate = validatorOf(id, "body");
  if (validate(body)) return null;
  const limit = validate.errors?.find(({ keyword }) => keyword === "maxItems" || keyword === "maxProperties");
  return limit ? `Invalid request.\n\n${limit.instancePath} ${limit.message}.` : null;
}

/** What GitHub's description has against a body that was sent; null when nothing. Fields that it does not know are wrong. */
export function checkBody(id: string, body: unknown): string | null {
  const operation = slice.operations[id];
  if (!operation) return "no such operation";
  if (body === undefined) return operation.isBodyRequired ? "body: is missing" : null;
  // Clients send an empty object along with a DELETE and the like.
  if (!operation.body) return isEmpty(body) ? null : "body: is not asked for";
  const validate = validatorOf(id, "body");
  if (!validate(body)) return explain("body", validate);

  const { properties, additionalProperties, ...rest } = operation.body;
  const isClosed =
    properties && additionalProperties === undefined && !rest.oneOf && !rest.anyOf && !rest.allOf;
  if (!isClosed || typeof body !== "object" || body === null) return null;
  const unknown = Object.keys(body).filter((key) => !(key in properties));
  return unknown.length > 0 ? `body: has fields that GitHub does not know: ${unknown.join(", ")}` : null;
}

/** What GitHub's description has against an answer; null when nothing. */
export function checkAnswer(id: string, status: number, body: unknown): string | null {
  const answers = slice.operations[id]?.answers ?? {};
  if (!(status in answers)) return COMMON.has(status) ? null : `answer ${status}: GitHub never gives it`;
  if (!answers[status]) return body === undefined || status >= 300 ? null : `answer ${status}: has a body`;
  if (status >= 400) return null;
  const validate = validatorOf(id, `answers/${status}`);
  return validate(body) ? null : explain(`answer ${status}`, validate);
}

function validatorOf(id: string, part: string): ValidateFunction {
  const pointer = `slice#/operations/${id.replaceAll("/", "~1")}/${part}`;
  const known = validators.get(pointer);
  if (known) return known;
  // Types are made to fit in addresses only: everything there is text.
  ajv ??= new Ajv2020({ strict: false, validateFormats: false, validateSchema: false, coerceTypes: false });
  if (!ajv.getSchema("slice")) ajv.addSchema({ $id: "slice", ...slice }, "slice");
  const validate =
    part === "query"
      ? new Ajv2020({
          strict: false,
          validateFormats: false,
          validateSchema: false,
          coerceTypes: true,
        }).compile(slice.operations[id]?.query ?? {})
      : ajv.compile({ $ref: pointer });
  validators.set(pointer, validate);
  return validate;
}

function explain(what: string, validate: ValidateFunction): string {
  const [error] = validate.errors ?? [];
  const extra =
    error?.params && "additionalProperty" in error.params ? ` (${error.params.additionalProperty})` : "";
  return `${what}${error?.instancePath ?? ""}: ${error?.message ?? "is wrong"}${extra}`;
}

function isEmpty(body: unknown): boolean {
  return typeof body === "object" && body !== null && Object.keys(body).length === 0;
}
