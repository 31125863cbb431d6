import type { Advice, Media } from "../../formats/media.ts";
import type { PolicyFile } from "../../model/schemas.ts";
import { TIERS } from "../../wire/viewer.ts";

/** What could be better about a file and only its author may decide, each with what to do. */
export function adviseFile(media: Media, policy: PolicyFile | null): readonly Advice[] {
  return [...media.warnings, ...adviseImages(media, policy), ...adviseTiers(media)];
}

function adviseImages({ images }: Media, policy: PolicyFile | null): Advice[] {
  const allowed = TIERS.flatMap((tier) => {
    const most = policy?.tiers[tier].budget.images;
    return most !== undefined && images > most ? [{ tier, most }] : [];
  });
  const [strictest] = allowed.sort((a, b) => a.most - b.most);
  if (!strictest) return [];
  return [
    {
      message: `it has ${images} images; the ${strictest.tier} tier allows ${strictest.most}`,
      fix: "draw with fewer layers, move images instead of exporting a row of them, or export a video",
    },
  ];
}

/** What the build cannot make smaller for weak devices, and what would let it. */
function adviseTiers({ format, player }: Media): Advice[] {
  if (format === "svga" && player?.version.startsWith("1."))
    return [
      {
        message: "it is SVGA 1.x, so every tier gets it as it is",
        fix: "export it again as SVGA 2.x: its images are then scaled for each tier",
      },
    ];
  if (!["vap", "yyeva", "mp4", "pag", "avif"].includes(format)) return [];
  return [
    {
      message: "every tier gets it as it is, since it cannot be made smaller here",
      fix: "export a smaller one for weak devices and name it in gift.yaml: variants: { low: source/... }",
    },
  ];
}
