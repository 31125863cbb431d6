import { classifyPath } from "../model/paths.ts";
import type { Located, Project } from "../model/project.ts";
import type { Finding } from "../report/finding.ts";
import { writtenReleases } from "./written.ts";

/** What a file says it is, is where it lies. */
export function checkNames(project: Project): Finding[] {
  return [
    ...[...project.gifts].flatMap(([gift, file]) =>
      compare({ gift, file, key: "id", found: file.value.id, expected: gift, rename: "the folder" }),
    ),
    ...writtenReleases(project).flatMap(({ gift, version, release }) => [
      ...compare({
        gift,
        file: release,
        key: "gift",
        expected: gift,
        found: release.value.gift,
        rename: "the folder",
      }),
      ...compare({
        gift,
        file: release,
        key: "version",
        expected: version,
        found: release.value.version,
        rename: "the file",
      }),
    ]),
    ...[...project.locks.values()].flatMap(checkLock),
  ];
}

function checkLock(lock: Located<{ gift: string; version: string }>): Finding[] {
  const at = classifyPath(lock.file);
  if (at.kind !== "lock") return [];
  const { gift, version } = lock.value;
  if (gift === at.gift && version === at.version) return [];
  return [
    {
      code: "NAME_DIFFERS",
      severity: "error",
      place: lock.place(["version"]),
      message: `this lock is of ${gift}@${version}, but it lies where ${at.gift}@${at.version} belongs`,
      fix: `delete it and run npx giftwrap build ${at.gift}@${at.version}; locks are not copied or renamed`,
      gift: at.gift,
    },
  ];
}

interface Name {
  readonly gift: string;
  readonly file: Located<unknown>;
  readonly key: string;
  readonly found: string;
  readonly expected: string;
  /** What the path takes its name from. */
  readonly rename: "the file" | "the folder";
}

function compare({ gift, file, key, found, expected, rename }: Name): Finding[] {
  if (found === expected) return [];
  return [
    {
      code: "NAME_DIFFERS",
      severity: "error",
      place: file.place([key]),
      message: `${key} is "${found}", but ${rename} is called "${expected}"`,
      fix: `write ${key}: ${expected}, or rename ${rename} to ${found}${rename === "the file" ? ".yaml" : ""}`,
      gift,
    },
  ];
}
