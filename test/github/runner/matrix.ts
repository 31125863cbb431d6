import { isBlock, isList, type Json, type JsonBlock } from "./json.ts";
import { notKnown } from "./notKnown.ts";

const MAX_JOBS = 256;

/** The jobs that a filled-in `matrix:` gives, in its order. Throws NotKnown for what is no matrix. */
export function expandMatrix(matrix: Json, place: string): readonly JsonBlock[] {
  if (!isBlock(matrix)) throw notKnown(place, `a matrix like ${JSON.stringify(matrix)}`);
  const axes = Object.entries(matrix).filter(([name]) => name !== "include" && name !== "exclude");
  let jobs: JsonBlock[] = axes.length === 0 ? [] : [{}];
  for (const [name, values] of axes) {
    if (!isList(values)) throw notKnown(place, `a matrix whose ${name} is ${JSON.stringify(values)}`);
    jobs = jobs.flatMap((job) => values.map((value) => ({ ...job, [name]: value })));
  }
  const names = new Set(axes.map(([name]) => name));
  jobs = jobs.filter((job) => !blocksAt(matrix["exclude"], place).some((it) => isPart(it, job)));

  // Values that an earlier `include` added may be replaced, those of the axes never.
  const added: JsonBlock[] = [];
  const extended = jobs.map((job) => ({ ...job }));
  for (const include of blocksAt(matrix["include"], place)) {
    const own = Object.fromEntries(Object.entries(include).filter(([name]) => names.has(name)));
    const fitting = jobs.flatMap((job, index) => (isPart(own, job) ? [index] : []));
    if (fitting.length === 0) added.push(include);
    for (const index of fitting) extended[index] = { ...extended[index], ...include };
  }
  const all = [...extended, ...added];
  if (all.length > MAX_JOBS) throw notKnown(place, `a matrix of ${all.length} jobs, more than ${MAX_JOBS}`);
  return all;
}

function isPart(part: JsonBlock, whole: JsonBlock): boolean {
  return Object.entries(part).every(([name, it]) => JSON.stringify(whole[name]) === JSON.stringify(it));
}

function blocksAt(value: Json | undefined, place: string): readonly JsonBlock[] {
  if (value === undefined || value === null) return [];
  if (!isList(value) || !value.every(isBlock)) throw notKnown(place, `in a matrix: ${JSON.stringify(value)}`);
  return value;
}
