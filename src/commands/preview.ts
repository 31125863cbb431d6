import { isAbsolute, join, relative, resolve } from "node:path";
import { type BuildCache, buildCache } from "../bundle/objectCache.ts";
import { drawBeforeAfter } from "../bundle/preview/beforeAfter.ts";
import { drawMotion, MOTION_SIDE_PIXELS } from "../bundle/preview/motion.ts";
import { drawSheet, MOST_SHEET_COLUMNS, type Preview, SHEET_COLUMNS } from "../bundle/preview/sheet.ts";
import type { Artwork, DrawingBrowser, Raster } from "../bundle/render/frames.ts";
import { drawFullest } from "../bundle/render/fullest.ts";
import { openFrames } from "../bundle/render/openFrames.ts";
import { encodePng } from "../bundle/render/pixels.ts";
import { rememberFrames } from "../bundle/render/rememberFrames.ts";
import { inspect } from "../formats/inspect.ts";
import { type Advice, MediaError } from "../formats/media.ts";
import { type Project, releaseKey } from "../model/project.ts";
import { UsageError } from "../report/error.ts";
import { count } from "../report/text.ts";
import { readProject } from "../source/readProject.ts";
import { workTree } from "../source/tree.ts";
import { fullRelease } from "./card/gatherCard.ts";
import { type Command, EXIT, type Exit, type Io, parseWholeNumber } from "./command.ts";
import { type BrowserHere, openDrawingBrowserHere } from "./drawingBrowser.ts";
import { findRelease } from "./findReleases.ts";
import { lockedArtwork } from "./preview/lockedArtwork.ts";
import { openSubject, type Subject } from "./preview/openSubject.ts";
import type { Comparison, PreviewFacts, PreviewPictures } from "./preview/previewFacts.ts";
import { checkPreviewFolder, type PreviewFiles, writePreview } from "./preview/previewFolder.ts";
import { previewPage } from "./preview/previewPage.ts";
import { variantFacts } from "./preview/variantFacts.ts";

/** The longer side of a still that is looked at. */
const STILL_SIDE_PIXELS = 750;

export const command: Command = {
  summary:
    "draw a release as people will see it: a page with its frames, in motion, and beside the release before",
  usage: "GIFT[@VERSION] [--out FOLDER] [--frames NUMBER]",
  example: "giftwrap preview rose@1.1.0",
  options: {
    out: {
      type: "string",
      value: "FOLDER",
      help: "where to write: a folder that is replaced whole (default: .giftwrap/preview/GIFT@VERSION)",
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
  const read = await readProject(tree);
  const { gift, release, choices } = findRelease(read, word);
  const key = releaseKey(gift.id, release.version);
  const folder = resolve(io.root, out ?? join(".giftwrap", "preview", key));
  await checkPreviewFolder(io.root, folder);
  if (choices > 1) io.line(`${word}: this is ${release.version}, the newest of ${count(choices, "version")}`);
  try {
    const cache = buildCache(io.root);
    const subject = await openSubject(io.root, tree, read.project, { gift, release }, cache);
    const files = await withBrowser(io, (lend) => draw(io, read.project, subject, columns, lend, cache));
    await writePreview(io.root, folder, key, files);
    const page = join(folder, "index.html");
    io.line(`${key}: drawn; open ${isAbsolute(out ?? "") ? page : relative(io.root, page)}`);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    io.line(`${key}: not drawn: ${error.message}; fix: ${error.fix}`);
    return EXIT.findings;
  }
}

/** Opens a browser when one is asked for, and closes it whatever happens. */
type LendBrowser = (artwork: Artwork) => Promise<Lent>;

/** A browser where one is needed and there; a note where one is needed and is not. */
interface Lent {
  readonly browser: DrawingBrowser | null;
  readonly note: Advice | null;
}

const CANNOT_DRAW: Advice = {
  message: "its frames cannot be drawn here",
  fix: "draw one picture of the gift and name it in gift.yaml: still: source/still.png",
};

async function withBrowser<T>(io: Io, work: (lend: LendBrowser) => Promise<T>): Promise<T> {
  let opening: Promise<BrowserHere> | undefined;
  try {
    return await work(async (artwork) => {
      if (artwork.kind === "folder" || artwork.media.drawnBy !== "browser")
        return { browser: null, note: null };
      opening ??= openDrawingBrowserHere(io.variables);
      const here = await opening;
      return here.browser
        ? { browser: here.browser, note: null }
        : {
            browser: null,
            note: { message: `its frames could not be drawn here: ${here.why}`, fix: here.fix },
          };
    });
  } finally {
    await (await opening)?.browser?.close();
  }
}

async function draw(
  io: Io,
  project: Project,
  subject: Subject,
  columns: number,
  lend: LendBrowser,
  cache: BuildCache,
): Promise<PreviewFiles> {
  const { gift, release, source, artwork, lock } = subject;
  const notes: Advice[] = artwork.kind === "file" ? [...artwork.media.warnings] : [];
  io.progress("drawing its frames");
  const lent = await lend(artwork);
  const drawn = await orNote(notes, () => drawPictures(subject, columns, lent, notes));
  io.progress("looking for what everyone has now");
  const comparison = drawn && (await orNote(notes, () => compare(project, subject, lend, cache, notes)));
  const facts: PreviewFacts = {
    gift: gift.id,
    version: release.version,
    name: gift.name,
    title: release.title,
    owner: gift.owner,
    source,
    pictures: drawn?.pictures ?? null,
    notes: [...notes, ...subject.notes],
    variants: lock ? variantFacts(lock, project.policy?.value ?? null) : [],
    comparison,
  };
  return {
    "index.html": previewPage(facts),
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
  { still: { from, bytes }, artwork }: Subject,
  columns: number,
  { browser, note }: Lent,
  notes: Advice[],
): Promise<Drawn | null> {
  const opened = await openFrames(artwork, MOTION_SIDE_PIXELS, browser);
  if (!opened) {
    notes.push(note ?? CANNOT_DRAW);
    return null;
  }
  const frames = rememberFrames(opened);
  try {
    const sheet = await drawSheet(frames, columns);
    const own = await drawMotion(frames, null);
    const motion = await drawMotion(frames);
    const still =
      from === "frame"
        ? await drawFullest(artwork, STILL_SIDE_PIXELS, browser)
        : await drawStill(bytes, from);
    const picture = still && { width: still.width, height: still.height, bytes: await encodePng(still) };
    return {
      pictures: { sheet, motion: own, still: picture, stillFrom: from },
      motion,
    };
  } finally {
    await frames.close();
  }
}

/** One that is a file. @throws MediaError when the author's own is missing, or it is damaged */
async function drawStill(bytes: Uint8Array | null, from: "author" | "lock"): Promise<Raster | null> {
  if (!bytes && from === "lock") return null;
  if (!bytes)
    throw new MediaError(
      "the still is not there",
      "put the file where still: in gift.yaml says, or mend the path there",
    );
  const media = await inspect(bytes);
  return drawFullest({ kind: "file", bytes, media, declared: {} }, STILL_SIDE_PIXELS, null);
}

/** Beside the newest other release that everyone has, each as its best device gets it where it is built. */
async function compare(
  project: Project,
  { gift, release, artwork, lock }: Subject,
  lend: LendBrowser,
  cache: BuildCache,
  notes: Advice[],
): Promise<Comparison | null> {
  const full = fullRelease(project, gift.id, release.version);
  if (!full) return null;
  const key = releaseKey(gift.id, full.version);
  const theirs = project.locks.get(key)?.value;
  const before = theirs ? await lockedArtwork(theirs, cache) : null;
  if (!before) {
    notes.push({
      message: `there is no comparison with ${full.version}, which everyone has: its files are not on this machine`,
      fix: `run giftwrap build ${key}, then this again`,
    });
    return null;
  }
  const after = (lock && (await lockedArtwork(lock, cache))) ?? artwork;
  const browser = (await lend(before)).browser ?? (await lend(after)).browser;
  const picture = await drawBeforeAfter(before, after, browser);
  return picture && { version: full.version, picture };
}
