/*
 * IndexedDB as promises, for two stores of bytes. A database that the browser closed or cleared on the way is opened anew.
 */

export const BYTES = "bytes";
export const SIZES = "sizes";

/** A browser that keeps a database waiting (another tab holds an older one) must not keep a gift waiting. */
const PATIENCE_MILLISECONDS = 3_000;

export class Database {
  readonly #factory: IDBFactory;
  readonly #name: string;
  #opened: Promise<IDBDatabase> | undefined;

  constructor(factory: IDBFactory, name: string) {
    this.#factory = factory;
    this.#name = name;
  }

  /** Does all of it or nothing. @throws DOMException, such as `QuotaExceededError`; Error when nothing happens for too long */
  async run<T>(
    mode: IDBTransactionMode,
    act: (bytes: IDBObjectStore, sizes: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> {
    try {
      return await this.#runOnce(mode, act);
    } catch (error) {
      // Closed by the browser, or cleared by the person: it begins empty again.
      if (!(error instanceof DOMException) || !/^(InvalidState|NotFound)Error$/.test(error.name)) throw error;
      this.#opened = undefined;
      return this.#runOnce(mode, act);
    }
  }

  async #runOnce<T>(
    mode: IDBTransactionMode,
    act: (bytes: IDBObjectStore, sizes: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> {
    const database = await this.#open();
    return inTime((resolve, reject) => {
      const transaction = database.transaction([BYTES, SIZES], mode);
      const request = act(transaction.objectStore(BYTES), transaction.objectStore(SIZES));
      transaction.addEventListener("complete", () => resolve(request.result));
      transaction.addEventListener("abort", () =>
        reject(transaction.error ?? new Error("the transaction was given up")),
      );
    });
  }

  #open(): Promise<IDBDatabase> {
    this.#opened ??= this.#openOnce().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  #openOnce(): Promise<IDBDatabase> {
    return inTime((resolve, reject) => {
      const request = this.#factory.open(this.#name, 1);
      request.addEventListener("upgradeneeded", () => {
        for (const store of [BYTES, SIZES]) request.result.createObjectStore(store);
      });
      request.addEventListener("error", () =>
        reject(request.error ?? new Error("the database cannot be opened")),
      );
      request.addEventListener("success", () => {
        const database = request.result;
        const forget = () => {
          this.#opened = undefined;
        };
        database.addEventListener("close", forget);
        database.addEventListener("versionchange", () => {
          database.close();
          forget();
        });
        resolve(database);
      });
    });
  }
}

function inTime<T>(begin: (resolve: (value: T) => void, reject: (why: Error) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the database did not answer within ${PATIENCE_MILLISECONDS} ms`)),
      PATIENCE_MILLISECONDS,
    );
    const settle =
      <V>(act: (value: V) => void) =>
      (value: V) => {
        clearTimeout(timer);
        act(value);
      };
    begin(settle(resolve), settle(reject));
  });
}
