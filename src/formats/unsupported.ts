import { brandsOf } from "./isobmff.ts";
import { MediaError } from "./media.ts";

const AS_ANIMATION = "export the animation as SVGA 2.x, as Lottie JSON, or as PNG files in a folder";
const AS_MP4 = "export it as MP4 with H.264, its transparency beside the colour";
const AS_FRAMES = "export the frames as PNG files into a folder";
const AS_PICTURE_OR_FRAMES = "export a picture as PNG or WebP, an animation as PNG files in a folder";
const AS_SOUND = "export the sound as MP3, AAC or Opus, or as WAV with uncompressed 16-bit PCM samples";

interface Known {
  readonly what: string;
  readonly fix: string;
}

/** First bytes of formats that are not read yet, as text in which every character is one byte. */
const BEGINNINGS: readonly (readonly [known: Known, ...beginnings: string[]])[] = [
  [{ what: "a GIF", fix: AS_FRAMES }, "GIF87a", "GIF89a"],
  [{ what: "a PAG animation", fix: AS_ANIMATION }, "PAG\x01", "PAG\x02", "PAG\x03"],
  [{ what: "a Rive animation", fix: AS_ANIMATION }, "RIVE"],
  [{ what: "a WebM or Matroska video", fix: AS_MP4 }, "\x1a\x45\xdf\xa3"],
  [{ what: "a FLAC sound", fix: AS_SOUND }, "fLaC"],
  [
    { what: "an SVG or XML file", fix: "export a drawing as PNG, an animation as Lottie JSON" },
    "<svg",
    "<?xml",
  ],
  [{ what: "a gzip archive", fix: "unpack it and upload the file that is inside" }, "\x1f\x8b"],
];

/** Why a file that no format matches cannot be used, in words; names the format when its first bytes tell. */
export function explainUnsupported(bytes: Uint8Array): MediaError {
  if (bytes.length === 0)
    return new MediaError("the file is empty", "export it again and upload the whole file");
  const start = latin1(bytes.subarray(0, 4_096));
  if (start.startsWith("version https://git-lfs"))
    return new MediaError(
      "this is a Git LFS pointer, a note that the file is kept elsewhere, and not the file",
      "take gifts/ out of .gitattributes and upload the file itself",
    );
  const known = knownBeginning(bytes, start);
  if (known) return new MediaError(`this is ${known.what}, which is not supported yet`, known.fix);
  return new MediaError(
    "this is no kind of file that is known here",
    "use SVGA 2.x, Lottie JSON, VAP, YYEVA, MP4 or PNG frames for animations, PNG, WebP, AVIF or JPEG for pictures, MP3, AAC, Opus or WAV for sounds",
  );
}

function knownBeginning(bytes: Uint8Array, start: string): Known | undefined {
  if (start.startsWith("PK\x03\x04")) return zipOf(start + latin1(bytes.subarray(-65_536)));
  if (start.slice(4, 8) === "ftyp") return movieOf(bytes);
  return BEGINNINGS.find(([, ...beginnings]) => beginnings.some((it) => start.startsWith(it)))?.[0];
}

/** The names of the files in a zip archive stand in its local headers and again in the directory at its end. */
function zipOf(names: string): Known {
  if (/movie\.(?:spec|binary)/.test(names))
    return { what: "an SVGA 1.x file", fix: "export it again as SVGA 2.x" };
  if (names.includes("manifest.json"))
    return {
      what: "a dotLottie file",
      fix: "export it as Lottie JSON, with the images included in the JSON",
    };
  return { what: "a zip archive", fix: "unpack it and upload the files that are inside" };
}

/** Files of the same boxes as an MP4. MP4 and AVIF are read, so they do not come here. */
function movieOf(bytes: Uint8Array): Known {
  if (brandsOf(bytes).includes("qt  ")) return { what: "a QuickTime movie (MOV)", fix: AS_MP4 };
  return { what: "a HEIF picture", fix: AS_PICTURE_OR_FRAMES };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
