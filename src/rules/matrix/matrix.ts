import type { PolicyFile } from "../../model/schemas.ts";
import type { Link, Reason, Resolution } from "../../wire/resolve.ts";
import type { Stage } from "../../wire/rollout.ts";
import type { Interval } from "../../wire/version.ts";
import type { Tier } from "../../wire/viewer.ts";
import type { Audience, Reach } from "./audiences.ts";
import { cellsOf } from "./cells.ts";
import { stagesOf } from "./failures.ts";
import { type Flaw, proveCell, resolveIn } from "./prove.ts";
import { closureOf, requiredBy, type World } from "./world.ts";

/** Who gets what of one gift, for every viewer there is. */
export interface Matrix {
  readonly gift: string;
  /** Every gift that a release of this one requires, however far. */
  readonly required: readonly string[];
  /** The present stage of the release on its way first, then each later one, as if it were opened. */
  readonly stages: readonly MatrixStage[];
}

export interface MatrixStage {
  readonly stage: Stage;
  readonly isNow: boolean;
  readonly cells: readonly MatrixCell[];
}

export interface MatrixCell {
  readonly platform: string;
  /** Half-open: the second version is out, null is without end. */
  readonly apps: Interval;
  readonly tier: Tier;
  /** Empty for every region that no release and no override names. */
  readonly region: string;
  /** How each release that is on its way reaches these viewers, by `gift@version`. */
  readonly reach: Readonly<Record<string, Reach>>;
  readonly outcome: Outcome;
  /** What these viewers get at the base, where that is something else; null when nobody asked. */
  readonly before: Outcome | null;
  readonly flaws: readonly Flaw[];
}

export interface Outcome {
  readonly reason: Reason;
  /** `rose@1.1.0`, `still of rose@1.1.0`, and at the end `default`. */
  readonly chain: readonly string[];
}

/** @throws TooManyAudiences */
export function matrixOf(world: World, policy: PolicyFile, gift: string, base: World | null = null): Matrix {
  return {
    gift,
    required: requiredBy(world, gift),
    stages: stagesOf(world, gift).map(({ stage, isNow, world: staged }) => {
      const compared = isNow ? base : null;
      const worlds = compared ? [staged, compared] : [staged];
      const gifts = [...new Set(worlds.flatMap((it) => closureOf(it, gift)))];
      const cells: MatrixCell[] = [];
      for (const cell of cellsOf(policy, worlds, gifts)) {
        const { platform, apps, tier, audience, worlds: settled } = cell;
        const { resolution, flaws } = proveCell(gift, policy, cell);
        const outcome = toOutcome(resolution);
        const [, then] = settled;
        const before = then ? toOutcome(resolveIn(then, gift, cell)) : null;
        const isChanged = before !== null && before.chain.join() !== outcome.chain.join();
        cells.push({
          platform,
          apps,
          tier,
          region: audience.region,
          reach: reachOf(audience),
          outcome,
          before: isChanged ? before : null,
          flaws,
        });
      }
      return { stage, isNow, cells };
    }),
  };
}

export function toOutcome({ reason, chain }: Resolution): Outcome {
  return { reason, chain: chain.map(nameLink) };
}

function nameLink(link: Link): string {
  if (link.kind === "default") return "default";
  const name = `${link.gift}@${link.version}`;
  return link.kind === "still" ? `still of ${name}` : name;
}

function reachOf({ reach }: Audience): Readonly<Record<string, Reach>> {
  return Object.fromEntries(reach);
}
