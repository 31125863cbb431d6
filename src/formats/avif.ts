import { readPrimaryItem } from "./avifItem.ts";
import { type BoxFile, boxNamed, brandsOf, topBoxes } from "./isobmff.ts";
import { checkFps, checkFrames, checkSeconds, checkSize, MAX_ANIMATION_SECONDS } from "./limits.ts";
import { type Media, MediaError, type MediaFormat, pictureOf } from "./media.ts";
import { readMovie, type Track } from "./movie.ts";
import { cutOff } from "./riff.ts";
import { meanRate } from "./video.ts";

/** What is built up, the frame that is decoded and the one that is shown, at 4 bytes a pixel. */
const CANVAS_BYTES_OF_A_PIXEL = 3 * 4;
/** AV1 Bitstream & Decoding Process Specification, section 3: NUM_REF_FRAMES. */
const REFERENCES = 8;

/**
 * AVIF, stills and sequences. A file whose brands hold `avis` and that has a movie is a sequence; a still beside it in the same file
 * is what is shown where sequences are not known. Source: AV1 Image File Format (AOMedia), sections 3 and 6; ISO/IEC 23008-12, section 7.
 * A sequence that repeats for ever says so by an endless duration in its headers. That is no length: a gift plays once, so what counts is the sum
 * over its frames.
 */
export const avif: MediaFormat = {
  name: "AVIF",
  matches: (bytes) => brandsOf(bytes).some((it) => it === "avif" || it === "avis"),
  read(bytes) {
    const file = { noun: "AVIF", bytes };
    const top = topBoxes(file);
    const isSequence = brandsOf(bytes).includes("avis") && boxNamed(top, "moov") !== undefined;
    return isSequence ? sequence(file) : still(file);
  },
};

function still(file: BoxFile): Media {
  const { width, height } = readPrimaryItem(file);
  return pictureOf("avif", "image/avif", ["avif"], checkSize("AVIF", width, height));
}

function sequence(file: BoxFile): Media {
  const { tracks } = readMovie(file);
  const colour = tracks.find((it) => it.handler === "pict");
  if (!colour) throw cutOff("AVIF", "its row of pictures is missing");
  const alpha = tracks.find((it) => it.handler === "auxv");
  for (const track of alpha ? [colour, alpha] : [colour]) checkCoding(track);
  const { width, height } = checkSize("AVIF", colour.width, colour.height);
  checkFrames("AVIF", colour.samples);
  if (alpha && alpha.samples !== colour.samples)
    throw cutOff("AVIF", `it has ${colour.samples} pictures and transparency for ${alpha.samples}`);
  checkSeconds("AVIF", colour.seconds, MAX_ANIMATION_SECONDS);
  const fps = meanRate(colour.samples, colour.seconds);
  checkFps("AVIF", fps);
  const silent = tracks.filter((it) => it.handler === "soun");
  return {
    ...pictureOf("avif", "image/avif", ["avif", "avifs"], { width, height }),
    kind: "animation",
    frames: colour.samples,
    fps,
    durationSeconds: colour.seconds,
    // Luminance and colours of the references; transparency has luminance only.
    decodedBytes: width * height * (CANVAS_BYTES_OF_A_PIXEL + REFERENCES * (alpha ? 2.5 : 1.5)),
    memoryRule: `three canvases, and the ${REFERENCES} pictures that an AV1 decoder refers to`,
    player: { name: "avif", version: "1.0.0" },
    drawnBy: "browser",
    deadWeight: silent.map(({ codec, bytes }) => ({ what: "sound", name: codec, bytes, isRemovable: false })),
  };
}

function checkCoding({ codec, isTurned }: Track): void {
  if (!codec.startsWith("av01."))
    throw new MediaError(
      `the pictures in the AVIF are coded as ${codec}, not as AV1`,
      "export the animation as animated WebP, or as PNG files in a folder",
    );
  if (isTurned)
    throw new MediaError(
      "the AVIF is stored turned or mirrored, and not every player turns it back",
      "export it upright",
    );
}
