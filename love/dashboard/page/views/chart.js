// One chart of uPlot, which is loaded when the first is drawn.
import { client } from '../store.js';
import { fieldOf, knownUnit } from '../definitions.js';
import { joined, padded, timeTexts, timeTicks, valueTexts } from './axes.js';

let loading;

/** loadPlot loads uPlot with its style. */
export function loadPlot() {
  loading ??= Promise.all([
    import('../vendor/uplot.js').then((m) => m.default),
    new Promise((resolve, reject) => {
      const link = document.createElement('link');
      link.rel = 'stylesheet';
      link.href = new URL('../vendor/uplot.css', import.meta.url).href;
      link.onload = resolve;
      link.onerror = reject;
      document.head.append(link);
    }),
  ]).then(([uPlot]) => uPlot, (error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** How a line is drawn beside its colour, so that nobody needs to tell colours apart. */
export const dashes = [[], [8, 4], [2, 3], [10, 3, 2, 3], [], [8, 4], [2, 3], [10, 3, 2, 3]];

export const definitionOf = (ref) => fieldOf(ref.csc, ref.category, ref.stream, ref.field);

/** unitOf returns the unit of a field as it is shown. */
export const unitOf = (ref, course) => knownUnit(course?.unit ?? definitionOf(ref)?.units);

export class Chart {
  /**
   * @param {any} uPlot
   * @param {HTMLElement} element
   * @param {object} options
   * @param {import('./refs.js').Ref[]} options.refs
   * @param {import('./traces.js').Courses} options.courses
   * @param {(from: number, to: number) => void} options.onRange  what was chosen with the mouse
   * @param {(index: number|null) => void} options.onCursor
   */
  constructor(uPlot, element, { refs, courses, onRange, onCursor }) {
    Object.assign(this, { uPlot, element, refs, courses });
    this.marks = [];
    const style = getComputedStyle(element);
    const colour = (name) => style.getPropertyValue(name).trim();
    this.colours = refs.map((_, i) => colour(`--plot-${(i % 8) + 1}`));
    this.ink = colour('--ink');
    this.units = [...new Set(refs.map((r) => unitOf(r, courses.get(r))))];
    const font = `${parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.78}px ${getComputedStyle(document.body).fontFamily}`;
    const axis = { stroke: colour('--soft'), font, grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line'), width: 1, size: 4 }, labelFont: font };
    const width = () => this.width / this.em;
    this.em = parseFloat(font);
    this.options = {
      width: this.width, height: this.height,
      scales: Object.fromEntries([['x', { time: false, auto: false }], ...this.units.map((_, i) => [`y${i}`, { range: (u, low, high) => padded(low, high) }])]),
      axes: [
        { ...axis, size: this.em * 2.2, splits: (u, _, from, to) => timeTicks(from, to, Math.max(2, Math.floor(width() / 8))), values: (u, ticks) => timeTexts(ticks) },
        ...this.units.slice(0, 2).map((unit, i) => ({ ...axis, scale: `y${i}`, side: i === 0 ? 3 : 1, label: unit.length > 20 ? `${unit.slice(0, 19)}…` : unit || undefined, labelSize: this.em * 1.6, labelGap: 2,
          grid: { ...axis.grid, show: i === 0 }, values: (u, ticks) => valueTexts(ticks, this.choices(i)), space: this.em * 3,
          size: (u, texts) => 12 + this.em * 0.58 * Math.max(5, ...(texts ?? []).map((t) => t.length)) })),
      ],
      series: [{}, ...refs.map((ref, i) => ({
        label: ref.field, scale: `y${this.units.indexOf(unitOf(ref, courses.get(ref)))}`, stroke: this.colours[i], width: 1.75, dash: dashes[i % dashes.length],
        paths: isStepped(ref) ? uPlot.paths.stepped({ align: 1 }) : undefined, points: { show: (u, s, a, b) => b - a < 3, size: 6, fill: this.colours[i] },
      }))],
      padding: [this.em * 1.5, null, null, null], // for the texts of marks
      legend: { show: false },
      cursor: { y: false, sync: { key: 'love', setSeries: false }, drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
      hooks: {
        setCursor: [(u) => onCursor(u.cursor.idx ?? null)],
        setSelect: [(u) => {
          const { left, width: w } = u.select;
          if (w < 4) return;
          u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
          onRange(u.posToVal(left, 'x'), u.posToVal(left + w, 'x'));
        }],
        draw: [(u) => this.drawMarks(u)],
      },
    };
    this.u = new uPlot(this.options, [[], ...refs.map(() => [])], element);
    this.u.over.addEventListener('dblclick', (e) => e.preventDefault());
  }

  get width() { return Math.max(200, Math.floor(this.element.clientWidth)); }

  /** Fourteen lines of the size of the page's text. */
  get height() { return Math.round(parseFloat(getComputedStyle(document.documentElement).fontSize) * 14); }

  /** The names of an axis on which enumerations of one kind alone are shown. */
  choices(scale) {
    const of = this.refs.filter((r) => this.units.indexOf(unitOf(r, this.courses.get(r))) === scale).map((r) => (isYesNo(r) ? yesNo : definitionOf(r)?.choices));
    return of.every((c) => c && JSON.stringify(c) === JSON.stringify(of[0])) ? of[0] : undefined;
  }

  /** fits reports whether the chart was made for the units that the fields turned out to have. */
  fits() { return this.units.join('\n') === [...new Set(this.refs.map((r) => unitOf(r, this.courses.get(r))))].join('\n'); }

  /** draw draws a span. */
  draw(from, to) {
    const data = joined(this.refs.map((ref) => {
      const course = this.courses.get(ref);
      const { t, v } = course?.window(from, to, this.width) ?? { t: [], v: [] };
      if (!isStepped(ref) || t.length === 0) return { t, v };
      // What an event said holds until it says something else.
      const end = Math.min(to, client.now());
      const [ts, vs] = [Array.from(t), Array.from(v)];
      if (ts[0] < from && (ts.length === 1 || ts[1] > from)) ts[0] = from;
      if (ts.at(-1) < end) {
        ts.push(end);
        vs.push(vs.at(-1));
      }
      return { t: ts, v: vs };
    }));
    this.u.batch(() => {
      this.u.setData(data, false);
      this.u.setScale('x', { min: from, max: to });
    });
  }

  resize() {
    if (this.u.width !== this.width || this.u.height !== this.height) this.u.setSize({ width: this.width, height: this.height });
  }

  /** drawMarks draws a line with a text for each command. */
  drawMarks(u) {
    const { ctx, bbox } = u;
    const scale = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
    ctx.clip();
    ctx.strokeStyle = ctx.fillStyle = this.ink;
    ctx.globalAlpha = 0.75;
    ctx.lineWidth = scale;
    ctx.setLineDash([3 * scale, 3 * scale]);
    ctx.font = `${this.em * scale}px ${getComputedStyle(document.body).fontFamily}`;
    ctx.textBaseline = 'top';
    ctx.textAlign = 'left';
    let free = Infinity; // how far to the right a text may reach: those to the right came first
    for (const m of [...this.marks].sort((a, b) => b.at - a.at)) {
      const x = Math.round(u.valToPos(m.at, 'x', true)) + 0.5;
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top - this.em * 1.3 * scale);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      const w = ctx.measureText(m.text).width + 8 * scale;
      const right = bbox.left + bbox.width;
      const toLeft = x + w > Math.min(free, right);
      const left = toLeft ? x - w + 4 * scale : x + 4 * scale;
      if (left + w - 4 * scale <= free && left > bbox.left) {
        ctx.fillText(m.text, left, bbox.top - this.em * 1.35 * scale);
        free = left - 4 * scale;
      }
      free = Math.min(free, x);
    }
    ctx.restore();
  }

  /** The values at the cursor, of each field; null without a cursor. */
  valuesAt(index) {
    if (index === null) return null;
    const [times, ...all] = this.u.data;
    return { at: times[index], values: all.map((values) => {
      for (let i = index; i >= 0; i--) if (values[i] !== undefined) return values[i];
      return null;
    }) };
  }

  /** moveCursor moves the cursor by so many pixels, or puts it at the newest value. */
  moveCursor(pixels) {
    const { width } = this.u.over.getBoundingClientRect();
    const now = this.u.cursor.left >= 0 ? this.u.cursor.left + pixels : width - 1;
    this.u.setCursor({ left: Math.max(0, Math.min(width - 1, now)), top: 10 });
  }

  destroy() { this.u.destroy(); }
}

const isYesNo = (ref) => definitionOf(ref)?.type_name === 'boolean';
const yesNo = [{ number: 0, name: 'no' }, { number: 1, name: 'yes' }];

/** Events and what is yes or no stay as they are until they change. */
function isStepped(ref) {
  return ref.category === 'event' || isYesNo(ref);
}
