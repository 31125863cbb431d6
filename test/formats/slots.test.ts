import { describe, expect, test } from "vitest";
import { isSlot, slotsOf } from "../../src/formats/slots.ts";

describe("a name inside an animation", () => {
  test.each([
    "avatar",
    "Avatar",
    "AVATAR",
    "avatar2",
    "avatar_2",
    "name-left",
    "userPhoto",
    "photo.png",
    "badge_",
  ])("%s is a slot that an app may fill", (name) => expect(isSlot(name)).toBe(true));

  test.each([
    "body",
    "fin-left",
    "finLeft",
    "flame_01",
    "star_3",
    "img_12",
    "textile",
    "surface",
    "username",
    "my_avatar",
    "text glow",
    "avatar.vector",
    "35b4ff882ec6902290003d2c02764233",
    "",
  ])("%s is a part of the drawing", (name) => expect(isSlot(name)).toBe(false));

  test("is listed once, in order", () => {
    expect(slotsOf(["sender", "body", "avatar", "sender"])).toEqual(["avatar", "sender"]);
  });
});
