/** One layer of a stacked plot: a value for each day. */
export interface Layer {
  label: string;
  values: readonly number[];
}

/** The upper edge of each layer when every layer stands on those before it. */
export function stackedEdges(layers: readonly Layer[]): number[][] {
  const edges: number[][] = [];
  for (const { values } of layers) {
    const below = edges.at(-1);
    edges.push(values.map((value, i) => value + (below?.[i] ?? 0)));
  }
  return edges;
}

/** Where a layer is widest: the place for its name. Null for one that is nowhere. */
export function widestPlace(values: readonly number[]): number | null {
  let at: number | null = null;
  // the last of equals: names stand near the present
  for (const [i, value] of values.entries()) if (value > 0 && value >= (at === null ? 1 : (values[at] ?? 0))) at = i;
  return at;
}
