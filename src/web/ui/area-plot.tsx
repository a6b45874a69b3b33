import { useEffect, useMemo, useRef, useState } from "react";
import type { KeyboardEvent } from "react";
import type uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import styles from "./area-plot.module.css";
import { cx } from "./cx.ts";
import { stackedEdges, roomiestPlace, type Layer } from "./stacked.ts";
import { useTheme } from "./theme.ts";

const HEIGHT = 260;
/** A layer narrower than this (CSS pixels) has no room for its name. */
const NAME_ROOM = 15;
const LAYER_TOKENS = ["--plot-1", "--plot-2", "--plot-3", "--plot-4", "--plot-5", "--plot-6"];
const LAYER_STYLES = [styles.s0, styles.s1, styles.s2, styles.s3, styles.s4, styles.s5];
const COUNT = new Intl.NumberFormat("en");
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

const AXIS_DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

interface AreaPlotProps {
  /** What is plotted, read aloud. */
  label: string;
  /** `YYYY-MM-DD`, one after the other. */
  days: readonly string[];
  /** From the lowest layer up; six at most have a colour of their own. */
  layers: readonly Layer[];
  /** What is added up, as the lowest layer of all. */
  rest: Layer | null;
}

/** Stacked areas over days. Exact values of a day stand below: of the one that is pointed at, or reached by the arrow keys. */
export function AreaPlot({ label, days, layers, rest }: AreaPlotProps) {
  const [at, setAt] = useState(days.length - 1);
  const all = useMemo(() => (rest === null ? [...layers] : [rest, ...layers]), [layers, rest]);
  const { host, point, failed } = usePlot(days, all, rest !== null, setAt);
  const shown = Math.min(at, days.length - 1);
  const onKey = (event: KeyboardEvent) => {
    const to = { ArrowLeft: shown - 1, ArrowRight: shown + 1, Home: 0, End: days.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(days.length - 1, to));
    setAt(next);
    point(next);
  };
  return (
    <div className={styles.plot}>
      <div
        ref={host}
        className={styles.canvas}
        role="slider"
        tabIndex={0}
        aria-label={`${label}: choose a day with the arrow keys`}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, days.length - 1)}
        aria-valuenow={Math.max(0, shown)}
        aria-valuetext={wordsOf(days[shown] ?? "", all, shown)}
        onKeyDown={onKey}
      />
      {failed && <p>The plot cannot be drawn in this browser. Its values stand below, and in the table.</p>}
      <Readout day={days[shown] ?? ""} layers={all} hasRest={rest !== null} at={shown} />
    </div>
  );
}

function wordsOf(day: string, layers: readonly Layer[], at: number): string {
  const values = layers.filter((l) => (l.values[at] ?? 0) > 0).map((l) => `${l.label}: ${COUNT.format(l.values[at] ?? 0)}`);
  return `${dayWords(day)}. ${values.join(", ") || "none"}`;
}

function dayWords(day: string): string {
  return day === "" ? "" : DAY.format(new Date(`${day}T00:00:00Z`));
}

function Readout({ day, layers, hasRest, at }: { day: string; layers: readonly Layer[]; hasRest: boolean; at: number }) {
  const total = layers.reduce((sum, layer) => sum + (layer.values[at] ?? 0), 0);
  return (
    <ul className={styles.readout}>
      <li className={styles.day}>
        {dayWords(day)}: {COUNT.format(total)}
      </li>
      {layers
        .map((layer, i) => ({ layer, look: hasRest && i === 0 ? styles.rest : LAYER_STYLES[hasRest ? i - 1 : i] }))
        .toReversed()
        .map(({ layer, look }) => (
          <li key={layer.label}>
            <i className={cx(styles.swatch, look)} aria-hidden="true" />
            <span className={styles.name}>{layer.label}</span>
            <span className={styles.value}>{COUNT.format(layer.values[at] ?? 0)}</span>
          </li>
        ))}
    </ul>
  );
}

/**
 * Draws into an element, again when data, theme or width change; `point` moves the crosshair to a day. The library is loaded when it
 * is needed. It refuses browsers whose language is none that `Intl` knows (`en-US@posix`): then there is no plot but its values.
 */
function usePlot(days: readonly string[], layers: readonly Layer[], hasRest: boolean, onDay: (at: number) => void) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [failed, setFailed] = useState(false);
  const theme = useTheme();
  const dark = useDark();
  useEffect(() => {
    const element = host.current;
    if (element === null || days.length === 0) return undefined;
    let end = () => {};
    let ended = false;
    const draw = (Plot: typeof uPlot) => {
      if (ended) return;
      const made = new Plot(optionsOf(Plot, element, layers, hasRest, onDay), dataOf(days, layers), element);
      plot.current = made;
      const sized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
      sized.observe(element);
      end = () => {
        sized.disconnect();
        made.destroy();
        plot.current = null;
      };
    };
    import("uplot").then((module) => draw(module.default)).catch(() => setFailed(true));
    return () => {
      ended = true;
      end();
    };
    // theme and dark: the colours of a canvas are fixed when it is drawn
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [days, layers, hasRest, onDay, theme, dark]);
  const point = (at: number) => {
    const left = plot.current?.valToPos(timeOf(days[at] ?? ""), "x");
    if (left !== undefined) plot.current?.setCursor({ left, top: 0 }, false);
  };
  return { host, point, failed };
}

/** Whether the system asks for dark: canvas colours are fixed when they are drawn. */
function useDark(): boolean {
  const [dark, setDark] = useState(() => window.matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const query = window.matchMedia("(prefers-color-scheme: dark)");
    const listen = () => setDark(query.matches);
    query.addEventListener("change", listen);
    return () => query.removeEventListener("change", listen);
  }, []);
  return dark;
}

function timeOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / 1000;
}

/** Upper edges, the highest layer first: each is filled down to the ground and covered by those below it. */
function dataOf(days: readonly string[], layers: readonly Layer[]): uPlot.AlignedData {
  return [days.map(timeOf), ...stackedEdges(layers).toReversed()];
}

function optionsOf(
  Plot: typeof uPlot,
  element: HTMLElement,
  layers: readonly Layer[],
  hasRest: boolean,
  onDay: (at: number) => void,
): uPlot.Options {
  const colour = colourReader(element);
  const fills = layers.map((_, i) => colour(tokenOf(i, hasRest)));
  const axis = {
    stroke: colour("--ink-3"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line"), width: 1 },
  };
  const font = `12px ${getComputedStyle(element).fontFamily}`;
  return {
    width: element.clientWidth,
    height: HEIGHT,
    tzDate: (seconds) => Plot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: { y: { range: (_u, _min, max) => [0, Math.max(1, max)] } },
    axes: [
      { ...axis, font, space: 80, values: (_u, ticks) => ticks.map((at) => AXIS_DAY.format(new Date(at * 1000))) },
      { ...axis, font, size: 54, values: (_u, ticks) => ticks.map((t) => (Number.isInteger(t) ? COUNT.format(t) : "")) },
    ],
    series: [{}, ...fills.map((fill) => ({ fill, stroke: colour("--page"), width: 1, points: { show: false } })).toReversed()],
    hooks: {
      setCursor: [(u) => onDay(u.cursor.idx ?? layers[0]!.values.length - 1)],
      draw: [(u) => drawNames(u, layers, colour("--ink"), colour("--page"))],
    },
  };
}

function tokenOf(layer: number, hasRest: boolean): string {
  const at = hasRest ? layer - 1 : layer;
  return at < 0 ? "--plot-rest" : (LAYER_TOKENS[at] ?? "--plot-rest");
}

/** Reads a token as the colour that it is in the present theme: a canvas knows neither variables nor `light-dark()`. */
function colourReader(element: HTMLElement): (token: string) => string {
  return (token) => {
    const probe = document.createElement("i");
    probe.style.setProperty("color", `var(${token})`);
    element.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };
}

/** Each layer's name where the layer has room for it; with an edge, so that it reads on every fill. */
function drawNames(u: uPlot, layers: readonly Layer[], ink: string, edge: string): void {
  const edges = stackedEdges(layers);
  const { ctx } = u;
  const scale = window.devicePixelRatio;
  ctx.save();
  ctx.font = `600 ${12 * scale}px ui-monospace, monospace`;
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  ctx.lineWidth = 3 * scale;
  const perPixel = ((u.scales["y"]?.max ?? 0) - (u.scales["y"]?.min ?? 0)) / u.bbox.height;
  for (const [i, layer] of layers.entries()) {
    const width = ctx.measureText(layer.label).width;
    const place = roomiestPlace(
      layer.values,
      perPixel * NAME_ROOM * scale,
      (width / u.bbox.width) * (layer.values.length - 1) + 1,
    );
    if (place === null) continue;
    const top = edges[i]?.[place] ?? 0;
    const [y0, y1] = [u.valToPos(top - (layer.values[place] ?? 0), "y", true), u.valToPos(top, "y", true)];
    const middle = u.valToPos(u.data[0][place] ?? 0, "x", true);
    const x = Math.max(u.bbox.left + 6, Math.min(middle - width / 2, u.bbox.left + u.bbox.width - width - 6));
    ctx.strokeStyle = edge;
    ctx.strokeText(layer.label, x, (y0 + y1) / 2);
    ctx.fillStyle = ink;
    ctx.fillText(layer.label, x, (y0 + y1) / 2);
  }
  ctx.restore();
}
