import { type data as Data, data, Evaluator, Lexer, Parser } from "@actions/expressions";
import type { FunctionDefinition } from "@actions/expressions/funcs/info";
import { TokenType } from "@actions/expressions/lexer";
import { truthy } from "@actions/expressions/result";
import type { Json } from "./json.ts";
import { notKnown } from "./notKnown.ts";

/** What an expression may read, and how things stand for `success()` and its kind. */
export interface Scope {
  /** By name: `github`, `needs`, `steps` ... A name that is not here is unknown at this place. */
  readonly contexts: Readonly<Record<string, Json>>;
  /** Absent where a status cannot be asked. `always()` needs no answer. */
  readonly status?: { readonly success: boolean; readonly failure: boolean; readonly cancelled: boolean };
}

const STATUS = ["success", "failure", "cancelled", "always"];
const EXPRESSION = /\$\{\{((?:'(?:[^']|'')*'|[^'])*?)\}\}/g;

/** The value of what stands between `${{` and `}}`. Throws NotKnown with the place. */
export function evaluate(expression: string, scope: Scope, place: string): Json {
  return JSON.parse(JSON.stringify(compute(expression, scope, place), data.replacer) ?? "null") as Json;
}

/** A text with its expressions replaced; one that is a single expression keeps the value's type. */
export function fill(text: string, scope: Scope, place: string): Json {
  const whole = /^\s*\$\{\{((?:'(?:[^']|'')*'|[^'])*?)\}\}\s*$/.exec(text);
  if (whole !== null && whole[0].match(EXPRESSION)?.length === 1)
    return evaluate(whole[1] ?? "", scope, place);
  return fillText(text, scope, place);
}

/** The same, always as text. */
export function fillText(text: string, scope: Scope, place: string): string {
  return text.replaceAll(EXPRESSION, (_, inner: string) => compute(inner, scope, place).coerceString());
}

/** `fill` for everything inside of a value. */
export function fillAll(value: Json, scope: Scope, place: string): Json {
  if (typeof value === "string") return fill(value, scope, place);
  if (Array.isArray(value)) return value.map((it: Json) => fillAll(it, scope, place));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, fillAll(it, scope, place)]));
}

/** Whether a job or step with this `if:` goes on. Without a status function, `success()` is meant as well. */
export function isMet(condition: string | null, scope: Scope, place: string): boolean {
  if (condition === null) return scope.status?.success ?? true;
  const whole = /^\s*\$\{\{([\s\S]*)\}\}\s*$/.exec(condition);
  const expression = whole?.[1] ?? condition;
  if (expression.includes("${{"))
    throw notKnown(place, `an if: that is half text and half expression, always true: ${condition}`);
  if (!asksStatus(expression) && scope.status?.success === false) return false;
  return truthy(compute(expression, scope, place));
}

function asksStatus(expression: string): boolean {
  const { tokens } = new Lexer(expression).lex();
  return tokens.some(
    (token, index) =>
      token.type === TokenType.IDENTIFIER &&
      STATUS.includes(token.lexeme.toLowerCase()) &&
      tokens[index + 1]?.type === TokenType.LEFT_PAREN,
  );
}

function compute(expression: string, scope: Scope, place: string): Data.ExpressionData {
  try {
    const functions = statusFunctions(scope);
    const context = JSON.parse(JSON.stringify(scope.contexts), data.reviver) as Data.Dictionary;
    const parsed = new Parser(
      new Lexer(expression).lex().tokens,
      Object.keys(scope.contexts),
      functions,
    ).parse();
    return new Evaluator(parsed, context, new Map(functions.map((it) => [it.name, it]))).evaluate();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw notKnown(place, `the expression \${{ ${expression.trim()} }}: ${why}`, cause);
  }
}

function statusFunctions({ status }: Scope): readonly FunctionDefinition[] & FunctionDefinition[] {
  if (status === undefined) return [];
  const answer = (name: string, value: boolean): FunctionDefinition => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(value),
  });
  return [
    answer("success", status.success),
    answer("failure", status.failure),
    answer("cancelled", status.cancelled),
    answer("always", true),
  ];
}
