import sharp from "sharp";

const WINDOW = 8;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

/**
 * How alike the frames of an animation are to pictures, from 0 to 1: the mean structural similarity of their brightness over grey (Wang,
 * Bovik, Sheikh, Simoncelli 2004, equation 13), in windows of 8x8 side by side. Frames beyond the last picture are not looked at.
 * @param {string} animation a file
 * @param {readonly string[]} pictures files, one for each frame
 */
export async function meanSsim(animation, pictures) {
  const { data, info } = await sharp(animation, { animated: true, limitInputPixels: false })
    .flatten({ background: "#808080" })
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const height = info.pageHeight ?? info.height;
  const bytes = info.width * height * info.channels;
  const frames = data.length / bytes;
  let sum = 0;
  // An encoder may join equal frames, so that there are fewer: every picture is compared with the frame of its share of the time.
  for (const [at, picture] of pictures.entries()) {
    const frame = Math.min(frames - 1, Math.floor((at * frames) / pictures.length));
    const wanted = await sharp(picture).flatten({ background: "#808080" }).greyscale().raw().toBuffer();
    sum += ssim(data.subarray(frame * bytes, (frame + 1) * bytes), wanted, info.width, height, info.channels);
  }
  return sum / pictures.length;
}

function ssim(a, b, width, height, channels) {
  const step = b.length / (width * height);
  let sum = 0;
  let windows = 0;
  for (let top = 0; top + WINDOW <= height; top += WINDOW)
    for (let left = 0; left + WINDOW <= width; left += WINDOW) {
      let [sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0];
      for (let y = top; y < top + WINDOW; y++)
        for (let x = left; x < left + WINDOW; x++) {
          const va = a[(y * width + x) * channels];
          const vb = b[(y * width + x) * step];
          sa += va;
          sb += vb;
          saa += va * va;
          sbb += vb * vb;
          sab += va * vb;
        }
      const n = WINDOW * WINDOW;
      const [ma, mb] = [sa / n, sb / n];
      const [va, vb, cov] = [saa / n - ma * ma, sbb / n - mb * mb, sab / n - ma * mb];
      sum += ((2 * ma * mb + C1) * (2 * cov + C2)) / ((ma * ma + mb * mb + C1) * (va + vb + C2));
      windows++;
    }
  return sum / windows;
}
