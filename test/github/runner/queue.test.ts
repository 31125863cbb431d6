import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openQueue, type QueueRequest } from "./queue.ts";

function line() {
  const queue = openQueue();
  const told: string[] = [];
  const enter = (name: string, options: Partial<QueueRequest> = {}) => {
    const turn = queue.enter({
      group: "publish",
      cancelInProgress: false,
      queue: "single",
      cancel: () => told.push(`${name} stop`),
      ...options,
    });
    void turn.granted.then((isGranted) => told.push(`${name} ${isGranted ? "go" : "cancelled"}`));
    return turn;
  };
  const settle = async () => {
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    return told.splice(0);
  };
  return { enter, settle };
}

describe("a concurrency group", () => {
  it("lets one run and one wait; a newer one takes the place of the one that waits", async () => {
    const { enter, settle } = line();
    const first = enter("first");
    enter("second");
    enter("third");
    expect(await settle()).toEqual(["first go", "second cancelled"]);
    first.leave();
    expect(await settle()).toEqual(["third go"]);
  });

  it("does not care about case, and is shared by whoever names it", async () => {
    const { enter, settle } = line();
    enter("first");
    enter("second", { group: "PUBLISH" });
    enter("other", { group: "stop" });
    expect(await settle()).toEqual(["first go", "other go"]);
  });

  it("tells the one that runs to stop when the newer one cancels in progress, and waits for its end", async () => {
    const { enter, settle } = line();
    const first = enter("first");
    enter("second", { cancelInProgress: true });
    expect(await settle()).toEqual(["first stop", "first go"]);
    first.leave();
    expect(await settle()).toEqual(["second go"]);
  });

  it("with queue: max keeps a hundred waiting in the order they came, and cancels the one after that", async () => {
    const { enter, settle } = line();
    const turns = Array.from({ length: 102 }, (_, index) => enter(`${index}`, { queue: "max" }));
    expect(await settle()).toEqual(["0 go", "101 cancelled"]);
    for (const turn of turns.slice(0, 100)) turn.leave();
    expect(await settle()).toEqual(Array.from({ length: 100 }, (_, index) => `${index + 1} go`));
  });

  it("forgets the one that no longer wants its turn", async () => {
    const { enter, settle } = line();
    const first = enter("first");
    enter("second").leave();
    first.leave();
    enter("third");
    expect(await settle()).toEqual(["first go", "second cancelled", "third go"]);
  });

  it("never has two running, whatever comes and goes", () => {
    const step = fc.record({ isMax: fc.boolean(), isCancelling: fc.boolean(), leaves: fc.nat(5) });
    return fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { enter, settle } = line();
        const running = new Set<string>();
        const turns: { readonly name: string; leave(): void }[] = [];
        for (const [index, { isMax, isCancelling, leaves }] of steps.entries()) {
          turns.push({
            name: `${index}`,
            ...enter(`${index}`, {
              queue: isMax ? "max" : "single",
              cancelInProgress: isCancelling && !isMax,
            }),
          });
          const gone = turns[leaves];
          if (leaves < turns.length && gone !== undefined) {
            turns.splice(leaves, 1);
            running.delete(gone.name);
            gone.leave();
          }
          for (const word of await settle()) if (word.endsWith(" go")) running.add(word.slice(0, -3));
          for (const name of running) if (!turns.some((it) => it.name === name)) running.delete(name);
          expect(running.size).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 50 },
    );
  });
});
