import type { Loaded } from "../client/load/loader.ts";
import type { ClientState } from "../client/update/updater.ts";
import type { Link, Resolution } from "../wire/resolve.ts";
import { element, find } from "./elements.ts";
import {
  type ReleaseVerdict,
  describeBytes,
  describeLink,
  describePlayer,
  explainLinkFailure,
  explainOverride,
  explainReason,
  explainVerdict,
  messageOf,
  nameOf,
} from "./words.ts";

/** What was asked for, and what came of it. */
export interface Shown {
  readonly gift: string;
  readonly hint: string;
  readonly verdicts: readonly ReleaseVerdict[];
  readonly resolution: Resolution;
  readonly loaded: Loaded;
}

/** What plays, why, what was tried before and what would come next, and the files it is made of. */
export function showPlaying({ gift, hint, verdicts, resolution, loaded }: Shown): void {
  const isSecondBest =
    loaded.failed.length > 0 || loaded.link.kind !== "release" || loaded.link.gift !== gift;
  sayVerdict(
    loaded.link.kind === "default" ? "The app shows its own default" : `${describeLink(loaded.link)} plays`,
    explainReason(gift, hint, loaded, verdicts),
    isSecondBest ? "warned" : "",
  );
  find("caption", HTMLElement).textContent = nameOf(loaded.link);
  find("chain", HTMLOListElement).replaceChildren(
    ...resolution.chain.map((link, at) => toChainItem(link, at, loaded)),
  );
  showFiles(loaded);
}

/** The two lines under the stage. */
export function sayVerdict(title: string, why: string, tone: "" | "warned" | "failed" = ""): void {
  say("verdict-title", title);
  say("verdict-why", why);
  find("verdict", HTMLElement).dataset["tone"] = tone;
}

/** Nothing is on stage, so nothing is made of anything. */
export function showNothing(): void {
  const nothing = () => element("li", "none", "Nothing plays.");
  find("chain", HTMLOListElement).replaceChildren(nothing());
  find("files", HTMLUListElement).replaceChildren(nothing());
}

/** Every release of the gift that the catalog lists, with the verdict on it for this viewer. */
export function showReleases(gift: string, verdicts: readonly ReleaseVerdict[], hasCatalog: boolean): void {
  const items = verdicts.map(({ version, verdict }) => {
    const serves = verdict.kind === "serves";
    return element(
      "li",
      serves ? "serves" : "",
      element("b", "", `${gift} ${version}`),
      ` ${explainVerdict(verdict)}`,
    );
  });
  const none = gift === "" ? "Choose a gift." : `The catalog has no open release of ${gift}.`;
  const nothing = element("li", "none", hasCatalog ? none : "No catalog has been read.");
  find("releases", HTMLUListElement).replaceChildren(...(items.length > 0 ? items : [nothing]));
}

export function showState(state: ClientState, edgeUrl: string): void {
  const facts: readonly (readonly [string, string])[] = [
    ["Revision", String(state.revision)],
    ["Generation", String(state.generation)],
    ["Commit", state.commit || "none yet"],
    ["Apps ask every", `${state.pollSeconds} s`],
    ["Edge", edgeUrl],
  ];
  find("published", HTMLDListElement).replaceChildren(
    ...facts.flatMap(([name, value]) => [element("dt", "", name), element("dd", "", value)]),
  );
  const overrides = state.overrides.map((override) => {
    const { what, from } = explainOverride(override);
    return element("li", "", element("b", "", what), element("small", "", `${override.id}: ${from}`));
  });
  find("overrides", HTMLUListElement).replaceChildren(
    ...(overrides.length > 0 ? overrides : [element("li", "none", "None.")]),
  );
}

/** A button for each gift, and for the chosen one even when the catalog no longer has it. */
export function showGifts(ids: readonly string[], chosen: string, onChoose: (gift: string) => void): void {
  const listed = chosen === "" || ids.includes(chosen) ? ids : [...ids, chosen];
  const group = find("gifts", HTMLElement);
  const present = [...group.querySelectorAll("button")];
  // Buttons stay while they can: a person may be on one of them.
  const isSame = (button: HTMLButtonElement, id: string | undefined) =>
    id !== undefined && button.value === id && button.classList.contains("gone") !== ids.includes(id);
  if (
    present.length === 0 ||
    present.length !== listed.length ||
    !present.every((it, at) => isSame(it, listed[at]))
  ) {
    const empty = element("p", "none", "There is no gift in the catalog.");
    const buttons = listed.map((id) => toGiftButton(id, ids.includes(id), onChoose));
    group.replaceChildren(...(buttons.length > 0 ? buttons : [empty]));
  }
  for (const button of group.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === chosen));
  }
}

function toGiftButton(id: string, isListed: boolean, onChoose: (gift: string) => void): HTMLButtonElement {
  const button = element("button", isListed ? "" : "gone", id);
  button.type = "button";
  button.value = id;
  button.addEventListener("click", () => onChoose(id));
  return button;
}

/** The chain was walked in order: what failed is before what plays, what was not needed is behind it. */
function toChainItem(link: Link, at: number, { failed }: Loaded): HTMLLIElement {
  const name = element("b", "", describeLink(link));
  const player = element("small", "", describePlayer(link));
  const failure = failed[at];
  if (failure) {
    const why = element("p", "", `Failed: ${explainLinkFailure(failure.error)}.`);
    return element("li", "failed", name, player, why, element("small", "detail", messageOf(failure.error)));
  }
  if (at === failed.length) return element("li", "playing", name, player, element("p", "", "Plays now."));
  return element("li", "", name, player);
}

function showFiles({ files }: Loaded): void {
  const items = files.map((file) =>
    element(
      "li",
      "",
      element("b", "", `${file.gift} ${file.role}`),
      element("small", "", `${file.mediaType}, ${describeBytes(file.bytes)}`),
      element("p", "verified", "SHA-256 verified"),
      element("code", "", file.digest),
    ),
  );
  const none = element("li", "none", "None: the default needs no file.");
  find("files", HTMLUListElement).replaceChildren(...(items.length > 0 ? items : [none]));
}

/** Sets a text only when it is another one: screen readers read out what is set. */
function say(id: string, text: string): void {
  const place = find(id, HTMLElement);
  if (place.textContent !== text) place.textContent = text;
}
