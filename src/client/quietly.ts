/** What it gives, or null where it fails: a place that is broken is one place less to look at. */
export async function quietly<T>(act: () => Promise<T> | undefined): Promise<T | null> {
  try {
    return (await act()) ?? null;
  } catch {
    return null;
  }
}
