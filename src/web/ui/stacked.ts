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

/** Share of a layer's greatest width that still counts as wide. */
const WIDE = 0.6;

/** The middle of the days around its greatest width on which a layer is wide: the place for its name. Null for one that is nowhere. */
export function widestPlace(values: readonly number[]): number | null {
  const most = Math.max(0, ...values);
  if (most === 0) return null;
  // the last of equals: names stand near the present
  const peak = values.lastIndexOf(most);
  let [from, to] = [peak, peak];
  while ((values[from - 1] ?? 0) >= most * WIDE) from -= 1;
  while ((values[to + 1] ?? 0) >= most * WIDE) to += 1;
  return Math.round((from + to) / 2);
}
