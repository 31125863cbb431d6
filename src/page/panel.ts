import type { Loaded } from "../client/load/loader.ts";
import type { ClientState } from "../client/update/updater.ts";
import type { Link, Resolution } from "../wire/resolve.ts";
import { element, find } from "./elements.ts";
import type { Phone } from "./phone.ts";
import {
  type ReleaseVerdict,
  describeBytes,
  describeLink,
  describePlayer,
  explainLinkFailure,
  explainOverride,
  explainVerdict,
  messageOf,
} from "./words.ts";

/** What was asked for, and what came of it. */
export interface Shown {
  readonly gift: string;
  readonly hint: string;
  readonly verdicts: readonly ReleaseVerdict[];
  readonly resolution: Resolution;
  readonly loaded: Loaded;
}

/** All about one phone: what plays, why, what was tried before and what would come next, and the files it is made of. */
export function showPhone(phone: Phone): void {
  const { shown, state, gift, word, edge } = phone;
  find("panel-name", HTMLElement).textContent = phone.name;
  say("verdict-title", word.title);
  say("verdict-why", word.why);
  find("verdict", HTMLElement).dataset["tone"] = word.tone;
  if (shown) {
    const { resolution, loaded } = shown;
    find("chain", HTMLOListElement).replaceChildren(
      ...resolution.chain.map((link, at) => toChainItem(link, at, loaded)),
    );
    showFiles(loaded);
  } else {
    const nothing = () => element("li", "none", "Nothing plays.");
    find("chain", HTMLOListElement).replaceChildren(nothing());
    find("files", HTMLUListElement).replaceChildren(nothing());
  }
  find("live", HTMLElement).replaceChildren(phone.log.live);
  find("log", HTMLElement).replaceChildren(phone.log.list);
  if (!state) return;
  showReleases(gift, phone.verdicts(gift), state.generation > 0);
  showState(state, edge.url, phone.log.isFailing);
}

/** Every release of the gift that the catalog lists, with the verdict on it for this viewer. */
function showReleases(gift: string, verdicts: readonly ReleaseVerdict[], hasCatalog: boolean): void {
  const items = verdicts.map(({ version, verdict }) => {
    const serves = verdict.kind === "serves";
    return element(
      "li",
      serves ? "serves" : "",
      element("b", "", `${gift} ${version}`),
      ` ${explainVerdict(verdict)}`,
    );
  });
  const none = gift === "" ? "Send a gift." : `The catalog has no open release of ${gift}.`;
  const nothing = element("li", "none", hasCatalog ? none : "No catalog has been read.");
  find("releases", HTMLUListElement).replaceChildren(...(items.length > 0 ? items : [nothing]));
}

function showState(state: ClientState, edgeUrl: string, isStale: boolean): void {
  const facts: readonly (readonly [string, string])[] = [
    ["Revision", String(state.revision)],
    ["Generation", String(state.generation)],
    ["Commit", state.commit || "none yet"],
    [
      "State",
      isStale ? "stale: the edge gives nothing newer, the last good state stands" : "as the edge has it",
    ],
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
