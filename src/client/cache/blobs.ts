/** A place for bytes by name, with room that may run out: a folder, a browser's database. What it throws costs a download later. */
export interface Blobs {
  /** Everything that is there now, and how large it is; in any order. */
  list(): Promise<readonly { readonly name: string; readonly bytes: number }[]>;
  /** Null for what is not there, or not any more: platforms clear up as they like. */
  read(name: string): Promise<Uint8Array | null>;
  write(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
}

/** Until the app ends. */
export function memoryBlobs(): Blobs {
  const files = new Map<string, Uint8Array>();
  return {
    list: async () => [...files].map(([name, { length }]) => ({ name, bytes: length })),
    read: async (name) => files.get(name) ?? null,
    write: async (name, bytes) => void files.set(name, bytes),
    remove: async (name) => void files.delete(name),
  };
}
