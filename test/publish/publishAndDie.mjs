/*
 * Publishes as the command does, and is killed at a write of the timestamp: before its bytes are there, while they are
 * moved into place with the lock held, or after.
 *
 *   node publishAndDie.mjs REPOSITORY before|while|after WRITE
 */
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { prepare, publish } from "../../dist/commands/publish.js";
import { processIo } from "../../dist/main/processIo.js";

const NAME = "metadata/timestamp.json";
const [root, when, write] = process.argv.slice(2);
let writes = 0;

const die = () => process.kill(process.pid, "SIGKILL");
const isTheOne = (moment) => moment === when && writes === Number(write);

const rename = fs.rename;
fs.rename = async (from, to) => {
  if (String(to).endsWith(NAME) && isTheOne("while")) die();
  return rename(from, to);
};
syncBuiltinESMExports();

const io = { ...processIo(), root, variables: {} };
const publisher = await prepare({ words: [], text: () => undefined, texts: () => [], flag: () => false }, io);
const { store } = publisher.environment;
const dyingStore = {
  ...store,
  replace: async (key, bytes, expected) => {
    if (key === NAME) writes++;
    if (key === NAME && isTheOne("before")) die();
    const tag = await store.replace(key, bytes, expected);
    if (key === NAME && isTheOne("after")) die();
    return tag;
  },
};
const result = await publish(
  { ...publisher, environment: { ...publisher.environment, store: dyingStore } },
  io.line,
);
process.exitCode = result.exit;
