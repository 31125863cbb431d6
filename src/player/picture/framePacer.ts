/** A decoded frame, and how long it is to be shown. */
interface Timed<T> {
  readonly frame: T;
  readonly milliseconds: number;
}

/**
 * Which frame is due. Frames come in order as they are decoded, and the screen asks at its own rate. A frame whose time passed
 * between two questions is dropped. When frames come too late the animation waits for them instead of leaping, and each time that nothing
 * new could be shown counts as a dropped frame, too: so a decoder that is too slow shows in the figures.
 */
export class FramePacer<T> {
  readonly #waiting: Timed<T>[] = [];
  readonly #free: (frame: T) => void;
  /** When the next frame is due; null before the first. */
  #due: number | null = null;
  #isComplete = false;
  #frames = 0;
  #dropped = 0;

  constructor(free: (frame: T) => void) {
    this.#free = free;
  }

  /** How many frames were to be shown up to now. */
  get frames(): number {
    return this.#frames;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** How many decoded frames are held. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** @param milliseconds more than 0 */
  add(frame: T, milliseconds: number): void {
    this.#waiting.push({ frame, milliseconds });
  }

  /** No frame comes any more. */
  complete(): void {
    this.#isComplete = true;
  }

  /** The frame to draw at this moment, to be freed by who asked; null when what is shown stays. */
  next(now: number): T | null {
    let due = this.#due ?? now;
    if (due > now) return null;
    for (let head = this.#waiting.shift(); head; head = this.#waiting.shift()) {
      this.#frames++;
      const over = due + head.milliseconds;
      if (over <= now && this.#waiting.length > 0) {
        this.#dropped++;
        this.#free(head.frame);
        due = over;
        continue;
      }
      const missed = this.#isComplete ? 0 : Math.max(0, Math.floor((now - due) / head.milliseconds));
      this.#frames += missed;
      this.#dropped += missed;
      this.#due = over + missed * head.milliseconds;
      return head.frame;
    }
    return null;
  }

  /** Whether the last frame has had its time. */
  isOver(now: number): boolean {
    return this.#isComplete && this.#waiting.length === 0 && (this.#due === null || this.#due <= now);
  }

  /** Frees what was decoded and is not needed any more. */
  clear(): void {
    for (const { frame } of this.#waiting.splice(0)) this.#free(frame);
  }
}
