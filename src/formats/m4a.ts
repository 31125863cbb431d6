import { checkSeconds, MAX_SOUND_SECONDS } from "./limits.ts";
import { type Media, MediaError, soundOf } from "./media.ts";
import type { Movie } from "./movie.ts";
import { playedBytes } from "./playedBytes.ts";
import { soundIn } from "./video.ts";

/**
 * The facts of an MP4 with AAC sound alone, which is called M4A.
 * @throws MediaError when there is no sound, or it is not coded as AAC
 */
export function soundOfMovie(movie: Movie): Media {
  const sound = soundIn(movie);
  if (!sound)
    throw new MediaError("the MP4 has neither a picture nor a sound in it", "export it as MP4 with H.264");
  if (sound.codec !== "aac")
    throw new MediaError(
      `the sound in the MP4 is coded as ${sound.codec}`,
      "export the sound as AAC (M4A) or MP3",
    );
  checkSeconds("M4A", sound.seconds, MAX_SOUND_SECONDS);
  return soundOf("aac", "audio/mp4", ["m4a", "mp4"], sound, playedBytes(sound.seconds));
}
