// Writes src/model/schemas.ts from the JSON Schemas beside this file: the types that the code uses and the schemas that
// Ajv compiles, from one source of truth. `node schemas/generate.mjs`, or with --check to ask whether it is current.
import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";

const NAMES = ["gift", "release", "lock", "policy", "environment", "override", "evidence"];
const TARGET = new URL("../src/model/schemas.ts", import.meta.url);

const types = [];
const constants = [];
for (const name of NAMES) {
  const schema = JSON.parse(await readFile(new URL(`${name}.schema.json`, import.meta.url), "utf8"));
  const title = `${name}File`.replace(/^./, (first) => first.toUpperCase());
  // One exported interface per file: titles below the top would each become a type of their own.
  const shape = withoutTitles(schema);
  types.push(
    await compile(shape, title, {
      bannerComment: "",
      additionalProperties: false,
      maxItems: -1,
      ignoreMinAndMaxItems: true,
    }),
  );
  constants.push(`export const ${name}Schema: object = ${JSON.stringify(schema)};\n`);
}

const text = [
  "// Written by schemas/generate.mjs from schemas/*.schema.json. Change those, then run `npm run generate`.\n",
  ...types,
  ...constants,
].join("\n");

if (process.argv.includes("--check")) {
  if ((await readFile(TARGET, "utf8").catch(() => "")) !== text) {
    console.error(
      "src/model/schemas.ts is not what schemas/ says: run `npm run generate` and commit the result",
    );
    process.exitCode = 1;
  }
} else {
  await writeFile(TARGET, text);
}

function withoutTitles(schema) {
  if (Array.isArray(schema)) return schema.map(withoutTitles);
  if (schema === null || typeof schema !== "object") return schema;
  return Object.fromEntries(
    Object.entries(schema)
      // A property may itself be called "title": that one is a schema, not a text.
      .filter(
        ([key, value]) =>
          !(key === "title" && typeof value === "string") && key !== "$id" && key !== "examples",
      )
      .map(([key, value]) => [key, withoutTitles(value)]),
  );
}
