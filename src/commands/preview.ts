import { mkdir, rm, writeFile } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import { buildCache } from "../bundle/objectCache.ts";
import { drawBeforeAfter } from "../bundle/preview/beforeAfter.ts";
import { drawMotion, MOTION_SIDE_PIXELS } from "../bundle/preview/motion.ts";
import { drawSheet, MOST_SHEET_COLUMNS, type Preview, SHEET_COLUMNS } from "../bundle/preview/sheet.ts";
import type { Artwork, DrawingBrowser } from "../bundle/render/frames.ts";
import { drawFullest } from "../bundle/render/fullest.ts";
import { openFrames } from "../bundle/render/openFrames.ts";
import { encodePng } from "../bundle/render/pixels.ts";
import { rememberFrames } from "../bundle/render/rememberFrames.ts";
import { inspect } from "../formats/inspect.ts";
import { type Advice, MediaError } from "../formats/media.ts";
import { releasePath } from "../model/paths.ts";
import { type Project, releaseKey } from "../model/project.ts";
import type { GiftFile, ReleaseFile } from "../model/schemas.ts";
import { allSourceFiles, type GiftSources } from "../model/sources.ts";
import { UsageError } from "../report/error.ts";
import { readProject } from "../source/readProject.ts";
import { readSources } from "../source/readSources.ts";
import { workTree } from "../source/tree.ts";
import { fullRelease } from "./card/gatherCard.ts";
import { type Command, EXIT, type Exit, type Io, parseReleaseWord, parseWholeNumber } from "./command.ts";
import { openDrawingBrowserHere } from "./drawingBrowser.ts";
import { lockedArtwork } from "./preview/lockedArtwork.ts";
import type { Comparison, PreviewFacts, PreviewPictures } from "./preview/previewFacts.ts";
import { previewPage } from "./preview/previewPage.ts";
import { sourceFacts } from "./preview/sourceFacts.ts";
import { toArtwork } from "./preview/toArtwork.ts";
import { variantFacts } from "./preview/variantFacts.ts";

/** The longer side of a still that is looked at. */
const STILL_SIDE_PIXELS = 750;

export const command: Command = {
  summary:
    "draw a release as people will see it: a page with its frames, in motion, and beside the release before",
  usage: "GIFT@VERSION [--out FOLDER] [--frames NUMBER]",
  example: "giftwrap preview rose@1.1.0",
  options: {
    out: {
      type: "string",
      value: "FOLDER",
      help: "where to write (default: .giftwrap/preview/GIFT@VERSION)",
    },
    frames: {
      type: "string",
      value: "NUMBER",
      help: `how many frames the sheet shows, up to ${MOST_SHEET_COLUMNS} (default: ${SHEET_COLUMNS})`,
    },
  },
  run: async (args, io) => {
    const [word, ...more] = args.words;
    if (word === undefined || more.length > 0) throw new UsageError("name one release, such as rose@1.1.0");
    const columns = parseWholeNumber("frames", args.text("frames"), SHEET_COLUMNS);
    if (columns < 1 || columns > MOST_SHEET_COLUMNS)
      throw new UsageError(`--frames ${columns}: write a number from 1 to ${MOST_SHEET_COLUMNS}`);
    return preview(io, word, columns, args.text("out"));
  },
};

async function preview(io: Io, word: string, columns: number, out: string | undefined): Promise<Exit> {
  const tree = workTree(io.root);
  const { project } = await readProject(tree);
  const { gift, release } = findRelease(project, word);
  const sources = await readSources(tree, gift);
  const key = releaseKey(gift.id, release.version);
  try {
    const subject = { gift, release, sources, artwork: await toArtwork(gift, sources) };
    const files = await withBrowser(io, (lend) => draw(io, project, subject, columns, lend));
    const folder = out ?? join(".giftwrap", "preview", key);
    await write(isAbsolute(folder) ? folder : join(io.root, folder), files);
    const page = join(folder, "index.html");
    io.line(`${key}: drawn; open ${isAbsolute(page) ? relative(io.root, page) || page : page}`);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    io.line(`${key}: not drawn: ${error.message}; fix: ${error.fix}`);
    return EXIT.findings;
  }
}

interface Subject {
  readonly gift: GiftFile;
  readonly release: ReleaseFile;
  readonly sources: GiftSources;
  readonly artwork: Artwork;
}

/** Opens a browser when one is asked for, and closes it whatever happens. */
type LendBrowser = (artwork: Artwork) => Promise<DrawingBrowser | null>;

async function withBrowser<T>(io: Io, work: (lend: LendBrowser) => Promise<T>): Promise<T> {
  let opening: Promise<DrawingBrowser | null> | undefined;
  try {
    return await work(async (artwork) => {
      if (artwork.kind === "folder" || artwork.media.drawnBy !== "browser") return null;
      opening ??= openDrawingBrowserHere(io.variables).then((it) => it.browser);
      return opening;
    });
  } finally {
    await (await opening)?.close();
  }
}

/** What is written, by its name; null for what there is none of. */
type PreviewFiles = Readonly<Record<string, Uint8Array | null>>;

async function draw(
  io: Io,
  project: Project,
  subject: Subject,
  columns: number,
  lend: LendBrowser,
): Promise<PreviewFiles> {
  const { gift, release, sources, artwork } = subject;
  const notes: Advice[] = artwork.kind === "file" ? [...artwork.media.warnings] : [];
  io.progress("drawing its frames");
  const browser = await lend(artwork);
  const drawn = await orNote(notes, () => drawPictures(subject, columns, browser, notes));
  io.progress("looking for what everyone has now");
  const comparison = drawn && (await orNote(notes, () => compare(io, project, subject, lend, notes)));
  const lock = project.locks.get(releaseKey(gift.id, release.version))?.value;
  if (!lock)
    notes.push({
      message: "this release is not built yet, so what each device gets is not known",
      fix: `run giftwrap build ${releaseKey(gift.id, release.version)}, or let the pull request build it`,
    });
  const facts: PreviewFacts = {
    gift: gift.id,
    version: release.version,
    name: gift.name,
    title: release.title,
    owner: gift.owner,
    source: sourceFacts(
      gift,
      artwork,
      allSourceFiles(sources).reduce((sum, it) => sum + it.bytes.length, 0),
    ),
    pictures: drawn?.pictures ?? null,
    notes,
    variants: lock ? variantFacts(lock, project.policy?.value ?? null) : [],
    comparison,
  };
  return {
    "index.html": new TextEncoder().encode(previewPage(facts)),
    "sheet.webp": drawn?.pictures.sheet.bytes ?? null,
    "motion.webp": drawn?.motion.bytes ?? null,
    "still.png": drawn?.pictures.still?.bytes ?? null,
    "before-after.webp": comparison?.picture.bytes ?? null,
  };
}

/** What cannot be drawn is no reason to show nothing else. */
async function orNote<T>(notes: Advice[], work: () => Promise<T | null>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    notes.push({ message: error.message, fix: error.fix });
    return null;
  }
}

interface Drawn {
  readonly pictures: PreviewPictures;
  /** On a checker of its own, for pages of any colour. */
  readonly motion: Preview;
}

async function drawPictures(
  { gift, sources, artwork }: Subject,
  columns: number,
  browser: DrawingBrowser | null,
  notes: Advice[],
): Promise<Drawn | null> {
  const opened = await openFrames(artwork, MOTION_SIDE_PIXELS, browser);
  if (!opened) {
    notes.push({
      message: "its frames could not be drawn here: this kind of file needs Chromium",
      fix: "install Chromium and run this again, or name its program in the variable CHROMIUM",
    });
    return null;
  }
  const frames = rememberFrames(opened);
  try {
    const sheet = await drawSheet(frames, columns);
    const own = await drawMotion(frames, null);
    const motion = await drawMotion(frames);
    const still = gift.still
      ? await drawStill(sources)
      : await drawFullest(artwork, STILL_SIDE_PIXELS, browser);
    const picture = still && { width: still.width, height: still.height, bytes: await encodePng(still) };
    return {
      pictures: { sheet, motion: own, still: picture, isAuthorsStill: gift.still !== undefined },
      motion,
    };
  } finally {
    await frames.close();
  }
}

/** The author's own. @throws MediaError when it is missing or damaged */
async function drawStill({ still }: GiftSources) {
  if (!still)
    throw new MediaError(
      "the still is not there",
      "put the file where still: in gift.yaml says, or mend the path there",
    );
  const media = await inspect(still.bytes);
  return drawFullest({ kind: "file", bytes: still.bytes, media, declared: {} }, STILL_SIDE_PIXELS, null);
}

/** Beside the newest other release that everyone has, each as its best device gets it where it is built. */
async function compare(
  io: Io,
  project: Project,
  { gift, release, artwork }: Subject,
  lend: LendBrowser,
  notes: Advice[],
): Promise<Comparison | null> {
  const full = fullRelease(project, gift.id, release.version);
  if (!full) return null;
  const cache = buildCache(io.root);
  const key = releaseKey(gift.id, full.version);
  const before = await lockedArtwork(project.locks.get(key)?.value, cache);
  if (!before) {
    notes.push({
      message: `there is no comparison with ${full.version}, which everyone has: its files are not on this machine`,
      fix: `run giftwrap build ${key}, then this again`,
    });
    return null;
  }
  const own = await lockedArtwork(project.locks.get(releaseKey(gift.id, release.version))?.value, cache);
  const after = own ?? artwork;
  const browser = (await lend(before)) ?? (await lend(after));
  const picture = await drawBeforeAfter(before, after, browser);
  return picture && { version: full.version, picture };
}

function findRelease(project: Project, word: string): { gift: GiftFile; release: ReleaseFile } {
  const { gift: id, version } = parseReleaseWord(word);
  if (version === undefined) {
    const versions = [...project.releases.values()]
      .filter((it) => it.value.gift === id)
      .map((it) => it.value.version);
    const choice = versions.length > 0 ? `: there are ${versions.join(", ")}` : `, such as ${id}@1.0.0`;
    throw new UsageError(`${word}: say which version${choice}`);
  }
  const release = project.releases.get(releaseKey(id, version))?.value;
  const gift = project.gifts.get(id)?.value;
  if (!release || !gift)
    throw new UsageError(`${word}: there is no ${releasePath(id, version)} with its gift that can be read`);
  return { gift, release };
}

/** What there is none of now is taken away, so that nobody looks at an older one. */
async function write(folder: string, files: PreviewFiles): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(folder, name);
    if (bytes) await writeFile(path, bytes);
    else await rm(path, { force: true });
  }
}
