import { GiftError } from "../report/error.ts";
import type { S3Credentials } from "./s3Sign.ts";

/** Asked before each request: credentials of a platform end, and the chain renews them. */
export type CredentialSource = () => Promise<S3Credentials>;

/**
 * The credentials in the variables, as GitHub's OIDC step leaves them; without them those of the platform (a profile, a web
 * identity, a container's or a machine's role), by the chain that every AWS tool follows.
 * @throws GiftError `CREDENTIALS_BROKEN` or `CREDENTIALS_MISSING`; never with a value in it
 */
export function s3Credentials(
  variables: NodeJS.ProcessEnv,
  loadChain: () => Promise<CredentialSource> = loadPlatformChain,
): CredentialSource {
  const accessKeyId = variables["AWS_ACCESS_KEY_ID"] ?? "";
  const secretAccessKey = variables["AWS_SECRET_ACCESS_KEY"] ?? "";
  const sessionToken = variables["AWS_SESSION_TOKEN"] ?? "";
  if (accessKeyId !== "" && secretAccessKey !== "") {
    return async () =>
      checkCredentials({
        accessKeyId,
        secretAccessKey,
        ...(sessionToken !== "" && { sessionToken }),
      });
  }
  if (accessKeyId !== "" || secretAccessKey !== "") {
    const missing = accessKeyId === "" ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY";
    return async () => {
      throw new GiftError(
        "CREDENTIALS_BROKEN",
        `${missing} is not set, though its other half is`,
        "set both, or none to use those of this machine",
      );
    };
  }
  let chain: Promise<CredentialSource> | undefined;
  return async () => {
    try {
      chain ??= loadChain();
      return checkCredentials(await (await chain)());
    } catch (error) {
      if (error instanceof GiftError) throw error;
      // What the chain tried may stand in its message, so only its kind is told.
      throw new GiftError(
        "CREDENTIALS_MISSING",
        `there are no credentials for the bucket (${error instanceof Error ? error.name : "unknown error"})`,
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where the platform gives a role",
      );
    }
  };
}

/** A value with a line break in it would be refused as a header, in a message that shows it. */
function checkCredentials(given: S3Credentials): S3Credentials {
  const trimmed = {
    accessKeyId: given.accessKeyId.trim(),
    secretAccessKey: given.secretAccessKey.trim(),
    ...(given.sessionToken !== undefined && { sessionToken: given.sessionToken.trim() }),
  };
  const broken = Object.entries(trimmed).find(([, value]) => !/^[\x21-\x7e]+$/.test(value));
  if (!broken) return trimmed;
  throw new GiftError(
    "CREDENTIALS_BROKEN",
    `the ${broken[0]} of the bucket's credentials has characters that no such value has`,
    "set it again, without quotes, spaces or line breaks in it",
  );
}

/** Loaded only when it is asked for: the chain is larger than everything else that a stop loads. */
async function loadPlatformChain(): Promise<CredentialSource> {
  // The SDK's documented way to keep its note about Node 20, which is no news to people who publish gifts, out of the output.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  const provider = defaultProvider();
  return async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = await provider();
    return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  };
}
