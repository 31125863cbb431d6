/** What one phone sends to the whole room. */
export interface GiftMessage {
  readonly id: number;
  readonly gift: string;
  /** The version that the sender's phone shows, so that all see one effect; undefined where it has none to name. */
  readonly hint: string | undefined;
  readonly sender: string;
  /** How often it was sent in a row. */
  readonly count: number;
}

/** Who taps again within this time means one combo. */
const COMBO_MILLISECONDS = 3_000;

/** What was sent into the room, and what belongs together. */
export class Conversation {
  #last: { readonly message: GiftMessage; readonly at: number } | undefined;
  #ids = 0;

  /** The message that goes to the phones: a new one, or the last with a higher count. */
  send(gift: string, hint: string | undefined, sender: string, now: number): GiftMessage {
    const last = this.#last;
    const isCombo =
      last !== undefined &&
      now - last.at < COMBO_MILLISECONDS &&
      last.message.gift === gift &&
      last.message.hint === hint &&
      last.message.sender === sender;
    const message = isCombo
      ? { ...last.message, count: last.message.count + 1 }
      : { id: ++this.#ids, gift, hint, sender, count: 1 };
    this.#last = { message, at: now };
    return message;
  }
}
