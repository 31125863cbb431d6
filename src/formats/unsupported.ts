import { brandsOf } from "./isobmff.ts";
import { MediaError } from "./media.ts";

const AS_ANIMATION = "export the animation as SVGA 2.x, Lottie JSON, dotLottie, PAG or animated WebP";
const AS_PICTURE_OR_FRAMES = "export a picture as PNG or WebP, an animation as PNG files in a folder";
const AS_MP4 = "export it as MP4 with H.264, its transparency beside the colour";
const AS_SOUND = "export the sound as MP3, AAC or Opus, or as WAV with uncompressed 16-bit PCM samples";
const SPINE: Known = {
  what: "a part of a Spine animation",
  fix: "render it in Spine (Export, PNG sequence) into a folder, or as a video with transparency",
};

interface Known {
  readonly what: string;
  readonly fix: string;
}

/** First bytes of formats that are not supported, as text in which every character is one byte. */
const BEGINNINGS: readonly (readonly [known: Known, ...beginnings: string[]])[] = [
  [{ what: "a Rive animation", fix: AS_ANIMATION }, "RIVE"],
  [{ what: "a WebM or Matroska video", fix: AS_MP4 }, "\x1a\x45\xdf\xa3"],
  [{ what: "a FLAC sound", fix: AS_SOUND }, "fLaC"],
  [{ what: "a Photoshop document", fix: AS_PICTURE_OR_FRAMES }, "8BPS"],
  [{ what: "a TIFF picture", fix: AS_PICTURE_OR_FRAMES }, "II*\0", "MM\0*"],
  [{ what: "an After Effects project", fix: AS_ANIMATION }, "RIFX"],
  [
    { what: "an SVG or XML file", fix: "export a drawing as PNG, an animation as Lottie JSON" },
    "<svg",
    "<?xml",
  ],
  [{ what: "a gzip archive", fix: "unpack it and upload the file that is inside" }, "\x1f\x8b"],
  [{ what: "a zip archive", fix: "unpack it and upload the files that are inside" }, "PK\x03\x04"],
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
    "use SVGA, Lottie JSON, dotLottie, PAG, VAP or another MP4, animated WebP, GIF, APNG or AVIF, or PNG frames for animations; PNG, JPEG, WebP or AVIF for pictures; MP3, AAC, Opus or WAV for sounds",
  );
}

function knownBeginning(bytes: Uint8Array, start: string): Known | undefined {
  if (start.slice(4, 8) === "ftyp") return movieOf(bytes);
  if (isSpineText(start) || isSpineBinary(bytes)) return SPINE;
  return BEGINNINGS.find(([, ...beginnings]) => beginnings.some((it) => start.startsWith(it)))?.[0];
}

/** Files of the same boxes as an MP4. MP4 and AVIF are read, so they do not come here. */
function movieOf(bytes: Uint8Array): Known {
  if (brandsOf(bytes).includes("qt  ")) return { what: "a QuickTime movie (MOV)", fix: AS_MP4 };
  return { what: "a HEIF picture", fix: AS_PICTURE_OR_FRAMES };
}

/** An atlas: the name of its first page, then lines such as `size: 1024, 512` (Spine, Atlas export format). */
function isSpineText(start: string): boolean {
  return /^\s*[^\n]{1,200}\.(?:png|webp|jpg)\r?\n(?:[^\n]*\r?\n){0,3}?\s*size:\s*\d+\s*,\s*\d+/.test(start);
}

/** A skeleton: eight bytes of hash, then the version as a text with its length before it (Spine, Binary export format). */
function isSpineBinary(bytes: Uint8Array): boolean {
  const length = bytes[8] ?? 0;
  return length > 3 && length < 16 && /^[3-9]\.\d+\.\d+/.test(latin1(bytes.subarray(9, 8 + length)));
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
