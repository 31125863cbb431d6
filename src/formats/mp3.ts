import { checkSeconds, MAX_SOUND_SECONDS } from "./limits.ts";
import { type DeadWeight, type Media, MediaError, type MediaFormat, soundOf } from "./media.ts";
import { mpegFrame, type MpegFrame, summaryFrames } from "./mpegFrame.ts";
import { playedBytes } from "./playedBytes.ts";
import { cutOff } from "./riff.ts";

const ID3V2_HEADER_BYTES = 10;
const ID3V1_BYTES = 128;
/** Title and artist are a few hundred bytes; more is a cover that nobody sees. */
const MIN_DEAD_BYTES = 1_024;

/**
 * MP3: MPEG-1 and MPEG-2 audio, layer III. Every frame is followed to the end. Source: ISO/IEC 11172-3, section 2.4, and
 * ISO/IEC 13818-3; tags around it from id3.org (ID3v2.4.0, section 3.1) and the APE Tags specification. What encoders add at the start
 * and the end is not taken off.
 */
export const mp3: MediaFormat = {
  name: "MP3",
  matches: (bytes) => isId3(bytes) || mpegFrame(bytes, 0) !== null,
  read: readMp3,
};

/** @throws MediaError as {@link MediaFormat.read} does */
export function readMp3(bytes: Uint8Array): Media {
  const start = skipId3(bytes);
  const { end, seconds } = followFrames(bytes, start);
  checkTail(bytes, end);
  checkSeconds("MP3", seconds, MAX_SOUND_SECONDS);
  const sound = { codec: "mp3", seconds, bytes: bytes.length };
  const media = soundOf("mp3", "audio/mpeg", ["mp3"], sound, playedBytes(seconds));
  return { ...media, deadWeight: tags(start, bytes.length - end) };
}

function isId3([i, d, three]: Uint8Array): boolean {
  return i === 0x49 && d === 0x44 && three === 0x33;
}

/** Where the sound begins: behind ID3v2, whose size is written in seven bits a byte and leaves out header and footer. */
function skipId3(bytes: Uint8Array): number {
  if (!isId3(bytes)) return 0;
  const [flags = 0, a = 0x80, b = 0, c = 0, d = 0] = bytes.subarray(5, ID3V2_HEADER_BYTES);
  if ((a | b | c | d) & 0x80) throw cutOff("MP3", "its tag (ID3) has an impossible size");
  const size = (a << 21) | (b << 14) | (c << 7) | d;
  const end = ID3V2_HEADER_BYTES + size + (flags & 0x10 ? ID3V2_HEADER_BYTES : 0);
  if (end > bytes.length)
    throw cutOff("MP3", `its tag (ID3) says that it has ${end} bytes, ${bytes.length} are there`);
  // Some tools leave zeros between the tag and the sound.
  let start = end;
  while (bytes[start] === 0) start++;
  return start;
}

/** Follows frames of one kind; the first one may be a summary without sound. */
function followFrames(bytes: Uint8Array, start: number): { end: number; seconds: number } {
  const first = mpegFrame(bytes, start);
  if (!first)
    throw new MediaError(
      "the MP3 has no sound where it should begin",
      "export the sound as MP3 (MPEG layer III) again and upload the whole file",
    );
  const said = summaryFrames(bytes, start, first);
  let frames = 0;
  let at = start;
  for (let frame: MpegFrame | null = first; frame; frame = mpegFrame(bytes, at)) {
    if (frame.samplesPerSecond !== first.samplesPerSecond) break;
    if (at + frame.bytes > bytes.length) throw cutOff("MP3", "its last frame is not all there");
    at += frame.bytes;
    frames += 1;
  }
  const heard = said === null ? frames : frames - 1;
  if (said !== null && heard < said) throw cutOff("MP3", `${heard} frames of ${said} are there`);
  return { end: at, seconds: (heard * first.samples) / first.samplesPerSecond };
}

/** Behind the sound stand tags, zeros, or nothing. */
function checkTail(bytes: Uint8Array, end: number): void {
  const rest = bytes.subarray(end);
  const text = Buffer.from(rest.subarray(0, 12)).toString("latin1");
  const isTag =
    text.startsWith("APETAGEX") ||
    text.startsWith("LYRICSBEGIN") ||
    (text.startsWith("TAG") && rest.length === ID3V1_BYTES);
  if (isTag || rest.every((it) => it === 0)) return;
  throw cutOff("MP3", `there is no sound at byte ${end}, and ${rest.length} bytes come after it`);
}

function tags(before: number, behind: number): DeadWeight[] {
  const found = [
    { what: "file", name: "the tag before the sound (ID3)", bytes: before, isRemovable: false },
    { what: "file", name: "the tag behind the sound", bytes: behind, isRemovable: false },
  ] as const;
  return found.filter((it) => it.bytes > MIN_DEAD_BYTES);
}
