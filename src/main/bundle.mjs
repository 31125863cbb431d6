// Writes the program that workflows run, .github/giftwrap/ops.mjs, from src/main/ops.ts: one file that needs nothing installed,
// but for sharp and canvaskit-wasm where pictures are drawn. Beside it draw.mjs, the program of the thread that draws SVGA and Lottie
// (src/bundle/render/drawWorkerFile.ts finds it there), and the licences of what is in both. The same source gives the same bytes.
// `npm run bundle`, or with --check to ask whether all are current; --out FOLDER writes them elsewhere.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const OUT = process.argv.indexOf("--out");
const FOLDER = OUT < 0 ? join(ROOT, ".github/giftwrap") : resolve(process.argv[OUT + 1] ?? ".");
/** They show pages and redraw pictures that are not in one file, and one of them needs a browser. */
const LEFT_OUT = ["serve", "demo", "smoke"];

const ops = await bundle("src/main/ops.ts");
const draw = await bundle("src/bundle/render/drawWorker.ts");
const files = {
  "ops.mjs": `${ops.code.startsWith("#!") ? "" : "#!/usr/bin/env node\n"}${withBanner(ops.code, "src/main/ops.ts")}`,
  "draw.mjs": withBanner(draw.code, "src/bundle/render/drawWorker.ts"),
  "LICENSES.txt": await licencesOf([...ops.moduleIds, ...draw.moduleIds]),
};
await mkdir(FOLDER, { recursive: true });
for (const [name, text] of Object.entries(files)) {
  const path = join(FOLDER, name);
  if (!process.argv.includes("--check")) await writeFile(path, text);
  else if ((await readFile(path, "utf8").catch(() => "")) !== text) {
    console.error(
      `${relative(ROOT, path)} is not what src/ says: run \`npm run bundle\` and commit the result`,
    );
    process.exitCode = 1;
  }
}

/** Everything that the file imports, in one chunk. */
async function bundle(input) {
  const building = await rolldown({
    cwd: ROOT,
    input,
    platform: "node",
    external: ["sharp", "canvaskit-wasm", "canvaskit-wasm/full", "playwright-core"],
    // Modules are named by where they are asked for, so that no folder of this machine has a say in the text.
    resolve: { symlinks: false },
    plugins: [leaveOut()],
    onLog: (level, log) => {
      if (level === "warn") throw new Error(`rolldown: ${log.message}`);
    },
  });
  const { output } = await building.generate({
    format: "esm",
    codeSplitting: false,
    minify: { compress: true, mangle: false, codegen: true },
    comments: { legal: false, annotation: false, jsdoc: false },
  });
  await building.close();
  const [chunk, ...others] = output;
  if (others.length > 0) throw new Error(`more than one file: ${others.map((it) => it.fileName).join(", ")}`);
  return chunk;
}

function withBanner(code, source) {
  const line = code.startsWith("#!") ? code.indexOf("\n") + 1 : 0;
  const banner = `// Written by \`npm run bundle\` from ${source}: change that, never this. What is in it is listed in LICENSES.txt.\n`;
  return `${code.slice(0, line)}${banner}${code.slice(line).trimEnd()}\n`;
}

function leaveOut() {
  const PREFIX = "\0left-out:";
  return {
    name: "leave-out",
    resolveId(source) {
      const name = LEFT_OUT.find((it) => source === `../commands/${it}.ts`);
      return name ? `${PREFIX}${name}` : null;
    },
    load(id) {
      if (!id.startsWith(PREFIX)) return null;
      const name = id.slice(PREFIX.length);
      return `import { UsageError } from ${JSON.stringify(`${ROOT}src/report/error.ts`)};
export const command = {
  summary: "not in this program: run npx giftwrap ${name}",
  usage: "",
  example: "npx giftwrap ${name}",
  options: {},
  run: async () => { throw new UsageError("${name} is not in this program: run npx giftwrap ${name} after npm ci"); },
};`;
    },
  };
}

/** The packages that are in the bundle, each with its licence. */
async function licencesOf(modules) {
  const folders = new Set(
    modules.flatMap((id) => {
      const at = id.lastIndexOf("/node_modules/");
      if (at < 0) return [];
      const parts = id.slice(at + "/node_modules/".length).split("/");
      return [
        id.slice(0, at) + "/node_modules/" + parts.slice(0, parts[0].startsWith("@") ? 2 : 1).join("/"),
      ];
    }),
  );
  const packages = new Map();
  for (const folder of folders) {
    const {
      name,
      version,
      license = "see below",
    } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
    const file = (await readdir(folder)).sort().find((it) => /^(licen[cs]e|copying)(\.|$)/i.test(it));
    const text = file ? (await readFile(`${folder}/${file}`, "utf8")).replaceAll(/[ \r]+$/gm, "").trim() : "";
    // Many share one text.
    packages.set(text, [...(packages.get(text) ?? []), `${name} ${version}: ${license}`]);
  }
  const parts = [...packages]
    .map(([text, names]) => `${names.sort().join("\n")}\n\n${text}`.trim())
    .sort((a, b) => (a < b ? -1 : 1));
  return `Packages of others in ops.mjs and draw.mjs, and their licences.\n\n${parts.join(`\n\n${"-".repeat(78)}\n\n`)}\n`;
}
