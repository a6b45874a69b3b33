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

/**
 * The day in whose middle a layer's name has room: the layer is at least `tall` on as many days as the name is `wide`, where it is tallest
 * of all such places; the latest of equals, as names stand near the present. Null where it has room nowhere.
 */
export function roomiestPlace(values: readonly number[], tall: number, wide: number): number | null {
  const span = Math.max(1, Math.min(values.length, Math.ceil(wide)));
  let best: { place: number; height: number } | null = null;
  for (let from = 0; from + span <= values.length; from++) {
    const height = Math.min(...values.slice(from, from + span));
    if (height > 0 && height >= tall && height >= (best?.height ?? 0))
      best = { place: from + Math.floor((span - 1) / 2), height };
  }
  return best?.place ?? null;
}
