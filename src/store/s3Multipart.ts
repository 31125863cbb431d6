import type { S3Answer, S3Request, S3Send } from "./s3Client.ts";
import { codeOf } from "./s3Errors.ts";
import { tagText } from "./s3Xml.ts";

export interface PartSizes {
  /** From here on a value goes up in parts, so that a lost connection costs one part and not all of it. */
  readonly fromBytes: number;
  /** AWS takes parts from 5 MiB and at most 10,000 of them; R2 wants all but the last of one size. */
  readonly partBytes: number;
}

export const PART_SIZES: PartSizes = { fromBytes: 16 * 1024 * 1024, partBytes: 8 * 1024 * 1024 };
const MAX_PARTS = 10_000;
const PARTS_AT_ONCE = 3;

/** `doubtful`: the upload may have been completed by a try whose answer was lost. */
export type MultipartOutcome = "written" | "present" | "doubtful";

/**
 * Puts a large value, in parts, each with its own checksum and tries.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 * @param condition sent with the end of the upload, where AWS and MinIO honour it; radosgw does not. What is this large is named
 * by its digest, so that whoever comes second writes the same bytes.
 * @throws whatever `fail` makes of an answer
 */
export async function putMultipart(
  send: S3Send,
  fail: (request: S3Request, answer: S3Answer) => Error,
  key: string,
  bytes: Uint8Array,
  headers: Readonly<Record<string, string>>,
  condition: Readonly<Record<string, string>>,
  partBytes: number,
): Promise<MultipartOutcome> {
  const put = async (request: Omit<S3Request, "operation" | "key">): Promise<S3Answer> => {
    const whole: S3Request = { operation: "put", key, ...request };
    const answer = await send(whole);
    if (answer.status !== 200) throw fail(whole, answer);
    return answer;
  };
  const begun = await put({ method: "POST", query: { uploads: "" }, headers });
  const uploadId = tagText(begun.body.toString(), "UploadId") ?? "";
  try {
    const tags = await putParts(put, uploadId, bytes, partBytes);
    const request: S3Request = {
      operation: "put",
      method: "POST",
      key,
      query: { uploadId },
      headers: { "content-type": "application/xml", ...condition },
      body: new TextEncoder().encode(toManifest(tags)),
    };
    let answer = await send(request);
    // R2 does not know conditions here; the caller has looked before.
    if (answer.status === 501)
      answer = await send({ ...request, headers: { "content-type": "application/xml" } });
    if (answer.status === 200) return "written";
    if (answer.status === 404 && codeOf(answer) === "NoSuchUpload" && answer.isInDoubt) return "doubtful";
    if (answer.status !== 412) throw fail(request, answer);
    await abort(send, key, uploadId);
    return answer.isInDoubt ? "doubtful" : "present";
  } catch (error) {
    await abort(send, key, uploadId);
    throw error;
  }
}

async function putParts(
  put: (request: Omit<S3Request, "operation" | "key">) => Promise<S3Answer>,
  uploadId: string,
  bytes: Uint8Array,
  partBytes: number,
): Promise<string[]> {
  const size = Math.max(partBytes, Math.ceil(bytes.length / MAX_PARTS));
  const count = Math.ceil(bytes.length / size);
  const tags: string[] = [];
  let next = 0;
  const work = async () => {
    for (let at = next++; at < count; at = next++) {
      const { headers } = await put({
        method: "PUT",
        query: { partNumber: String(at + 1), uploadId },
        body: bytes.subarray(at * size, (at + 1) * size),
      });
      tags[at] = headers.get("etag") ?? "";
    }
  };
  const stopOthers = (error: unknown) => {
    next = count;
    throw error;
  };
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, () => work().catch(stopOthers)));
  return tags;
}

function toManifest(tags: readonly string[]): string {
  const parts = tags.map(
    (tag, at) =>
      `<Part><PartNumber>${at + 1}</PartNumber><ETag>${tag.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</ETag></Part>`,
  );
  return `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join("")}</CompleteMultipartUpload>`;
}

/** A courtesy: parts that stay cost money until the bucket's own rule removes them, and hurt nobody else. */
async function abort(send: S3Send, key: string, uploadId: string): Promise<void> {
  await send({ operation: "put", method: "DELETE", key, query: { uploadId } }).catch(() => {});
}
