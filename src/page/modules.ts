import type { PlayerModules } from "../player/player.ts";

const SVGA_URL: string = "/players/svga.js";
const LOTTIE_URL: string = "/players/lottie.js";

/** The players that are packages of their own, from where this project's pages are served. */
export const MODULES: PlayerModules = { svga: () => import(SVGA_URL), lottie: () => import(LOTTIE_URL) };
