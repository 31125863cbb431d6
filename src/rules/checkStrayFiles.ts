import { classifyPath, environmentPath, giftOfPath, giftPath } from "../model/paths.ts";
import type { Project } from "../model/project.ts";
import type { GiftFile } from "../model/schemas.ts";
import type { Finding } from "../report/finding.ts";
import { nearestWord } from "../report/nearest.ts";
import { TIERS } from "../wire/viewer.ts";
import { startOf, writtenGifts } from "./written.ts";

/** Beside what gift.yaml names, `source/` may hold what made it and a note about it. */
const SOURCE_EXTRAS = /^source\/(make\.[^/]+|README\.md)$/;

/** Every file below `gifts/` and `releases/` has a meaning: what has none was meant to be something else. */
export function checkStrayFiles(project: Project): Finding[] {
  const written = writtenGifts(project);
  const paths = new Set(project.paths);
  const misplacedFolders = new Set<string>();
  const giftsWithoutFile = new Set<string>();
  return project.paths.flatMap((path): Finding[] => {
    const it = classifyPath(path);
    switch (it.kind) {
      case "stray":
        return [toStray(path)];
      case "root":
        return paths.has(environmentPath(it.name)) ? [] : [toLonelyRoot(path, it.name)];
      case "source": {
        const gift = project.gifts.get(it.gift);
        if (gift)
          return isNamed(gift.value, it.path) ? [] : [toUnnamed(path, it.path, gift.value, it.gift, paths)];
        if (written.has(it.gift) || giftsWithoutFile.has(it.gift)) return [];
        giftsWithoutFile.add(it.gift);
        return [toGiftMissing(path, it.gift)];
      }
      case "release":
      case "lock": {
        const folder = written.has(it.gift) ? null : nearestWord(it.gift, ["environments", "overrides"]);
        if (folder === null || misplacedFolders.has(it.gift)) return [];
        misplacedFolders.add(it.gift);
        return [toMisplaced(path, it.gift, folder)];
      }
      default:
        return [];
    }
  });
}

function isNamed({ animation, sound, still, variants = {} }: GiftFile, path: string): boolean {
  if (path === animation || path === sound || path === still || SOURCE_EXTRAS.test(path)) return true;
  if (TIERS.some((tier) => variants[tier] === path)) return true;
  return path.startsWith(animation.endsWith("/") ? animation : `${animation}/`);
}

function toStray(path: string): Finding {
  const slash = path.lastIndexOf("/") + 1;
  const folder = path.slice(0, slash);
  const name = path.slice(slash);
  const meant = meantName(path, name);
  return {
    ...stray(path),
    message: meant
      ? `${name} is not a name that is known here; did you mean ${meant}?`
      : `${name} is not a file that belongs here`,
    fix: meant
      ? `rename it to ${folder}${meant}`
      : (whereItBelongs(path) ?? "delete it, or move it elsewhere"),
  };
}

/** The known name that a stray file was probably meant to have. */
function meantName(path: string, name: string): string | null {
  const parts = path.split("/");
  const [top] = parts;
  if (top === "gifts") return parts.length === 3 ? nearestWord(name, ["gift.yaml"]) : null;
  const stem = name.replace(/\.(ya?ml|json)(\.txt)?$/i, "");
  if (parts.length === 2) return nearestWord(name, ["policy.yaml"]);
  if (parts.length !== 3 || stem === name) return null;
  const [, folder] = parts;
  if (folder === "environments" && /\.root$/i.test(stem)) return `${stem}.json`;
  if (folder !== "environments" && folder !== "overrides" && /\.lock$/i.test(stem)) return `${stem}.json`;
  return /\.json$/i.test(name) ? null : `${stem}.yaml`;
}

function whereItBelongs(path: string): string | null {
  const parts = path.split("/");
  const [top, gift] = parts;
  if (top === "gifts" && gift !== undefined && parts.length > 2)
    return `delete it; if it belongs to the animation, move it below ${giftPath(gift, "source/")} and name it in gift.yaml`;
  if (top === "gifts") return "delete it; each gift has a folder of its own: gifts/<id>/gift.yaml";
  if (top === "releases" && parts.length === 3 && giftOfPath(path) !== undefined)
    return "delete it; only <version>.yaml and <version>.lock.json belong here";
  return null;
}

function toUnnamed(
  path: string,
  below: string,
  gift: GiftFile,
  id: string,
  paths: ReadonlySet<string>,
): Finding {
  // Whoever misspelt a name in gift.yaml must not be told to delete the file that was meant.
  const meant = (["animation", "sound", "still"] as const).find((role) => {
    const written = gift[role];
    return (
      written !== undefined && !paths.has(giftPath(id, written)) && nearestWord(below, [written]) !== null
    );
  });
  return {
    ...stray(path),
    message: `gift.yaml does not name ${below}; its ${meant ?? "animation"} is ${gift[meant ?? "animation"] ?? ""}`,
    fix: meant
      ? `write ${meant}: ${below} in ${giftPath(id)} if this file is meant; if not, delete it`
      : `name it in ${giftPath(id)} as animation, sound or still, or for a tier below variants, or delete it`,
  };
}

function toLonelyRoot(path: string, name: string): Finding {
  return {
    ...stray(path),
    message: `this is the trusted root of "${name}", but there is no environment of that name`,
    fix: `delete it, or write ${environmentPath(name)}`,
  };
}

function toMisplaced(path: string, folder: string, meant: string): Finding {
  return {
    ...stray(path),
    message: `releases/${folder}/ is no gift; did you mean releases/${meant}/?`,
    fix: `move its files to releases/${meant}/`,
  };
}

function toGiftMissing(path: string, gift: string): Finding {
  return {
    code: "GIFT_MISSING",
    severity: "error",
    place: startOf(path),
    message: `gifts/${gift}/ has source files but no gift.yaml`,
    fix: `write ${giftPath(gift)} with id, name, owner and animation, or delete the folder`,
    gift,
  };
}

function stray(path: string): Pick<Finding, "code" | "severity" | "place" | "gift"> {
  const gift = giftOfPath(path);
  return {
    code: "STRAY_FILE",
    severity: "error",
    place: startOf(path),
    ...(gift !== undefined && { gift }),
  };
}
