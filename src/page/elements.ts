/** The element of this id. @throws TypeError when the page has none of this type: the script and the HTML do not fit */
export function find<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`the page has no ${type.name} with the id ${id}`);
  return found;
}

type Child = Node | string | null | false;

/** A new element. Strings become text, never markup: what is published cannot change the page. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  className: string,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  if (className) made.className = className;
  for (const child of children) if (child !== null && child !== false) made.append(child);
  return made;
}
