import { variantCosts } from "../github/variantCosts.ts";
import { releaseKey } from "../model/project.ts";
import { readProject } from "../source/readProject.ts";
import { revisionTree } from "../source/tree.ts";
import { type CardOutcome, toViewerChanges } from "./cardOutcome.ts";
import { type Arguments, EXIT, type Io } from "./command.ts";
import { prepare, publish } from "./publish.ts";

/** Publishes as `giftwrap publish` does, and tells it as a card. */
export async function publishForCard(args: Arguments, io: Io): Promise<CardOutcome> {
  const log: string[] = [];
  const publisher = await prepare(args, io);
  const result = await publish(publisher, (line) => {
    log.push(line);
    io.line(line);
  });

  const { exit, commit, revision, stops, changes, kept, findings, edges } = result;
  const { project } = await readProject(revisionTree(io.root, commit));
  const card: CardOutcome["card"] = {
    command: "publish",
    environment: publisher.environment.name,
    verdict: exit === EXIT.ok ? "ok" : exit === EXIT.findings ? "findings" : "failure",
    problem: null,
    findings,
    compared: revision > 0 ? { kind: "live", revision } : { kind: "nothing" },
    stops,
    changes: toViewerChanges(project, changes, publisher.environment.file.rollout),
    kept,
    alarms: edges
      .filter((it) => !it.ok)
      .map(({ edge, why }) => `the ${edge.region} edge ${edge.url} does not serve it: ${why ?? "no answer"}`),
    builds: [],
    variants: variantCosts(
      project,
      changes.map((it) => releaseKey(it.gift, it.version)),
    ),
    log,
  };
  return { card, exit, revision: revision > 0 ? revision : null };
}
