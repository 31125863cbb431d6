import { createHash, createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { AwsV4Signer } from "aws4fetch";

export interface SignedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Account {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const SKEW_MILLISECONDS = 15 * 60_000;

/**
 * The error code for a request that a service would not take as signed, or null. Signatures of AWS are made again by aws4fetch,
 * which is nobody's idea of this project; those of Google by the words of
 * https://docs.cloud.google.com/storage/docs/authentication/canonical-requests.
 */
export async function checkSignature(
  request: SignedRequest,
  accounts: readonly Account[],
  region: string,
  now: number,
): Promise<string | null> {
  const { headers } = request;
  const names = Object.keys(headers);
  const families = ["x-amz-", "x-goog-"].filter((prefix) => names.some((name) => name.startsWith(prefix)));
  if (families.length > 1) return "ExcessHeaderValues";
  const parsed =
    /^(AWS4|GOOG4)-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/(s3|storage)\/(aws4|goog4)_request,\s?SignedHeaders=([^,]+),\s?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? "",
    );
  if (!parsed) return "AccessDenied";
  const [, kind, accessKeyId = "", day, place = "", , , signedNames = "", signature] = parsed;
  const prefix = kind === "AWS4" ? "x-amz-" : "x-goog-";
  if (families[0] !== prefix) return "AccessDenied";
  const account = accounts.find((it) => it.accessKeyId === accessKeyId);
  if (!account) return "InvalidAccessKeyId";
  if (text(headers[`${prefix}security-token`]) !== account.sessionToken) return "InvalidToken";
  if (place !== region) return "AuthorizationHeaderMalformed";

  const date = text(headers[`${prefix}date`]) ?? "";
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (Number.isNaN(at) || date.slice(0, 8) !== day) return "AccessDenied";
  if (Math.abs(at - now) > SKEW_MILLISECONDS) return "RequestTimeTooSkewed";

  const signed = signedNames.split(";");
  // "The host header and all x-amz-* headers must be signed", and so must what a condition or a checksum says.
  const mustBeSigned = names.filter(
    (name) => name.startsWith(prefix) || ["host", "content-md5", "if-match", "if-none-match"].includes(name),
  );
  if (mustBeSigned.some((name) => !signed.includes(name))) return "AccessDenied";
  const expected =
    kind === "AWS4"
      ? await signAmazon(request, account, region, date, signed)
      : signGoogle(request, account, region, date, signed);
  if (expected !== signature) return "SignatureDoesNotMatch";

  const payload = createHash("sha256").update(request.body).digest("hex");
  return headers[`${prefix}content-sha256`] === payload ? null : "XAmzContentSHA256Mismatch";
}

async function signAmazon(
  { method, url, headers }: SignedRequest,
  { accessKeyId, secretAccessKey }: Account,
  region: string,
  datetime: string,
  signed: readonly string[],
): Promise<string | undefined> {
  const signer = new AwsV4Signer({
    method,
    url: `http://${headers.host}${url}`,
    headers: signed.filter((it) => it !== "host").map((it) => [it, text(headers[it]) ?? ""]),
    accessKeyId,
    secretAccessKey,
    region,
    service: "s3",
    datetime,
    allHeaders: true,
  });
  return (await signer.authHeader()).split("Signature=")[1];
}

function signGoogle(
  { method, url, headers }: SignedRequest,
  { secretAccessKey }: Account,
  region: string,
  datetime: string,
  signed: readonly string[],
): string {
  const [path = "", query = ""] = url.split("?");
  const canonical = [
    method,
    path,
    query
      .split("&")
      .map((it) => (it === "" || it.includes("=") ? it : `${it}=`))
      .sort()
      .join("&"),
    ...signed.map((it) => `${it}:${(text(headers[it]) ?? "").trim()}`),
    "",
    signed.join(";"),
    headers["x-goog-content-sha256"],
  ].join("\n");
  const scope = `${datetime.slice(0, 8)}/${region}/storage/goog4_request`;
  const toSign = `GOOG4-HMAC-SHA256\n${datetime}\n${scope}\n${createHash("sha256").update(canonical).digest("hex")}`;
  const key = scope
    .split("/")
    .reduce<Buffer>((key, part) => hmac(key, part), Buffer.from(`GOOG4${secretAccessKey}`));
  return hmac(key, toSign).toString("hex");
}

function hmac(key: Buffer, message: string): Buffer {
  return createHmac("sha256", key).update(message).digest();
}

function text(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(",") : value;
}
