import { execFile } from "node:child_process";
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { textAt } from "../json.ts";
import { notKnown } from "../notKnown.ts";
import type { Shim, ShimCall } from "./shim.ts";

const run = promisify(execFile);
const ALL = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"];

/**
 * `actions/checkout`: fetched from the double over its own address, with the job's token, as GitHub's does it. It refuses the code of a fork
 * in a workflow that was started by another run, and a token that would stay in the work tree.
 */
export const checkout: Shim = {
  inputs: [
    "ref",
    "fetch-depth",
    "persist-credentials",
    "path",
    "sparse-checkout",
    "sparse-checkout-cone-mode",
    "filter",
    "token",
    "fetch-tags",
    "show-progress",
  ],
  async run(call) {
    const { state, inputs, place, print } = call;
    if (inputs["persist-credentials"] !== "false")
      throw notKnown(place, "a checkout that leaves its token behind (persist-credentials: false)");
    const folder = join(state.workspace, inputs["path"] ?? ".");
    if (relative(state.workspace, folder).startsWith(".."))
      throw new Error(`${folder} is outside of the workspace`);
    await mkdir(folder, { recursive: true });
    const environment = { ...state.world.environment, HOME: join(state.temporary, "home") };
    const git = async (...words: readonly string[]) => {
      const options = { cwd: folder, env: environment, maxBuffer: 32 * 1024 * 1024 };
      const { stdout } = await run("git", ["-c", "advice.detachedHead=false", ...words], options);
      return stdout.trim();
    };

    const token = inputs["token"] ?? state.token;
    const login = Buffer.from(`x-access-token:${token}`).toString("base64");
    const isHttp = state.world.github.gitUrl.startsWith("http");
    const header = isHttp ? ["-c", `http.extraHeader=Authorization: basic ${login}`] : [];
    const { shown, specs, target, branch } = await goalOf(call);
    const depth = Number(inputs["fetch-depth"] ?? 1);
    const filter = inputs["filter"] === undefined ? [] : [`--filter=${inputs["filter"]}`];
    const shallow = depth === 0 ? ["--tags"] : ["--no-tags", `--depth=${depth}`];

    await git("init", "--quiet", "--initial-branch", "main");
    await appendFile(join(folder, ".git/config"), remote(state.world.github.gitUrl));
    // The refs travel as they do at GitHub; their objects are on this disk already, and copying them took most of the time.
    const objects = join(state.world.github.folder, "objects");
    await writeFile(join(folder, ".git/objects/info/alternates"), `${objects}\n`);
    if (inputs["sparse-checkout"] !== undefined) {
      const isCone = inputs["sparse-checkout-cone-mode"] !== "false";
      await git("sparse-checkout", "init", isCone ? "--cone" : "--no-cone");
      const paths = inputs["sparse-checkout"].split("\n").filter((it) => it.trim() !== "");
      await git("sparse-checkout", "set", ...paths);
    }
    // Fetched beside all branches, then put in its place: git takes no two sources for one ref.
    const asked = specs.map((it, at) => it.replace(/:.*/, `:refs/checkout/${at}`));
    const wanted = depth === 0 ? [...ALL, ...asked] : asked;
    await git(
      ...header,
      "fetch",
      "--quiet",
      "--no-recurse-submodules",
      ...shallow,
      ...filter,
      "origin",
      ...wanted,
    );
    for (const [at, spec] of specs.entries())
      await git("update-ref", spec.replace(/.*:/, ""), `refs/checkout/${at}`);
    if (branch === null) await git(...header, "checkout", "--quiet", "--force", target);
    else await git(...header, "checkout", "--quiet", "--force", "-B", branch, target);
    const [asGiven = ""] = specs.map((it) => it.replace(/^\+|:.*/g, ""));
    const commit = /^[0-9a-f]{40}$/.test(asGiven) ? asGiven : await git("rev-parse", "HEAD");
    await writeFile(join(folder, ".git/info/exclude"), "node_modules\ndist\n");
    print(`Checked out ${shown} at ${commit}`);
    return { outputs: { ref: shown, commit } };
  },
};

/** As `git remote add origin` writes it. */
function remote(url: string): string {
  return `[remote "origin"]\n\turl = ${url}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n`;
}

interface Goal {
  readonly shown: string;
  readonly specs: readonly string[];
  readonly target: string;
  /** Null: no branch, a commit alone. */
  readonly branch: string | null;
}

async function goalOf(call: ShimCall): Promise<Goal> {
  const { attempt, world } = call.state;
  const asked = call.inputs["ref"] ?? "";
  const ref = asked === "" ? attempt.ref : asked;
  if (/^[0-9a-f]{40}$/.test(ref)) {
    await refuseStrangers(call, ref);
    return { shown: ref, specs: [`+${ref}:refs/remotes/origin/asked`], target: ref, branch: null };
  }
  if (/^refs\/(?!heads\/|tags\/|pull\/)/.test(ref)) throw notKnown(call.place, `the ref ${ref}`);
  if (ref.startsWith("refs/pull/")) {
    const commit = asked === "" ? attempt.sha : ((await world.repository.commitOf(ref)) ?? ref);
    if (asked !== "") await refuseStrangers(call, commit);
    const local = ref.replace("refs/", "refs/remotes/");
    return { shown: ref, specs: [`+${commit}:${local}`], target: local, branch: null };
  }
  const name = ref.replace(/^refs\/(?:heads|tags)\//, "");
  const isTag = ref.startsWith("refs/tags/");
  // Without a ref it is the commit of the event, whatever the branch has become.
  const tip =
    asked === "" ? attempt.sha : await world.repository.commitOf(`refs/${isTag ? "tags" : "heads"}/${name}`);
  if (tip === null) throw new Error(`A branch or tag with the name '${name}' could not be found`);
  const local = isTag ? `refs/tags/${name}` : `refs/remotes/origin/${name}`;
  return { shown: ref, specs: [`+${tip}:${local}`], target: local, branch: isTag ? null : name };
}

/** What version 7 refuses: code of a fork where secrets are. */
async function refuseStrangers({ state }: ShimCall, commit: string): Promise<void> {
  const { event, headRepository: ours } = { event: state.attempt.event, headRepository: state.world.github };
  if (event.name !== "workflow_run") return;
  const from = textAt(event.payload, "workflow_run", "head_repository", "full_name");
  const head = textAt(event.payload, "workflow_run", "head_sha");
  const isStrange = from !== `${ours.owner}/${ours.repo}`;
  if (isStrange && (commit === head || (await state.world.repository.isPullOnly(commit))))
    throw new Error("Refusing to check out the code of a fork in a workflow_run workflow");
}
