import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findGift, findRelease, findReleases } from "../../src/commands/findReleases.ts";
import { GiftError, UsageError } from "../../src/report/error.ts";
import { readProject } from "../../src/source/readProject.ts";
import { workTree } from "../../src/source/tree.ts";
import { createWorld, releaseText, type World } from "../support/world.ts";

let world: World;

const giftText = (id: string) =>
  `id: ${id}\nname: ${id}\nowner: "@acme/art"\nanimation: source/art.json\nstill: source/still.png\n`;

beforeEach(async () => {
  world = await createWorld();
  await world.write({
    "gifts/rocket/gift.yaml": giftText("rocket"),
    "gifts/rose/gift.yaml": giftText("rose"),
    "releases/rocket/1.9.0.yaml": releaseText({ gift: "rocket", version: "1.9.0" }),
    "releases/rocket/1.10.0.yaml": releaseText({ gift: "rocket", version: "1.10.0" }),
  });
});

afterEach(() => world.remove());

const read = () => readProject(workTree(world.root));

describe("a release is found", () => {
  test.each([
    "rocket",
    "Rocket",
    "gifts/rocket",
    "gifts/rocket/",
    "./gifts/rocket/source/art.json",
    "gifts\\rocket\\",
  ])("by its gift, as %s, and then it is the newest", async (word) => {
    const { gift, release, choices } = findRelease(await read(), word);
    expect([gift.id, release.version, choices]).toEqual(["rocket", "1.10.0", 2]);
  });

  test.each(["rocket@1.9.0", "gifts/rocket@1.9.0", "ROCKET@1.9.0", "releases/rocket/1.9.0.yaml"])(
    "by its version, as %s",
    async (word) => {
      const { gift, release, choices } = findRelease(await read(), word);
      expect([gift.id, release.version, choices]).toEqual(["rocket", "1.9.0", 1]);
    },
  );

  test("beside all others of its gift, the oldest first, where a command is for several", async () => {
    expect(findReleases(await read(), "gifts/rocket/")).toEqual(["rocket@1.9.0", "rocket@1.10.0"]);
    expect(findReleases(await read(), "rocket@1.9.0")).toEqual(["rocket@1.9.0"]);
  });
});

describe("where none is found", () => {
  test.each([
    [
      "rokcet@1.9.0",
      'there is no gift "rokcet": gifts/rokcet/gift.yaml is not there; did you mean "rocket"?',
    ],
    ["gifts/castle", 'there is no gift "castle": gifts/castle/gift.yaml is not there'],
    ["rocket@9.9.9", "there is no releases/rocket/9.9.9.yaml; the versions of rocket are 1.9.0, 1.10.0"],
    ["rose", '"rose" has no release yet: write releases/rose/1.0.0.yaml'],
    ["rose@1.0.0", '"rose" has no release yet: write releases/rose/1.0.0.yaml'],
  ])("of %s it is said what there is", async (word, message) => {
    const all = await read();
    expect(() => findRelease(all, word)).toThrow(new UsageError(message));
    expect(() => findReleases(all, word)).toThrow(new UsageError(message));
  });

  test("the file that is broken is named, with what is wrong in it", async () => {
    await world.write({ "gifts/rocket/gift.yaml": giftText("rocket").replace("animation", "animaton") });
    const all = await read();
    const broken = 'gifts/rocket/gift.yaml:4:1: "animaton" is not known here; did you mean "animation"?';
    expect(() => findRelease(all, "rocket")).toThrow(broken);
    expect(() => findRelease(all, "rocket")).toThrow(GiftError);
    expect(() => findGift(all, "rocket@1.9.0")).toThrow(broken);
    // A build says so itself, and goes on with the others.
    expect(findReleases(all, "rocket@1.9.0")).toEqual(["rocket@1.9.0"]);
  });

  test("a newest version that is broken is not passed over", async () => {
    await world.write({ "releases/rocket/2.0.0.yaml": "gift: rocket\nversion: [\n" });
    const all = await read();
    expect(() => findRelease(all, "rocket")).toThrow(/^releases\/rocket\/2\.0\.0\.yaml:\d+:\d+: ./);
    expect(() => findReleases(all, "rocket@2.0.0")).toThrow(/^releases\/rocket\/2\.0\.0\.yaml:\d+:\d+: ./);
    expect(findReleases(all, "rocket")).toEqual(["rocket@1.9.0", "rocket@1.10.0"]);
  });

  test("a gift that has releases and no gift.yaml lacks that file", async () => {
    await world.write({ "gifts/rocket/gift.yaml": null });
    const all = await read();
    expect(() => findRelease(all, "rocket@1.9.0")).toThrow(
      new UsageError("gifts/rocket/gift.yaml is not there"),
    );
  });
});
