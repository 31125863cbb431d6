import type { EnvironmentFile } from "../model/schemas.ts";

export type S3Options = Extract<EnvironmentFile["store"], { s3: unknown }>["s3"];

/**
 * The bucket's address, without a slash at the end. A service that is named by its endpoint is asked in path style, which each
 * of them understands; AWS in the style that it recommends, where the bucket stands before the host. Not for a name with dots:
 * the certificate of AWS covers one part there.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
export function toBucketUrl({ bucket, region, endpoint }: S3Options): string {
  if (endpoint !== undefined) return `${endpoint.replace(/\/+$/, "")}/${bucket}`;
  const host = `s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
  return bucket.includes(".") ? `https://${host}/${bucket}` : `https://${bucket}.${host}`;
}

/** The bucket as a message names it, such as `s3://acme-gifts/production/ at https://minio.acme.example`. */
export function toPlace({ bucket, prefix = "", endpoint }: S3Options): string {
  return `s3://${bucket}/${prefix}${endpoint === undefined ? "" : ` at ${endpoint}`}`;
}
