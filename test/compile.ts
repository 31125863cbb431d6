import { execFileSync } from "node:child_process";

/** Tests that start the command line start what a user would: the compiled program, and never an old one. */
export default function compile(): void {
  const root = new URL("..", import.meta.url).pathname;
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "src/tsconfig.json"], {
    cwd: root,
    stdio: "inherit",
  });
}
