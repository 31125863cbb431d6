import { logAdd } from "./logSpace.ts";

/** What begins with the first block; the rest is spread over the looks that are planned, for what sets in late. */
const FIRST_SHARE = 0.7;

/**
 * An e-process mixed over alternatives, equally, and over the block in which it begins: 0.7 at the first, 0.3 spread over the planned
 * looks; what is not spent yet is kept as it is. A mixture of e-processes, with weights fixed before, is one.
 */
export class StartMixture {
  readonly #logs: Float64Array;
  readonly #logShare: number;
  readonly #perLook: number;
  #unspent = 1;
  #waiting = 0;
  #begun = false;

  /**
   * @param alternatives how many logarithms each block brings
   * @param looks how many blocks there will be; later ones begin nothing any more
   */
  constructor(alternatives: number, looks: number) {
    this.#logs = new Float64Array(alternatives).fill(Number.NEGATIVE_INFINITY);
    this.#logShare = -Math.log(alternatives);
    this.#perLook = (1 - FIRST_SHARE) / Math.max(1, looks);
  }

  /** Looks at which nothing was to be compared: what would have begun there begins with the next block. */
  skip(looks: number): void {
    this.#waiting += looks;
  }

  /** One more block, whose e-values have these logarithms. */
  add(logs: Float64Array): void {
    const looks = this.#waiting + 1;
    const weight = Math.min(this.#unspent, looks * this.#perLook + (this.#begun ? 0 : FIRST_SHARE));
    this.#begun = true;
    this.#waiting = 0;
    this.#unspent = Math.max(0, this.#unspent - weight);
    const logWeight = Math.log(weight);
    for (let at = 0; at < logs.length; at++)
      this.#logs[at] = (weight > 0 ? logAdd(this.#logs[at]!, logWeight) : this.#logs[at]!) + logs[at]!;
  }

  /** The logarithm of the e-process as it stands; 0 before the first block. */
  logValue(): number {
    let greatest = this.#unspent > 0 ? Math.log(this.#unspent) - this.#logShare : Number.NEGATIVE_INFINITY;
    const unspent = greatest;
    for (let at = 0; at < this.#logs.length; at++) if (this.#logs[at]! > greatest) greatest = this.#logs[at]!;
    let sum = Math.exp(unspent - greatest);
    for (let at = 0; at < this.#logs.length; at++) sum += Math.exp(this.#logs[at]! - greatest);
    return greatest + Math.log(sum) + this.#logShare;
  }
}
