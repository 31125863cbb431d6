/**
 * The store, and what is asked of it: requests by kind, bytes that were read, and each key that was written with its length.
 * @param {import("../../dist/store/store.js").Store} store
 */
export function countingStore(store) {
  const counts = {
    get: 0,
    head: 0,
    putIfAbsent: 0,
    replace: 0,
    list: 0,
    delete: 0,
    bytesRead: 0,
    /** @type {{ key: string, bytes: number }[]} */
    written: [],
    requests: () =>
      counts.get + counts.head + counts.putIfAbsent + counts.replace + counts.list + counts.delete,
  };
  const counted = (kind, act) => async (key, bytes, expected) => {
    counts[kind]++;
    const result = await act(key, bytes, expected);
    if (kind === "get") counts.bytesRead += result?.bytes.length ?? 0;
    if (bytes && result !== false && result !== null) counts.written.push({ key, bytes: bytes.length });
    return result;
  };
  const wrapped = { ...store };
  for (const kind of ["get", "head", "putIfAbsent", "replace", "list", "delete"])
    wrapped[kind] = counted(kind, store[kind]);
  return { store: wrapped, counts };
}

const KINDS = {
  objects: /^objects\//,
  catalogs: /^targets\/catalog\//,
  deltas: /^targets\/delta\//,
  metadata: /^metadata\//,
  records: /^(locks|log)\//,
};

/**
 * How many keys of each kind were written, and how many bytes.
 * @param {readonly { key: string, bytes: number }[]} written
 */
export function byKind(written) {
  return Object.entries(KINDS).map(([kind, pattern]) => {
    const these = written.filter(({ key }) => pattern.test(key));
    return { kind, keys: these.length, bytes: these.reduce((sum, it) => sum + it.bytes, 0) };
  });
}
