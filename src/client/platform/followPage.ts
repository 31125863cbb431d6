/** What changes with a page: `GiftwrapClient` is one. */
export interface Followed {
  foreground(): void;
  background(): void;
}

/** The part of a browser's `window` that is listened to. */
export interface PageWindow {
  readonly document: Pick<Document, "visibilityState" | "addEventListener" | "removeEventListener">;
  addEventListener(type: "pagehide" | "pageshow", listener: () => void): void;
  removeEventListener(type: "pagehide" | "pageshow", listener: () => void): void;
}

/**
 * Tells when a browser's page is seen, now and again, and when it goes away: hidden is the last that a page on a phone can rely on
 * hearing, and `pagehide` the last on the others. What it gives ends that.
 */
export function followPage(followed: Followed, page: PageWindow = window): () => void {
  const { document } = page;
  const look = () => (document.visibilityState === "hidden" ? followed.background() : followed.foreground());
  const leave = () => followed.background();
  document.addEventListener("visibilitychange", look);
  page.addEventListener("pageshow", look);
  page.addEventListener("pagehide", leave);
  look();
  return () => {
    document.removeEventListener("visibilitychange", look);
    page.removeEventListener("pageshow", look);
    page.removeEventListener("pagehide", leave);
  };
}
