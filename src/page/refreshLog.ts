import type { ClientState } from "../client/update/updater.ts";
import { element } from "./elements.ts";
import { describeAge, explainRefreshFailure, messageOf } from "./words.ts";

const MAX_ENTRIES = 40;

/** What was heard from the edge and when, newest first. Answers without news are counted, not listed. */
export class RefreshLog {
  readonly list = element("ol", "log");
  /** Whether the last answer was none, and how long ago that was. */
  readonly live = element("p", "live");
  #lastFailure = "";
  #askedAt = 0;
  #seenAt = 0;
  #revision = 0;

  /** Call when another edge or viewer is asked: what came before is of no matter to it. */
  restart(text: string): void {
    this.#lastFailure = "";
    this.#askedAt = 0;
    this.#seenAt = 0;
    this.#revision = 0;
    this.#add("", text);
  }

  heard(before: ClientState, after: ClientState, now: number): void {
    this.#askedAt = now;
    const recovered = this.#lastFailure !== "";
    this.#lastFailure = "";
    this.#revision = after.revision;
    const news = newsBetween(before, after);
    if (news.length > 0) {
      this.#seenAt = now;
      this.#add("news", capitalised(news.join("; ")));
    } else if (recovered) this.#add("", "The edge answers again");
    this.tick(now);
  }

  /** An answer has come, whatever it was. */
  asked(now: number): void {
    this.#askedAt = now;
    this.tick(now);
  }

  failed(error: unknown, now: number): void {
    this.#askedAt = now;
    const text = explainRefreshFailure(error);
    if (text !== this.#lastFailure) this.#add("failed", text, messageOf(error));
    this.#lastFailure = text;
    this.tick(now);
  }

  get isFailing(): boolean {
    return this.#lastFailure !== "";
  }

  plays(name: string): void {
    this.#add("", `Plays ${name}`);
  }

  /** Lets the times go on. */
  tick(now: number): void {
    this.live.dataset["tone"] = this.#lastFailure ? "failed" : "";
    const asked = this.#askedAt === 0 ? "asking…" : `asked ${describeAge(now - this.#askedAt)}`;
    const seen = this.#seenAt === 0 ? "" : ` · seen ${describeAge(now - this.#seenAt)}`;
    const trouble =
      this.#lastFailure && (this.#revision > 0 ? " · the last good state stands" : " · no good state yet");
    this.live.textContent = this.#lastFailure
      ? `${this.#lastFailure} · ${asked}${trouble}`
      : `Revision ${this.#revision}${seen} · ${asked}`;
  }

  #add(className: string, text: string, detail = ""): void {
    const time = element("time", "", new Date().toLocaleTimeString([], { hour12: false }));
    this.list.prepend(
      element(
        "li",
        className,
        time,
        element("span", "", text, detail !== "" && element("small", "", detail)),
      ),
    );
    while (this.list.childElementCount > MAX_ENTRIES) this.list.lastElementChild?.remove();
  }
}

function newsBetween(before: ClientState, after: ClientState): readonly string[] {
  const news: string[] = [];
  if (after.revision !== before.revision) {
    news.push(
      before.revision === 0
        ? `Revision ${after.revision}`
        : `Revision ${before.revision} → ${after.revision}`,
    );
  }
  if (after.generation !== before.generation) {
    news.push(
      before.generation === 0
        ? `generation ${after.generation}`
        : `generation ${before.generation} → ${after.generation}`,
    );
  }
  const known = new Set(before.overrides.map((it) => it.id));
  const holding = new Set(after.overrides.map((it) => it.id));
  for (const id of holding) if (!known.has(id)) news.push(`override ${id} is in force`);
  for (const id of known) if (!holding.has(id)) news.push(`override ${id} has ended`);
  return news;
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
