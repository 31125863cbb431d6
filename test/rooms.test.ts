import { readdir, readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type ScannedSource, scanSource } from "./support/scanSource.ts";

/** Top to bottom: a room imports rooms above it, and itself. */
const ROOMS = [
  "wire",
  "client",
  "player",
  "report",
  "model",
  "source",
  "rules",
  "formats",
  "trust",
  "store",
  "bundle",
  "publish",
  "metrics",
  "rollout",
  "github",
  "page",
  "commands",
  "main",
];
/** Rooms that may import less than the order allows. What runs in apps and browsers brings nothing else along. */
const ONLY: Readonly<Record<string, readonly string[]>> = {
  wire: ["wire"],
  client: ["client", "wire"],
  player: ["player", "client", "wire"],
  page: ["page", "player", "client", "wire"],
};

/** Entries of a package of their own, for who installs what they bring along. Nothing else imports them. */
const BRINGS: Readonly<Record<string, readonly string[]>> = {
  "client/node/node.ts": ["node:crypto", "node:fs", "node:path"],
  "client/platform/nobleCrypto.ts": ["@noble/ed25519", "@noble/hashes"],
};

/** Rooms and files that are given everything they work on. */
const PURE = [
  "wire/",
  "client/cache/planEviction.ts",
  "client/error.ts",
  "client/load/files.ts",
  "client/load/pieces.ts",
  "client/update/checks.ts",
  "client/update/clock.ts",
  "client/update/countSigners.ts",
  "client/update/delegations.ts",
  "client/update/parseMetadata.ts",
  "client/update/readTimestamp.ts",
  "client/update/refresh.ts",
  "client/update/shapes.ts",
  "client/update/trusted.ts",
  "client/when/asking.ts",
  "player/boxes.ts",
  "player/video/layout.ts",
  "report/",
  "model/",
  "rules/",
  "formats/",
  "publish/chooseShipped.ts",
  "publish/desired.ts",
  "publish/plan.ts",
  "publish/edges.ts",
  "publish/reach.ts",
  "publish/stops.ts",
  "publish/planText.ts",
  "publish/logText.ts",
  "publish/collect.ts",
  "metrics/families.ts",
  "rollout/gate/",
  "rollout/smoke/",
  "rollout/verdict/",
  "bundle/buildProgress.ts",
  "bundle/estimateSeconds.ts",
  "bundle/objectsNamedBy.ts",
  "bundle/recipe.ts",
  "bundle/render/fitInside.ts",
  "bundle/render/frames.ts",
  "bundle/render/preferGlyphs.ts",
  "bundle/shards.ts",
  "bundle/frameTimes.ts",
  "bundle/vector/change.ts",
  "bundle/vector/coveredSize.ts",
  "bundle/vector/dropUnseen.ts",
  "bundle/vector/lottieScales.ts",
  "bundle/vector/readSvga.ts",
  "bundle/vector/resizeLayer.ts",
  "bundle/vector/svgaFields.ts",
  "github/card.ts",
  "github/card/",
  "github/approvals.ts",
  "github/checkArtifact.ts",
  "github/operationsIssue.ts",
  "github/timeline/",
  "github/skipWords.ts",
];
/** What they may lean on: computation, from the same input to the same output. */
const PURE_MODULES: Readonly<Record<string, readonly string[] | "all">> = {
  ajv: "all",
  semver: "all",
  protobufjs: "all",
  "node:zlib": "all",
  "node:crypto": ["createHash"],
};
const NOT_A_PROPERTY = String.raw`(?<![\w$.])`;
const WORLD: Readonly<Record<string, RegExp>> = {
  "the clock": new RegExp(
    String.raw`${NOT_A_PROPERTY}(?:Date\s*\??\.\s*now\b|new\s+Date\b(?!\s*\(\s*[^\s)])|(?<!new\s+)Date\s*\(|performance\b|Temporal\s*\.\s*Now\b)`,
  ),
  chance: new RegExp(String.raw`${NOT_A_PROPERTY}(?:Math\s*\.\s*random\b|crypto\s*\.)`),
  "the process": new RegExp(String.raw`${NOT_A_PROPERTY}process\s*\??\s*[.[]`),
  "the network": new RegExp(String.raw`${NOT_A_PROPERTY}(?:fetch|XMLHttpRequest|WebSocket)\s*\(`),
  timers: new RegExp(String.raw`${NOT_A_PROPERTY}(?:setTimeout|setInterval|setImmediate)\b`),
  "the terminal": new RegExp(String.raw`${NOT_A_PROPERTY}console\s*\.`),
  "the global object": new RegExp(String.raw`${NOT_A_PROPERTY}globalThis\b`),
};

/** Signal 0 ends nothing: it only asks whether a process is there. */
const ASKS = String.raw`kill\((?:[^()]|\([^()]*\))*, 0\)`;
const EXITS = new RegExp(
  String.raw`${NOT_A_PROPERTY}process\s*\??\.\s*(?!${ASKS})(?:exit|exitCode|abort|kill)\b`,
);
/** Slow to load, or not there on every platform: only who needs them pays for them. */
const HEAVY = /^(?:sharp|protobufjs|canvaskit-wasm|playwright-core|@actions\/.+)$/;
const DRAWS = [
  "bundle/decode.ts",
  "bundle/encode.ts",
  "bundle/encodeFrames.ts",
  "bundle/render/pixels.ts",
  "bundle/vector/redraw.ts",
  "commands/demo/redraw.ts",
  "rollout/drawPng.ts",
];

interface SourceFile extends ScannedSource {
  /** Below `src/`. */
  readonly path: string;
}

const parse = (path: string, text: string): SourceFile => ({ path, ...scanSource(text) });

describe("the rooms of src/", () => {
  let files: readonly SourceFile[];

  beforeAll(async () => {
    const folder = new URL("../src/", import.meta.url);
    const paths = (await readdir(folder, { recursive: true })).filter((path) => /\.[cm]?[jt]sx?$/.test(path));
    files = await Promise.all(
      paths.sort().map(async (path) => parse(path, await readFile(new URL(path, folder), "utf8"))),
    );
  });

  test("are the ones that stand in the order, and have something in them", () => {
    const rooms = new Set(files.map((file) => roomOf(file.path)));
    expect([...rooms].sort()).toEqual([...ROOMS].sort());
    expect(files.flatMap((file) => file.imports).length).toBeGreaterThan(300);
  });

  test("import rooms above them and never one below; wire, client, player and page take nothing else along", () => {
    expect(files.flatMap(importsOutOfOrder)).toEqual([]);
  });

  test("that are pure touch no file system, network, clock, chance or process, not even by what they import", () => {
    expect(files.flatMap(impurities)).toEqual([]);
    for (const path of PURE) expect(files.some((file) => file.path.startsWith(path))).toBe(true);
  });

  test("leave the exit code to main", () => {
    expect(files.flatMap(exits)).toEqual([]);
    expect(files.filter((file) => EXITS.test(file.code)).map((file) => roomOf(file.path))).toContain("main");
  });

  test("load what is heavy only when it is needed, and read and draw pictures in few places", () => {
    expect(files.flatMap(heavyImports)).toEqual([]);
    const drawing = files.filter((file) => file.imports.some((it) => it.from === "sharp"));
    expect(drawing.map((file) => file.path)).toEqual(DRAWS);
  });
});

describe("the test of the rooms", () => {
  test("finds every way to import, and what kind it is", () => {
    const { imports } = scanSource(`
      import one from "./one.ts";
      import * as two from './two.ts';
      import three, { a, type B, c as d } from "./three.ts";
      import type { E } from "./four.ts";
      import type F from "./five.ts";
      import type, { g } from "./six.ts";
      import { type H } from "./seven.ts";
      import "./eight.ts";
      export { i } from "./nine.ts";
      export * from "./ten.ts";
      export * as j from "./eleven.ts";
      export type { K } from "./twelve.ts";
      const l = await import("./thirteen.ts");
      const load = () => import(\`./fourteen.ts\`);
      let n: typeof import("./fifteen.ts");
      const o = import(choose("./sixteen.ts"));
      const p = require("./seventeen.ts");
      import q = require("./eighteen.ts");
      import {
        r, // a comment with "a string"
        s as default,
      } from "./nineteen.ts";
      export interface T {} import t from "./twenty.ts";
      const u = \`\${await import("./twentyone.ts")} and \${\`\${require("./twentytwo.ts")}\`}\`;
    `);
    expect(
      imports.map((it) => [it.how, it.from ?? "computed", it.names.join()].join(" ").trim()).sort(),
    ).toEqual(
      [
        "static ./one.ts default",
        "static ./two.ts *",
        "static ./three.ts default,a,B,c",
        "type ./four.ts E",
        "type ./five.ts default",
        "static ./six.ts default,g",
        "static ./seven.ts H",
        "static ./eight.ts",
        "static ./nine.ts i",
        "static ./ten.ts *",
        "static ./eleven.ts *",
        "type ./twelve.ts K",
        "lazy ./thirteen.ts *",
        "lazy ./fourteen.ts *",
        "type ./fifteen.ts *",
        "lazy computed *",
        "static ./seventeen.ts *",
        "static ./eighteen.ts *",
        "static ./nineteen.ts r,s",
        "static ./twenty.ts default",
        "lazy ./twentyone.ts *",
        "static ./twentytwo.ts *",
      ].sort(),
    );
  });

  test("takes nothing in comments, strings, templates or regular expressions for code", () => {
    const { imports, code } = scanSource(`
      // import a from "./a.ts"; Date.now()
      /* import b from "./b.ts"; fetch("x") */
      const c = 'import d from "./d.ts"; process.exit(1)', e = "it\\"s import(\\"./e.ts\\")";
      const f = \`import g from "./g.ts"; \\\` \\\${Date.now()} \${h ? "Math.random()" : \`setTimeout(\`}\`;
      const i = /[/"'\`]import("\\/j.ts") Date.now()/g.test(k) ? l / m / n : 1;
      o.import("./o.ts"); p.fetch(q); r.process.exit(s); const t = { import: 1, from: "./t.ts" };
      const u = import.meta.url, v = w.performance.now();
      return /'Math.random()/;
    `);
    expect(imports).toEqual([]);
    for (const pattern of [...Object.values(WORLD), EXITS]) expect(code).not.toMatch(pattern);
  });

  test("tells ending a process from asking whether one is there", () => {
    for (const code of ["process.exit(1)", "process.kill(id)", "process.kill(of(a, 0), 9)"])
      expect(code).toMatch(EXITS);
    for (const code of ["process.kill(id, 0)", "process.kill(Number(id), 0)"])
      expect(code).not.toMatch(EXITS);
  });

  test("sees the code inside of templates, and behind a division or a regular expression", () => {
    const { code } = scanSource(
      "a = `x ${ { b: `${Date.now()}` }.b } y`; c = d / Math.random() / 2; e = /[/]/; fetch(f)",
    );
    for (const what of ["the clock", "chance", "the network"]) expect(code).toMatch(WORLD[what] ?? /never/);
  });

  test.each([
    ["wire/a.ts", 'import type { B } from "../report/finding.ts";', "imports report/finding.ts"],
    ["wire/a.ts", 'import semver from "semver";', "imports semver"],
    ["wire/a.ts", 'import { join } from "node:path";', "imports node:path"],
    ["client/a.ts", 'import { b } from "../report/error.ts";', "imports report/error.ts"],
    ["client/a.ts", 'await import("@noble/ed25519");', "imports @noble/ed25519"],
    ["client/a.ts", 'await import("./platform/nobleCrypto.ts");', "imports client/platform/nobleCrypto.ts"],
    ["client/platform/nobleCrypto.ts", 'import "@noble/curves";', "imports @noble/curves"],
    ["player/a.ts", 'await import("svga");', "imports svga"],
    ["player/a.ts", 'import { b } from "../page/b.ts";', "imports page/b.ts"],
    ["page/a.ts", 'export * from "../report/text.ts";', "imports report/text.ts"],
    ["rules/a.ts", 'import { b } from "../formats/png.ts";', "imports formats/png.ts"],
    ["store/a.ts", 'await import("../bundle/build.ts");', "imports bundle/build.ts"],
    ["publish/a.ts", 'import type { C } from "../commands/command.ts";', "imports commands/command.ts"],
    ["commands/demo/a.ts", 'import { b } from "../../main/cli.ts";', "imports main/cli.ts"],
    ["model/a.ts", 'import b from "../../schemas/gift.json";', "imports ../schemas/gift.json"],
    ["model/a.ts", 'import b from "../shelf/c.ts";', "imports shelf/c.ts"],
    ["shelf/a.ts", "", "is in no room of the order"],
    ["a.ts", "", "is in no room of the order"],
    ["commands/a.ts", "await import(name);", "imports what nobody can know"],
  ])("finds an import out of order in %s: %s", (path, text, problem) => {
    expect(importsOutOfOrder(parse(path, text))).toEqual([`${path} ${problem}`]);
  });

  test.each([
    ["wire/a.ts", 'import { b } from "./b.ts";'],
    ["client/platform/nobleCrypto.ts", 'import { sha256 } from "@noble/hashes/sha2.js";'],
    ["client/a.ts", 'import { b } from "../wire/b.ts"; export * from "./c.ts";'],
    ["player/a.ts", 'import { b } from "../client/b.ts"; import type { C } from "../wire/c.ts";'],
    [
      "page/a.ts",
      'import { b } from "../client/b.ts"; import { d } from "../player/d.ts"; await import(PLAYER_URL);',
    ],
    [
      "commands/demo/a.ts",
      'import { b } from "../../wire/b.ts"; import c from "../d.ts"; import e from "yaml";',
    ],
    ["main/a.ts", 'import { b } from "../commands/b.ts"; import { c } from "node:util";'],
  ])("lets %s be: %s", (path, text) => {
    expect(importsOutOfOrder(parse(path, text))).toEqual([]);
  });

  test.each([
    ['import { readFile } from "node:fs/promises";', "imports node:fs/promises"],
    ['import fs from "fs";', "imports node:fs"],
    ['import http from "node:http";', "imports node:http"],
    ['import { spawn } from "node:child_process";', "imports node:child_process"],
    ['import { createHash, randomUUID } from "node:crypto";', "imports node:crypto"],
    ['import * as crypto from "node:crypto";', "imports node:crypto"],
    ['import { setTimeout } from "node:timers/promises";', "imports node:timers/promises"],
    ['import { exit } from "node:process";', "imports node:process"],
    ['await import("sharp");', "imports sharp"],
    ['import { parse } from "yaml";', "imports yaml"],
    ['import { git } from "../source/git.ts";', "leans on source/git.ts, which is not pure"],
    [
      'import { confirm } from "../publish/askUntilRight.ts";',
      "leans on publish/askUntilRight.ts, which is not pure",
    ],
    ["const a = Date.now();", "touches the clock"],
    ["const a = new Date();", "touches the clock"],
    ["const a = new Date;", "touches the clock"],
    ["const a = Date();", "touches the clock"],
    ["const a = performance.now();", "touches the clock"],
    ["sort(() => Math.random() - 0.5);", "touches chance"],
    ["const a = crypto.randomUUID();", "touches chance"],
    ['const a = process.env["HOME"];', "touches the process"],
    ['const a = process["env"];', "touches the process"],
    ['await fetch("https://example.com");', "touches the network"],
    ["setTimeout(() => {}, 1);", "touches timers"],
    ["new Promise((resolve) => setTimeout(resolve));", "touches timers"],
    ["console.log(1);", "touches the terminal"],
    ["globalThis.Date.now();", "touches the global object"],
  ])("finds what is not pure: %s", (text, problem) => {
    for (const path of ["rules/a.ts", "publish/plan.ts", "github/card.ts"])
      expect(impurities(parse(path, text))).toContain(`${path} ${problem}`);
    expect(impurities(parse("publish/askUntilRight.ts", text))).toEqual([]);
  });

  test.each([
    'import { createHash } from "node:crypto";',
    'import { inflateSync } from "node:zlib";',
    'import type { Server } from "node:http";',
    'import type { Live } from "../publish/live.ts";',
    'import { toRollout } from "../model/rollout.ts";',
    "const a = new Date(milliseconds).toISOString();",
    "const a = Date.parse(text) + Date.UTC(2026, 1);",
    "const a = options.now() + it.process.id + prefetch(b) + Math.floor(c);",
  ])("takes for pure: %s", (text) => {
    expect(impurities(parse("publish/plan.ts", text))).toEqual([]);
  });

  test.each(["process.exit(1);", "process.exitCode = 1;", 'import { exit } from "node:process";'])(
    "finds who ends the process: %s",
    (text) => {
      expect(exits(parse("commands/a.ts", text))).toEqual(["commands/a.ts ends the process"]);
      expect(exits(parse("main/a.ts", text))).toEqual([]);
    },
  );

  test.each([
    ["bundle/encode.ts", 'import sharp from "sharp";', "loads sharp at once"],
    ["bundle/encode.ts", 'import { type Sharp } from "sharp";', "loads sharp at once"],
    ["formats/svga.ts", 'import protobuf from "protobufjs/minimal.js";', "loads protobufjs at once"],
    ["commands/a.ts", 'import "@actions/core";', "loads @actions/core at once"],
    ["main/cli.ts", 'export * from "@actions/github";', "loads @actions/github at once"],
    ["commands/build.ts", 'await import("sharp");', "draws"],
    ["main/action.ts", 'await import("sharp");', "draws"],
  ])("finds a heavy import in %s: %s", (path, text, problem) => {
    expect(heavyImports(parse(path, text))).toEqual([`${path} ${problem}`]);
  });

  test.each([
    ["bundle/encode.ts", 'await import("sharp");'],
    ["bundle/encode.ts", 'import type { Sharp } from "sharp";'],
    ["formats/svga.ts", 'import type { Reader } from "protobufjs"; await import("protobufjs/minimal.js");'],
    ["main/action.ts", 'import * as core from "@actions/core";'],
  ])("lets %s load what it needs: %s", (path, text) => {
    expect(heavyImports(parse(path, text))).toEqual([]);
  });
});

function importsOutOfOrder({ path, imports }: SourceFile): string[] {
  const room = roomOf(path);
  if (!ROOMS.includes(room)) return [`${path} is in no room of the order`];
  return imports.flatMap(({ from }) => {
    // The page loads players from addresses that the server tells it.
    if (from === null) return room === "page" ? [] : [`${path} imports what nobody can know`];
    const target = targetOf(path, from);
    if (BRINGS[target]) return [`${path} imports ${target}`];
    if (BRINGS[path]?.includes(packageOf(target))) return [];
    if (!isRelative(from)) return ONLY[room] ? [`${path} imports ${target}`] : [];
    const isAllowed =
      ONLY[room]?.includes(roomOf(target)) ??
      (ROOMS.includes(roomOf(target)) && ROOMS.indexOf(roomOf(target)) <= ROOMS.indexOf(room));
    return isAllowed ? [] : [`${path} imports ${target}`];
  });
}

function impurities({ path, code, imports }: SourceFile): string[] {
  if (!isPure(path)) return [];
  const touched = Object.entries(WORLD).flatMap(([what, pattern]) =>
    pattern.test(code) ? [`${path} touches ${what}`] : [],
  );
  const imported = imports.flatMap(({ from, how, names }) => {
    if (how === "type") return [];
    if (from === null) return [`${path} imports what nobody can know`];
    const target = targetOf(path, from);
    if (isRelative(from)) return isPure(target) ? [] : [`${path} leans on ${target}, which is not pure`];
    const allowed = PURE_MODULES[packageOf(target)];
    const isAllowed = allowed === "all" || (allowed && names.every((name) => allowed.includes(name)));
    return isAllowed ? [] : [`${path} imports ${target}`];
  });
  return [...touched, ...imported];
}

function exits({ path, code, imports }: SourceFile): string[] {
  if (roomOf(path) === "main") return [];
  const isByImport = imports.some((it) => it.from !== null && targetOf(path, it.from) === "node:process");
  return EXITS.test(code) || isByImport ? [`${path} ends the process`] : [];
}

function heavyImports({ path, imports }: SourceFile): string[] {
  return imports.flatMap(({ from, how }) => {
    const name = from === null || isRelative(from) ? "" : packageOf(targetOf(path, from));
    if (how === "type" || !HEAVY.test(name)) return [];
    const isActions = name.startsWith("@actions/") && path === "main/action.ts";
    if (how === "static" && !isActions) return [`${path} loads ${name} at once`];
    return name === "sharp" && !DRAWS.includes(path) ? [`${path} draws`] : [];
  });
}

function isPure(path: string): boolean {
  return PURE.some((it) => (it.endsWith("/") ? path.startsWith(it) : path === it));
}

function isRelative(from: string): boolean {
  return /^\.{0,2}\//.test(from);
}

/** A file's path below `src/`, or a module's name; what Node brings is named with `node:`. */
function targetOf(path: string, from: string): string {
  if (isRelative(from)) return posix.join(posix.dirname(path), from);
  return isBuiltin(from) && !from.startsWith("node:") ? `node:${from}` : from;
}

function packageOf(name: string): string {
  return name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
}

function roomOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : "";
}
