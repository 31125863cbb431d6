import { type Choice, choiceToQuery, isChosen, parseChoice } from "./choice.ts";
import type { Config, Edge } from "./config.ts";

/** More would be too small to look at, and each is a client with an edge to ask. */
export const MAX_PHONES = 6;

/** What a link to the page carries. */
export interface RoomLink {
  /** The gift that was sent last; empty for none. */
  readonly gift: string;
  /** The version that its message names instead of the sender's own; empty for that. */
  readonly hint: string;
  /** The number of the phone that sends, from 1. */
  readonly sender: number;
  /** At least one. */
  readonly choices: readonly Choice[];
}

/** A link without a word about viewers opens a room of three, one of each tier; one that says something means what it says. */
export function parseRoomLink(query: URLSearchParams, config: Config): RoomLink {
  const choices: Choice[] = [];
  if ([...query.keys()].length === 0) {
    choices.push(
      ...(["low", "mid", "high"] as const).map((tier, at) => ({ ...anyViewer(config, at), tier })),
    );
  } else {
    do {
      const number = choices.length + 1;
      const edge = edgeNamed(config, query.get(number === 1 ? "edge" : `edge${number}`) ?? "");
      const otherwise = { ...anyViewer(config, 0), region: edge.region };
      choices.push({ ...parseChoice(query, number, otherwise), edge: edge.name });
    } while (choices.length < MAX_PHONES && isChosen(query, choices.length + 1));
  }
  const sender = Number(query.get("sender") ?? 1);
  return {
    gift: query.get("gift")?.trim() ?? "",
    hint: query.get("hint")?.trim() ?? "",
    sender: sender >= 1 && sender <= choices.length && Number.isInteger(sender) ? sender : 1,
    choices,
  };
}

export function roomLinkToQuery({ gift, hint, sender, choices }: RoomLink): URLSearchParams {
  return new URLSearchParams([
    ...(gift ? [["gift", gift]] : []),
    ...(hint ? [["hint", hint]] : []),
    ...(sender > 1 ? [["sender", String(sender)]] : []),
    ...choices.flatMap((choice, at) => choiceToQuery(choice, at + 1).map(([name, value]) => [name, value])),
  ]);
}

/** A viewer to begin with, at another edge for each phone where there are several. */
export function anyViewer({ edges }: Config, at: number): Choice {
  const edge = edges[at % edges.length];
  if (!edge) throw new TypeError("a configuration has at least one edge");
  const { name, region } = edge;
  return { platform: "android", app: "8.4.0", tier: "mid", region, unit: "", cohorts: [], edge: name };
}

export function edgeNamed({ edges }: Config, name: string): Edge {
  const edge = edges.find((it) => it.name === name) ?? edges[0];
  if (!edge) throw new TypeError("a configuration has at least one edge");
  return edge;
}
