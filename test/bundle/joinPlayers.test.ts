import { expect, test } from "vitest";
import { joinPlayers } from "../../src/bundle/joinPlayers.ts";

test("a release asks for the newest player that any tier needs, whichever tier it is", () => {
  const old = { name: "pag", version: "9.0.0" };
  const later = { name: "pag", version: "80.0.0" };
  expect(joinPlayers({ low: later, mid: old, high: old })).toBe(later);
  expect(joinPlayers({ low: old, high: later })).toBe(later);
  expect(joinPlayers({})).toBeNull();
});

test("tiers that need different players, or carry their transparency differently, are refused", () => {
  const video = { name: "mp4", version: "1.0.0" };
  expect(() => joinPlayers({ low: video, high: { name: "vap", version: "1.0.0" } })).toThrow(
    "the file for the low tier needs the player mp4, the one for the high tier needs vap",
  );
  expect(() => joinPlayers({ low: { ...video, alpha: "left" }, high: { ...video, alpha: "right" } })).toThrow(
    "the transparency of the file for the low tier is left, of the one for the high tier right",
  );
});
