/** One address to read from, under the name that links to this page use: its region, numbered when there are more. */
export interface Edge {
  readonly name: string;
  readonly region: string;
  readonly url: string;
}

export interface Config {
  /** At least one. */
  readonly edges: readonly Edge[];
  /** The trusted root, as an app would ship it. */
  readonly root: Uint8Array;
}

export async function readConfig(): Promise<Config> {
  const response = await fetch("/config.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`/config.json answered ${response.status}`);
  return parseConfig(await response.json());
}

function parseConfig(value: unknown): Config {
  if (!hasFields(value, "edges", "root") || !Array.isArray(value.edges) || typeof value.root !== "string") {
    throw new Error("/config.json names no edges and no trusted root");
  }
  const edges = nameEdges(value.edges.filter(isEdge));
  if (edges.length === 0) throw new Error("/config.json names no edge");
  return { edges, root: Uint8Array.from(atob(value.root), (character) => character.charCodeAt(0)) };
}

function nameEdges(edges: readonly Omit<Edge, "name">[]): readonly Edge[] {
  const seen = new Map<string, number>();
  return edges.map(({ region, url }) => {
    const count = (seen.get(region) ?? 0) + 1;
    seen.set(region, count);
    return { name: count === 1 ? region : `${region}-${count}`, region, url };
  });
}

function isEdge(value: unknown): value is Omit<Edge, "name"> {
  return (
    hasFields(value, "region", "url") && typeof value.region === "string" && typeof value.url === "string"
  );
}

function hasFields<K extends string>(value: unknown, ...names: readonly K[]): value is Record<K, unknown> {
  return typeof value === "object" && value !== null && names.every((name) => name in value);
}
