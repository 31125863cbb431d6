/** Counts for players that keep their own time and say only which frame they draw: who leaps over frames dropped them. */
export class FrameCounter {
  readonly #total: number;
  #last = -1;
  #frames = 0;
  #dropped = 0;

  /** @param total how many frames the animation has */
  constructor(total: number) {
    this.#total = Math.max(1, Math.round(total));
  }

  get frames(): number {
    return this.#frames;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** The frame that was drawn, from 0; a smaller one than before means that the animation began again. */
  drew(frame: number): void {
    const at = Math.min(Math.max(0, Math.floor(frame)), this.#total - 1);
    if (at === this.#last) return;
    const steps = ((at - this.#last + this.#total - 1) % this.#total) + 1;
    this.#frames += steps;
    this.#dropped += steps - 1;
    this.#last = at;
  }
}
