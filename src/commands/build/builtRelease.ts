import { count } from "../../report/text.ts";
import { EXIT, type Exit } from "../command.ts";

export interface BuiltRelease {
  readonly release: string;
  /**
   * `locked`: a new lock was written. `built`: the lock's objects are in the cache. `left`: nobody came to it before the person ended the
   * build. The rest are failures in words.
   */
  readonly outcome:
    | "locked"
    | "built"
    | "left"
    | "sources_gone"
    | "other_builder"
    | "differs"
    | "no_gift"
    | "unreadable"
    | "lock_damaged";
  readonly message: string;
}

export const BUILT_ALREADY = "built already";

/** Whether somebody has to mend the files; bytes that must come from a store are no mistake. */
export function isWrong(outcome: BuiltRelease["outcome"]): boolean {
  return ["differs", "no_gift", "unreadable", "lock_damaged"].includes(outcome);
}

export function exitOf(built: readonly BuiltRelease[]): Exit {
  if (built.some((it) => isWrong(it.outcome))) return EXIT.findings;
  return built.every((it) => it.outcome === "locked" || it.outcome === "built") ? EXIT.ok : EXIT.failure;
}

/** One line a release; those that were built already are counted where nobody asked for them by name. */
export function builtToLines(built: readonly BuiltRelease[], areNamed: boolean): readonly string[] {
  const told = areNamed ? built : built.filter((it) => it.message !== BUILT_ALREADY);
  const others = built.length - told.length;
  const left = built.filter((it) => it.outcome === "left").length;
  return [
    ...told.filter((it) => it.outcome !== "left").map(({ release, message }) => `${release}: ${message}`),
    ...(others > 0 ? [`${count(others, "release")}: ${BUILT_ALREADY}`] : []),
    ...(left > 0 ? [`${count(left, "release")} left: run the same command again to go on`] : []),
  ];
}
