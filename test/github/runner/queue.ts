/** How many may wait in a group with `queue: max`. */
const MAX_PENDING = 100;

/** What asks for its turn: a run, or a job of one. */
export interface QueueRequest {
  /** Compared without case, and shared by all workflows. */
  readonly group: string;
  readonly cancelInProgress: boolean;
  readonly queue: "single" | "max";
  /** Told when it has its turn already and shall stop; it goes on holding the group until it leaves. */
  cancel(why: string): void;
}

export interface Turn {
  /** True once it is its turn, false when it was cancelled while it waited. */
  readonly granted: Promise<boolean>;
  /** Gives the turn back, or no longer waits for it. */
  leave(): void;
}

interface Entry {
  readonly request: QueueRequest;
  settle(isGranted: boolean): void;
}

/**
 * The concurrency groups of a repository. Without `queue: max` one holds the group and one waits; whoever comes then takes the
 * place of the one that waits. With it a hundred wait, first come first served, and the next is cancelled.
 */
export function openQueue(): { enter(request: QueueRequest): Turn } {
  const groups = new Map<string, { running: Entry | null; pending: Entry[] }>();

  const enter = (request: QueueRequest): Turn => {
    const key = request.group.toLowerCase();
    const group = groups.get(key) ?? { running: null, pending: [] };
    groups.set(key, group);

    let settle: (isGranted: boolean) => void = () => {};
    const granted = new Promise<boolean>((resolve) => {
      settle = resolve;
    });
    const entry: Entry = { request, settle: (isGranted) => settle(isGranted) };

    const next = () => {
      group.running = group.pending.shift() ?? null;
      group.running?.settle(true);
      if (group.running === null) groups.delete(key);
    };
    const leave = () => {
      if (group.running === entry) return next();
      const place = group.pending.indexOf(entry);
      if (place < 0) return;
      group.pending.splice(place, 1);
      entry.settle(false);
    };

    if (group.running === null) {
      group.running = entry;
      entry.settle(true);
    } else if (request.queue === "max" && !request.cancelInProgress) {
      if (group.pending.length < MAX_PENDING) group.pending.push(entry);
      else entry.settle(false);
    } else {
      for (const older of group.pending.splice(0)) older.settle(false);
      group.pending.push(entry);
      if (request.cancelInProgress)
        group.running.request.cancel(`a newer one waits in the group ${request.group}`);
    }
    return { granted, leave };
  };
  return { enter };
}
