// Cuts the operations that Giftwrap uses, and what the double of GitHub knows, out of GitHub's published description
// of its REST API. README.md says how to run it. The same package gives the same bytes.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PACKAGE = "@octokit/openapi@23.0.2";

/** Operations by their ids. One that GitHub no longer has stops the cut. */
const OPERATIONS = `
  repos/get repos/update repos/get-branch repos/list-branches repos/get-content repos/get-commit repos/list-commits
  repos/compare-commits-with-basehead repos/get-collaborator-permission-level
  repos/list-pull-requests-associated-with-commit repos/create-dispatch-event
  repos/create-commit-status repos/get-combined-status-for-ref repos/list-commit-statuses-for-ref
  repos/get-repo-rulesets repos/get-repo-ruleset repos/create-repo-ruleset repos/update-repo-ruleset
  repos/delete-repo-ruleset repos/get-branch-rules
  repos/get-all-environments repos/get-environment repos/create-or-update-environment
  repos/list-deployment-branch-policies repos/create-deployment-branch-policy repos/delete-deployment-branch-policy
  git/get-ref git/list-matching-refs git/create-ref git/update-ref git/delete-ref git/create-blob git/get-blob
  git/create-tree git/get-tree git/create-commit git/get-commit
  pulls/list pulls/get pulls/create pulls/update pulls/list-files pulls/list-commits pulls/list-reviews
  pulls/create-review pulls/merge pulls/request-reviewers pulls/list-requested-reviewers
  issues/get issues/update issues/create issues/list-for-repo issues/list-comments issues/create-comment
  issues/get-comment issues/update-comment issues/delete-comment issues/add-labels issues/set-labels
  issues/remove-label issues/list-labels-on-issue issues/list-labels-for-repo issues/get-label issues/create-label
  issues/update-label reactions/create-for-issue-comment reactions/list-for-issue-comment
  checks/create checks/update checks/get checks/list-for-ref checks/list-annotations
  teams/list-members-in-org teams/get-by-name
  actions/list-repo-variables actions/get-repo-variable actions/create-repo-variable actions/update-repo-variable
  actions/list-environment-variables actions/get-environment-variable
  actions/list-repo-secrets actions/list-environment-secrets
  actions/create-workflow-dispatch actions/list-repo-workflows actions/get-workflow actions/list-workflow-runs-for-repo
  actions/list-workflow-runs actions/get-workflow-run actions/list-workflow-run-artifacts
  actions/get-github-actions-default-workflow-permissions-repository
  actions/set-github-actions-default-workflow-permissions-repository
  rate-limit/get users/get-authenticated users/get-by-username
`
  .trim()
  .split(/\s+/);

const DROPPED = new Set([
  "description",
  "example",
  "examples",
  "externalDocs",
  "title",
  "default",
  "deprecated",
]);

const folder = mkdtempSync(join(tmpdir(), "openapi-"));
try {
  execFileSync("npm", ["pack", PACKAGE, "--silent", "--pack-destination", folder], { stdio: "inherit" });
  execFileSync("tar", [
    "xzf",
    join(folder, "octokit-openapi-23.0.2.tgz"),
    "-C",
    folder,
    "package/generated/api.github.com.json",
  ]);
  const whole = JSON.parse(readFileSync(join(folder, "package/generated/api.github.com.json"), "utf8"));
  const slice = cut(whole);
  writeFileSync(new URL("slice.json", import.meta.url), `${JSON.stringify(slice)}\n`);
  console.log(
    `${Object.keys(slice.operations).length} operations, ${Object.keys(slice.schemas).length} schemas`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function cut(whole) {
  const wanted = new Set(OPERATIONS);
  const schemas = {};
  const operations = {};

  for (const [path, methods] of Object.entries(whole.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (!wanted.delete(operation.operationId)) continue;
      operations[operation.operationId] = {
        route: `${method.toUpperCase()} ${path}`,
        path: parametersIn("path", operation),
        query: parametersIn("query", operation),
        body: bodyOf(operation.requestBody),
        isBodyRequired: operation.requestBody?.required === true,
        answers: Object.fromEntries(
          Object.entries(operation.responses).map(([status, answer]) => [status, bodyOf(follow(answer))]),
        ),
      };
    }
  }
  if (wanted.size > 0) throw new Error(`${PACKAGE} has no operation ${[...wanted].join(", ")}`);
  return { package: PACKAGE, operations, schemas: sorted(schemas) };

  function follow(value) {
    if (!value?.$ref) return value;
    const [, , kind, name] = value.$ref.split("/");
    return whole.components[kind][name];
  }

  function parametersIn(place, operation) {
    const parameters = (operation.parameters ?? []).map(follow).filter((one) => one.in === place);
    return {
      type: "object",
      properties: Object.fromEntries(parameters.map((one) => [one.name, toSchema(one.schema)])),
      required: parameters.filter((one) => one.required).map((one) => one.name),
      additionalProperties: false,
    };
  }

  function bodyOf(holder) {
    const content = holder?.content;
    const schema = (content?.["application/json"] ?? content?.["application/scim+json"])?.schema;
    return schema ? toSchema(schema) : null;
  }

  /** OpenAPI 3.0 to JSON Schema 2020-12, without what only people read. */
  function toSchema(schema) {
    if (Array.isArray(schema)) return schema.map(toSchema);
    if (schema === null || typeof schema !== "object") return schema;
    if (schema.$ref) {
      const name = schema.$ref.split("/").at(-1);
      if (!(name in schemas)) {
        schemas[name] = null;
        schemas[name] = toSchema(whole.components.schemas[name]);
      }
      return { $ref: `#/schemas/${name}` };
    }
    const result = {};
    for (const [key, value] of Object.entries(schema)) {
      if (DROPPED.has(key) && typeof value !== "object") continue;
      if (
        ["examples", "example", "externalDocs", "default", "nullable", "discriminator", "format"].includes(
          key,
        )
      )
        continue;
      if (key.startsWith("x-")) continue;
      if (key === "properties") {
        result.properties = Object.fromEntries(
          Object.entries(value).map(([name, property]) => [name, toSchema(property)]),
        );
      } else if (key === "enum" || key === "required") {
        result[key] = value;
      } else {
        result[key] = toSchema(value);
      }
    }
    return schema.nullable ? nullable(result) : result;
  }
}

function nullable(schema) {
  if (typeof schema.type !== "string" || schema.allOf || schema.anyOf || schema.oneOf) {
    return { anyOf: [schema, { type: "null" }] };
  }
  return {
    ...schema,
    type: [schema.type, "null"],
    ...(schema.enum && !schema.enum.includes(null) && { enum: [...schema.enum, null] }),
  };
}

function sorted(record) {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
