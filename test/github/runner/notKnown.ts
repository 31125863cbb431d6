/** What a workflow file asks for and this executor does not do. It ends the run and makes `idle()` throw: a test never passes by leaving something out. */
export interface NotKnown extends Error {
  readonly code: "NOT_KNOWN";
}

/** `place` is where it is written, as `<file>:<line> (<keys>)`. */
export function notKnown(place: string, what: string, cause?: unknown): NotKnown {
  const error = new Error(`${place}: the executor does not know ${what}`, { cause });
  return Object.assign(error, { code: "NOT_KNOWN" as const });
}

export function isNotKnown(error: unknown): error is NotKnown {
  return error instanceof Error && "code" in error && error.code === "NOT_KNOWN";
}
