import { expect, test } from "vitest";
import { chromiumArguments, chromiumEnvironment } from "../../src/commands/smoke/chromium.ts";

test("the browser learns nothing of our environment but what it needs to start", () => {
  const needed = {
    PATH: "/usr/bin",
    HOME: "/home/us",
    TMPDIR: "/tmp",
    LANG: "C.UTF-8",
    LC_ALL: "C.UTF-8",
    FONTCONFIG_PATH: "/etc/fonts",
  };
  const secret = {
    GIFTWRAP_TIMESTAMP_KEY: "secret",
    AWS_SECRET_ACCESS_KEY: "secret",
    MY_PATH: "/",
    LANG_KEY: "secret",
  };
  expect(chromiumEnvironment({ ...needed, ...secret })).toEqual(needed);
});

test.each([true, false])("the browser reaches this machine alone, as root or not: %j", (isRoot) => {
  expect(chromiumArguments(isRoot)).toContain("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1");
});
