/** From each gift to the gifts that it leads to. */
export type GiftGraph = ReadonlyMap<string, ReadonlySet<string>>;

export function toGiftGraph(edges: Iterable<readonly [from: string, to: string]>): GiftGraph {
  const graph = new Map<string, Set<string>>();
  for (const [from, to] of edges) graph.set(from, (graph.get(from) ?? new Set()).add(to));
  return graph;
}

/** The shortest way that begins with the edge and comes back to where it began, both ends named, or null. */
export function findCycle(graph: GiftGraph, from: string, to: string): readonly string[] | null {
  const cameFrom = new Map<string, string>([[to, from]]);
  const queue = [to];
  for (const gift of queue) {
    if (gift === from) return pathBack(cameFrom, from);
    for (const next of graph.get(gift) ?? []) {
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, gift);
      queue.push(next);
    }
  }
  return null;
}

function pathBack(cameFrom: ReadonlyMap<string, string>, start: string): readonly string[] {
  const path = [start];
  let gift = cameFrom.get(start);
  while (gift !== undefined && gift !== start) {
    path.unshift(gift);
    gift = cameFrom.get(gift);
  }
  return [start, ...path];
}
