// One tier by sharp and nothing else: FOLDER SIDE QUALITY EFFORT FPS OUT. What somebody would write in an afternoon.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";

const [folder = "", side, quality, effort, fps, out = ""] = process.argv.slice(2);
sharp.concurrency(1);
const names = (await readdir(folder)).sort();
const size = Number(side);
// Frame by frame: a row of frames that is scaled as one picture bleeds from each into the next.
const frames = [];
for (const name of names)
  frames.push(
    await sharp(join(folder, name))
      .ensureAlpha()
      .resize({ width: size, height: size, fit: "fill", kernel: "lanczos3" })
      .raw()
      .toBuffer(),
  );
await sharp(Buffer.concat(frames), {
  raw: { width: size, height: size * names.length, channels: 4, pageHeight: size },
  limitInputPixels: false,
})
  .webp({
    quality: Number(quality),
    effort: Number(effort),
    loop: 1,
    delay: names.map(
      (_, at) => Math.round(((at + 1) * 1_000) / Number(fps)) - Math.round((at * 1_000) / Number(fps)),
    ),
  })
  .toFile(out);
