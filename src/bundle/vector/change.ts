/** What was done to one thing inside of an animation. Pixels are 0 for what is no picture. */
export interface Change {
  /** `dropped`: nobody sees or hears it; `cut`: clear edges taken off; `scaled`: fewer pixels; `cut and scaled`: both. */
  readonly kind: "dropped" | "cut" | "scaled" | "cut and scaled";
  /** Its key, id or path inside of the file. */
  readonly name: string;
  readonly before: Weight;
  readonly after: Weight;
}

export interface Weight {
  /** As it is stored. */
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
}

export const NOTHING: Weight = { bytes: 0, width: 0, height: 0 };

/** A file after what was done to it: the very same bytes when nothing was. */
export interface Rewritten {
  readonly bytes: Uint8Array;
  readonly changes: readonly Change[];
}
