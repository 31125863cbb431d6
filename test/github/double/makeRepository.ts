import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { git } from "./git.ts";
import { HOOKS } from "./gitHttp.ts";
import { type GitHubState, type Repository, timeOf } from "./state.ts";

const CONFIG = `[core]
	repositoryformatversion = 0
	bare = true
	logAllRefUpdates = false
[gc]
	auto = 0
[receive]
	autogc = false
	hideRefs = refs/double
[http]
	receivepack = true
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
	hideRefs = refs/double
`;

/** A bare repository that is served at `/<owner>/<name>.git`, empty, its default branch main. */
export async function makeRepository(
  state: GitHubState,
  owner: string,
  { isFork }: { readonly isFork: boolean },
): Promise<Repository> {
  const folder = join(state.root, owner, `${state.name}.git`);
  const hooks = join(folder, "hooks");
  await mkdir(folder, { recursive: true });
  await git(folder, ["init", "--quiet", "--bare", "--template=", "--initial-branch=main"]);
  await writeFile(join(folder, "config"), CONFIG);
  await mkdir(hooks);
  for (const [name, text] of Object.entries(HOOKS)) {
    await writeFile(join(hooks, name), text);
    await chmod(join(hooks, name), 0o755);
  }
  const repository: Repository = {
    id: state.nextId(),
    owner,
    name: state.name,
    fullName: `${owner}/${state.name}`,
    folder,
    isFork,
    createdAt: timeOf(state),
  };
  state.repositories.set(repository.fullName, repository);
  return repository;
}
