import type { Catalog } from "../../../src/wire/catalog.ts";
import { type Link, resolve } from "../../../src/wire/resolve.ts";
import { drawsFrom } from "./draws.ts";
import { RESOLVE_CASES } from "./resolveCases.ts";
import type { VectorFile } from "./vectorFile.ts";
import {
  type Asked,
  CatalogList,
  drawAnyRollout,
  drawGift,
  drawGifts,
  drawHint,
  drawOverrides,
  drawViewer,
  open,
} from "./worlds.ts";

const DRAWN_CATALOGS = 16;
const CASES_OF_EACH = 32;

export function resolveVectors(): VectorFile {
  const list = new CatalogList();
  const named = RESOLVE_CASES.map(({ name, asked, chain, reason }) => {
    const found = resolved(asked);
    if (found.chain.join() !== chain.join() || found.reason !== reason)
      throw new Error(`${name}: ${found.reason}, ${found.chain.join(", ")}`);
    return { name, ...toCase(list, asked), ...found };
  });
  const draws = drawsFrom(7);
  const drawn = Array.from({ length: DRAWN_CATALOGS }, () => drawGifts(draws, drawAnyRollout)).flatMap(
    (gifts) =>
      Array.from({ length: CASES_OF_EACH }, () => {
        const asked: Asked = {
          gifts,
          overrides: drawOverrides(draws),
          viewer: drawViewer(draws),
          gift: drawGift(draws),
          ...drawHint(draws),
        };
        const { chain, reason } = resolved(asked);
        return { ...toCase(list, asked), chain, reason };
      }),
  );
  return {
    about:
      "What a viewer gets: the chain in words, and the reason. `catalog` is a number of the list `catalogs`; all overrides are in force. Cases with a name have the whole first link, too.",
    lists: { catalogs: list.texts, named, drawn },
  };
}

export function toCase(list: CatalogList, { gifts, ...rest }: Asked): object {
  return { catalog: list.numberOf(gifts), ...rest };
}

function resolved(asked: Asked): { chain: string[]; reason: string; first: Link | undefined } {
  const { catalog, overrides, viewer }: { catalog: Catalog } & ReturnType<typeof open> = open(asked);
  const { chain, reason } = resolve(catalog, overrides, viewer, asked.gift, asked.hint);
  return { chain: chain.map(toWords), reason, first: chain[0] };
}

/** A link in words: `rose@1.1.0`, `rose@1.1.0 with kit@2.0.0 + spark@1.0.0`, `still of rose@1.1.0`, `default`. */
function toWords(link: Link): string {
  if (link.kind === "default") return "default";
  const name = `${link.gift}@${link.version}`;
  if (link.kind === "still") return `still of ${name}`;
  const required = link.requires.map((it) => `${it.gift}@${it.version}`);
  return required.length > 0 ? `${name} with ${required.join(" + ")}` : name;
}
