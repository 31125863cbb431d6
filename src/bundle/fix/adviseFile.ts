import type { Advice, Media } from "../../formats/media.ts";
import type { PolicyFile } from "../../model/schemas.ts";
import { TIERS } from "../../wire/viewer.ts";

/** Video coders work in blocks of so many pixels; what is left over at an edge shows as a green line (Tencent/vap#70). */
const BLOCK_PIXELS = 16;
/** Frame rates that SVGA players show evenly: whole parts of 60 (github.com/svga/SVGA-Format, proto/svga.proto). */
const SVGA_RATES = [1, 2, 3, 5, 6, 10, 12, 15, 20, 30, 60];

/** What could be better about a file and only its author may decide, each with what to do. */
export function adviseFile(media: Media, policy: PolicyFile | null): readonly Advice[] {
  return [
    ...media.warnings,
    ...adviseVideo(media),
    ...adviseRate(media),
    ...adviseImages(media, policy),
    ...adviseTiers(media),
  ];
}

function adviseVideo({ video }: Media): Advice[] {
  if (!video) return [];
  const { width, height } = video;
  const [wide, high] = [width, height].map((it) => Math.ceil(it / BLOCK_PIXELS) * BLOCK_PIXELS);
  if (wide === width && high === height) return [];
  return [
    {
      message: `its video is ${width}x${height}, and some phones show a green edge where a side is no multiple of ${BLOCK_PIXELS}`,
      fix: `export the video as ${wide}x${high}`,
    },
  ];
}

function adviseRate({ format, fps }: Media): Advice[] {
  if (format !== "svga" || SVGA_RATES.includes(fps)) return [];
  const nearest = SVGA_RATES.reduce((a, b) => (Math.abs(b - fps) < Math.abs(a - fps) ? b : a));
  return [
    {
      message: `it plays ${fps} frames per second, which SVGA players cannot show evenly`,
      fix: `export it with ${nearest}; ${SVGA_RATES.join(", ")} are even`,
    },
  ];
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
