import { describe, expect, test } from "vitest";
import { withAlpha } from "../../src/player/player.ts";
import type { PlayOptions } from "../../src/player/playing.ts";
import type { ReleaseLink } from "../../src/wire/catalog.ts";

const OPTIONS: PlayOptions = { repeat: false, alpha: { side: "left", isStraight: true } };
const link = (player: ReleaseLink["player"]): ReleaseLink => ({
  kind: "release",
  gift: "rose",
  version: "1.0.0",
  player,
  files: [],
  requires: [],
});

describe("where a video's transparency is", () => {
  test("its release says, before the app's agreement for all videos", () => {
    const player = { name: "mp4", version: "1.0.0", alpha: "top" } as const;
    expect(withAlpha({ link: link(player) }, OPTIONS).alpha).toEqual({ side: "top", isStraight: true });
  });

  test("is as the app has agreed where the release does not say", () => {
    expect(withAlpha({ link: link({ name: "mp4", version: "1.0.0" }) }, OPTIONS)).toBe(OPTIONS);
    expect(withAlpha({ link: { kind: "default" } }, OPTIONS)).toBe(OPTIONS);
  });
});
