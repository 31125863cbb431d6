#!/usr/bin/env node
import { isMainThread } from "node:worker_threads";

/** Both doors in one program, for the bundle: `node ops.mjs action` speaks to a runner, anything else to a person. */
if (!isMainThread) await import("../commands/gate/judgeThread.ts");
else if (process.argv[2] === "action") await import("./action.ts");
else await import("./cli.ts");
