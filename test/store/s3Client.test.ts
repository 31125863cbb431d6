import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GiftError } from "../../src/report/error.ts";
import { toBucketUrl } from "../../src/store/s3Address.ts";
import { s3Client, type S3Ports, systemPorts } from "../../src/store/s3Client.ts";
import { s3Credentials } from "../../src/store/s3Credentials.ts";
import { AMAZON, signRequest, toQuery } from "../../src/store/s3Sign.ts";
import { s3Store } from "../../src/store/s3Store.ts";
import { parseListPage } from "../../src/store/s3Xml.ts";
import { type S3Double, startS3Double, variablesOf } from "../support/s3Double.ts";

const ACCOUNT = {
  accessKeyId: "AKIAEXAMPLEACCOUNT",
  secretAccessKey: "example/Secret+Key/AndMore",
  sessionToken: "example-session-token==",
};

/** A clock that only sleeping moves, and what was slept. */
function slowMotion(random = 0.5): S3Ports & { readonly slept: number[] } {
  const slept: number[] = [];
  let now = Date.now();
  return {
    ...systemPorts,
    slept,
    now: () => now,
    random: () => random,
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
      now += milliseconds;
    },
  };
}

describe("a service that fails for a while", () => {
  let double: S3Double;

  beforeEach(async () => {
    double = await startS3Double({ account: ACCOUNT });
  });
  afterEach(() => double.close());

  const open = (ports: S3Ports) => s3Store(double.options, variablesOf(ACCOUNT), ports);

  test.each([
    { kind: "status", status: 500 },
    { kind: "status", status: 503, code: "SlowDown" },
    { kind: "status", status: 429, code: "TooManyRequests" },
    { kind: "status", status: 409, code: "OperationAborted" },
    { kind: "status", status: 400, code: "RequestTimeout" },
    { kind: "cut" },
    { kind: "half" },
  ] as const)("is asked again: $kind $status $code", async (fault) => {
    const store = open(slowMotion());
    await store.putIfAbsent("a", bytes("a value that is long enough to be cut"));
    double.requests.splice(0);
    double.fail(/^GET a/, fault, fault);
    expect(new TextDecoder().decode((await store.get("a"))?.bytes)).toContain("long enough");
    expect(double.requests).toHaveLength(3);
  });

  test("is asked again when it says nothing for too long", async () => {
    double.fail(/^GET a/, { kind: "hang" });
    await expect(open({ ...slowMotion(), silenceMilliseconds: 500 }).get("a")).resolves.toBeNull();
    expect(double.requests[0]).toBe("GET a 0");
    expect(double.requests.at(-1)).toBe("GET a 404");
  });

  test.each([400, 403, 404, 501])("is not asked again when it says no: %i", async (status) => {
    double.fail(/^GET a/, { kind: "status", status, code: "SomethingElse" });
    await expect(open(slowMotion()).get("a")).rejects.toBeInstanceOf(GiftError);
    expect(double.requests).toHaveLength(1);
  });

  test("is asked after random delays below a doubling limit, for about a minute, and then named", async () => {
    double.fail(
      /./,
      ...Array.from({ length: 50 }, () => ({ kind: "status", status: 503, code: "SlowDown" }) as const),
    );
    const ports = slowMotion(0.999);
    await expect(open(ports).get("a")).rejects.toMatchObject({
      code: "STORE_UNREACHABLE",
      message: expect.stringMatching(
        /^s3:\/\/acme-gifts\/ at http:\/\/127\.0\.0\.1:\d+ did not take GET a in \d+ tries over \d+ s; the last: 503 SlowDown$/,
      ),
    });
    const limits = ports.slept.map((_, at) => Math.min(10_000, 100 * 2 ** at));
    expect(ports.slept).toEqual(limits.map((limit) => 0.999 * limit));
    const all = ports.slept.reduce((sum, it) => sum + it, 0);
    expect(all).toBeGreaterThan(45_000);
    expect(all).toBeLessThanOrEqual(60_000);
  });

  test.each([
    ["7", 7_000],
    ["Wed, 25 Nov 2026 12:00:20 GMT", 20_000],
  ])("is waited for as long as it asks: Retry-After: %s", async (value, expected) => {
    const ports = slowMotion();
    const at = Date.parse("2026-11-25T12:00:00Z");
    double.fail(/^GET a/, { kind: "status", status: 503, headers: { "retry-after": value } });
    const store = s3Store(double.options, variablesOf(ACCOUNT), {
      ...ports,
      // Both clocks differ; the double minds only that of the signature.
      now: () => (ports.slept.length === 0 ? at : Date.now()),
    });
    await expect(store.get("a")).resolves.toBeNull();
    expect(ports.slept).toEqual([expected]);
  });

  test("is not waited for when it asks for more than anybody has", async () => {
    double.fail(/^GET a/, { kind: "status", status: 503, headers: { "retry-after": "3600" } });
    const ports = slowMotion();
    await expect(open(ports).get("a")).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    expect(ports.slept).toEqual([]);
  });

  test("that is not there at all is named, with the reason", async () => {
    const { endpoint = "" } = double.options;
    await double.close();
    const failure = open(slowMotion()).list("");
    await expect(failure).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    await expect(failure).rejects.toThrow(`${endpoint} did not take GET for the list of keys`);
    await expect(failure).rejects.toThrow("ECONNREFUSED");
  });
});

describe("a service that says no", () => {
  let double: S3Double;

  beforeEach(async () => {
    double = await startS3Double({ account: ACCOUNT });
  });
  afterEach(() => double.close());

  const open = (account = ACCOUNT, ports: S3Ports = slowMotion()) =>
    s3Store(double.options, variablesOf(account), ports);

  test.each([
    ["get", "s3:GetObject", /s3:ListBucket.*not there is answered with 403/],
    ["head", "s3:GetObject", /s3:ListBucket.*not there is answered with 403/],
    ["putIfAbsent", "s3:PutObject", /allow s3:PutObject/],
    ["replace", "s3:PutObject", /allow s3:PutObject/],
    ["list", "s3:ListBucket", /allow s3:ListBucket/],
    ["delete", "s3:DeleteObject", /allow s3:DeleteObject/],
  ] as const)("to %s is told with the permission that is missing", async (verb, permission, fix) => {
    await open().putIfAbsent("there", bytes("x"));
    double.deny(permission);
    const store = open();
    const attempt = {
      get: () => store.get("there"),
      head: () => store.head("there"),
      putIfAbsent: () => store.putIfAbsent("a", bytes("x")),
      replace: () => store.replace("a", bytes("x"), null),
      list: () => store.list(""),
      delete: () => store.delete("there"),
    }[verb];
    await expect(attempt()).rejects.toMatchObject({
      code: "STORE_DENIED",
      message: expect.stringContaining(`the account lacks ${permission} there`),
      fix: expect.stringMatching(fix),
    });
  });

  test("about a key that is not there, to one who may not list, is told as what it may be", async () => {
    double.deny("s3:ListBucket");
    await expect(open().get("absent")).rejects.toMatchObject({
      code: "STORE_DENIED",
      message: expect.stringContaining("GET absent with 403 AccessDenied"),
      fix: expect.stringContaining("s3:ListBucket"),
    });
  });

  test("in Google's words, where it is Google", async () => {
    const google = await startS3Double({ dialect: "generation" });
    google.deny("s3:PutObject");
    const store = s3Store(google.options, variablesOf(google.account), slowMotion());
    await expect(store.putIfAbsent("a", bytes("x"))).rejects.toThrow(/storage\.objects\.create/);
    await google.close();
  });

  test("to a wrong clock", async () => {
    const ports = slowMotion();
    const store = open(ACCOUNT, { ...ports, now: () => ports.now() - 3_600_000 });
    await expect(store.get("a")).rejects.toMatchObject({
      code: "CLOCK_WRONG",
      fix: expect.stringMatching(/clock/),
    });
  });

  test("to a token that ended, and to one of another account", async () => {
    double.fail(/^GET a/, { kind: "status", status: 400, code: "ExpiredToken" });
    await expect(open().get("a")).rejects.toMatchObject({ code: "CREDENTIALS_EXPIRED" });
    await expect(open({ ...ACCOUNT, sessionToken: "another" }).get("a")).rejects.toMatchObject({
      code: "CREDENTIALS_REFUSED",
    });
  });

  test("to HEAD, which has no body, for the reason that GET is given", async () => {
    double.fail(/^HEAD a/, { kind: "status", status: 400, code: "ExpiredToken" });
    double.fail(/^GET a/, { kind: "status", status: 400, code: "ExpiredToken" });
    await expect(open().head("a")).rejects.toMatchObject({ code: "CREDENTIALS_EXPIRED" });
  });

  test("to a wrong secret and to an unknown key", async () => {
    for (const account of [
      { ...ACCOUNT, secretAccessKey: "wrong" },
      { ...ACCOUNT, accessKeyId: "AKIANOBODY" },
    ])
      await expect(open(account).get("a")).rejects.toMatchObject({ code: "CREDENTIALS_REFUSED" });
  });

  test("about a bucket that is not there, rather than about a key", async () => {
    const store = s3Store({ ...double.options, bucket: "nobodys" }, variablesOf(ACCOUNT), slowMotion());
    const missing = { code: "BUCKET_MISSING", message: expect.stringContaining("s3://nobodys/") };
    await expect(store.get("a")).rejects.toMatchObject(missing);
    await expect(store.list("")).rejects.toMatchObject(missing);
    await expect(store.putIfAbsent("a", bytes("x"))).rejects.toMatchObject(missing);
  });

  test("about a bucket of another region, and follows nobody there", async () => {
    double.fail(/^GET a/, {
      kind: "status",
      status: 301,
      code: "PermanentRedirect",
      headers: { "x-amz-bucket-region": "eu-central-1", location: "http://127.0.0.1:9/" },
    });
    await expect(open().get("a")).rejects.toMatchObject({
      code: "REGION_WRONG",
      fix: "write region: eu-central-1 in the environment's file",
    });
    const elsewhere = s3Store({ ...double.options, region: "us-east-1" }, variablesOf(ACCOUNT), slowMotion());
    await expect(elsewhere.get("a")).rejects.toMatchObject({ code: "REGION_WRONG" });
  });

  test.each([
    [404, "<html>nothing here</html>"],
    [404, ""],
    [200, ""],
    [200, "<html>welcome</html>"],
  ])("or is no such service at all: %i %s", async (status, body) => {
    const store = open(ACCOUNT, { ...slowMotion(), fetch: async () => new Response(body, { status }) });
    await expect(store.get("a")).rejects.toMatchObject({ code: "STORE_ANSWER" });
    await expect(store.list("")).rejects.toMatchObject({ code: "STORE_ANSWER" });
  });
});

describe("credentials", () => {
  const secrets = Object.values(ACCOUNT);

  test("appear in no error, whatever the service repeats and wherever the failure is", async () => {
    const echo = secrets.join(" ");
    const answers: (() => Promise<Response>)[] = [
      ...["AccessDenied", "SignatureDoesNotMatch", "ExpiredToken", "Odd"].flatMap((code) =>
        [400, 403, 404, 500].map(
          (status) => async () =>
            new Response(
              `<Error><Code>${code}</Code><Message>${echo}</Message><StringToSign>${echo}</StringToSign></Error>`,
              {
                status,
              },
            ),
        ),
      ),
      async () => {
        throw new TypeError(`fetch failed with ${echo}`, { cause: new Error(echo) });
      },
    ];
    for (const answer of answers) {
      const double = { bucket: "acme-gifts", region: "us-east-1" };
      const store = s3Store(double, variablesOf(ACCOUNT), { ...slowMotion(), fetch: answer });
      for (const attempt of [
        () => store.get("a"),
        () => store.list(""),
        () => store.putIfAbsent("a", bytes("x")),
        () => store.delete("a"),
      ]) {
        const error: unknown = await attempt().catch((it: unknown) => it);
        expect(error).toBeInstanceOf(GiftError);
        const shown = inspect(error, { depth: 10, showHidden: true });
        for (const secret of secrets) expect(shown).not.toContain(secret);
      }
    }
  });

  test("are taken from the variables, a token among them, and never from both halves of nothing", async () => {
    expect(await s3Credentials(variablesOf(ACCOUNT))()).toEqual(ACCOUNT);
    for (const half of [{ AWS_ACCESS_KEY_ID: "a" }, { AWS_SECRET_ACCESS_KEY: "a" }])
      await expect(s3Credentials(half)()).rejects.toMatchObject({ code: "CREDENTIALS_BROKEN" });
  });

  test("may have been pasted with a line break at the end, but not with one inside", async () => {
    const pasted = { ...variablesOf(ACCOUNT), AWS_SESSION_TOKEN: `${ACCOUNT.sessionToken}\n` };
    expect(await s3Credentials(pasted)()).toEqual(ACCOUNT);
    const broken = { ...variablesOf(ACCOUNT), AWS_SESSION_TOKEN: "secret-one\nsecret-two" };
    const failure: unknown = await s3Credentials(broken)().catch((it: unknown) => it);
    expect(failure).toMatchObject({ code: "CREDENTIALS_BROKEN" });
    expect(inspect(failure)).not.toContain("secret-");
  });

  test("are those of the platform when there are none in the variables, asked for each time", async () => {
    let loaded = 0;
    let asked = 0;
    const credentials = s3Credentials({}, async () => {
      loaded += 1;
      return async () => ({ ...ACCOUNT, accessKeyId: `AKIA${++asked}` });
    });
    expect((await credentials()).accessKeyId).toBe("AKIA1");
    expect((await credentials()).accessKeyId).toBe("AKIA2");
    expect(loaded).toBe(1);
  });

  test("that nobody has are asked for in words, without what was tried", async () => {
    const credentials = s3Credentials({}, async () => async () => {
      throw new Error(`could not use ${ACCOUNT.secretAccessKey}`);
    });
    const failure: unknown = await credentials().catch((it: unknown) => it);
    expect(failure).toMatchObject({
      code: "CREDENTIALS_MISSING",
      fix: expect.stringContaining("AWS_ACCESS_KEY_ID"),
    });
    expect(inspect(failure)).not.toContain(ACCOUNT.secretAccessKey);
  });
});

describe("a request", () => {
  // The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html.
  test.each([
    ["/test.txt", { range: "bytes=0-9" }, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"],
    ["/?lifecycle", {}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"],
    ["/?max-keys=2&prefix=J", {}, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"],
  ])("for %s is signed as AWS's own example", (path, headers, signature) => {
    const url = new URL(`https://examplebucket.s3.amazonaws.com${path}`);
    const sent = signRequest(
      { method: "GET", url, headers, body: new Uint8Array() },
      { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
      AMAZON,
      "us-east-1",
      Date.parse("2013-05-24T00:00:00Z"),
    );
    expect(sent["authorization"]).toMatch(new RegExp(`Signature=${signature}$`));
  });

  test.each([
    [{ bucket: "acme-gifts", region: "eu-west-1" }, "https://acme-gifts.s3.eu-west-1.amazonaws.com"],
    [{ bucket: "acme.gifts", region: "eu-west-1" }, "https://s3.eu-west-1.amazonaws.com/acme.gifts"],
    [{ bucket: "acme", region: "cn-north-1" }, "https://acme.s3.cn-north-1.amazonaws.com.cn"],
    [
      { bucket: "acme", region: "auto", endpoint: "https://storage.googleapis.com/" },
      "https://storage.googleapis.com/acme",
    ],
  ])("goes to where the bucket is: %j", (options, url) => {
    expect(toBucketUrl(options)).toBe(url);
  });

  test("writes its query by RFC 3986", () => {
    expect(toQuery({ prefix: "a/ü !'()*", uploads: "" })).toBe(
      "?prefix=a%2F%C3%BC%20%21%27%28%29%2A&uploads",
    );
    expect(toQuery({})).toBe("");
  });

  test("is signed anew for each try", async () => {
    const seen: string[] = [];
    const ports = slowMotion(1);
    const send = s3Client({ bucket: "acme", region: "auto" }, s3Credentials(variablesOf(ACCOUNT)), {
      ...ports,
      fetch: async (_, init) => {
        seen.push(new Headers(init?.headers).get("x-amz-date") ?? "");
        return new Response("", { status: seen.length < 8 ? 500 : 200 });
      },
    });
    await send({ operation: "get", method: "GET", key: "a" });
    expect(new Set(seen).size).toBeGreaterThan(3);
  });
});

describe("a list of keys", () => {
  const page = (content: string) =>
    `<?xml version="1.0"?><ListBucketResult xmlns="x">${content}</ListBucketResult>\n`;

  test("is read as it is documented, entities and percent signs included", () => {
    expect(
      parseListPage(
        page(
          "<IsTruncated>true</IsTruncated><Contents><Key>a%2Fb+c%2B</Key></Contents><Contents>\n<Key>d&amp;e</Key></Contents><NextContinuationToken>1&lt;&#x26;&#38;&quot;</NextContinuationToken><KeyCount>2</KeyCount>",
        ),
      ),
    ).toEqual({ keys: ["a/b c+", "d&e"], next: '1<&&"' });
    expect(parseListPage(page("<IsTruncated>false</IsTruncated>"))).toEqual({ keys: [], next: null });
  });

  test.each([
    ["", "it is no ListBucketResult"],
    ["<html></html>", "it is no ListBucketResult"],
    [page("<IsTruncated>false</IsTruncated>").slice(0, -9), "it is no ListBucketResult"],
    [page(""), "it does not say IsTruncated"],
    [page("<IsTruncated>true</IsTruncated>"), "without a continuation token"],
    [page("<IsTruncated>false</IsTruncated><KeyCount>1</KeyCount>"), "it counts 1 keys and has 0"],
    [page("<IsTruncated>false</IsTruncated><Contents></Contents>"), "an entry without a key"],
    [page("<IsTruncated>false</IsTruncated><Contents><Key>%</Key></Contents>"), "not percent-encoded"],
  ])("that could miss some is refused: %s", (xml, why) => {
    expect(() => parseListPage(xml)).toThrow(why);
  });
});

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
