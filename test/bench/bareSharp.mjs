// One tier by sharp and nothing else: FOLDER SIDE QUALITY EFFORT FPS OUT. What somebody would write in an afternoon.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";

const [folder = "", side, quality, effort, fps, out = ""] = process.argv.slice(2);
sharp.concurrency(1);
const names = (await readdir(folder)).sort();
await sharp(
  names.map((it) => join(folder, it)),
  { join: { animated: true } },
)
  .resize({ width: Number(side), height: Number(side), fit: "fill", kernel: "lanczos3" })
  .webp({
    quality: Number(quality),
    effort: Number(effort),
    loop: 1,
    delay: names.map(
      (_, at) => Math.round(((at + 1) * 1_000) / Number(fps)) - Math.round((at * 1_000) / Number(fps)),
    ),
  })
  .toFile(out);
