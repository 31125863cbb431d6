import type { Project } from "../model/project.ts";
import type { Finding } from "../report/finding.ts";
import { nearestWord } from "../report/nearest.ts";
import { findCycle, toGiftGraph } from "./giftGraph.ts";
import { giftsWithUnreadReleases, writtenGifts, writtenReleases } from "./written.ts";

/** Every fallback leads to another gift that can be shown, and never back. */
export function checkFallbacks(project: Project): Finding[] {
  const known = writtenGifts(project);
  const unread = giftsWithUnreadReleases(project);
  const releases = writtenReleases(project);
  const open = releases.filter((it) => it.isOpen);
  const openGifts = new Set(open.map((it) => it.gift));
  const graph = toGiftGraph(
    open.flatMap(({ gift, release }) => (release.value.fallback ?? []).map((to) => [gift, to.gift] as const)),
  );
  return releases.flatMap(({ gift, release, isOpen, severity }) =>
    (release.value.fallback ?? []).flatMap(({ gift: to }, at): Finding[] => {
      const place = release.place(["fallback", at, "gift"]);
      if (!known.has(to)) {
        const near = nearestWord(
          to,
          [...known].filter((it) => it !== gift),
        );
        return [
          {
            code: "FALLBACK_UNKNOWN",
            severity,
            place,
            gift,
            message: `there is no gift "${to}" to fall back to${near ? `; did you mean "${near}"?` : ""}`,
            fix: near ? `write "${near}" instead of "${to}"` : "write the id of another gift, or take it out",
          },
        ];
      }
      const cycle = isOpen || to === gift ? findCycle(graph, gift, to) : null;
      if (cycle) {
        return [
          {
            code: "FALLBACK_CYCLE",
            severity,
            place,
            gift,
            message: `this fallback leads back to its own gift: ${cycle.join(" -> ")}`,
            fix: "take this fallback out, or choose a gift that does not lead back here",
          },
        ];
      }
      // Only ever a warning: closing a release is a rollback, and must not stop the gifts that fall back to it.
      if (!openGifts.has(to) && !unread.has(to)) {
        return [
          {
            code: "FALLBACK_NOWHERE",
            severity: "warning",
            place,
            gift,
            message: `"${to}" has no open release, so falling back to it shows nothing`,
            fix: `open a release of ${to}, or choose another gift; until then viewers get the still`,
          },
        ];
      }
      return [];
    }),
  );
}
