export type ClientErrorCode =
  | "network" // no answer, a cut answer, or a status that is no answer
  | "missing" // the repository names a file that the address does not have
  | "too_large" // longer than the signed length or the limit
  | "hash" // bytes that are not the ones that were signed
  | "signature" // too few valid signatures
  | "rollback" // older than what this client already trusts; mostly a stale edge
  | "expired" // signed, but too long ago
  | "schema"; // not readable by this version of the client

/** Why something was not accepted. The client's last good state stands whenever this is thrown. */
export class ClientError extends Error {
  override name = "ClientError";
  readonly code: ClientErrorCode;

  constructor(code: ClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whether an answer came that is of no use: another one may be, unlike where the network or this program fails. */
export function isRefusal(error: unknown): error is ClientError {
  return error instanceof ClientError && error.code !== "network";
}

/** Undefined for anything but a {@link ClientError}. */
export function codeOf(error: unknown): ClientErrorCode | undefined {
  return error instanceof ClientError ? error.code : undefined;
}
