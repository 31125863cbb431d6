import { join } from "node:path";
import { command as simulateCommand } from "../../src/commands/simulate.ts";
import { releasePath } from "../../src/model/paths.ts";
import { type Edit, goodWorld } from "./goodWorld.ts";
import { runCommand } from "./cli.ts";
import { quietIo, type World } from "./world.ts";

export const KITE = releasePath("kite", "1.1.0");

/** A gate that a few thousand plays satisfy. */
export const GATE = `gate:
  gridMinutes: 15
  traffic: { regions: { SG: 1, ID: 1 } }
  stratumPercent: 60
  stages:
    canary: { soakHours: 1, units: 10 }
    regional: { soakHours: 2, units: 500, longestDays: 7 }
    full: { soakHours: 2, units: 500 }
  metrics:
    failed: { margin: { points: 2 }, usualPercent: 0.5 }
    crashed: { margin: { points: 2 }, usualPercent: 0.1 }
`;

/** The good tree with a gate, and kite 1.1.0 given to half of two regions. */
export async function gateWorld(gate: string = GATE, ...edits: readonly Edit[]): Promise<World> {
  return goodWorld(
    { file: "releases/policy.yaml", from: "waivers:\n", to: `${gate}\nwaivers:\n` },
    { file: KITE, from: "SG: 5\n      ID: 10", to: "SG: 50\n      ID: 50" },
    {
      file: "releases/environments/production.yaml",
      from: "edges:\n  SG: [https://sg.gifts.example.com/]",
      to: "edges: {}",
    },
    // Nothing else is on trial.
    { file: "releases/bell/1.1.0.yaml", from: "canary:\n    open: true", to: "canary:\n    open: false" },
    ...edits,
  );
}

/** Telemetry of kite 1.1.0 as HEAD has it, written beside the repository's own files where git does not look. */
export async function simulated(world: World, failure: string, ...more: readonly string[]): Promise<string> {
  const file = join(".giftwrap", `telemetry-${failure.replaceAll(/[^0-9]+/g, "-")}.json`);
  const args = ["--release", "kite@1.1.0", "--failure", failure, "--record", file];
  const defaults = ["--viewers", "8000", "--hours", "4"];
  const { code, stderr } = await runCommand(
    simulateCommand,
    quietIo(world.root),
    ...args,
    ...defaults,
    ...more,
  );
  if (code !== 0) throw new Error(stderr);
  return file;
}

/** So many hours after the newest commit, as `--at` takes it. */
export async function hoursLater(world: World, hours: number): Promise<string> {
  const seconds = Number(await world.git("show", "--no-patch", "--format=%ct", "HEAD"));
  return new Date(1000 * (seconds + 3_600 * hours)).toISOString();
}
