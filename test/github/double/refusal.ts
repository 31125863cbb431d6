import type { Json, JsonObject } from "./json.ts";

/** What GitHub answers instead of what was asked for. Thrown by routes, turned into an answer by the server. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: JsonObject;

  constructor(status: number, message: string, errors?: readonly Json[]) {
    super(message);
    this.status = status;
    this.body = {
      message,
      ...(errors && { errors }),
      documentation_url: "https://docs.github.com/rest",
      status: String(status),
    };
  }
}

/** There is no such thing, or none that the token may see. */
export function notFound(): Refusal {
  return new Refusal(404, "Not Found");
}

/** A value that GitHub does not take, in its words. */
export function invalid(resource: string, field: string, message: string): Refusal {
  return new Refusal(422, "Validation Failed", [{ resource, field, code: "custom", message }]);
}
