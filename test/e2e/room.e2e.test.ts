import { expect, test } from "vitest";
import { describeServedPage, SOON } from "./servedPage.ts";
import { releaseText } from "./servedRepository.ts";

describeServedPage("a room of viewers on the page of giftwrap serve", (served) => {
  const { open, state, playing, untilPlaying, textOf, textOn, send, sendAtOnce } = served;

  test("counts gifts that are sent in a row as one combo, and lets others wait", async () => {
    await open("?tier=low&tier2=high&sender=2");
    await expect
      .poll(() => served.page.getByRole("button", { name: "crown", exact: true }).count(), SOON)
      .toBe(1);
    await served.page.getByLabel("Repeat").uncheck();
    await sendAtOnce("crown", "crown", "crown", "rose");
    await Promise.all(
      [1, 2].map(async (number) => {
        await untilPlaying("crown@1.0.0", number);
        expect(await textOn(number, ".queue")).toContain("rose waits");
        expect(await textOn(number, ".chat")).toContain("Viewer 2 sent crown ×3");
        await untilPlaying("rose@1.0.0", number);
      }),
    );
  });

  test("adds and removes viewers, and a link to the room carries them", async () => {
    await open("?gift=rose&tier=low&region=SG");
    await untilPlaying("rose@1.0.0");
    await served.page.getByRole("button", { name: "Add a viewer" }).click();
    await served.page.getByLabel("high", { exact: true }).check();
    await served.page.getByLabel("Region").fill("ID");
    await served.page.getByLabel("Region").press("Enter");
    await expect.poll(() => state(2), SOON).toBe("ready");
    await send("rose");
    await untilPlaying("rose@1.0.0", 2);
    await served.page.getByLabel("Viewer 2 sends").check();
    await expect
      .poll(() => new URL(served.page.url()).search, SOON)
      .toMatch(/sender=2.*tier=low.*tier2=high.*region2=ID/);

    await served.page.reload();
    await untilPlaying("rose@1.0.0", 2);
    expect(await served.page.locator(".phone").count()).toBe(2);
    expect(await textOn(2, ".facts")).toBe("high · android 8.4.0 · ID");
    await served.page.getByRole("button", { name: "Remove Viewer 2" }).click();
    expect(await served.page.locator(".phone").count()).toBe(1);
    await expect.poll(() => new URL(served.page.url()).search, SOON).not.toContain("tier2");
  });

  test("gives three viewers of one room what is right for each, and says why", async () => {
    await served.repository.write(
      "releases/crown/1.1.0.yaml",
      releaseText("crown", { version: "1.1.0", full: false }),
    );
    await served.repository.giftwrap("build");
    await served.repository.publish("The crown's next release, for Singapore");
    try {
      await open(
        "?gift=crown&tier=high&region=SG&unit=7&tier2=low&region2=ID&unit2=8&edge2=ID&app3=7.0.0&unit3=9&tier3=mid&region3=SG",
      );
      await untilPlaying("crown@1.1.0", 1);
      await untilPlaying("crown@1.0.0", 2);
      await untilPlaying("default", 3);
      expect(await textOf("#verdict")).toContain(
        "This viewer is in the share of the region that gets crown 1.1.0",
      );

      await served.page.getByRole("button", { name: "Why Viewer 2 gets this" }).click();
      expect(await textOf("#verdict")).toContain(
        "The gift message asks for crown 1.1.0, which this viewer may not have, so crown 1.0.0 was chosen as usual",
      );
      expect(await textOf("#releases")).toContain("crown 1.1.0 its open stages do not reach this viewer");
      expect(await textOf("#releases")).toContain("crown 1.0.0 serves this viewer (full)");
      expect(await textOf("#published")).toMatch(/Revision\s+\d+\s+Generation\s+\d+/);

      await served.page.getByRole("button", { name: "Why Viewer 3 gets this" }).click();
      expect(await textOf("#verdict")).toContain("crown 1.1.0: not for this platform and app version");
      expect(await textOn(3, ".chat")).toContain("→ default");
    } finally {
      await served.repository.write("releases/crown/1.1.0.yaml", releaseText("crown", { version: "1.1.0" }));
      await served.repository.publish("The crown's next release for everyone");
    }
  });

  test("stops a gift that waits as soon as on-call says so", async () => {
    await open("?tier=low&region=SG&tier2=high&region2=ID");
    await expect
      .poll(() => served.page.getByRole("button", { name: "rose", exact: true }).count(), SOON)
      .toBe(1);
    await send("crown");
    await expect.poll(() => playing(2), SOON).toMatch(/^crown@/);
    // While the crown repeats nothing else waits; the message that comes meanwhile is a rose.
    await served.page.getByLabel("Repeat").uncheck();
    await sendAtOnce("rocket", "crown", "rose");
    expect(await textOn(1, ".queue")).toContain("rose waits → rose@1.0.0");

    await served.repository.giftwrap(
      "override",
      "rose",
      "--limit",
      "none",
      "--reason",
      "A test",
      "--id",
      "no-rose",
    );
    for (const number of [1, 2])
      await expect.poll(() => textOn(number, ".queue"), SOON).toContain("rose waits → default");
    await Promise.all([1, 2].map((number) => untilPlaying("default", number)));
    expect(await textOf("#verdict")).toContain("rose 1.0.0: stopped for this viewer by the override no-rose");
    expect(await textOf("#overrides")).toContain("Stops rose");
    expect(await textOf("#overrides")).toContain("break-glass");
    await served.repository.giftwrap("override", "--lift", "no-rose", "--reason", "The test is over");
  });
});
