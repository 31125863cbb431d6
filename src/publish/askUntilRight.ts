import { explainError } from "../report/error.ts";
import type { Edge, EdgeOptions, EdgeResult } from "./edges.ts";

const FIRST_PAUSE_MILLISECONDS = 20;
const LONGEST_PAUSE_MILLISECONDS = 500;
const TOO_LATE = "it did not answer in time";

export interface Question extends EdgeOptions {
  readonly key: string;
  /** Asks as an app asks for news. */
  readonly revalidate?: boolean;
  /** How long one answer may take, where a later one may be quicker (default: as long as the edge has). */
  readonly answerMilliseconds?: number;
  /** Whether the first answer counts, right or wrong. */
  readonly once?: boolean;
  /** What is wrong with a body, or null when it is right. It may leave off reading. */
  judge(body: AsyncIterable<Uint8Array>): Promise<string | null>;
}

/** Asks one edge at once, and again after pauses that grow, until its answer is right or its time is over. */
export async function askUntilRight(edge: Edge, question: Question): Promise<EdgeResult> {
  const { deadlineMilliseconds, answerMilliseconds = deadlineMilliseconds, once = false } = question;
  const started = performance.now();
  const elapsed = () => Math.round(performance.now() - started);
  let pause = FIRST_PAUSE_MILLISECONDS;
  let why: string | undefined;
  let answered = false;
  for (let asked = 1; ; asked++) {
    const left = Math.max(1, deadlineMilliseconds - elapsed());
    const answer = await ask(edge.url + question.key, Math.min(answerMilliseconds, left), question);
    answered ||= answer.whole;
    if (answer.problem === null) return { edge, ok: true, answered, asked, milliseconds: elapsed() };
    // The deadline cuts the last question short, which says less than the answers before.
    why = answer.problem === TOO_LATE && why !== undefined ? why : answer.problem;
    if (once || elapsed() + pause >= deadlineMilliseconds)
      return { edge, ok: false, answered, asked, milliseconds: elapsed(), why };
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(LONGEST_PAUSE_MILLISECONDS, pause * 2);
  }
}

interface Answer {
  readonly whole: boolean;
  readonly problem: string | null;
}

async function ask(
  url: string,
  timeoutMilliseconds: number,
  { revalidate = false, judge }: Question,
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      cache: revalidate ? "no-cache" : "default",
      // Apps follow no redirect, so an edge that sends elsewhere serves them nothing.
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    if (response.status === 200) return { whole: true, problem: await judge(response.body ?? nothing()) };
    await response.body?.cancel();
    return { whole: true, problem: `it answered ${response.status}` };
  } catch (error) {
    const isTooLate = error instanceof Error && error.name === "TimeoutError";
    return {
      whole: false,
      problem: isTooLate ? TOO_LATE : `it did not answer: ${explainError(error)}`,
    };
  }
}

async function* nothing(): AsyncIterable<Uint8Array> {}
