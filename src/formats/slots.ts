/** What people put into a gift: themselves, and words about themselves. */
const SLOT_WORDS: ReadonlySet<string> = new Set([
  "avatar",
  "nickname",
  "name",
  "sender",
  "receiver",
  "user",
  "face",
  "banner",
  "badge",
  "photo",
  "logo",
  "text",
  "title",
]);

const KEY = /^(?<word>\p{Lu}?\p{Ll}+|\p{Lu}+)(?:\d+|[-_].*|\p{Lu}.*)?$/su;

/**
 * Whether a name inside an animation is meant to be replaced by the app. The files do not say; by one written rule a
 * name is a slot when it is a slot word (`avatar`), or a slot word followed by digits (`avatar2`), by a dash or an
 * underscore and anything (`name_left`), or by a capital letter and anything (`userPhoto`). The word's case and a picture's
 * ending (`avatar.png`) do not matter. Every other name is a part of the drawing: `body`, `fin-left`, `flame_01`, `textile`.
 */
export function isSlot(name: string): boolean {
  const word = KEY.exec(name.replace(/\.(?:png|jpe?g|webp)$/i, ""))?.groups?.["word"];
  return word !== undefined && SLOT_WORDS.has(word.toLowerCase());
}

/** The slots among the names: each once, sorted. */
export function slotsOf(names: Iterable<string>): string[] {
  return [...new Set(names)].filter(isSlot).sort();
}
