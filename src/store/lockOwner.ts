import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Where process ids mean what they mean here: one boot of one kernel and one of its process namespaces, where the system tells
 * (Linux), or else the host's name. Two containers may well have one name, and one id for two processes.
 */
const HERE = tell(() => {
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return `${boot}/${readlinkSync("/proc/self/ns/pid")}`;
}, hostname());

/** What a process writes into its lock, never twice the same: where it runs, its id, and a name of its own. */
export function newOwner(): string {
  return `${HERE} ${process.pid} ${randomUUID()}`;
}

/** Whether the owner of a lock has certainly ended. False for one elsewhere, of whom nothing can be known. */
export function isDead(owner: string): boolean {
  const [, where, pid] = /^(\S+) (\d+) [0-9a-f-]{36}$/.exec(owner) ?? [];
  if (where !== HERE) return false;
  try {
    // Signal 0 asks only whether the process is there.
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

function tell(ask: () => string, otherwise: string): string {
  try {
    return ask().replace(/\s/g, "_");
  } catch {
    return otherwise.replace(/\s/g, "_");
  }
}
