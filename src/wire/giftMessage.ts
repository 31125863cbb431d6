/*
 * "One room, one effect": what a gift's message says of the effect, beside whatever else an app sends. Whoever receives it believes
 * none of it: the version is honoured only for a viewer whom that release covers anyway, and the revision only makes the client ask.
 */

export const GIFT_MESSAGE_FORMAT = "1.0";
/** As text, in UTF-16 units. */
export const MAX_GIFT_MESSAGE_LENGTH = 512;

export interface GiftMessage {
  readonly format: string;
  readonly gift: string;
  /** What the sender is shown, where that is a release of the gift. */
  readonly version?: string;
  /** The revision that the sender goes by, so that a receiver who has an older one asks for news. */
  readonly minRevision: number;
}

const FORMAT = /^1\.\d{1,4}$/;
const GIFT = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const VERSION = /^\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z.-]{1,32})?$/;

/**
 * A message as it came, text or read already. Null when it names no gift, or is of another major format; a version or a revision
 * that cannot be one is left out, since the gift was sent all the same. Throws nothing.
 */
export function parseGiftMessage(received: unknown): GiftMessage | null {
  const message = typeof received === "string" ? parseText(received) : received;
  const format = textOf(message, "format", FORMAT);
  const gift = textOf(message, "gift", GIFT);
  if (format === null || gift === null || gift.length > 64) return null;
  const version = textOf(message, "version", VERSION);
  const minRevision = own(message, "minRevision");
  const isRevision = typeof minRevision === "number" && Number.isSafeInteger(minRevision) && minRevision > 0;
  return { format, gift, ...(version !== null && { version }), minRevision: isRevision ? minRevision : 0 };
}

function parseText(text: string): unknown {
  try {
    return text.length <= MAX_GIFT_MESSAGE_LENGTH ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

function textOf(message: unknown, name: string, shape: RegExp): string | null {
  const value = own(message, name);
  return typeof value === "string" && value.length <= MAX_GIFT_MESSAGE_LENGTH && shape.test(value)
    ? value
    : null;
}

/** What the value itself has by that name, never what it inherits. */
function own(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}
