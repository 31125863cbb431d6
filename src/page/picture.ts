import type { LoadedFile } from "../client/load/loader.ts";
import { blobUrl } from "./blob.ts";
import { element } from "./elements.ts";
import { webpSeconds } from "./webp.ts";

/** Stills and animated WebP, by the browser itself. A file that plays a counted number of times is shown anew for a repeat. */
export async function playPicture(into: HTMLElement, file: LoadedFile, repeat: boolean): Promise<() => void> {
  const urls: string[] = [];
  const decode = async (): Promise<HTMLImageElement> => {
    // A new address each time: browsers go on with an animation whose address they know, at its last frame.
    const url = blobUrl(file);
    urls.push(url);
    const image = element("img", "");
    image.alt = `${file.gift}, ${file.role}`;
    image.src = url;
    await image.decode();
    return image;
  };
  const end = () => {
    clearInterval(timer);
    for (const url of urls) URL.revokeObjectURL(url);
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  try {
    into.replaceChildren(await decode());
  } catch (cause) {
    end();
    throw cause;
  }
  const seconds = repeat ? webpSeconds(file.content) : null;
  if (seconds !== null) {
    timer = setInterval(() => {
      void decode().then((image) => {
        into.replaceChildren(image);
        for (const url of urls.splice(0, urls.length - 1)) URL.revokeObjectURL(url);
      });
    }, 1000 * seconds);
  }
  return end;
}
