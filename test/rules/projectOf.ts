import type { Project } from "../../src/model/project.ts";
import type { LockFile } from "../../src/model/schemas.ts";
import { type Finding, sortFindings } from "../../src/report/finding.ts";
import { findingsToText } from "../../src/report/text.ts";
import { check } from "../../src/rules/check.ts";
import type { Facts, GiftMedia, MediaFact, SourceFact } from "../../src/rules/facts.ts";
import { readProject } from "../../src/source/readProject.ts";
import type { Tree } from "../../src/source/tree.ts";

/** Text by path. */
export type Files = Readonly<Record<string, string>>;

export function memoryTree(files: Files): Tree {
  const encoder = new TextEncoder();
  const list = async (...folders: string[]) =>
    Object.keys(files)
      .filter((path) => folders.some((folder) => path.startsWith(`${folder}/`)))
      .sort();
  const contents = (paths: readonly string[]) =>
    paths.flatMap((path) => {
      const text = files[path];
      return text === undefined ? [] : [[path, encoder.encode(text)] as const];
    });
  return {
    list,
    entries: async (...folders) => (await list(...folders)).map((path) => ({ path, kind: "file" })),
    read: async (paths, maxBytes = Number.POSITIVE_INFINITY) =>
      new Map(contents(paths).filter(([, bytes]) => bytes.length <= maxBytes)),
    sizes: async (paths) => new Map(contents(paths).map(([path, bytes]) => [path, bytes.length])),
  };
}

/** The project that the files hold; the test fails when one of them cannot be read. */
export async function projectOf(files: Files): Promise<Project> {
  const { project, findings } = await readProject(memoryTree(files));
  if (findings.length > 0) throw new Error(`not a readable project:\n${findingsToText(findings)}`);
  return project;
}

/** What reading and all rules find, sorted. The texts of the releases are known, as they are to the commands. */
export async function findingsIn(files: Files, facts: Facts = {}): Promise<Finding[]> {
  const { project, findings } = await readProject(memoryTree(files));
  const texts = new Map(Object.entries(files));
  return sortFindings([...findings, ...check(project, { texts, ...facts })]);
}

/** As {@link findingsIn}, as a person reads it. */
export async function textOf(files: Files, facts: Facts = {}): Promise<string> {
  return findingsToText(await findingsIn(files, facts));
}

/** A project without a fault: one gift with one release, a policy, an environment. */
export const GOOD: Files = {
  "gifts/rose/gift.yaml": giftText("rose"),
  "gifts/rose/source/rose.svga": "",
  "gifts/rose/source/still.png": "",
  "gifts/rose/source/make.mjs": "",
  "gifts/rose/source/README.md": "",
  "releases/policy.yaml": `platforms:
  android:
    apps: ">=8.2.0"
    players:
      - { name: webp, apps: ">=8.0.0", formats: "*" }
      - { name: svga, apps: ">=8.2.0", formats: ^2.0.0 }
      - { name: lottie, apps: ">=8.0.0", formats: "*" }
  ios:
    apps: ">=8.0.0"
    players:
      - { name: webp, apps: ">=8.0.0", formats: "*" }
      - { name: svga, apps: ">=8.0.0", formats: ^2.0.0 }
      - { name: lottie, apps: ">=8.0.0", formats: "*" }
tiers:
  low:
    frames: { longSide: 360, fps: 12, quality: 60 }
    budget: { downloadBytes: 800000, decodedBytes: 10000000 }
  mid:
    frames: { longSide: 540, fps: 20, quality: 70 }
    budget: { downloadBytes: 1500000, decodedBytes: 20000000 }
  high:
    frames: { longSide: 720, fps: 30, quality: 80 }
    budget: { downloadBytes: 3000000, decodedBytes: 40000000 }
`,
  "releases/environments/production.yaml": `rollout: as-written
store: { folder: .giftwrap/store/production }
edges:
  SG: [https://sg.gifts.example.com/]
pollSeconds: 60
`,
  "releases/environments/production.root.json": "{}",
  "releases/rose/1.0.0.yaml": releaseText("rose", "1.0.0"),
  "releases/rose/1.0.0.lock.json": lockText("rose", "1.0.0"),
};

export function giftText(id: string): string {
  return `id: ${id}
name: A ${id}
owner: "@acme/gift-art"
animation: source/${id}.svga
still: source/still.png
`;
}

/** A release open at canary; `extra` is put above its rollout. */
export function releaseText(gift: string, version: string, extra = ""): string {
  return `gift: ${gift}
version: ${version}
title: A ${gift}

compat:
  app: { android: ">=8.2.0", ios: "*" }
  tiers: [low, mid, high]
${extra}
rollout:
  canary:
    open: true
    cohorts:
      - staff

  regional:
    open: false
    regions:
      SG: 5
      ID: 10
    eligible: { tiers: [mid, high], exclude: [vip] }

  full:
    open: false

  holdback:
    percent: 2
`;
}

export function closed(release: string): string {
  return edited(release, "open: true", "open: false");
}

/** The release at full, with nobody held back. */
export function settled(release: string): string {
  return edited(release, "percent: 2", "percent: 0").replaceAll("open: false", "open: true");
}

export function lockOf(gift: string, version: string): LockFile {
  const variant = () => ({
    width: 360,
    height: 360,
    frames: 24,
    fps: 24,
    decodedBytes: 2_000_000,
    files: [
      {
        role: "animation" as const,
        mediaType: "application/x-svga",
        digest: "a".repeat(64),
        bytes: 400_000,
      },
      { role: "still" as const, mediaType: "image/webp", digest: "b".repeat(64), bytes: 20_000 },
    ],
  });
  return {
    gift,
    version,
    sources: [{ path: `source/${gift}.svga`, digest: "a".repeat(64), bytes: 400_000 }],
    builder: { recipe: "1" },
    player: { name: "svga", version: "2.0.0" },
    slots: [],
    tiers: { low: variant(), mid: variant(), high: variant() },
  };
}

export function lockText(gift: string, version: string): string {
  return `${JSON.stringify(lockOf(gift, version), null, 2)}\n`;
}

/** The files of one more gift that is as good as rose, with one release. */
export function giftFiles(id: string, version = "1.0.0", extra = ""): Files {
  return {
    [`gifts/${id}/gift.yaml`]: giftText(id),
    [`gifts/${id}/source/${id}.svga`]: "",
    [`gifts/${id}/source/still.png`]: "",
    [`releases/${id}/${version}.yaml`]: releaseText(id, version, extra),
    [`releases/${id}/${version}.lock.json`]: lockText(id, version),
  };
}

/** The same for a gift whose release is open to all: one to fall back to, or to require. */
export function settledFiles(id: string, version = "1.0.0", extra = ""): Files {
  const release = settled(releaseText(id, version, extra));
  return { ...giftFiles(id, version), [`releases/${id}/${version}.yaml`]: release };
}

/** The text with one part of it replaced; the test fails when that part is not there. */
export function edited(text: string | undefined, from: string, to: string): string {
  if (!text?.includes(from)) throw new Error(`"${from}" is not in the text`);
  return text.replace(from, () => to);
}

/** The files with a part of one of them replaced. */
export function withEdit(files: Files, path: string, from: string, to: string): Files {
  return { ...files, [path]: edited(files[path], from, to) };
}

export function without(files: Files, ...paths: string[]): Files {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !paths.includes(path)));
}

export const SVGA: MediaFact = {
  kind: "animation",
  format: "svga",
  extensions: ["svga"],
  drawnBy: "node",
  saysItsAlpha: null,
  deadWeight: [],
  warnings: [],
  width: 360,
  height: 360,
  frames: 24,
};
export const PNG: MediaFact = {
  kind: "picture",
  format: "png",
  extensions: ["png"],
  drawnBy: "node",
  saysItsAlpha: null,
  deadWeight: [],
  warnings: [],
  width: 360,
  height: 360,
  frames: 1,
};
export const WAV: MediaFact = {
  kind: "sound",
  format: "wav",
  extensions: ["wav"],
  drawnBy: null,
  saysItsAlpha: null,
  deadWeight: [],
  warnings: [],
  width: 0,
  height: 0,
  frames: 0,
};

export function source(path: string, media: MediaFact): SourceFact {
  return { path, bytes: 1_000, media };
}

export const GOOD_MEDIA: GiftMedia = {
  isFolder: false,
  animation: [source("source/rose.svga", SVGA)],
  still: source("source/still.png", PNG),
};

/** The first line of each rendered finding: place, message and code. */
export function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("  fix: "));
}
