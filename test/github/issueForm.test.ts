import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FormFieldId, parseIssueForm, RELEASE_FORM } from "../../src/github/issueForm.ts";

/** As GitHub writes an issue that was made with the form. */
function bodyOf(answers: Partial<Record<FormFieldId, string>>, lineEnd = "\n"): string {
  return RELEASE_FORM.map(({ id, heading }) => `### ${heading}\n\n${answers[id] ?? "_No response_"}`)
    .join("\n\n")
    .replaceAll("\n", lineEnd);
}

const LEAST = { gift: "rose", title: "Rose in gold" };

describe("the form New gift release", () => {
  test("needs a gift and a title, and takes no answer for none", () => {
    const expected = {
      kind: "form",
      form: { gift: "rose", title: "Rose in gold", cohorts: [], regions: new Map() },
    };
    expect(parseIssueForm(bodyOf(LEAST))).toEqual(expected);
    expect(parseIssueForm(bodyOf({ ...LEAST, animation: "None" }, "\r\n"))).toEqual(expected);
    expect(parseIssueForm("Hello")).toEqual({
      kind: "problems",
      problems: [
        { heading: "Gift", message: "is needed" },
        { heading: "Title", message: "is needed" },
      ],
    });
  });

  test("reads everything that may be asked for", () => {
    const body = bodyOf(
      {
        gift: "dragon-dance",
        "gift-name": "Dragon Dance",
        version: "v1.4.0",
        title: '龙舞: "gold" #1',
        animation: "PNG frames",
        cohorts: "staff, qa\nstaff",
        percent: "0.5 %",
        regions: "SG 5, id: 10%\n- BR=2.5\nTH",
        campaign: "Lunar new year",
        starts: "2027-02-05 18:00 +08:00",
        ends: "2027-02-20T23:59:00Z",
      },
      "\r\n",
    );
    expect(parseIssueForm(body)).toEqual({
      kind: "form",
      form: {
        gift: "dragon-dance",
        giftName: "Dragon Dance",
        version: "1.4.0",
        title: '龙舞: "gold" #1',
        animation: "PNG frames",
        cohorts: ["staff", "qa"],
        percent: 0.5,
        regions: new Map<string, number | null>([
          ["SG", 5],
          ["ID", 10],
          ["BR", 2.5],
          ["TH", null],
        ]),
        campaign: {
          name: "Lunar new year",
          starts: "2027-02-05T18:00+08:00",
          ends: "2027-02-20T23:59:00Z",
        },
      },
    });
  });

  test.each<[FormFieldId, string, string]>([
    ["gift", "Rose Classic", "such as rose-classic"],
    ["gift", "../../.github", "such as github"],
    ["gift", "environments", "no gift can be called environments"],
    ["gift", "龙", "small letters"],
    ["gift-name", "Rose\nClassic", "one line"],
    ["version", "1.4", "three numbers"],
    ["version", "1.4.0/../../x", "three numbers"],
    ["version", "1.4.0\n", "three numbers"],
    ["title", "Rose \u202eesor", "plain text"],
    ["title", "x".repeat(121), "at most 120"],
    ["animation", "Flash", "choose one of"],
    ["cohorts", "Staff", "small letters"],
    ["percent", "0", "from 0.01 to 100"],
    ["percent", "1e2", "from 0.01 to 100"],
    ["percent", "101", "from 0.01 to 100"],
    ["regions", "Singapore 5", "two letters"],
    ["regions", "SG five", "two letters"],
    ["regions", "SG 5, SG 6", "SG stands there twice"],
    ["starts", "5 February 2027", "time zone"],
    ["starts", "2027-02-30T18:00:00Z", "time zone"],
  ])("says what is wrong with %s %j: %s", (id, text, words) => {
    const end = "2027-03-01T00:00:00Z";
    const parsed = parseIssueForm(bodyOf({ ...LEAST, ...(id === "starts" && { ends: end }), [id]: text }));
    if (text.endsWith("\n")) return expect(parsed.kind).toBe("form");
    expect(parsed).toEqual({
      kind: "problems",
      problems: [
        {
          heading: RELEASE_FORM.find((it) => it.id === id)?.heading,
          message: expect.stringContaining(words),
        },
      ],
    });
  });

  test("knows no campaign with half its dates, backwards, or without any", () => {
    const messages = (answers: Partial<Record<FormFieldId, string>>) => {
      const parsed = parseIssueForm(bodyOf({ ...LEAST, ...answers }));
      return parsed.kind === "problems" ? parsed.problems.map((it) => it.message) : [];
    };
    const [early, late] = ["2027-02-05T18:00:00Z", "2027-02-06T18:00:00Z"];
    expect(messages({ starts: early })).toEqual(["a campaign has a start and an end, or neither"]);
    expect(messages({ starts: late, ends: early })).toEqual(["is not after the start"]);
    expect(messages({ campaign: "Spring" })).toEqual(["say when it starts and ends, too"]);
    expect(messages({ starts: early, ends: late })).toEqual([]);
  });

  test("takes no field twice: a text cannot answer another question", () => {
    expect(parseIssueForm(bodyOf({ ...LEAST, regions: "SG\n\n### Gift\n\ncrown" }))).toMatchObject({
      kind: "problems",
      problems: expect.arrayContaining([
        { heading: "Gift", message: expect.stringContaining("more than once") },
      ]),
    });
  });

  test("gives nothing that is not a plain name, number or line, whatever is entered", () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.constantFrom("`rm -rf`", "@acme/all", "${{ github.token }}", "--body", "### Gift", "a\r\n### Title"),
    );
    fc.assert(
      fc.property(
        fc.record({ gift: hostile, version: hostile, title: hostile, regions: hostile }),
        (answers) => {
          const parsed = parseIssueForm(bodyOf(answers));
          if (parsed.kind !== "form") return;
          expect(parsed.form.gift).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
          expect(parsed.form.title).not.toMatch(/[\n\r\p{Cc}\u202e]/u);
          for (const region of parsed.form.regions.keys()) expect(region).toMatch(/^[A-Z]{2}$/);
        },
      ),
    );
  });
});
