import { POLICY_PATH } from "../model/paths.ts";
import { type Project, releaseKey } from "../model/project.ts";
import type { LockFile, Variant } from "../model/schemas.ts";
import type { Finding } from "../report/finding.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";
import { writtenReleases } from "./written.ts";

/** What a release costs on a device fits what the policy allows for its tier. */
export function checkBudgets(project: Project): Finding[] {
  const { policy } = project;
  if (!policy) return [];
  return writtenReleases(project).flatMap(({ gift, version, release, severity }) => {
    const lock = project.locks.get(releaseKey(gift, version))?.value;
    if (!lock) return [];
    return TIERS.flatMap((tier): Finding[] => {
      const variant = lock.tiers[tier];
      if (!variant) return [];
      const { downloadBytes, decodedBytes } = policy.value.tiers[tier].budget;
      const at = release.value.compat.tiers.indexOf(tier);
      const found = {
        code: "OVER_BUDGET",
        severity,
        gift,
        place: release.place(at < 0 ? ["compat", "tiers"] : ["compat", "tiers", at]),
      };
      const elsewhere = `and build it again, or leave ${tier} out of compat.tiers; if it is merged already, do so in a new version`;
      const measured = downloadOf(variant);
      const download = inWords(measured, downloadBytes);
      const memory = inWords(variant.decodedBytes, decodedBytes);
      return [
        ...(measured > downloadBytes
          ? [
              {
                ...found,
                message: `on ${tier} devices ${gift}@${version} downloads ${download.found}, where ${download.limit} are allowed (${shareOf(variant)})`,
                fix: `${smallerDownload(lock)} ${elsewhere}`,
              },
            ]
          : []),
        ...(variant.decodedBytes > decodedBytes
          ? [
              {
                ...found,
                message: `on ${tier} devices ${gift}@${version} takes ${memory.found} of memory once decoded, where ${memory.limit} are allowed (${variant.width}x${variant.height}, ${variant.frames} frames)`,
                fix: `${smallerMemory(lock, tier)} ${elsewhere}`,
              },
            ]
          : []),
      ];
    });
  });
}

function downloadOf({ files }: Variant): number {
  return files.reduce((sum, file) => sum + file.bytes, 0);
}

function shareOf({ files }: Variant): string {
  return files.map(({ role, bytes }) => `${role} ${toMegabytes(bytes)}`).join(", ");
}

function smallerDownload({ player }: LockFile): string {
  return player.name === "webp"
    ? "use fewer or simpler frames, or a shorter sound,"
    : "use smaller images inside the animation, or a shorter sound,";
}

function smallerMemory({ player }: LockFile, tier: Tier): string {
  return player.name === "webp"
    ? `export smaller frames, or have tiers.${tier}.frames.longSide lowered in ${POLICY_PATH},`
    : "use fewer and smaller images inside the animation,";
}

/** Both in megabytes, or both in bytes where rounding would print "1.50 MB, where 1.50 MB are allowed". */
function inWords(measured: number, allowed: number): { found: string; limit: string } {
  const [found, limit] = [toMegabytes(measured), toMegabytes(allowed)];
  return found === limit ? { found: `${measured} bytes`, limit: `${allowed} bytes` } : { found, limit };
}

function toMegabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(2)} MB`;
}
