import { expect, test } from "vitest";
import { checkShape } from "../../src/model/validate.ts";

const ENVIRONMENT = { rollout: "as-written", store: { folder: "store" }, edges: {}, pollSeconds: 60 };
const fits = (metrics: unknown) => checkShape("environment", { ...ENVIRONMENT, metrics }).ok;

test("an environment may say where its metrics are: a server or a recording, and no secret", () => {
  expect(checkShape("environment", ENVIRONMENT).ok).toBe(true);
  expect(fits({ recorded: "metrics/production.json" })).toBe(true);
  for (const url of ["https://prometheus.example.com", "http://127.0.0.1:9090/", "https://host/prom/a"])
    expect(fits({ prometheus: { url } })).toBe(true);
  expect(
    fits({
      prometheus: {
        url: "https://host/",
        bearerTokenVariable: "METRICS_TOKEN",
        labels: { job: "giftwrap" },
        timeoutSeconds: 10,
      },
    }),
  ).toBe(true);

  for (const url of ["ftp://host/", "https://user:secret@host/", "https://host/?token=x", "https://", "host"])
    expect(fits({ prometheus: { url } })).toBe(false);
  expect(fits({ prometheus: { url: "https://host/" }, recorded: "a.json" })).toBe(false);
  expect(fits({ prometheus: { url: "https://host/", bearerToken: "secret" } })).toBe(false);
  expect(fits({ prometheus: { url: "https://host/", labels: { "a-b": "c" } } })).toBe(false);
  expect(fits({ prometheus: { url: "https://host/", timeoutSeconds: 0 } })).toBe(false);
  expect(fits({})).toBe(false);
});
