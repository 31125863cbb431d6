import { readMainFile } from "./setup/readMainFile.ts";
import { requireGitHub } from "../github/openGitHub.ts";
import { applySettings } from "../github/settings/applySettings.ts";
import { planSettings } from "../github/settings/planSettings.ts";
import { readSettings } from "../github/settings/readSettings.ts";
import { readVariables } from "../github/settings/readVariables.ts";
import { readWanted } from "../github/settings/readWanted.ts";
import { RULESET_NAME } from "../github/settings/wantedSettings.ts";
import { environmentPath, POLICY_PATH } from "../model/paths.ts";
import { type Command, ENVIRONMENT_OPTION, EXIT, JSON_OPTION, parseWholeNumber } from "./command.ts";

/** The number of the app GitHub Actions, for an enterprise server that has another one. */
const ACTIONS_APP_OPTION = "actions-app";

export const command: Command = {
  summary:
    "set this repository up on GitHub: rules of main, labels, environments; without --apply it only says what it would do",
  usage: "[--apply]",
  example: "giftwrap setup --apply",
  options: {
    apply: { type: "boolean", help: "do it; twice changes nothing the second time" },
    env: ENVIRONMENT_OPTION,
    [ACTIONS_APP_OPTION]: {
      type: "string",
      value: "ID",
      help: "on an enterprise server: the id of its app GitHub Actions (GET /apps/github-actions)",
    },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const app = args.text(ACTIONS_APP_OPTION);
    const github = await requireGitHub(io.variables);
    const policy = await readMainFile(io.root, "policy", POLICY_PATH);
    const production = await readMainFile(
      io.root,
      "environment",
      environmentPath(args.text("env") ?? "production"),
    );
    const files = {
      policy,
      production,
      ...(app !== undefined && { actionsApp: parseWholeNumber(ACTIONS_APP_OPTION, app, 0) }),
    };
    const wanted = await readWanted(github, files, await readVariables(github));
    const plan = planSettings(wanted, await readSettings(github, RULESET_NAME));
    const isApplied = args.flag("apply");
    const say = args.flag("json") ? () => {} : io.line;
    for (const operation of plan.operations) {
      if (isApplied) await applySettings(github, operation);
      say(`${isApplied ? "done" : "would"}: ${operation.words}`);
    }
    for (const note of plan.notes) say(`note: ${note}`);
    for (const part of plan.unread)
      say(
        `${part} could not be read: use a token of an owner of the repository, with the permissions administration and variables`,
      );
    const where = `${github.owner}/${github.repo}`;
    if (plan.operations.length === 0)
      say(
        plan.unread.length > 0
          ? `what can be seen of ${where} is as it should be`
          : `${where} is as it should be`,
      );
    else if (!isApplied) say(`nothing is changed yet: run it again with --apply`);
    if (args.flag("json")) io.line(JSON.stringify({ repository: where, isApplied, ...plan }));
    return plan.unread.length > 0 ? EXIT.findings : EXIT.ok;
  },
};
