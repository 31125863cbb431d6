/** Colours as #rrggbb. `test/rollout/verdictPictures.test.ts` holds their contrast. */
export interface Theme {
  readonly name: "light" | "dark";
  readonly background: string;
  readonly border: string;
  readonly grid: string;
  readonly text: string;
  readonly muted: string;
  /** The release on trial. */
  readonly accent: string;
  /** What must not be crossed. */
  readonly limit: string;
}

/** GitHub's own colours, so that a picture looks at home in a comment. */
export const LIGHT: Theme = {
  name: "light",
  background: "#ffffff",
  border: "#d1d9e0",
  grid: "#e6eaef",
  text: "#1f2328",
  muted: "#59636e",
  accent: "#0969da",
  limit: "#c21c2c",
};

export const DARK: Theme = {
  name: "dark",
  background: "#0d1117",
  border: "#3d444d",
  grid: "#21262d",
  text: "#f0f6fc",
  muted: "#9ea7b3",
  accent: "#58a6ff",
  limit: "#ff7b72",
};

export const THEMES: readonly Theme[] = [LIGHT, DARK];
