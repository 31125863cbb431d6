// Writes the types that the code uses (src/model/schemas.ts) and the checks that Ajv makes (src/model/validators.ts) from the
// JSON Schemas beside this file, the one source of truth. Compiling schemas takes Ajv a quarter of a second: here it is done
// once, and not in each process that a stop may have to wait for. `node schemas/generate.mjs`, or with --check to ask whether
// both are current.
import { readFile, writeFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import standalone from "ajv/dist/standalone/index.js";
import { compile } from "json-schema-to-typescript";

const NAMES = [
  "gift",
  "release",
  "lock",
  "policy",
  "environment",
  "override",
  "evidence",
  "beacon",
  "report",
  "locks",
];
const ajv = new Ajv2020({
  allErrors: true,
  verbose: true,
  strict: true,
  allowUnionTypes: true,
  code: { source: true, esm: true },
});

const types = [];
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
  ajv.addSchema(schema, name);
}

const BANNER =
  "// Written by schemas/generate.mjs from schemas/*.schema.json. Change those, then run `npm run generate`.\n";
const files = {
  "src/model/schemas.ts": [BANNER, ...types].join("\n"),
  "src/model/validators.ts": `${BANNER}// @ts-nocheck: Ajv wrote it.\n${withImports(
    standalone.default(ajv, Object.fromEntries(NAMES.map((name) => [name, name]))),
  )}\n`,
};

for (const [path, text] of Object.entries(files)) {
  const target = new URL(`../${path}`, import.meta.url);
  if (!process.argv.includes("--check")) await writeFile(target, text);
  else if ((await readFile(target, "utf8").catch(() => "")) !== text) {
    console.error(`${path} is not what schemas/ says: run \`npm run generate\` and commit the result`);
    process.exitCode = 1;
  }
}

/** Ajv's own run-time parts, which its standalone code asks for by `require` even in an ECMAScript module. */
function withImports(code) {
  const parts = new Set(code.match(/require\("ajv\/dist\/runtime\/\w+"\)\.default/g));
  let text = code.replace(/^"use strict";/, "");
  const imports = [...parts].map((call, at) => {
    text = text.replaceAll(call, `part${at}`);
    // Node and bundlers are not of one mind about what such a module's default is.
    return `import module${at} from "${/"(.+)"/.exec(call)?.[1]}.js";\nconst part${at} = module${at}.default ?? module${at};\n`;
  });
  if (/\brequire\(/.test(text)) throw new Error("Ajv's code asks for something that is not imported");
  return imports.join("") + text;
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
