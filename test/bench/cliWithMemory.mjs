// node cliWithMemory.mjs ARGUMENTS: the program, which tells at its end how much memory it had at most.
process.on("exit", () => {
  console.error(JSON.stringify({ megabytes: (process.resourceUsage().maxRSS * 1024) / 1_000_000 }));
});
await import("../../dist/main/cli.js");
