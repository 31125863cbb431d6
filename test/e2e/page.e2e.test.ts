import { readFile, writeFile } from "node:fs/promises";
import sharp from "sharp";
import { expect, test } from "vitest";
import { describeServedPage, MANY_COLOURS, SOON } from "./servedPage.ts";
import { releaseText } from "./servedRepository.ts";

const MAGENTA = 0xff00ff;

describeServedPage("the page of giftwrap serve, for one viewer", (served) => {
  const { open, phone, state, playing, untilPlaying, textOf, send, coloursOfStage, expectMovingPicture } =
    served;

  test.each([
    ["rose", "canvas", "image/webp"],
    ["rocket", "canvas", "application/x-svga"],
    ["crown", "svg", "application/vnd.lottie+json"],
  ])("plays %s from verified bytes, and it moves", async (gift, player, mediaType) => {
    await open("?platform=android&app=8.4.0&tier=low");
    await expect.poll(state, SOON).toBe("ready");
    expect(await playing()).toBeNull();

    await send(gift);
    await untilPlaying(`${gift}@1.0.0`);

    expect(await state()).toBe("playing");
    expect(await served.page.locator(`.stage .giftwrap-layer ${player}`).count()).toBe(1);
    await expectMovingPicture();
    expect(await textOf("#verdict")).toContain(`${gift} 1.0.0 is open to everyone`);
    expect(await textOf("#chain .playing")).toContain(`${gift} 1.0.0`);
    const digest = await served.repository.digestOf(`${gift}@1.0.0`, "animation");
    const file = served.page.locator("#files li", { hasText: `${gift} animation` });
    expect(await file.innerText()).toContain(mediaType);
    expect(await file.innerText()).toContain("SHA-256 verified");
    expect(await file.innerText()).toContain(digest);
    expect(served.complaints).toEqual([]);
  });

  test("shows the last gift again and again while Repeat is on", async () => {
    await open("?gift=rose");
    await untilPlaying("rose@1.0.0");
    const plays = async () => Number(await phone().getAttribute("data-plays"));
    await expect.poll(plays, SOON).toBeGreaterThan(1);
    await expectMovingPicture();

    await served.page.getByLabel("Repeat").uncheck();
    await expect.poll(playing, SOON).toBeNull();
    expect(await phone().getAttribute("data-played")).toBe("rose@1.0.0");
    expect(await served.page.locator(".giftwrap-layer").count()).toBe(0);
    await served.page.getByRole("button", { name: "Send again" }).click();
    await untilPlaying("rose@1.0.0");
  });

  test("has the sound of a gift ready beside its animation", async () => {
    await open("?gift=crown");
    await untilPlaying("crown@1.0.0");
    const sound = await served.repository.digestOf("crown@1.0.0", "sound");
    expect(await textOf("#files")).toContain(sound);
  });

  test("takes the viewer from the link and writes a changed one back into it", async () => {
    await open("?gift=rose&platform=web&app=1.2&tier=low&region=SG&unit=42&cohorts=staff,qa&edge=ID");
    await untilPlaying("rose@1.0.0");
    expect(await textOf("#verdict")).toContain("rose 1.0.0 is open to everyone");
    expect(await served.page.getByLabel("Read from edge").inputValue()).toBe("ID");
    expect(await served.page.getByLabel("Unit id").inputValue()).toBe("42");
    expect(await served.page.getByLabel("low", { exact: true }).isChecked()).toBe(true);

    await served.page.getByLabel("Cohorts").fill("");
    await served.page.getByLabel("Platform").fill("android");
    await served.page.getByLabel("App version").fill("8.4.0");
    await served.page.getByLabel("App version").press("Enter");
    const query = () => Object.fromEntries(new URL(served.page.url()).searchParams);
    await expect.poll(query, SOON).toEqual({
      gift: "rose",
      platform: "android",
      app: "8.4.0",
      tier: "low",
      region: "SG",
      unit: "42",
      edge: "ID",
    });
  });

  test("shows the app's own default to an app that is too old, and says why", async () => {
    await open("?gift=crown&platform=android&app=7.9.0");
    await untilPlaying("default");
    expect(await textOf("#verdict")).toContain("The app shows its own default");
    expect(await textOf("#verdict")).toContain("crown 1.0.0: not for this platform and app version");
    expect(await textOf(".stage")).toContain("the app’s own default");
    expect(await textOf("#files")).toContain("None");
  });

  test("hands no damaged bytes to a player: the next link in the chain plays", async () => {
    const digest = await served.repository.digestOf("rocket@1.0.0", "animation");
    const restore = await replaceObject(served.repository.objectPath(digest, "svga"), (bytes) =>
      bytes.map((byte) => byte ^ 0xff),
    );
    try {
      await open("?gift=rocket&tier=low");
      await untilPlaying("rose@1.0.0");
      expect(await textOf("#chain .failed")).toContain("rocket 1.0.0");
      expect(await textOf("#chain .failed")).toContain("no player got them");
      expect(await textOf("#chain .playing")).toContain("rose 1.0.0");
      expect(await textOf("#verdict")).toContain("could not be played, so the next in the chain plays");
      expect(await phone().getAttribute("data-plays")).toBe("1");
    } finally {
      await restore();
    }
  });

  test("refuses a picture that a player would show gladly, when it is not the one that was signed", async () => {
    const digest = await served.repository.digestOf("rose@1.0.0", "animation");
    const swapped = await sharp({ create: { width: 64, height: 64, channels: 3, background: "#ff00ff" } })
      .webp({ lossless: true })
      .toBuffer();
    const restore = await replaceObject(served.repository.objectPath(digest, "webp"), (bytes) => {
      const padded = Buffer.alloc(bytes.length);
      swapped.copy(padded);
      return padded;
    });
    try {
      await open("?gift=rose&tier=low");
      await untilPlaying("rose@1.0.0/still");
      expect(await textOf("#chain .failed")).toContain("no player got them");
      const colours = await coloursOfStage();
      expect(colours.has(MAGENTA)).toBe(false);
      expect(colours.size).toBeGreaterThan(MANY_COLOURS);
    } finally {
      await restore();
    }
  });

  test("goes on to the next link when a player cannot decode what was signed", async () => {
    const refuses =
      "export class Parser { async load() { throw new Error('no') } destroy() {} } export class Player {}";
    await open("", (it) =>
      it.route("**/players/svga.js", (route) =>
        route.fulfill({ contentType: "text/javascript", body: refuses }),
      ),
    );
    await send("rocket");
    await untilPlaying("rose@1.0.0");
    expect(await textOf("#chain .failed")).toContain("the player could not decode it");
    await expectMovingPicture();
  });

  test("shows the failure in words when the edge does not answer", async () => {
    await open("");
    await expect.poll(state, SOON).toBe("ready");
    await served.page.context().setOffline(true);
    await expect.poll(() => textOf("#live"), SOON).toContain("The edge did not answer");
    expect(await textOf("#live")).toContain("the last good state stands");
    await served.page.context().setOffline(false);
    await expect.poll(() => textOf("#log"), SOON).toContain("The edge answers again");
  });

  test("fits a phone, with the stage in sight", async () => {
    await open("?gift=crown");
    await served.page.setViewportSize({ width: 390, height: 844 });
    await served.page.reload();
    await untilPlaying("crown@1.0.0");
    expect(await served.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    const stage = await served.page.locator(".stage").boundingBox();
    expect(stage && stage.y + stage.height).toBeLessThan(700);
  });

  test("follows a stop and a release that opens again, without being asked to", async () => {
    await open("?gift=rose&region=ID");
    await untilPlaying("rose@1.0.0");
    expect(await textOf("#live")).toContain("Revision 1");

    await served.repository.write("releases/rose/1.0.0.yaml", releaseText("rose", { full: false }));
    await served.repository.publish("Stop the rose");
    await untilPlaying("default");
    // First the stop says so, and soon the catalog that carries it.
    await expect
      .poll(() => textOf("#verdict"), SOON)
      .toContain("rose 1.0.0: its open stages do not reach this viewer");
    expect(await textOf("#log")).toMatch(/Revision 1 → \d/);

    await served.repository.write("releases/rose/1.0.0.yaml", releaseText("rose"));
    await served.repository.publish("Open the rose again");
    await untilPlaying("rose@1.0.0");
    await expectMovingPicture();
  });
});

/** Other bytes of the same length under an object's name, as damage on the way would leave them. Gives the way back. */
async function replaceObject(
  path: string,
  change: (bytes: Buffer) => Uint8Array,
): Promise<() => Promise<void>> {
  const bytes = await readFile(path);
  const changed = change(bytes);
  expect(changed.length).toBe(bytes.length);
  await writeFile(path, changed);
  return () => writeFile(path, bytes);
}
