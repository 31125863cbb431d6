import type { Routes } from "./ask.ts";
import { actionRoutes } from "./routes/actions.ts";
import { checkRoutes } from "./routes/checks.ts";
import { commitRoutes } from "./routes/commits.ts";
import { environmentRoutes } from "./routes/environments.ts";
import { gitRoutes } from "./routes/git.ts";
import { issueRoutes } from "./routes/issues.ts";
import { pullRoutes } from "./routes/pulls.ts";
import { repositoryRoutes } from "./routes/repository.ts";
import { rulesetRoutes } from "./routes/rulesets.ts";

/** Every operation of the slice, by its id. */
export const ROUTES: Routes = {
  ...gitRoutes,
  ...commitRoutes,
  ...pullRoutes,
  ...issueRoutes,
  ...checkRoutes,
  ...repositoryRoutes,
  ...rulesetRoutes,
  ...environmentRoutes,
  ...actionRoutes,
};
