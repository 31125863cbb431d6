import { toTable } from "../../dist/report/text.js";

/**
 * One measured thing: the smallest, the middle and the largest of several runs, and how often it is what it is compared with.
 * @typedef {{ what: string, unit: string, min: number, median: number, max: number, runs: number, ratio?: number, to?: string }} Row
 *
 * @typedef {{ title: string, about: string, rows: Row[] }} Figure
 */

/**
 * @param {string} what
 * @param {string} unit
 * @param {readonly number[]} values one per run
 * @returns {Row}
 */
export function toRow(what, unit, values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { what, unit, min: sorted[0], median, max: sorted[sorted.length - 1], runs: sorted.length };
}

/**
 * The row with its ratio to another: how many of the other's medians its own is.
 * @param {Row} row
 * @param {Row} other
 * @returns {Row}
 */
export function against(row, other) {
  return { ...row, ratio: row.median / other.median, to: other.what };
}

/**
 * Milliseconds that `act` takes.
 * @param {() => unknown} act
 */
export function timed(act) {
  const started = performance.now();
  act();
  return performance.now() - started;
}

/**
 * @param {Figure} figure
 * @returns {string}
 */
export function figureToText({ title, about, rows }) {
  const cells = rows.map((row) => [
    row.what,
    toDigits(row.median),
    row.unit,
    row.runs === 1 ? "" : `${toDigits(row.min)} to ${toDigits(row.max)}`,
    String(row.runs),
    row.ratio === undefined ? "" : `${toDigits(row.ratio)} x ${row.to}`,
  ]);
  return `${title}\n${about}\n\n${toTable([["", "median", "", "range", "runs", "ratio"], ...cells])}\n`;
}

/**
 * Three digits that mean something, and thousands apart.
 * @param {number} value
 */
function toDigits(value) {
  const fractionDigits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString("en", {
    minimumFractionDigits: fractionDigits,
    maximumFractionDigits: fractionDigits,
  });
}
