// Plots: several charts over one span of time, live or held.
import { html, signal, useEffect, useMemo, useRef, useSignal } from '../html.js';
import { Button, Empty, ErrorNote, Loading, formatDateTime, formatTime, toast } from '../ui.js';
import { client, live, now, onFrame } from '../store.js';
import { useDefinitions } from '../definitions.js';
import { Chart, dashes, definitionOf, loadPlot, unitOf } from './chart.js';
import { Courses } from './traces.js';
import { FieldText } from './fieldtext.js';
import { csvOf, fileName, pngOf, save } from './exports.js';
import { fieldName, instanceName, refName, refText } from './refs.js';
import { useCommandMarks } from './recent.js';

export const spans = [[60, '1 min'], [300, '5 min'], [900, '15 min'], [3600, '1 h'], [21600, '6 h'], [86400, '24 h']];
export const defaultSpan = 3600;
const maxSeries = 8; // of one chart
const maxCharts = 12;

/**
 * What plots show.
 *
 * @typedef {object} Shown
 * @property {import('./refs.js').Ref[][]} plots
 * @property {number} span        seconds, while it is live
 * @property {{from: number, to: number}|null} range  what it is held at, in milliseconds; null while live
 */

/** add puts a field into plots: beside others, if no third unit comes into a plot that way. */
export function add(plots, ref) {
  if (has(plots, ref)) return plots;
  const at = plots.findLastIndex((refs) => refs.length < maxSeries && new Set([...refs, ref].map((r) => unitOf(r))).size <= 2);
  if (at < 0) return plots.length < maxCharts ? [...plots, [ref]] : plots;
  return plots.map((refs, i) => (i === at ? [...refs, ref] : refs));
}

export const has = (plots, ref) => plots.some((refs) => refs.some((r) => refText(r) === refText(ref)));

export const without = (plots, ref) => plots.map((refs) => refs.filter((r) => refText(r) !== refText(ref))).filter((refs) => refs.length > 0);

/** Plots draws what is shown, and tells onChange what was chosen instead. */
export function Plots({ shown, onChange }) {
  const { plots, span, range } = shown;
  const uPlot = useSignal(null);
  const error = useSignal(null);
  const version = useSignal(0);
  useDefinitions(); // for units
  useEffect(() => {
    loadPlot().then((u) => { uPlot.value = () => u; }, () => { error.value = { title: 'The plot could not be loaded', detail: 'The manager is away, or has been replaced by another version: load the page again.' }; });
  }, []);
  const drawing = useMemo(() => new Drawing(version), []);
  useEffect(() => () => drawing.end(), [drawing]);
  const refs = plots.flat();
  const key = JSON.stringify([refs.map(refText), span]);
  useEffect(() => drawing.courses.set(refs, span), [key]);
  useEffect(() => drawing.hold(range, span), [key, range?.from, range?.to]);
  const marks = useCommandMarks(refs);
  useEffect(() => drawing.mark(marks), [marks]);
  const change = (changes) => onChange({ ...shown, ...changes });
  const hold = (from, to) => { if (to - from >= 50) change({ range: { from: Math.round(from), to: Math.round(to) } }); };
  const zoom = (factor, centre = 0.5) => {
    const { from, to } = drawing.range();
    const at = from + (to - from) * centre;
    hold(at - (at - from) * factor, Math.min(at + (to - at) * factor, Math.max(to, client.now())));
  };
  const pan = (part) => {
    const { from, to } = drawing.range();
    const by = Math.min((to - from) * part, Math.max(0, client.now() - to));
    hold(from + (part < 0 ? (to - from) * part : by), to + (part < 0 ? (to - from) * part : by));
  };
  const goLive = () => change({ range: null });
  const pause = () => {
    const { from, to } = drawing.range();
    hold(from, to);
  };
  void version.value;
  return html`<div class="plots">
    <div class="plot-bar" role="toolbar" aria-label="Span of the plots">
      ${range ? html`<${Button} kind="primary" onClick=${goLive}>Live</>` : html`<${Button} onClick=${pause}>Pause</>`}
      <span class="spans" role="group" aria-label="Span">${spans.map(([s, text]) => html`<button key=${s} type="button" class="span" aria-pressed=${!range && s === span}
        onClick=${() => change({ span: s, range: null })}>${text}</button>`)}</span>
      <span class="zooms" role="group" aria-label="Zoom"><button type="button" class="icon" aria-label="Earlier" title="Earlier" onClick=${() => pan(-0.5)}>‹</button>
        <button type="button" class="icon" aria-label="Zoom out" title="Zoom out" onClick=${() => zoom(2)}>−</button>
        <button type="button" class="icon" aria-label="Zoom in" title="Zoom in" onClick=${() => zoom(0.5, range ? 0.5 : 1)}>+</button>
        <button type="button" class="icon" aria-label="Later" title="Later" disabled=${!range} onClick=${() => pan(0.5)}>›</button></span>
      ${range && html`<span class="soft held">${formatDateTime(range.from)} to ${formatTime(range.to)} UTC</span>`}
    </div>
    <${ErrorNote} error=${error.value} />
    <${Trouble} error=${drawing.courses.trouble} />
    ${uPlot.value ? plots.map((own, i) => html`<${Plot} key=${own.map(refText).join()} refs=${own} drawing=${drawing} uPlot=${uPlot.value()}
        act=${{ hold, zoom, pan, goLive, pause: () => (range ? goLive() : pause()) }} paused=${range !== null}
        onRemove=${(ref) => change({ plots: without(plots, ref) })} onClose=${() => change({ plots: plots.filter((_, k) => k !== i) })} />`)
    : !error.value && html`<${Loading} />`}
  </div>`;
}

function Trouble({ error }) {
  if (!error) return null;
  return html`<p class="note" role="status"><strong>Without its past.</strong> <span>${error.detail || error.title} The plot goes on live.</span></p>`;
}

/** Drawing draws all charts of a page, as often as their pixels need it. */
class Drawing {
  constructor(version) {
    this.version = version; // signal: counted up when what is around the charts changes
    this.courses = new Courses(() => this.soon());
    this.charts = new Set(); // {chart, onDrawn, visible}
    this.span = defaultSpan;
    this.held = null;
    this.marks = [];
    this.timer = 0;
    this.drawn = 0;
    this.trouble = null;
    this.tick();
  }

  /** tick moves what is live along. */
  tick() {
    this.ticking = setTimeout(() => {
      if (!this.held && !document.hidden) this.soon();
      this.tick();
    }, 1000);
  }

  /** range returns what is shown now. */
  range() {
    if (this.held) return this.held;
    const to = client.now();
    let first = Infinity;
    for (const course of this.courses.all.values()) first = Math.min(first, course.trace.first);
    // As long as there is less than the span, what there is fills the plot.
    const from = Math.max(to - this.span * 1000, Math.min(first - 2000, to - 60_000));
    return { from, to };
  }

  hold(range, span) {
    this.held = range;
    this.span = span;
    clearTimeout(this.looking);
    if (range) this.looking = setTimeout(() => this.courses.look(range.from, range.to), 120);
    this.soon(true);
  }

  mark(marks) {
    this.marks = marks;
    this.soon(true);
  }

  soon(atOnce = false) {
    if (this.timer && !atOnce) return;
    clearTimeout(this.timer);
    // A pixel stands for so long that more frames would show the same; new values show at once if the last frame is old.
    const every = Math.min(1000, Math.max(100, this.span * 1000 / 1200));
    const wait = atOnce ? 0 : Math.max(0, this.drawn + every - performance.now());
    this.timer = setTimeout(() => {
      this.timer = 0;
      onFrame(this, () => this.draw());
    }, wait);
  }

  draw() {
    this.drawn = performance.now();
    const { from, to } = this.range();
    for (const c of this.charts) {
      if (!c.visible) continue;
      c.chart.marks = this.marks.filter((m) => c.chart.refs.some((r) => r.csc === m.csc && r.salindex === m.salindex));
      c.chart.draw(from, to);
      c.onDrawn();
    }
    if (this.trouble !== this.courses.trouble) {
      this.trouble = this.courses.trouble;
      this.version.value++;
    }
  }

  end() {
    clearTimeout(this.timer);
    clearTimeout(this.ticking);
    clearTimeout(this.looking);
    this.courses.end();
  }
}

const keyboard = 'Arrow keys move the cursor, with Shift the span; + and − zoom; Space pauses; Escape goes back to live.';

function Plot({ refs, drawing, uPlot, act, paused, onRemove, onClose }) {
  const box = useRef(null);
  const self = useRef(null);
  const cursor = useRef(null);
  const latest = useRef(act);
  latest.current = act;
  const again = useSignal(0); // counted up to make the chart anew
  const readout = useMemo(() => refs.map(() => signal({ text: '–', choice: '', numeric: true })), [refs.length]);
  const at = useSignal(null);
  const texts = useMemo(() => refs.map((r) => new FieldText(definitionOf(r))), [refs.map(refText).join(), definitionOf(refs[0])]);
  const units = refs.map((r) => unitOf(r, drawing.courses.get(r)));
  const empty = useSignal(false);

  const show = () => {
    const { chart } = self.current;
    const found = chart.valuesAt(cursor.current);
    at.value = found ? found.at : null;
    let any = false;
    refs.forEach((ref, i) => {
      const course = drawing.courses.get(ref);
      any ||= chart.u.data[0].length > 0;
      const value = found ? found.values[i] : course?.value;
      const text = value === null ? '–' : texts[i].of(typeof value === 'number' && Number.isInteger(course?.value) && found ? Math.round(value * 1e6) / 1e6 : value);
      const before = readout[i].peek();
      const choice = texts[i].choice(value);
      const numeric = found !== null || course?.value === undefined || course.numeric;
      if (before.text !== text || before.choice !== choice || before.numeric !== numeric) readout[i].value = { text, choice, numeric };
    });
    empty.value = !any && !drawing.courses.get(refs[0])?.loading;
    if (!chart.fits()) again.value++;
  };
  const draw = useRef(show);
  draw.current = show;

  useEffect(() => {
    const chart = new Chart(uPlot, box.current, { refs, courses: drawing.courses,
      onRange: (from, to) => latest.current.hold(from, to),
      onCursor: (index) => {
        cursor.current = index;
        if (self.current) onFrame(self.current, () => self.current && draw.current());
      } });
    const own = self.current = { chart, onDrawn: () => draw.current(), visible: true };
    drawing.charts.add(own);
    drawing.soon(true);
    const sizes = new ResizeObserver(() => onFrame(box, () => {
      chart.resize();
      drawing.soon(true);
    }));
    sizes.observe(box.current);
    const seen = new IntersectionObserver(([entry]) => {
      own.visible = entry.isIntersecting;
      if (own.visible) drawing.soon(true);
    });
    seen.observe(box.current);
    const themes = new MutationObserver(() => { again.value++; });
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const onDark = () => { again.value++; };
    dark.addEventListener('change', onDark);
    const onWheel = (e) => {
      if (!e.ctrlKey && !box.current.parentElement.contains(document.activeElement)) return; // the page scrolls
      e.preventDefault();
      const { left, width } = chart.u.over.getBoundingClientRect();
      latest.current.zoom(e.deltaY > 0 ? 1.25 : 0.8, Math.max(0, Math.min(1, (e.clientX - left) / width)));
    };
    box.current.addEventListener('wheel', onWheel, { passive: false });
    const element = box.current;
    return () => {
      drawing.charts.delete(own);
      sizes.disconnect();
      seen.disconnect();
      themes.disconnect();
      dark.removeEventListener('change', onDark);
      element.removeEventListener('wheel', onWheel);
      chart.destroy();
      self.current = null;
    };
  }, [uPlot, refs.map(refText).join(), again.value]);

  const onKey = (e) => {
    if (e.target !== e.currentTarget) return;
    const { current: a } = latest;
    const actions = {
      ArrowLeft: () => (e.shiftKey ? a.pan(-0.25) : self.current.chart.moveCursor(-(e.altKey ? 1 : 5))),
      ArrowRight: () => (e.shiftKey ? a.pan(0.25) : self.current.chart.moveCursor(e.altKey ? 1 : 5)),
      '+': () => a.zoom(0.5), '=': () => a.zoom(0.5), '-': () => a.zoom(2), ' ': () => a.pause(), Escape: () => a.goLive(),
    };
    if (!actions[e.key] || e.ctrlKey || e.metaKey) return;
    e.preventDefault();
    actions[e.key]();
  };
  const exportCSV = () => {
    const { from, to } = drawing.range();
    save(fileName(refs, to, 'csv'), new Blob([csvOf(refs, drawing.courses, units, from, to)], { type: 'text/csv' }));
  };
  const exportPNG = async () => {
    const { from, to } = drawing.range();
    save(fileName(refs, to, 'png'), await pngOf(self.current.chart, refs, units, `${formatDateTime(from)} to ${formatDateTime(to)} UTC`));
  };
  const name = refs.map(refName).join(', ');
  return html`<figure class="plot panel" aria-label=${`Plot of ${name}`}>
    <figcaption class="legend"><ul>${refs.map((ref, i) => html`<${Entry} key=${refText(ref)} ref_=${ref} i=${i} unit=${units[i]} axis=${axisOf(units, i)}
      readout=${readout[i]} onRemove=${() => onRemove(ref)} />`)}</ul>
      <div class="actions"><${CursorTime} at=${at} />
        <${Button} kind="plain small" onClick=${exportCSV} title="Save the samples of this span">CSV</><${Button} kind="plain small" onClick=${exportPNG} title="Save the picture">PNG</>
        <${Button} kind="plain small" onClick=${onClose} aria-label=${`Close the plot of ${name}`}>Close</></div></figcaption>
    <div class="plot-keys" tabindex="0" role="group" aria-roledescription="plot" aria-label=${`${paused ? 'Held' : 'Live'}. ${keyboard}`} title="Drag to zoom; Ctrl and the wheel, or the wheel after a click, zoom too. ${''}" onKeyDown=${onKey}>
      <div class=${`plot-box ${live.value ? '' : 'old'}`} ref=${box}></div></div>
    ${empty.value && html`<${Empty}>Nothing is known of this field in this span.</>`}
  </figure>`;
}

/** Which of the two axes a field has, if there are two. */
function axisOf(units, i) {
  const different = [...new Set(units)];
  if (different.length < 2) return '';
  return ['left', 'right'][different.indexOf(units[i])] ?? 'own scale';
}

function Entry({ ref_: ref, i, unit, axis, readout, onRemove }) {
  const { text, choice, numeric } = readout.value;
  return html`<li class="entry" title=${definitionOf(ref)?.description}>
    <svg class="swatch" width="28" height="10" aria-hidden="true"><line class=${`plot-colour-${(i % 8) + 1}`} x1="0" y1="5" x2="28" y2="5" stroke-dasharray=${dashes[i % dashes.length].join(' ')} /></svg>
    <span class="entry-name"><span class="soft">${instanceName(ref.csc, ref.salindex)} ${ref.stream}</span> <span class="mono">${fieldName(ref)}</span>${axis && html` <span class="unit">${axis}</span>`}</span>
    <span class="entry-value value">${numeric ? choice || text : 'not a number'}${numeric && unit ? html`<span class="unit">${unit}</span>` : ''}</span>
    <button type="button" class="close" aria-label=${`Remove ${refName(ref)} from the plot`} title="Remove" onClick=${onRemove}>×</button></li>`;
}

const CursorTime = ({ at }) => html`<span class="cursor-time">${at.value === null ? '' : `${formatTime(at.value)} UTC`}</span>`;
