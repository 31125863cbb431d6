// Inspects damaged copies of the files in a folder, and draws the stills of those that can still be read, in a process of its own, which may be
// ended: FOLDER TIMES DRAWN SEED PROGRESS [NAME NUMBER], of each file so many copies, and so many of these drawn at most. With a name and a number
// it is one case again. The last line on standard output is what came of it.
import { openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { drawFullest } from "../../dist/bundle/render/fullest.js";
import { inspect } from "../../dist/formats/inspect.js";
import { MediaError, UnforeseenError } from "../../dist/formats/media.js";
import { chance, mutate } from "./mutate.mjs";

const [folder = "", times = "0", drawn = "0", seed = "1", progress = "", onlyName, onlyNumber] =
  process.argv.slice(2);
const now = openSync(progress, "w");
const failures = [];
const outcomes = {};
let slowest = { of: "", milliseconds: 0 };

for (const name of readdirSync(folder).sort()) {
  if (onlyName !== undefined && name !== onlyName) continue;
  const file = readFileSync(join(folder, name));
  const outcome = { read: 0, refused: 0, drawn: 0 };
  for (let number = 0; number < Number(times); number++) {
    if (onlyNumber !== undefined && number !== Number(onlyNumber)) continue;
    const damaged = mutate(file, chance(seedOf(name, number)));
    writeSync(now, `${name} ${number}`.padEnd(80), 0);
    const began = performance.now();
    try {
      const media = await inspect(damaged);
      check(media);
      outcome.read++;
      if (media.drawnBy === "node" && outcome.drawn < Number(drawn)) {
        outcome.drawn++;
        await drawOrRefuse(damaged, media);
      }
    } catch (error) {
      // What was not foreseen is a fault of the reader, however it is worded for the person.
      const fault = error instanceof UnforeseenError ? error.cause : error;
      if (fault instanceof MediaError && fault.message !== "" && fault.fix !== "") outcome.refused++;
      else failures.push({ name, number, error: fault instanceof Error ? fault.stack : String(fault) });
    }
    const milliseconds = performance.now() - began;
    if (milliseconds > slowest.milliseconds) slowest = { of: `${name} ${number}`, milliseconds };
  }
  outcomes[name] = outcome;
}
const megabytes = process.resourceUsage().maxRSS / 1_000;
console.log(JSON.stringify({ outcomes, failures: failures.slice(0, 10), slowest, megabytes }));

/** Pixels are looked at here for the first time: what is wrong with them is told in words, too. */
async function drawOrRefuse(bytes, media) {
  try {
    await drawFullest({ kind: "file", bytes, media, declared: {} }, 48, null);
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
  }
}

/** Another for each file and number, whatever else is tried. */
function seedOf(name, number) {
  let hash = Number(seed) ^ Math.imul(number + 1, 0x9e3779b1);
  for (const letter of name) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  return hash;
}

/** Facts are of use only where they can be believed. */
function check(media) {
  for (const [fact, value] of Object.entries(media))
    if (typeof value === "number" && !(Number.isFinite(value) && value >= 0))
      throw new RangeError(`${fact} is ${value}`);
  for (const { width, height } of media.pictures)
    if (!(width > 0 && height > 0)) throw new RangeError(`a picture is ${width}x${height}`);
}
