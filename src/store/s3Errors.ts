import { GiftError } from "../report/error.ts";
import type { S3Answer, S3Operation, S3Request } from "./s3Client.ts";
import { tagText } from "./s3Xml.ts";

/** What an account needs for each operation, in the words of AWS and of Google. */
const PERMISSIONS: Readonly<Record<S3Operation, { amazon: string; google: string }>> = {
  get: { amazon: "s3:GetObject", google: "storage.objects.get" },
  head: { amazon: "s3:GetObject", google: "storage.objects.get" },
  // Google takes a write over a present value for a deletion as well.
  put: { amazon: "s3:PutObject", google: "storage.objects.create and storage.objects.delete" },
  list: { amazon: "s3:ListBucket", google: "storage.objects.list" },
  delete: { amazon: "s3:DeleteObject", google: "storage.objects.delete" },
};

export interface S3Place {
  /** How messages name the bucket. */
  readonly name: string;
  readonly words: "amazon" | "google";
}

/** The service's own code for what went wrong, such as `AccessDenied`; empty when it gave none (an answer to HEAD has no body). */
export function codeOf({ body }: Pick<S3Answer, "body">): string {
  const code = tagText(body.toString("utf8", 0, 64_000), "Code") ?? "";
  return /^[A-Za-z0-9.]{1,64}$/.test(code) ? code : "";
}

/**
 * Says in words what an answer means that is neither a success nor an outcome.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export function toS3Error(place: S3Place, request: S3Request, answer: S3Answer): GiftError {
  const code = codeOf(answer);
  const asked = `${request.method} ${request.key === "" ? "the list of keys" : request.key}`;
  const said = `${place.name} answered ${asked} with ${[answer.status, code].filter(Boolean).join(" ")}`;
  const message = messageOf(answer);
  const whole = message === "" ? said : `${said}: ${message}`;

  if (code === "RequestTimeTooSkewed")
    return new GiftError(
      "CLOCK_WRONG",
      `${said}: this machine's clock is more than 15 minutes off`,
      "set the clock, then run the command again",
    );
  if (["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"].includes(code))
    return new GiftError(
      "CREDENTIALS_EXPIRED",
      `${said}: the credentials have ended`,
      "get new ones (in a workflow: run the job again), then run the command again",
    );
  if (["InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "InvalidSecurity"].includes(code))
    return new GiftError(
      "CREDENTIALS_REFUSED",
      `${said}: the service does not know these credentials`,
      "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and that they are of this service",
    );
  const region = answer.headers.get("x-amz-bucket-region") ?? tagText(answer.body.toString(), "Region");
  if (
    [301, 302, 307, 308].includes(answer.status) ||
    ["AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException"].includes(code)
  )
    return new GiftError(
      "REGION_WRONG",
      `${said}: the bucket is not where it was asked for`,
      region
        ? `write region: ${region} in the environment's file`
        : "check the store's region and endpoint in the environment's file",
    );
  if (answer.status === 403 || answer.status === 401) return toDenied(place, request.operation, whole);
  if (code === "NoSuchBucket")
    return new GiftError(
      "BUCKET_MISSING",
      `${said}: there is no such bucket`,
      "create it, or mend the bucket, region or endpoint in the environment's file",
    );
  if (answer.status === 404 || answer.status === 405 || code === "")
    return new GiftError(
      "STORE_ANSWER",
      `${whole}: that is not how an S3 service answers`,
      "check the store's endpoint in the environment's file",
    );
  return new GiftError("STORE_FAILED", whole, "see what the service says of this code, then run it again");
}

function toDenied(place: S3Place, operation: S3Operation, said: string): GiftError {
  const permission = PERMISSIONS[operation][place.words];
  const list = PERMISSIONS.list[place.words];
  const isRead = operation === "get" || operation === "head";
  return new GiftError(
    "STORE_DENIED",
    `${said}: the account lacks ${permission} there`,
    isRead
      ? `allow ${permission}, and also ${list} on the bucket: without it a key that is not there is answered with 403 as well`
      : `allow ${permission} to the account that publishes`,
  );
}

function messageOf({ body }: S3Answer): string {
  return (tagText(body.toString("utf8", 0, 64_000), "Message") ?? "").replace(/\s+/g, " ").slice(0, 300);
}
