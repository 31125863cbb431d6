/** What a piece of work takes while it goes on. */
export interface Load {
  /** Bytes of pixels that it holds at its peak, about. */
  readonly bytes: number;
}

/** Runs pieces of work beside each other, as many as there is room for; the order of starting is the order of asking. */
export type Run = <T>(load: Load, work: () => Promise<T>) => Promise<T>;

/**
 * At most `lanes` pieces of work at a time, and at most `maxBytes` of pixels in memory: a piece that is larger than that alone
 * runs alone. A piece that fails rejects its own promise and no other.
 */
export function lanes(count: number, maxBytes: number): Run {
  const waiting: { readonly load: Load; readonly start: () => void }[] = [];
  let running = 0;
  let bytes = 0;
  const startNext = () => {
    for (let next = waiting[0]; next; next = waiting[0]) {
      const isRoom = running < count && (running === 0 || bytes + next.load.bytes <= maxBytes);
      if (!isRoom) return;
      waiting.shift();
      running += 1;
      bytes += next.load.bytes;
      next.start();
    }
  };
  return async (load, work) => {
    await new Promise<void>((start) => {
      waiting.push({ load, start });
      startNext();
    });
    try {
      return await work();
    } finally {
      running -= 1;
      bytes -= load.bytes;
      startNext();
    }
  };
}

/** One after the other. */
export const inTurn: Run = (_load, work) => work();

/**
 * Does the work for every item, at most `count` at a time and as far as there is room for what each holds; the results are in the order of the
 * items. What fails does not end the others: when all are through, the first failure is thrown.
 */
export async function eachInLanes<Item, Result>(
  items: readonly Item[],
  count: number,
  work: (item: Item) => Promise<Result>,
  { maxBytes, bytesOf }: Room<Item> = { maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 },
): Promise<readonly Result[]> {
  const run = lanes(count, maxBytes);
  const settled = await Promise.allSettled(
    items.map((item) => run({ bytes: bytesOf(item) }, () => work(item))),
  );
  return settled.map((it) => {
    if (it.status === "rejected") throw it.reason;
    return it.value;
  });
}

export interface Room<Item> {
  readonly maxBytes: number;
  readonly bytesOf: (item: Item) => number;
}
