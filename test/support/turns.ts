import type { Store } from "../../src/store/store.ts";

/** What a party is about to do, such as "head objects/..." */
export interface Call {
  readonly party: string;
  readonly call: string;
}

/** Lets several parties use one store, one call at a time; who is next is decided by the test. */
export interface Turns {
  /** The store as one party sees it: each of its calls waits for its turn. */
  storeOf(party: string): Store;
  /** Waits for a turn without using the store. */
  pause(party: string): Promise<void>;
  /** Runs the parties to their end. `choose` names one of those that wait, or leaves it to their order; `onCall` is told after each call. */
  run(
    parties: Readonly<Record<string, () => Promise<void>>>,
    choose: (waiting: readonly Call[]) => string | undefined,
    onCall: (party: string) => Promise<void>,
  ): Promise<void>;
}

interface Waiting extends Call {
  readonly go: () => Promise<unknown>;
}

export function takeTurns(store: Store): Turns {
  const waiting: Waiting[] = [];
  let changed = () => {};
  const turn = <T>(party: string, call: string, act: () => Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const go = async () => {
        try {
          resolve(await act());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      waiting.push({ party, call, go });
      changed();
    });
  return {
    storeOf: (party) => ({
      get: (key) => turn(party, `get ${key}`, () => store.get(key)),
      head: (key) => turn(party, `head ${key}`, () => store.head(key)),
      putIfAbsent: (key, bytes) => turn(party, `putIfAbsent ${key}`, () => store.putIfAbsent(key, bytes)),
      replace: (key, bytes, expected) =>
        turn(party, `replace ${key}`, () => store.replace(key, bytes, expected)),
      list: (prefix) => turn(party, `list ${prefix}`, () => store.list(prefix)),
      delete: (key) => turn(party, `delete ${key}`, () => store.delete(key)),
    }),
    pause: (party) => turn(party, "pause", async () => {}),
    run: async (parties, choose, onCall) => {
      const running = new Set(Object.keys(parties));
      const failures: unknown[] = [];
      for (const [party, act] of Object.entries(parties)) {
        act()
          .catch((error: unknown) => failures.push(error))
          .finally(() => {
            running.delete(party);
            changed();
          });
      }
      while (running.size > 0) {
        // Everybody who is not done comes to a call some time; only then is it decided who goes on.
        while (![...running].every((party) => waiting.some((it) => it.party === party)))
          await new Promise<void>((resolve) => (changed = resolve));
        if (running.size === 0) break;
        const name = choose(waiting);
        const at = Math.max(
          0,
          waiting.findIndex((it) => it.party === name),
        );
        const [next] = waiting.splice(at, 1);
        if (!next) throw new Error("nobody waits");
        await next.go();
        await onCall(next.party);
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
