import { describe, expect, test } from "vitest";
import { classifyPath, giftOfPath, lockPath, releasePath } from "../../src/model/paths.ts";

describe("what a path holds", () => {
  test.each([
    ["gifts/rose/gift.yaml", { kind: "gift", gift: "rose" }],
    ["gifts/rose/source/rose.svga", { kind: "source", gift: "rose", path: "source/rose.svga" }],
    ["gifts/rose/source/frames/001.png", { kind: "source", gift: "rose", path: "source/frames/001.png" }],
    ["gifts/rose/source", { kind: "stray", gift: "rose" }],
    ["gifts/rose/preview.mov", { kind: "stray", gift: "rose" }],
    ["gifts/readme.md", { kind: "stray" }],
    ["releases/rose/1.4.0.yaml", { kind: "release", gift: "rose", version: "1.4.0" }],
    ["releases/rose/1.4.0.lock.json", { kind: "lock", gift: "rose", version: "1.4.0" }],
    ["releases/rose/1.4.0.yml", { kind: "stray", gift: "rose" }],
    ["releases/rose/old/1.4.0.yaml", { kind: "stray" }],
    ["releases/policy.yaml", { kind: "policy" }],
    ["releases/policy.yml", { kind: "stray" }],
    ["releases/environments/staging.yaml", { kind: "environment", name: "staging" }],
    ["releases/environments/staging.root.json", { kind: "root", name: "staging" }],
    ["releases/environments/staging.root.12.json", { kind: "root", name: "staging", version: 12 }],
    ["releases/environments/staging.root.next.json", { kind: "root", name: "staging", version: "next" }],
    ["releases/environments/staging.root.0.json", { kind: "stray" }],
    ["releases/environments/staging.root.old.json", { kind: "stray" }],
    ["releases/environments/staging.json", { kind: "stray" }],
    ["releases/overrides/stop-rose.yaml", { kind: "override", name: "stop-rose" }],
    ["releases/overrides/stop-rose.json", { kind: "stray" }],
    ["README.md", { kind: "stray" }],
    ["", { kind: "stray" }],
  ])("%s", (path, kind) => expect(classifyPath(path)).toEqual(kind));
});

test("what is written is read as what it is", () => {
  expect(classifyPath(releasePath("rose", "1.4.0-rc.1"))).toMatchObject({
    kind: "release",
    version: "1.4.0-rc.1",
  });
  expect(classifyPath(lockPath("rose", "1.4.0-rc.1"))).toMatchObject({ kind: "lock", version: "1.4.0-rc.1" });
});

test.each([
  ["gifts/rose/source/rose.svga", "rose"],
  ["releases/rose/1.4.0.yaml", "rose"],
  ["releases/overrides/stop-rose.yaml", undefined],
  ["releases/environments/staging.yaml", undefined],
  ["releases/policy.yaml", undefined],
])("%s concerns the gift %s", (path, gift) => expect(giftOfPath(path)).toBe(gift));
