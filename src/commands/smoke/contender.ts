import type { Project } from "../../model/project.ts";
import type { ObjectSource } from "../../publish/apply.ts";

/** A release to be measured, with all that it needs to be published and played. */
export interface Contender {
  readonly gift: string;
  readonly version: string;
  /** For people: `rose@1.1.0`, or what else it is. */
  readonly name: string;
  /** Nothing but this release, what it requires, and what stands in for it; all of it open. */
  readonly project: Project;
  readonly objects: ObjectSource;
}
