import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initKeys } from "../../src/commands/keysInit.ts";
import { quietIo, type World, worldAt } from "./world.ts";

const GOOD = new URL("../repos/good/files", import.meta.url).pathname;

/** What is replaced in a file, the first place that fits. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/**
 * A real git repository with the good tree of test/repos, whose art the rules like: kite 1.1.0 and bell 1.1.0 are on trial. No
 * evidence is asked of a release, as nothing here runs the checks.
 */
export async function goodWorld(...edits: readonly Edit[]): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), "giftwrap-test-"));
  await cp(GOOD, root, { recursive: true });
  const world = worldAt(root);
  await world.git("init", "--quiet", "--initial-branch=main");
  await world.git("config", "user.name", "Test");
  await world.git("config", "user.email", "test@giftwrap.invalid");
  await world.git("config", "commit.gpgsign", "false");
  await world.write({ ".gitignore": ".giftwrap/\n" });
  await initKeys(quietIo(root), "production");
  const policy = await readFile(join(root, "releases/policy.yaml"), "utf8");
  await writeFile(join(root, "releases/policy.yaml"), policy.slice(0, policy.indexOf("checklist:")));
  for (const edit of edits) await editFile(world, edit);
  await world.commit("The good tree");
  return world;
}

export async function editFile(world: World, { file, from, to }: Edit): Promise<void> {
  const text = await readFile(join(world.root, file), "utf8");
  if (!text.includes(from)) throw new Error(`"${from}" is not in ${file}`);
  await writeFile(
    join(world.root, file),
    text.replace(from, () => to),
  );
}
