import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isDuring, overlaps, parseDay, parseMoment, type Span, toSpan } from "../../src/model/moment.ts";
import { weeksFrom } from "../../src/model/weeks.ts";

const HOUR = 3_600_000;

describe("a moment", () => {
  test("is the same one whatever the offset it is written with", () => {
    const moment = Date.UTC(2027, 1, 5, 10);
    for (const text of [
      "2027-02-05T18:00:00+08:00",
      "2027-02-05T18:00+08:00",
      "2027-02-05T10:00:00Z",
      "2027-02-05T10:00Z",
      "2027-02-05T00:30-09:30",
      "2027-02-06T00:00+14:00",
    ])
      expect([text, parseMoment(text)]).toEqual([text, moment]);
  });

  test.each([
    "2027-02-29T18:00:00+08:00",
    "2027-02-30T18:00:00Z",
    "2027-02-31T18:00Z",
    "2027-04-31T00:00+08:00",
    "2027-13-01T00:00Z",
    "2027-00-10T00:00Z",
    "2027-01-00T00:00Z",
  ])("%s is on no day of the calendar", (text) => {
    expect(parseMoment(text)).toBeNull();
  });

  test.each([
    "2027-02-05",
    "2027-02-05T18:00:00",
    "2027-02-05 18:00:00Z",
    "2027-02-05T24:00:00Z",
    "2027-02-05T23:60Z",
    "2027-02-05T23:59:60Z",
    "2027-02-05T18:00:00.5Z",
    "2027-02-05T18:00+24:00",
    "2027-02-05T18Z",
    " 2027-02-05T18:00Z",
    "5 February 2027",
    "",
  ])("%j is not how moments are written", (text) => {
    expect(parseMoment(text)).toBeNull();
  });

  test("29 February is there in leap years", () => {
    expect(parseMoment("2028-02-29T00:00Z")).toBe(Date.UTC(2028, 1, 29));
    expect(parseMoment("2000-02-29T00:00Z")).toBe(Date.UTC(2000, 1, 29));
    expect(parseMoment("2100-02-29T00:00Z")).toBeNull();
  });

  test("is read back from how it was written, on every day and with every offset", () => {
    const days = fc.date({ min: new Date("0100-01-01"), max: new Date("9998-01-01"), noInvalidDate: true });
    const offsets = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 });
    fc.assert(
      fc.property(days, offsets, (date, offsetMinutes) => {
        const moment = Math.floor(date.getTime() / 1_000) * 1_000;
        const local = new Date(moment + offsetMinutes * 60_000).toISOString().slice(0, 19);
        expect(parseMoment(local + toOffset(offsetMinutes))).toBe(moment);
      }),
    );
  });
});

test("a day is all of it, in UTC", () => {
  expect(parseDay("2027-01-31")).toEqual({ starts: Date.UTC(2027, 0, 31), ends: Date.UTC(2027, 1, 1) });
  for (const text of ["2027-02-29", "2027-13-01", "2027-1-31", "2027-01-31T00:00Z", "today"])
    expect([text, parseDay(text)]).toEqual([text, null]);
});

describe("a span", () => {
  const span = toSpan({ starts: "2027-02-05T18:00+08:00", ends: "2027-02-05T11:00Z" });

  test("holds from its start, and at its end no more", () => {
    expect(span).toEqual({ starts: Date.UTC(2027, 1, 5, 10), ends: Date.UTC(2027, 1, 5, 11) });
    const { starts, ends } = span ?? { starts: 0, ends: 0 };
    expect([starts - 1, starts, ends - 1, ends].map((it) => isDuring(it, { starts, ends }))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test("is none when it ends before it starts or when it does, whatever the clocks on the walls said", () => {
    expect(toSpan({ starts: "2027-02-05T18:00+08:00", ends: "2027-02-05T10:00Z" })).toBeNull();
    expect(toSpan({ starts: "2027-02-05T18:00Z", ends: "2027-02-05T19:00+08:00" })).toBeNull();
    expect(toSpan({ starts: "2027-02-05T18:00Z", ends: "2027-02-30T19:00Z" })).toBeNull();
  });
});

describe("two spans", () => {
  const spans: fc.Arbitrary<Span> = fc
    .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 12 }))
    .map(([starts, length]) => ({ starts, ends: starts + length }));

  test("overlap when some moment lies in both, in whichever order they are asked", () => {
    fc.assert(
      fc.property(spans, spans, (a, b) => {
        const moments = Array.from({ length: 50 }, (_, at) => at);
        expect(overlaps(a, b)).toBe(moments.some((it) => isDuring(it, a) && isDuring(it, b)));
        expect(overlaps(b, a)).toBe(overlaps(a, b));
      }),
      { numRuns: 1_000 },
    );
  });

  test("that touch do not overlap", () => {
    expect(overlaps({ starts: 0, ends: 5 }, { starts: 5, ends: 9 })).toBe(false);
    expect(overlaps({ starts: 0, ends: 6 }, { starts: 5, ends: 9 })).toBe(true);
  });
});

describe("the weeks of a time zone", () => {
  const toIso = ({ starts, ends }: Span) => [starts, ends].map((it) => new Date(it).toISOString());

  test("begin on its Monday, not on that of UTC", () => {
    const sundayInLondon = Date.UTC(2027, 1, 7, 20);
    expect(weeksFrom(sundayInLondon, 1, "UTC").map(toIso)).toEqual([
      ["2027-02-01T00:00:00.000Z", "2027-02-08T00:00:00.000Z"],
    ]);
    expect(weeksFrom(sundayInLondon, 1, "Asia/Singapore").map(toIso)).toEqual([
      ["2027-02-07T16:00:00.000Z", "2027-02-14T16:00:00.000Z"],
    ]);
  });

  test("are an hour shorter or longer when the clocks change", () => {
    const lengths = (from: number) =>
      weeksFrom(from, 3, "Europe/Berlin").map(({ starts, ends }) => (ends - starts) / HOUR);
    expect(lengths(Date.UTC(2027, 2, 16))).toEqual([168, 167, 168]);
    expect(lengths(Date.UTC(2027, 9, 19))).toEqual([168, 169, 168]);
  });

  test("begin with the first moment of Monday where clocks skip its midnight", () => {
    // In Iran the clocks went from 00:00 to 01:00 on 22 March 2021, a Monday.
    expect(weeksFrom(Date.UTC(2021, 2, 24), 1, "Asia/Tehran").map(toIso)).toEqual([
      ["2021-03-21T20:30:00.000Z", "2021-03-28T19:30:00.000Z"],
    ]);
  });

  test("are numbered as ISO 8601 does, across the new year", () => {
    const numbers = (from: number, weeks: number) =>
      weeksFrom(from, weeks, "UTC").map(({ number, year }) => `${year}-${number}`);
    expect(numbers(Date.UTC(2026, 11, 31), 3)).toEqual(["2026-53", "2027-1", "2027-2"]);
    expect(numbers(Date.UTC(2027, 11, 31), 2)).toEqual(["2027-52", "2028-1"]);
    expect(numbers(Date.UTC(2025, 0, 1), 1)).toEqual(["2025-1"]);
  });

  test("follow one another without a gap, and the first holds the moment", () => {
    const zones = fc.constantFrom(
      "UTC",
      "Asia/Singapore",
      "Europe/Berlin",
      "America/Santiago",
      "Africa/Cairo",
    );
    const moments = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) });
    fc.assert(
      fc.property(moments, zones, (moment, zone) => {
        const weeks = weeksFrom(moment, 4, zone);
        const [first] = weeks;
        expect(first && isDuring(moment, first)).toBe(true);
        for (const [at, week] of weeks.entries()) {
          const next = weeks[at + 1];
          if (next) expect(next.starts).toBe(week.ends);
        }
      }),
    );
  });

  test("of a time zone that nobody knows are none", () => {
    expect(() => weeksFrom(0, 1, "Mars/Olympus")).toThrow(RangeError);
  });
});

function toOffset(minutes: number): string {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
}
