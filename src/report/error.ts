/**
 * The world failed: a store, a network, a digest, git. Carries a code, keeps its cause, and says what to do next.
 * The command line ends with exit code 3.
 */
export class GiftError extends Error {
  override name = "GiftError";
  readonly code: string;
  readonly fix: string;

  constructor(code: string, message: string, fix: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.fix = fix;
  }
}

/** The command was called in a way that it does not understand. Exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The message of anything thrown, with its causes, on one line and without a stack. */
export function explainError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < 4; cause = cause.cause)
    causes.push(cause.message);
  return [error.message, ...causes.filter((it) => it && it !== error.message)].join(": ");
}
