import { parseMoment } from "../model/moment.ts";
import { parseVersion } from "../wire/version.ts";

/** One field of the issue form *New gift release*: its id there, and the heading under which GitHub writes what was entered. */
export interface FormField {
  readonly id: FormFieldId;
  readonly heading: string;
  readonly isRequired: boolean;
  /** The choices, of a field that has some. */
  readonly options?: readonly string[];
}

export type FormFieldId =
  | "gift"
  | "gift-name"
  | "version"
  | "title"
  | "animation"
  | "cohorts"
  | "percent"
  | "regions"
  | "campaign"
  | "starts"
  | "ends";

/** What the art is, in the words of the form. */
export const ANIMATION_CHOICES = [
  "PNG frames",
  "SVGA",
  "Lottie",
  "dotLottie",
  "WebP",
  "GIF",
  "PAG",
  "VAP",
  "YYEVA",
] as const;
export type AnimationChoice = (typeof ANIMATION_CHOICES)[number];

/** The fields of .github/ISSUE_TEMPLATE/new-release.yml, in their order: that file has these and no others. */
export const RELEASE_FORM: readonly FormField[] = [
  { id: "gift", heading: "Gift", isRequired: true },
  { id: "gift-name", heading: "Name of a new gift", isRequired: false },
  { id: "version", heading: "Version", isRequired: false },
  { id: "title", heading: "Title", isRequired: true },
  { id: "animation", heading: "Kind of animation", isRequired: false, options: ANIMATION_CHOICES },
  { id: "cohorts", heading: "Test group", isRequired: false },
  { id: "percent", heading: "Percent of all viewers in the test", isRequired: false },
  { id: "regions", heading: "Regions", isRequired: false },
  { id: "campaign", heading: "Campaign", isRequired: false },
  { id: "starts", heading: "Campaign start", isRequired: false },
  { id: "ends", heading: "Campaign end", isRequired: false },
];

/** What a person asked for; what was left empty is not there. */
export interface ReleaseForm {
  readonly gift: string;
  readonly giftName?: string;
  readonly version?: string;
  readonly title: string;
  readonly animation?: AnimationChoice;
  readonly cohorts: readonly string[];
  /** 0.01 to 100. */
  readonly percent?: number;
  /** Percent by region; null where only the region was named. */
  readonly regions: ReadonlyMap<string, number | null>;
  /** Moments as the files have them. */
  readonly campaign?: { readonly name: string; readonly starts: string; readonly ends: string };
}

/** What is to be mended, under which heading; for people. */
export interface FormProblem {
  readonly heading: string;
  readonly message: string;
}

export type ParsedForm =
  | { readonly kind: "form"; readonly form: ReleaseForm }
  | { readonly kind: "problems"; readonly problems: readonly FormProblem[] };

/** Longer texts come from no form. */
const MAX_BODY = 65_536;
const MAX_LINE = 120;
const NO_ANSWERS = new Set(["", "_No response_", "None", "_none_"]);

/** Reads the body of an issue as GitHub renders a form: `### Heading`, a blank line, the value. Nothing of it is taken but what fits. */
export function parseIssueForm(body: string): ParsedForm {
  if (body.length > MAX_BODY)
    return toProblems([{ heading: "", message: "it is longer than the form can make it" }]);
  const { answers, repeated } = readAnswers(body);
  const problems: FormProblem[] = repeated.map((heading) => ({
    heading,
    message: "stands there more than once, so nobody can say which one is meant",
  }));
  const read = <T>(id: FormFieldId, parse: (text: string) => T | string): T | undefined => {
    const field = RELEASE_FORM.find((it) => it.id === id);
    const text = answers.get(id);
    if (!field || text === undefined) {
      if (field?.isRequired) problems.push({ heading: field.heading, message: "is needed" });
      return undefined;
    }
    const value = parse(text);
    if (typeof value !== "string") return value;
    problems.push({ heading: field.heading, message: value });
    return undefined;
  };

  const gift = read("gift", parseGift);
  const giftName = read("gift-name", parseLine);
  const version = read("version", parseVersionText);
  const title = read("title", parseLine);
  const animation = read("animation", parseAnimation);
  const cohorts = read("cohorts", parseCohorts) ?? { words: [] };
  const percent = read("percent", parsePercent);
  const regions = read("regions", parseRegions) ?? new Map<string, number | null>();
  const campaign = read("campaign", parseLine);
  const starts = read("starts", parseTime);
  const ends = read("ends", parseTime);
  const dates = [answers.get("starts"), answers.get("ends")];
  if (dates.some((it) => it !== undefined) !== dates.every((it) => it !== undefined))
    problems.push({ heading: "Campaign end", message: "a campaign has a start and an end, or neither" });
  if (starts && ends && (parseMoment(ends.text) ?? 0) <= (parseMoment(starts.text) ?? 0))
    problems.push({ heading: "Campaign end", message: "is not after the start" });
  if (answers.has("campaign") && dates.every((it) => it === undefined))
    problems.push({ heading: "Campaign", message: "say when it starts and ends, too" });

  if (problems.length > 0 || !gift || !title) return toProblems(problems);
  return {
    kind: "form",
    form: {
      gift: gift.text,
      ...(giftName && { giftName: giftName.text }),
      ...(version && { version: version.text }),
      title: title.text,
      ...(animation && { animation: animation.choice }),
      cohorts: cohorts.words,
      ...(percent && { percent: percent.number }),
      regions,
      ...(starts &&
        ends && {
          campaign: { name: campaign?.text ?? title.text, starts: starts.text, ends: ends.text },
        }),
    },
  };
}

function toProblems(problems: readonly FormProblem[]): ParsedForm {
  return { kind: "problems", problems };
}

/** The text under each heading of the form; other headings are part of the text above them. */
function readAnswers(body: string): {
  readonly answers: ReadonlyMap<FormFieldId, string>;
  readonly repeated: readonly string[];
} {
  const blocks = new Map<FormFieldId, string[]>();
  const repeated = new Set<string>();
  let lines: string[] | null = null;
  for (const line of body.split(/\r\n|\r|\n/)) {
    const heading = /^### (.+?) *$/.exec(line)?.[1];
    const field = RELEASE_FORM.find((it) => it.heading === heading);
    if (!field) {
      lines?.push(line);
      continue;
    }
    if (blocks.has(field.id)) repeated.add(field.heading);
    lines = [];
    blocks.set(field.id, lines);
  }
  const answers = [...blocks].flatMap(([id, its]): [FormFieldId, string][] => {
    const text = its.join("\n").trim();
    return NO_ANSWERS.has(text) ? [] : [[id, text]];
  });
  return { answers: new Map(answers), repeated: [...repeated] };
}

interface Text {
  readonly text: string;
}

/** Folders below releases/ that are no gifts. */
const RESERVED = new Set(["environments", "overrides"]);

function parseGift(text: string): Text | string {
  if (RESERVED.has(text)) return `no gift can be called ${text}`;
  if (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(text) && text.length <= 64) return { text };
  const near = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 64);
  const words = "write small letters, digits and single dashes";
  return near === "" ? words : `${words}, such as ${near}`;
}

/** One line that a person can read: no control characters, and none that turn the rest around. */
function parseLine(text: string): Text | string {
  if (/[\n\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/u.test(text)) return "write one line of plain text";
  return text.length <= MAX_LINE ? { text } : `write at most ${MAX_LINE} characters`;
}

const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

function parseVersionText(text: string): Text | string {
  const [plain = ""] = /^v?(.*)$/s.exec(text)?.slice(1) ?? [];
  if (plain.length <= 64 && VERSION.test(plain) && parseVersion(plain) !== null) return { text: plain };
  return "write three numbers, such as 1.4.0, or leave it empty for the next one";
}

function parseAnimation(text: string): { readonly choice: AnimationChoice } | string {
  const choice = ANIMATION_CHOICES.find((it) => it === text);
  return choice ? { choice } : `choose one of ${ANIMATION_CHOICES.join(", ")}`;
}

function parseCohorts(text: string): { readonly words: readonly string[] } | string {
  const words = [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
  if (words.length <= 20 && words.every((it) => /^[a-z0-9-]{1,64}$/.test(it))) return { words };
  return "name groups in small letters, with commas between, such as: staff, qa";
}

function parsePercent(text: string): { readonly number: number } | string {
  const number = toPercent(text);
  return number === null ? "write a number from 0.01 to 100, such as 1" : { number };
}

function toPercent(text: string): number | null {
  const [, digits] = /^(\d{1,3}(?:\.\d{1,2})?) ?%?$/.exec(text) ?? [];
  const number = Number(digits ?? Number.NaN);
  return number >= 0.01 && number <= 100 ? number : null;
}

const HOW_REGIONS =
  "write two letters and a percentage for each, with commas or line breaks between, such as: SG 5, ID 10";

function parseRegions(text: string): ReadonlyMap<string, number | null> | string {
  const regions = new Map<string, number | null>();
  const parts = text.split(/[\n,;]+/).map((it) => it.trim().replace(/^[-*] +/, ""));
  for (const part of parts.filter(Boolean)) {
    const [, region = "", share] = /^([A-Za-z]{2})(?: *[:= ] *([\d.]+ ?%?))?$/.exec(part) ?? [];
    const percent = share === undefined ? null : toPercent(share);
    const name = region.toUpperCase();
    if (region === "" || (share !== undefined && percent === null)) return HOW_REGIONS;
    if (regions.has(name)) return `${name} stands there twice`;
    regions.set(name, percent);
  }
  return regions.size <= 250 ? regions : HOW_REGIONS;
}

/** As the schemas have it; a blank between, and UTC for Z, are taken too. */
function parseTime(text: string): Text | string {
  const [, day, time, zone] =
    /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?) ?(Z|UTC|[+-]\d{2}:\d{2})$/.exec(text) ?? [];
  const moment = `${day}T${time}${zone === "UTC" ? "Z" : zone}`;
  if (day !== undefined && parseMoment(moment) !== null) return { text: moment };
  return "write day, time and time zone, such as 2027-02-05T18:00:00+08:00";
}
