/*
 * Publishes as the command does, and is killed at a write: before it is asked for, when half of its bytes are in the temporary
 * file, while they are moved into place (a swap's lock is held then), or after.
 *
 *   node publishAndDie.mjs REPOSITORY before|half|while|after WRITE timestamp|any [HOURS]
 *
 * WRITE counts the writes of the timestamp or all of them. HOURS is how much later it is than the clock says.
 */
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { prepare, publish } from "../../dist/commands/publish.js";
import { processIo } from "../../dist/main/processIo.js";

const TIMESTAMP = "metadata/timestamp.json";
const [root, when, write, counted, hours = "0"] = process.argv.slice(2);
const reached = { before: 0, half: 0, while: 0, after: 0 };

/** Called at each such moment of each write. Nothing is done after it when it is the one. */
function dieAt(moment, path) {
  if (counted === "timestamp" && !path.endsWith(TIMESTAMP)) return;
  if (++reached[moment] === Number(write) && moment === when) process.kill(process.pid, "SIGKILL");
}

const { open, link, rename } = fs;
fs.open = async (path, flags) => {
  const file = await open(path, flags);
  if (!String(path).includes("/.writing/")) return file;
  const { writeFile } = file;
  file.writeFile = async (bytes) => {
    if (when === "half" && reached.half + 1 === Number(write))
      await writeFile.call(file, bytes.subarray(0, bytes.length >> 1));
    dieAt("half", String(path));
    return writeFile.call(file, bytes);
  };
  return file;
};
fs.link = async (from, to) => {
  dieAt("while", String(to));
  return link(from, to);
};
fs.rename = async (from, to) => {
  dieAt("while", String(to));
  return rename(from, to);
};
syncBuiltinESMExports();

const now = () => Date.now() + Number(hours) * 3_600_000;
const io = { ...processIo(), root, variables: {}, now };
const publisher = await prepare({ words: [], text: () => undefined, texts: () => [], flag: () => false }, io);
const { store } = publisher.environment;
const dying =
  (act) =>
  async (key, ...rest) => {
    dieAt("before", key);
    const result = await act(key, ...rest);
    dieAt("after", key);
    return result;
  };
const dyingStore = { ...store, putIfAbsent: dying(store.putIfAbsent), replace: dying(store.replace) };
const result = await publish(
  { ...publisher, environment: { ...publisher.environment, store: dyingStore } },
  io.line,
);
process.exitCode = result.exit;
