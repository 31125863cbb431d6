import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SmokeVerdict } from "../../rollout/smoke/judgeSmoke.ts";
import type { SmokeRun } from "../../rollout/smoke/smokeRun.ts";
import { smokeSvg } from "../../rollout/smoke/smokeSvg.ts";
import { THEMES } from "../../rollout/verdict/theme.ts";
import { drawPng } from "../../rollout/drawPng.ts";
import type { Tier } from "../../wire/viewer.ts";

/** What was seen, by a name for its file. */
export type Screenshots = ReadonlyMap<string, Uint8Array>;

/** Writes charts, for light and dark pages, and screenshots. Gives the names of what was written. */
export async function savePictures(
  folder: string,
  run: SmokeRun,
  verdict: SmokeVerdict,
  screenshots: Screenshots,
): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  const save = async (name: string, content: Uint8Array | string) => {
    await writeFile(join(folder, name), content);
    written.push(name);
  };
  for (const tier of new Set<Tier>(run.runs.map((it) => it.tier))) {
    for (const theme of THEMES) {
      const svg = smokeSvg(run, verdict, tier, theme);
      await save(`smoke-${tier}-${theme.name}.svg`, svg);
      await save(`smoke-${tier}-${theme.name}.png`, await drawPng(svg));
    }
  }
  for (const [name, png] of screenshots) await save(`${name}.png`, png);
  return written;
}
