import { execFile } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { gitCredentials } from "../../src/source/git.ts";
import { type GitHubDouble, startGitHub } from "../github/double/startGitHub.ts";
import { CLI } from "../support/cli.ts";

const run = promisify(execFile);
const HERE = new URL("../../", import.meta.url).pathname;
const PAGE = await readFile(join(HERE, ".github/ADOPT.md"), "utf8");
const [VALUES = "", COMMANDS = ""] = [...PAGE.matchAll(/^```sh\n(.*?)^```/gms)].flatMap((it) => it[1] ?? []);

/** Stands for the `gh` program: it has a token, sets variables, and notes the secrets that it is told to keep. */
const GH = `#!/bin/sh
case "$1 $2" in
  "auth token") printf '%s\\n' "$DOUBLE_TOKEN" ;;
  "variable set") curl --fail --silent --show-error --header "Authorization: Bearer $DOUBLE_TOKEN" \\
    --data "{\\"name\\":\\"$3\\",\\"value\\":\\"$5\\"}" "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/actions/variables" ;;
  "secret set") printf 'secret %s %s %s\\n' "$3" "$5" "$(head -c 10)" >> "$GH_NOTES" ;;
  *) echo "gh $*: unknown" >&2; exit 1 ;;
esac
`;

let github: GitHubDouble;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "giftwrap-adopt-"));
  const shims = {
    gh: GH,
    npm: "#!/bin/sh\nexit 0\n",
    npx: `#!/bin/sh\nshift\nexec "${process.execPath}" "${CLI}" "$@"\n`,
  };
  for (const [name, text] of Object.entries(shims)) {
    await writeFile(join(folder, name), text);
    await chmod(join(folder, name), 0o755);
  }
  await writeFile(join(folder, "app.private-key.pem"), "-----BEGIN APP KEY-----\n");
  github = await startGitHub({ files: await templateFiles() });
  github.addUser("founder", { permission: "admin" });
});
afterEach(async () => {
  await github.stop();
  await rm(folder, { recursive: true, force: true });
});

describe("a new organisation's own copy", () => {
  test("takes at most twelve commands", () => {
    expect(COMMANDS.trim().split("\n").length).toBeLessThanOrEqual(12);
  });

  test("is set up by them, and the doctor finds nothing missing", async () => {
    for (const team of ["gift-oncall", "gift-platform", "gift-art-leads"]) github.addTeam(team, ["founder"]);
    const lines = COMMANDS.trim().split("\n");
    const last = lines.pop();
    expect(last).toBe("npx giftwrap doctor");
    await shell(folder, `${lines.join("\n")}\n`);

    const notes = (await readFile(join(folder, "notes"), "utf8")).trim().split("\n");
    for (const note of notes) keep(note.split(" "));
    expect(notes).toEqual([
      "secret GIFTWRAP_APP_KEY bot -----BEGIN",
      "secret GIFTWRAP_APP_KEY lock -----BEGIN",
      "secret GIFTWRAP_APP_KEY production -----BEGIN",
      "secret GIFTWRAP_RELEASE_KEY production -----BEGIN",
      "secret GIFTWRAP_TIMESTAMP_KEY production -----BEGIN",
    ]);
    const [ruleset] = github.state.rulesets.values();
    expect(JSON.stringify(ruleset?.rules)).toContain(
      '{"context":"giftwrap approvals","integration_id":1234567}',
    );
    const said = await shell(join(folder, "gifts"), `${last}\n`);
    expect(said).not.toContain("missing");
    // The root that apps trust is on main, and no private key is.
    const { stdout } = await run("git", ["ls-tree", "-r", "--name-only", "main"], { cwd: github.folder });
    expect(stdout).toContain("releases/environments/production.root.json");
    expect(stdout).not.toContain(".pem");
    expect(github.violations).toEqual([]);
  });
});

/** The secret that `gh` was told to keep, as GitHub has it from then on. */
function keep([, name = "", environment = ""]: readonly string[]): void {
  const known =
    github.state.environments.get(environment) ?? expect.fail(`there is no environment ${environment}`);
  known.secrets.add(name);
}

/** As a person's shell runs it, with GitHub at the double's address. */
async function shell(cwd: string, commands: string): Promise<string> {
  const token = github.token({
    login: "founder",
    kind: "user",
    permissions: {
      administration: "write",
      contents: "write",
      workflows: "write",
      actions: "read",
      issues: "write",
      members: "read",
      environments: "read",
      secrets: "read",
      variables: "write",
      metadata: "read",
    },
  });
  const addresses = { GITHUB_API_URL: github.apiUrl, GITHUB_SERVER_URL: github.webUrl };
  const variables = {
    ...process.env,
    ...addresses,
    // What `gh auth setup-git` does for a person.
    ...gitCredentials({ ...addresses, GITHUB_TOKEN: token }),
    HOME: folder,
    PATH: `${folder}:${process.env["PATH"] ?? ""}`,
    DOUBLE_TOKEN: token,
    GH_NOTES: join(folder, "notes"),
    GIT_AUTHOR_NAME: "Founder",
    GIT_AUTHOR_EMAIL: "founder@example.com",
    GIT_COMMITTER_NAME: "Founder",
    GIT_COMMITTER_EMAIL: "founder@example.com",
  };
  const values = VALUES.replaceAll("orchid-live/gifts", "acme/gifts");
  const { stdout } = await run("sh", ["-e", "-c", `${values}\n${commands}`], { cwd, env: variables });
  return stdout;
}

/** What is needed of the template, with a bucket for its store, as the page says to write before. */
async function templateFiles(): Promise<Record<string, string>> {
  const workflows = await readdir(join(HERE, ".github/workflows"));
  const paths = [
    ".gitignore",
    ".github/CODEOWNERS",
    ".github/ISSUE_TEMPLATE/config.yml",
    "releases/policy.yaml",
    ...workflows.map((it) => `.github/workflows/${it}`),
  ];
  const files: Record<string, string> = {};
  for (const path of paths) files[path] = await readFile(join(HERE, path), "utf8");
  files["releases/environments/production.yaml"] =
    "rollout: as-written\nstore: { s3: { bucket: gifts, region: ap-southeast-1 } }\npollSeconds: 60\nedges: {}\n";
  return files;
}
