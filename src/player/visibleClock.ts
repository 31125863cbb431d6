/** Milliseconds that pass only while somebody can look: a tab in the background draws nothing, and has dropped no frame. */
export class VisibleClock {
  #hidden = 0;
  #hiddenSince: number | null = document.hidden ? performance.now() : null;

  constructor() {
    document.addEventListener("visibilitychange", this.#change);
  }

  now(): number {
    return (this.#hiddenSince ?? performance.now()) - this.#hidden;
  }

  close(): void {
    document.removeEventListener("visibilitychange", this.#change);
  }

  readonly #change = (): void => {
    if (document.hidden) this.#hiddenSince ??= performance.now();
    else if (this.#hiddenSince !== null) {
      this.#hidden += performance.now() - this.#hiddenSince;
      this.#hiddenSince = null;
    }
  };
}
