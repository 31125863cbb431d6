import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { askGitHub } from "../../src/github/askGitHub.ts";
import { keepAsking } from "../../src/github/keepAsking.ts";
import type { GitHubClock } from "../../src/github/openGitHub.ts";
import { GiftError } from "../../src/report/error.ts";

const START = Date.parse("2026-11-20T21:00:00Z");
const READ = { method: "GET", url: "/repos/{owner}/{repo}/pulls" };
const WRITE = { method: "POST", url: "/repos/{owner}/{repo}/issues/{issue_number}/comments" };
const OK = { status: 200, headers: { "content-type": "application/json" }, data: [] };

/** A clock that moves only by sleeping, and remembers how long. */
function stoppedClock(): GitHubClock & { readonly slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => START + slept.reduce((sum, it) => sum + it, 0),
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
    },
    random: () => 0.5,
  };
}

/** An error as octokit throws it. */
function refusal(status: number, message = "no", headers: Readonly<Record<string, string>> = {}): Error {
  return Object.assign(new Error(message), { status, response: { status, headers, data: {} } });
}

/** Answers one after another; the last one again and again. */
function answering(...answers: readonly (Error | typeof OK | { headers: object; data: unknown })[]) {
  let asked = 0;
  const request = async () => {
    const answer = answers[Math.min(asked++, answers.length - 1)] ?? OK;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { request, asked: () => asked };
}

describe("asking GitHub", () => {
  test("waits until a limit passes, as long as GitHub says, and asks again: also a write, for it was refused", async () => {
    const reset = String(START / 1000 + 20);
    for (const [error, wait] of [
      [refusal(403, "API rate limit", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset }), 21_000],
      [refusal(429, "slow down", { "retry-after": "7" }), 7_000],
      [refusal(403, "You have exceeded a secondary rate limit", {}), 60_000],
    ] as const) {
      const clock = stoppedClock();
      const { request, asked } = answering(error, OK);
      expect(await keepAsking(clock, 60_000)(request, WRITE)).toBe(OK);
      expect(asked()).toBe(2);
      expect(clock.slept).toEqual([wait]);
    }
  });

  test("waits no longer than is allowed in all, and then says until when", async () => {
    const clock = stoppedClock();
    const ask = keepAsking(clock, 60_000);
    const limit = { "x-ratelimit-remaining": "0", date: new Date(START).toUTCString() };
    const late = refusal(403, "API rate limit", {
      ...limit,
      "x-ratelimit-reset": String(START / 1000 + 3_600),
    });
    const { request, asked } = answering(late);
    const asking = askGitHub("list them", "do this", () => ask(request, READ));
    await expect(asking).rejects.toMatchObject({
      code: "GITHUB_LIMITED",
      message: expect.stringContaining("until 2026-11-20T22:00:01Z"),
      fix: expect.stringContaining("after 2026-11-20T22:00:01Z"),
    });
    expect(asked()).toBe(1);
    expect(clock.slept).toEqual([]);
    // All requests share it.
    const soon = refusal(429, "", { "retry-after": "40" });
    await ask(answering(soon, OK).request, READ);
    await expect(ask(answering(soon, OK).request, READ)).rejects.toBe(soon);
  });

  test("asks again with growing pauses where GitHub is not well, but never sends a write twice", async () => {
    const dropped = refusal(500, "other side closed");
    const half = { headers: { "content-type": "application/json; charset=utf-8" }, data: '[{"id": 1' };
    for (const answer of [refusal(502), refusal(503), dropped, half]) {
      const clock = stoppedClock();
      const { request, asked } = answering(answer, answer, OK);
      expect(await keepAsking(clock, 60_000)(request, READ)).toBe(OK);
      expect(asked()).toBe(3);
      expect(clock.slept).toEqual([500, 1_000]);
      const write = answering(answer, OK);
      await expect(keepAsking(clock, 60_000)(write.request, WRITE)).rejects.toThrow();
      expect(write.asked()).toBe(1);
    }
  });

  test("gives up at once where asking again is of no use", async () => {
    for (const status of [400, 401, 403, 404, 409, 422]) {
      const clock = stoppedClock();
      const { request, asked } = answering(refusal(status));
      await expect(keepAsking(clock, 60_000)(request, READ)).rejects.toThrow();
      expect(asked()).toBe(1);
      expect(clock.slept).toEqual([]);
    }
  });

  test("never waits longer in all than allowed, whatever GitHub answers", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.constant(OK),
            fc.integer({ min: 500, max: 599 }).map((it) => refusal(it)),
            fc.string().map((it) => refusal(429, "", { "retry-after": it })),
            fc.integer({ min: -9, max: 99 }).map((it) => refusal(403, "", { "retry-after": String(it) })),
            fc
              .integer()
              .map((it) =>
                refusal(403, "", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(it) }),
              ),
          ),
          { minLength: 1, maxLength: 12 },
        ),
        async (answers) => {
          const clock = stoppedClock();
          const ask = keepAsking(clock, 60_000);
          const { request } = answering(...answers);
          for (let times = 0; times < 4; times++) await ask(request, READ).catch(() => null);
          expect(clock.now() - START).toBeLessThanOrEqual(60_000);
          for (const it of clock.slept) expect(it).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});

describe("what GitHub refuses", () => {
  const codes: readonly (readonly [number, string, string])[] = [
    [401, "GITHUB_FORBIDDEN", "the token is wrong, or has expired"],
    [403, "GITHUB_FORBIDDEN", "it is not allowed (Resource not accessible by integration)"],
    [404, "GITHUB_MISSING", "it is not there, or this account may not see it"],
    [422, "GITHUB_FAILED", "Resource not accessible by integration"],
    [502, "GITHUB_FAILED", "it is not well, or the connection is not"],
  ];
  test.each(codes)("is said in words, and what to do: %i", async (status, code, words) => {
    const message = "Resource not accessible by integration - https://docs.github.com/rest";
    const error = await askGitHub("open it", "give the job the permission", async () => {
      throw refusal(status, message);
    }).catch((it: unknown) => it);
    expect(error).toBeInstanceOf(GiftError);
    expect(error).toMatchObject({
      code,
      message: expect.stringContaining(`GitHub did not open it: ${words}`),
    });
    expect(error).toMatchObject({ fix: expect.stringMatching(/./) });
  });

  test("shows what somebody wrote on one line, cut, and never the request with its token", async () => {
    const thrown = Object.assign(refusal(422, `bad\n::error::\u001b[2J${"x".repeat(5_000)}`), {
      request: { headers: { authorization: "token s3cret" } },
    });
    const error = await askGitHub("open it", "fix", async () => {
      throw thrown;
    }).catch((it: unknown) => it);
    const seen = `${String(error)} ${JSON.stringify(error)} ${String(error instanceof Error && error.cause)}`;
    expect(seen).not.toContain("s3cret");
    expect(seen).not.toMatch(/\p{Cc}/u);
    expect(seen.length).toBeLessThan(1_500);
  });

  test("is nothing of what a bug throws: that goes through as it is", async () => {
    const bug = new TypeError("a bug");
    await expect(
      askGitHub("open it", "fix", async () => {
        throw bug;
      }),
    ).rejects.toBe(bug);
  });
});
