import {
  type ClientState,
  GiftwrapClient,
  httpFetch,
  type Loaded,
  type PlayReport,
  webCrypto,
} from "../client/client.ts";
import { explain } from "../wire/resolve.ts";
import { type Choice, choiceToQuery, choiceToViewer, parseChoice } from "./choice.ts";
import { type Config, type Edge, readConfig } from "./config.ts";
import { find } from "./elements.ts";
import { ViewerForm } from "./form.ts";
import {
  sayVerdict,
  showGifts,
  showNothing,
  showPlaying,
  showReleases,
  showState,
  type Shown,
} from "./panel.ts";
import { RefreshLog } from "./refreshLog.ts";
import { Stage } from "./stage.ts";
import { explainRefreshFailure, messageOf, nameOf, type ReleaseVerdict } from "./words.ts";

const TICK_MILLISECONDS = 1_000;
/** Apps ask every 30 to 300 seconds; a person who looks on wants to see a publish or a stop at once. */
const TICKS_PER_REFRESH = 2;

/** One viewer at one edge: opens the client that an app would embed, keeps it fresh, and shows what it plays. */
class Page {
  readonly #config: Config;
  readonly #form: ViewerForm;
  readonly #stage = new Stage();
  readonly #log = new RefreshLog();
  readonly #repeat = find("repeat", HTMLInputElement);
  #choice: Choice;
  #client: GiftwrapClient | undefined;
  /** Counts what was opened: an answer to an earlier question is dropped. */
  #opened = 0;
  #isRefreshing = false;
  #playing = new AbortController();
  /** The resolution that is played, to notice when news change it. */
  #resolved = "";
  /** What is on stage, once it is. */
  #shown: Shown | undefined;

  constructor(config: Config) {
    this.#config = config;
    this.#form = new ViewerForm(
      config.edges,
      () => this.#choose(this.#form.read(this.#choice.gift)),
      () => this.#playChosen(),
    );
    this.#choice = readChoice(config);
    this.#form.write(this.#choice);
    this.#repeat.checked = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#repeat.addEventListener("change", () => void this.#play());
  }

  async start(): Promise<void> {
    this.#form.describe(this.#choice);
    await this.#open();
    let ticks = 0;
    setInterval(() => {
      ticks++;
      this.#log.tick(Date.now());
      if (ticks % TICKS_PER_REFRESH === 0) void this.#refresh();
    }, TICK_MILLISECONDS);
  }

  /** Another viewer or edge is asked anew, as an app that starts there would; the stage stays until there is an answer. */
  #choose(choice: Choice): void {
    this.#choice = choice;
    this.#remember();
    void this.#open();
  }

  #chooseGift(gift: string): void {
    this.#choice = { ...this.#choice, gift };
    this.#remember();
    this.#showFacts();
    void this.#play();
  }

  #playChosen(): void {
    const [first] = this.#client?.state.catalog.ids() ?? [];
    if (this.#choice.gift === "" && first !== undefined) this.#chooseGift(first);
    else void this.#play();
  }

  #remember(): void {
    this.#form.describe(this.#choice);
    history.replaceState(null, "", `?${choiceToQuery(this.#choice)}`);
  }

  async #open(): Promise<void> {
    const opened = ++this.#opened;
    this.#client = undefined;
    this.#resolved = "";
    this.#shown = undefined;
    this.#playing.abort();
    setState("busy");
    const edge = this.#edge();
    find("edge-name", HTMLElement).textContent = edge.name;
    this.#log.restart(`Asks ${edge.name}, ${edge.url}`);
    try {
      const client = await GiftwrapClient.open({
        viewer: choiceToViewer(this.#choice),
        root: this.#config.root,
        fetch: httpFetch({ baseUrl: edge.url }),
        crypto: webCrypto(),
      });
      if (opened !== this.#opened) return;
      this.#client = client;
    } catch (error) {
      if (opened === this.#opened) this.#fail("The trusted root cannot be used", messageOf(error));
      return;
    }
    this.#isRefreshing = false;
    await this.#refresh();
  }

  async #refresh(): Promise<void> {
    const client = this.#client;
    if (!client || this.#isRefreshing) return;
    this.#isRefreshing = true;
    const before = client.state;
    let failure: { readonly error: unknown } | undefined;
    try {
      await client.refresh();
    } catch (error) {
      failure = { error };
    }
    if (client !== this.#client) return;
    this.#isRefreshing = false;
    this.#report(before, client.state, failure);
    if (before === client.state && !failure) return;
    this.#showFacts();
    this.#follow(client, failure);
  }

  #report(before: ClientState, after: ClientState, failure: { readonly error: unknown } | undefined): void {
    // A refresh that failed half-way may have brought an override all the same.
    if (!failure || before !== after) this.#log.heard(before, after, Date.now());
    if (failure) this.#log.failed(failure.error, Date.now());
  }

  /** Plays again when news change what this viewer gets. */
  #follow(client: GiftwrapClient, failure: { readonly error: unknown } | undefined): void {
    const { gift, hint } = this.#choice;
    if (client.state.generation === 0) {
      const why = failure ? `${explainRefreshFailure(failure.error)}. ${messageOf(failure.error)}` : "";
      this.#fail("Nothing can be played from this edge", why);
    } else if (gift === "") {
      setState("ready");
      sayVerdict("Choose a gift", "What this viewer gets is shown here.");
    } else if (JSON.stringify(client.resolve(gift, hint || undefined)) !== this.#resolved) {
      void this.#play();
    } else if (this.#shown) {
      // The same plays on, but the reason may be another one, as when a catalog takes over from a stop.
      this.#shown = { ...this.#shown, verdicts: this.#verdicts(client.state) };
      showPlaying(this.#shown);
    }
  }

  async #play(): Promise<void> {
    const client = this.#client;
    const { gift, hint } = this.#choice;
    if (!client || client.state.generation === 0 || gift === "") return;
    this.#playing.abort();
    this.#playing = new AbortController();
    const { signal } = this.#playing;

    const resolution = client.resolve(gift, hint || undefined);
    this.#resolved = JSON.stringify(resolution);
    this.#shown = undefined;
    setState("busy");
    const show = (it: Loaded, report: PlayReport) =>
      this.#stage.play(it, this.#repeat.checked, report, signal);
    const loaded = await client.play(gift, show, hint || undefined);
    if (signal.aborted) return;

    this.#shown = { gift, hint, verdicts: this.#verdicts(client.state), resolution, loaded };
    showPlaying(this.#shown);
    this.#log.plays(nameOf(loaded.link));
    setState("playing", nameOf(loaded.link));
  }

  #showFacts(): void {
    const state = this.#client?.state;
    if (!state) return;
    const { gift } = this.#choice;
    showGifts([...state.catalog.ids()], gift, (it) => this.#chooseGift(it));
    showState(state, this.#edge().url);
    showReleases(gift, this.#verdicts(state), state.generation > 0);
  }

  #verdicts({ catalog, overrides }: ClientState): readonly ReleaseVerdict[] {
    return explain(catalog, overrides, choiceToViewer(this.#choice), this.#choice.gift);
  }

  #fail(title: string, why: string): void {
    this.#playing.abort();
    this.#stage.clear();
    this.#showFacts();
    showNothing();
    setState("failed");
    sayVerdict(title, why, "failed");
  }

  #edge(): Edge {
    return edgeNamed(this.#config, this.#choice.edge);
  }
}

function readChoice(config: Config): Choice {
  const query = new URLSearchParams(location.search);
  const edge = edgeNamed(config, query.get("edge") ?? "");
  const otherwise: Choice = {
    gift: "",
    platform: "android",
    app: "8.4.0",
    tier: "mid",
    region: edge.region,
    unit: "",
    cohorts: [],
    hint: "",
    edge: edge.name,
  };
  return { ...parseChoice(query, otherwise), edge: edge.name };
}

function edgeNamed({ edges }: Config, name: string): Edge {
  const edge = edges.find((it) => it.name === name) ?? edges[0];
  if (!edge) throw new TypeError("a configuration has at least one edge");
  return edge;
}

/** What scripts and tests may read: `data-state`, not there while busy, and `data-playing` while something is on stage. */
function setState(state: "busy" | "ready" | "playing" | "failed", playing = ""): void {
  const { dataset } = document.documentElement;
  if (playing) dataset["playing"] = playing;
  else delete dataset["playing"];
  if (state === "busy") delete dataset["state"];
  else dataset["state"] = state;
  document.title = playing ? `${playing} · Giftwrap` : "Giftwrap";
}

try {
  await new Page(await readConfig()).start();
} catch (error) {
  setState("failed");
  sayVerdict("This page cannot start", messageOf(error), "failed");
  throw error;
}
