import type { Json } from "./lottieScales.ts";
import type { PlaceOf } from "./shrinkImages.ts";

const DATA_URL = /^data:(image\/[\w.+-]+);base64,/;

/** The images that stand in the JSON of a Lottie itself, as `data:` URLs. */
export interface EmbeddedImages {
  readonly placeOf: PlaceOf;
  /** Writes new images where the old ones stood; what lies elsewhere is passed over. */
  put(images: ReadonlyMap<string, Uint8Array>): void;
}

export function embeddedImages(): EmbeddedImages {
  const assets = new Map<string, Json>();
  return {
    placeOf(asset) {
      const { p: url } = asset;
      const start = typeof url === "string" ? DATA_URL.exec(url) : null;
      if (typeof url !== "string" || !start) return null;
      // No file in an archive has such a path.
      const place = `/${assets.size}`;
      assets.set(place, asset);
      return { place, bytes: Buffer.from(url.slice(start[0].length), "base64") };
    },
    put(images) {
      for (const [place, image] of images) {
        const asset = assets.get(place);
        const [start = ""] = DATA_URL.exec(String(asset?.["p"])) ?? [];
        if (asset) asset["p"] = `${start}${Buffer.from(image).toString("base64")}`;
      }
    },
  };
}
