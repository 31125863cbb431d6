import { POLICY_PATH } from "../model/paths.ts";
import { type Project, releaseKey } from "../model/project.ts";
import type { BudgetRule, LockFile, TierPolicy, Variant } from "../model/schemas.ts";
import type { Finding } from "../report/finding.ts";
import { count } from "../report/text.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";
import { writtenReleases } from "./written.ts";

/**
 * What a release costs on a device fits what the policy allows for its tier; a budget that the policy leaves out is not
 * limited, and one that the lock says nothing about is not held against it. Which of these findings the policy forgives is
 * for `applyWaivers` to say.
 */
export function checkBudgets(project: Project): Finding[] {
  const { policy } = project;
  if (!policy) return [];
  return writtenReleases(project).flatMap(({ gift, version, release, severity }) => {
    const lock = project.locks.get(releaseKey(gift, version))?.value;
    if (!lock) return [];
    return TIERS.flatMap((tier): Finding[] => {
      const variant = lock.tiers[tier];
      if (!variant) return [];
      const { budget } = policy.value.tiers[tier];
      const at = release.value.compat.tiers.indexOf(tier);
      const place = release.place(at < 0 ? ["compat", "tiers"] : ["compat", "tiers", at]);
      return findExcesses({ lock, tier, variant, budget }).map(({ code, what, fix }) => ({
        code,
        severity,
        gift,
        version,
        place,
        message: `on ${tier} devices ${gift}@${version} ${what}`,
        fix: `${fix}, and build it again, or leave ${tier} out of compat.tiers; if it is merged already, do so in a new version`,
      }));
    });
  });
}

/** One variant of a release, and what it may cost. */
interface Cost {
  readonly lock: LockFile;
  readonly tier: Tier;
  readonly variant: Variant;
  readonly budget: TierPolicy["budget"];
}

interface Excess {
  readonly code: BudgetRule;
  /** The value found and the value allowed, as what the release does. */
  readonly what: string;
  /** The first half of an instruction. */
  readonly fix: string;
}

/** Locks round a rate to three decimals: the true one may be this much higher or lower, in frames per second. */
const FPS_ROUNDING = 0.0005;

function findExcesses(cost: Cost): Excess[] {
  return [
    checkDownload(cost),
    checkMemory(cost),
    checkCanvas(cost),
    checkFps(cost),
    checkDuration(cost),
    checkImages(cost),
    checkSound(cost),
  ].filter((it) => it !== null);
}

function checkDownload({ lock, variant: { files }, budget: { downloadBytes } }: Cost): Excess | null {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes <= downloadBytes) return null;
  const { found, limit } = inWords(bytes, downloadBytes);
  const shares = files.map((file) => `${file.role} ${toMegabytes(file.bytes)}`).join(", ");
  return {
    code: "BUDGET_DOWNLOAD",
    what: `downloads ${found}, where ${limit} are allowed (${shares})`,
    fix:
      lock.player.name === "webp"
        ? "use fewer or simpler frames, or a shorter sound"
        : "use smaller images inside the animation, or a shorter sound",
  };
}

function checkMemory(cost: Cost): Excess | null {
  const { lock, tier, variant, budget } = cost;
  if (variant.decodedBytes <= budget.decodedBytes) return null;
  const { found, limit } = inWords(variant.decodedBytes, budget.decodedBytes);
  return {
    code: "BUDGET_MEMORY",
    what: `takes ${found} of memory once decoded, where ${limit} are allowed (${variant.width}x${variant.height}, ${count(variant.frames, "frame")})`,
    fix: isEncodedHere(cost)
      ? `export smaller frames, or have tiers.${tier}.frames.longSide lowered in ${POLICY_PATH}`
      : lock.player.name === "webp"
        ? "export it with smaller frames"
        : "use fewer and smaller images inside the animation",
  };
}

function checkCanvas(cost: Cost): Excess | null {
  const { tier, variant, budget } = cost;
  const { canvas } = budget;
  if (!canvas || isInside(variant, canvas)) return null;
  const { width, height } = shrinkInto(variant, canvas);
  return {
    code: "BUDGET_CANVAS",
    what: `is ${variant.width}x${variant.height} pixels, where the longer side may have ${canvas.long} and the shorter ${canvas.short}`,
    fix: isEncodedHere(cost)
      ? `export the frames at ${width}x${height}, or have tiers.${tier}.frames.longSide lowered to ${Math.max(width, height)} in ${POLICY_PATH}`
      : `export it at ${width}x${height}`,
  };
}

function checkFps(cost: Cost): Excess | null {
  const { lock, tier, variant, budget } = cost;
  if (budget.fps === undefined || variant.fps <= highestFps(budget.fps, lock)) return null;
  // Only Lottie has rates such as 29.97.
  const nearest = lock.player.name === "lottie" ? budget.fps : Math.floor(budget.fps) || budget.fps;
  return {
    code: "BUDGET_FPS",
    what: `plays ${count(variant.fps, "frame")} a second, where ${toAllowed(budget.fps)}`,
    fix: isEncodedHere(cost)
      ? `export the frames for ${nearest} a second, or have tiers.${tier}.frames.fps lowered to ${nearest} in ${POLICY_PATH}`
      : `export it at ${count(nearest, "frame")} a second`,
  };
}

function checkDuration(cost: Cost): Excess | null {
  const { frames, fps } = cost.variant;
  const { durationSeconds } = cost.budget;
  if (durationSeconds === undefined || frames / (fps + FPS_ROUNDING) <= durationSeconds) return null;
  // Rounded up, so that what is over the limit never reads as if it were at it.
  const seconds = Math.ceil((frames / fps) * 1_000) / 1_000;
  const most = Math.floor(durationSeconds * (fps + FPS_ROUNDING));
  return {
    code: "BUDGET_DURATION",
    what: `plays for ${count(seconds, "second")}, where ${toAllowed(durationSeconds)} (${count(frames, "frame")} at ${fps} a second)`,
    // Of frames that are left out for a tier the artist knows no count.
    fix: `shorten it to ${count(durationSeconds, "second")}${isEncodedHere(cost) || most < 1 ? "" : `, which is ${count(most, "frame")}`}`,
  };
}

function checkImages({ variant: { images }, budget }: Cost): Excess | null {
  if (images === undefined || budget.images === undefined || images <= budget.images) return null;
  return {
    code: "BUDGET_IMAGES",
    what: `holds ${count(images, "image")}, where ${toAllowed(budget.images)}`,
    fix: `take ${count(images - budget.images, "image")} out of the animation`,
  };
}

function checkSound({ variant, budget: { soundBytes } }: Cost): Excess | null {
  const bytes = variant.files.reduce((sum, file) => sum + (file.role === "sound" ? file.bytes : 0), 0);
  if (soundBytes === undefined || bytes <= soundBytes) return null;
  const { found, limit } = inWords(bytes, soundBytes);
  const percent = Math.floor((soundBytes / bytes) * 100);
  return {
    code: "BUDGET_SOUND",
    what: `has a sound of ${found}, where ${limit} are allowed`,
    fix:
      percent < 1
        ? "take the sound out"
        : `shorten the sound to ${percent} % of its length, or export it with a lower sample rate`,
  };
}

/** Whether the animation was made of frames for this tier; any other is the same file on every tier. */
function isEncodedHere({ lock, variant }: Cost): boolean {
  const carried = new Set(lock.sources.map(({ digest }) => digest));
  return variant.files.some(({ role, digest }) => role === "animation" && !carried.has(digest));
}

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Canvas {
  readonly long: number;
  readonly short: number;
}

function isInside({ width, height }: Size, { long, short }: Canvas): boolean {
  return Math.max(width, height) <= long && Math.min(width, height) <= short;
}

/** The largest size of the same shape that is inside the canvas. Multiplies first, so that the side at the limit hits it. */
function shrinkInto({ width, height }: Size, { long, short }: Canvas): Size {
  const [longer, shorter] = [Math.max(width, height), Math.min(width, height)];
  const [to, from] = long * shorter <= short * longer ? [long, longer] : [short, shorter];
  const shrink = (side: number) => Math.max(1, Math.floor((side * to) / from));
  return { width: shrink(width), height: shrink(height) };
}

/**
 * The highest rate that a lock may state for an animation of `fps`. WebP keeps whole milliseconds a frame: at 30 frames a
 * second tools write 33, which is 30.303.
 */
function highestFps(fps: number, { player }: LockFile): number {
  return (player.name === "webp" ? 1_000 / Math.floor(1_000 / fps) : fps) + FPS_ROUNDING;
}

function toAllowed(limit: number): string {
  return `${limit} ${limit === 1 ? "is" : "are"} allowed`;
}

/** Both in megabytes, or both in bytes where rounding would print "1.50 MB, where 1.50 MB are allowed". */
function inWords(measured: number, allowed: number): { found: string; limit: string } {
  const [found, limit] = [toMegabytes(measured), toMegabytes(allowed)];
  return found === limit ? { found: `${measured} bytes`, limit: `${allowed} bytes` } : { found, limit };
}

function toMegabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(2)} MB`;
}
