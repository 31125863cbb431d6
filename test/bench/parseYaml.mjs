// node parseYaml.mjs FOLDER: milliseconds that the yaml package alone takes for every gift.yaml and release file in there, whose
// texts are in memory already.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { classifyPath } from "../../dist/model/paths.js";
import { timed } from "./measure.mjs";

const root = process.argv[2];
const texts = readdirSync(root, { recursive: true, withFileTypes: true })
  .map((it) => join(it.parentPath, it.name))
  .filter((path) => ["gift", "release"].includes(classifyPath(path.slice(root.length + 1)).kind))
  .map((path) => readFileSync(path, "utf8"));
const milliseconds = timed(() => texts.forEach((text) => parse(text)));
console.log(JSON.stringify({ files: texts.length, milliseconds }));
