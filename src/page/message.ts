import type { GiftMessage } from "../wire/giftMessage.ts";

/** What one phone sends to the whole room: the message that apps exchange, and what this room tells beside it. */
export interface RoomMessage extends GiftMessage {
  readonly id: number;
  readonly sender: string;
  /** How often it was sent in a row. */
  readonly count: number;
}

/** Who taps again within this time means one combo. */
const COMBO_MILLISECONDS = 3_000;

/** What was sent into the room, and what belongs together. */
export class Conversation {
  #last: { readonly message: RoomMessage; readonly at: number } | undefined;
  #ids = 0;

  /** The message that goes to the phones: a new one, or the last with a higher count. */
  send(gift: GiftMessage, sender: string, now: number): RoomMessage {
    const last = this.#last;
    const isCombo =
      last !== undefined &&
      now - last.at < COMBO_MILLISECONDS &&
      last.message.gift === gift.gift &&
      last.message.version === gift.version &&
      last.message.sender === sender;
    const message = isCombo
      ? { ...last.message, ...gift, count: last.message.count + 1 }
      : { ...gift, id: ++this.#ids, sender, count: 1 };
    this.#last = { message, at: now };
    return message;
  }
}
