import { readFile } from "node:fs/promises";

const OFFICIAL = /@actions\/(?:workflow-parser|expressions)\//;

/**
 * What Vitest needs to load GitHub's own parser of workflows: it imports JSON without saying so, which Node refuses and Vite does
 * not, and it names source maps whose sources are not in the package.
 */
export const withOfficialParser = {
  server: { deps: { inline: [OFFICIAL] } },
  plugins: [
    {
      name: "official-parser",
      enforce: "pre" as const,
      async load(id: string) {
        if (!OFFICIAL.test(id) || !id.endsWith(".js")) return null;
        return (await readFile(id, "utf8")).replace(/\/\/# sourceMappingURL=.*/, "");
      },
    },
  ],
};
