import { checkSeconds, MAX_SOUND_SECONDS } from "./limits.ts";
import { MediaError, type MediaFormat, soundOf } from "./media.ts";
import { oggPages } from "./ogg.ts";
import { playedBytes } from "./playedBytes.ts";
import { cutOff } from "./riff.ts";

/** Whatever it was recorded at: RFC 7845, section 4. */
const SAMPLES_PER_SECOND = 48_000;
const AS_OPUS = "export the sound as Opus, MP3 or AAC";
/** How the first packet of a stream begins: RFC 7845, section 5.1, and the codecs' own mappings to Ogg. */
const HEAD = "OpusHead";
/** The second packet; the sound begins behind it. */
const NOTES = 1;
/** Packets last 2.5 ms at least; a second more for what is not heard. A file of a few megabytes could hold millions that say nothing. */
const MAX_PACKETS = (MAX_SOUND_SECONDS + 1) * 400;
/** Title and artist are a few hundred bytes; more is a cover that nobody sees. */
const MIN_DEAD_BYTES = 1_024;
const OTHERS: readonly (readonly [beginning: string, name: string])[] = [
  ["\x01vorbis", "Vorbis sound"],
  ["\x7fFLAC", "FLAC sound"],
  ["Speex   ", "Speex sound"],
  ["\x80theora", "Theora video"],
];

/**
 * Opus in Ogg. The length is what its packets hold (RFC 6716, section 3.1), cut at the end where its last page says so, without
 * what a decoder needs to start (RFC 7845, section 4).
 */
export const opus: MediaFormat = {
  name: "Opus",
  matches: ([o, g, g2, s]) => o === 0x4f && g === 0x67 && g2 === 0x67 && s === 0x53,
  read(bytes) {
    const { samples, noteBytes } = readStream(bytes);
    const seconds = samples / SAMPLES_PER_SECOND;
    checkSeconds("Opus", seconds, MAX_SOUND_SECONDS);
    const sound = { codec: "opus", seconds, bytes: bytes.length };
    const media = soundOf("opus", "audio/ogg", ["opus", "ogg"], sound, playedBytes(seconds));
    if (noteBytes <= MIN_DEAD_BYTES) return media;
    return {
      ...media,
      deadWeight: [
        { what: "file", name: "the notes before the sound (OpusTags)", bytes: noteBytes, isRemovable: false },
      ],
    };
  },
};

/** Samples of each channel that are heard, and how long the notes are. */
function readStream(bytes: Uint8Array): { samples: number; noteBytes: number } {
  let stream = -1;
  let sequence = 0;
  let packets = 0;
  let preSkip = 0;
  let samples = 0;
  let noteBytes = 0;
  let position = 0;
  let isEnded = false;
  let isInPacket = false;
  for (const page of oggPages(bytes)) {
    if (stream === -1) stream = page.stream;
    if (page.stream !== stream || isEnded)
      throw new MediaError("the Ogg file holds more than one stream", "export one sound into one file");
    if (page.sequence !== sequence++) throw cutOff("Opus", "a page of it is missing");
    if (page.isContinued !== isInPacket) throw cutOff("Opus", "a packet of it is torn");
    for (const [index, { data, isEnd }] of page.pieces.entries()) {
      const isStart = !(index === 0 && isInPacket);
      isInPacket = !isEnd;
      if ((isStart ? packets : packets - 1) === NOTES) noteBytes += data.length;
      if (!isStart) continue;
      if (packets === 0) preSkip = readHead(data);
      else if (packets > NOTES) samples += samplesOf(data);
      packets += 1;
      if (packets > MAX_PACKETS) throw tooLong();
    }
    if (page.position > 0) position = page.position;
    isEnded = page.isLast;
  }
  if (!isEnded) throw cutOff("Opus", "its last page is missing");
  return { samples: Math.max(0, Math.min(samples, position) - preSkip), noteBytes };
}

function readHead(packet: Uint8Array): number {
  const text = Buffer.from(packet.subarray(0, 8)).toString("latin1");
  if (text === HEAD && packet.length >= 19) return (packet[10] ?? 0) | ((packet[11] ?? 0) << 8);
  const other = OTHERS.find(([beginning]) => text.startsWith(beginning));
  if (text === HEAD) throw cutOff("Opus", "its header is too short");
  throw new MediaError(
    other
      ? `this is ${other[1]} in Ogg, which is not supported`
      : "the Ogg file holds no sound that is known here",
    AS_OPUS,
  );
}

/**
 * What one packet holds: the first byte says how long its frames are and how many, or that the second says how many. There is one at
 * least (RFC 6716, section 3.4).
 */
function samplesOf([first, second = 0]: Uint8Array): number {
  const frames = first === undefined ? 0 : ([1, 2, 2, second & 0x3f][first & 3] ?? 0);
  if (first === undefined || frames === 0) throw cutOff("Opus", "a packet of it is empty");
  return frames * frameSamples(first >> 3);
}

function tooLong(): MediaError {
  return new MediaError(
    `the Opus has more than ${MAX_PACKETS} packets, so it lasts longer than ${MAX_SOUND_SECONDS} seconds`,
    "make it shorter and export it again",
  );
}

/** RFC 6716, table 2: SILK has 10, 20, 40, 60 ms; hybrid 10, 20; CELT 2.5, 5, 10, 20. */
function frameSamples(config: number): number {
  if (config < 12) return [480, 960, 1_920, 2_880][config & 3] ?? 0;
  if (config < 16) return config & 1 ? 960 : 480;
  return [120, 240, 480, 960][config & 3] ?? 0;
}
