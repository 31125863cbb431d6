import { GiftError } from "../../src/report/error.ts";
import type { Store } from "../../src/store/store.ts";

/** A store that dies at its n-th write, just before or just after the bytes are there, and at every write from then on. */
export function failingStore(
  store: Store,
  at: number,
  when: "before" | "after",
): Store & { readonly writes: () => number } {
  let writes = 0;
  const die = () => new GiftError("STORE_FAILED", `write ${writes} did not happen`, "this is a test");
  const counted = async <T>(write: () => Promise<T>): Promise<T> => {
    writes++;
    if (writes < at) return write();
    if (writes === at && when === "after") await write();
    throw die();
  };
  return {
    ...store,
    writes: () => writes,
    putIfAbsent: (key, bytes) => counted(() => store.putIfAbsent(key, bytes)),
    replace: (key, bytes, expected) => counted(() => store.replace(key, bytes, expected)),
  };
}

/** A store that tells after each write which key it was. */
export function watchedStore(store: Store, onWritten: (key: string) => Promise<void>): Store {
  const told = async <T>(key: string, write: () => Promise<T>): Promise<T> => {
    const result = await write();
    await onWritten(key);
    return result;
  };
  return {
    ...store,
    putIfAbsent: (key, bytes) => told(key, () => store.putIfAbsent(key, bytes)),
    replace: (key, bytes, expected) => told(key, () => store.replace(key, bytes, expected)),
  };
}
