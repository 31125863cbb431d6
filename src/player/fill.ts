/** Lets what is played fill its place, whole, and tells screen readers what it is. */
export function fill(shown: HTMLElement, { gift, role }: { gift: string; role: string }): void {
  shown.style.cssText = "display:block;width:100%;height:100%;min-width:0;min-height:0;object-fit:contain";
  if (shown instanceof HTMLImageElement) shown.alt = `${gift}, ${role}`;
  else {
    shown.setAttribute("role", "img");
    shown.setAttribute("aria-label", `${gift}, ${role}`);
  }
}
