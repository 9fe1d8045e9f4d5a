// The streams of a component with their fields. A row writes its value itself (fielddata.js);
// the table is drawn when there are other fields than before.
import { html, useEffect, useLayoutEffect, useMemo, useRef, useSignal } from '../html.js';
import { Age, Empty, Panel, State, formatAge, formatCount, formatDateTime } from '../ui.js';
import { now } from '../store.js';
import { isNumeric } from './refs.js';

const page = 64; // elements of a list that are shown at once

// One observer for all rows: those that cannot be seen are not written.
const rows = new WeakMap();
const observer = new IntersectionObserver((entries) => {
  for (const e of entries) rows.get(e.target)?.(e.isIntersecting);
}, { rootMargin: '200px' });

/** useSeen calls back when an element comes into sight, or leaves it. */
function useSeen(element, seen) {
  useEffect(() => {
    rows.set(element.current, seen);
    observer.observe(element.current);
    const was = element.current;
    return () => {
      observer.unobserve(was);
      seen(false);
    };
  }, []);
}

export function Streams({ data, query, onQuery, plotted, onPlot }) {
  const headers = useSignal(false);
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (s, f) => {
    if (f.own && !headers.value) return false;
    const text = `${s.stream} ${f.name} ${f.description}`.toLowerCase();
    return words.every((w) => text.includes(w));
  };
  const of = (category) => [...data.streams.values()].filter((s) => s.category === category).sort((a, b) => a.stream.localeCompare(b.stream))
    .map((s) => ({ s, fields: [...s.fields.values()].filter((f) => fits(s, f)) })).filter(({ s, fields }) => fields.length > 0 || (words.length === 0 && s.fields.size === 0) || (s.fields.size > 0 && words.length === 0));
  const telemetry = of('telemetry');
  const events = of('event');
  return html`<div class="stream-filter"><input type="search" value=${query} onInput=${(e) => onQuery(e.target.value)} placeholder="Filter fields" aria-label="Filter fields" autocomplete="off" spellcheck=${false} />
      <label class="check"><input type="checkbox" checked=${headers.value} onChange=${(e) => { headers.value = e.target.checked; }} /> Message headers</label></div>
    ${telemetry.length === 0 && events.length === 0 && html`<${Empty}>No field has these words in its name or its description.</>`}
    ${[['Telemetry', telemetry], ['Events', events]].map(([title, list]) => list.length > 0 && html`<${Panel} key=${title} title=${title}>
      ${list.map(({ s, fields }) => html`<${Stream} key=${s.key} s=${s} fields=${fields} data=${data} plotted=${plotted} onPlot=${onPlot} />`)}</>`)}`;
}

function Stream({ s, fields, data, plotted, onPlot }) {
  return html`<section class="stream" aria-label=${s.stream}>
    <header class="stream-head"><h3>${s.stream}</h3>${s.stale.value && html`<${State} level="warning" text="stale" title="Its publisher has gone" />`}
      <span class="soft">${s.at.value === undefined ? 'no value yet' : html`<${Age} at=${s.at.value} old=${s.category === 'telemetry' ? 30_000 : Infinity} />`}</span></header>
    ${fields.length > 0 && html`<div class="fields" role="table" aria-label=${`Fields of ${s.stream}`}>
      <div class="unseen" role="row">${['Field', 'Value', 'Course', 'Last change', 'Plot'].map((t) => html`<span role="columnheader">${t}</span>`)}</div>
      ${fields.map((f) => (f.isList ? html`<${List} key=${f.name} f=${f} data=${data} plotted=${plotted} onPlot=${onPlot} />`
    : html`<${Row} key=${f.name} f=${f} data=${data} plotted=${plotted} onPlot=${onPlot} />`))}</div>`}
  </section>`;
}

const refOf = (f, index = null) => ({ category: f.stream.category, csc: f.stream.csc, salindex: f.stream.salindex, stream: f.stream.stream, field: f.name, index });

/** telling reports whether a description says more than the name does. */
const telling = (f) => f.description.replace(/\W/g, '').toLowerCase() !== f.name.toLowerCase();

function Name({ f, index }) {
  return html`<span class="field-name" role="cell"><span class="mono">${f.name}${index === undefined ? '' : `[${index}]`}</span>
    ${index === undefined && telling(f) && html`<span class="field-about soft">${f.description}</span>`}</span>`;
}

function PlotButton({ f, index = null, plotted, onPlot }) {
  const ref = refOf(f, index);
  const on = plotted(ref);
  return html`<button type="button" class="plot-button" aria-pressed=${on} aria-label=${`${on ? 'Plotted:' : 'Plot'} ${f.stream.stream} ${f.name}${index === null ? '' : ` ${index}`}`}
    title=${on ? 'Take it out of the plot' : 'Plot'} onClick=${() => onPlot(ref)}><svg width="18" height="14" viewBox="0 0 18 14" aria-hidden="true"><path d="M1 1v12h16M3.5 9.5l4-4 3 2.5 5-6" /></svg><span>${on ? 'plotted' : 'plot'}</span></button>`;
}

/** How long ago the value changed; what has not changed since it was first seen has for longer. */
const ageOf = (f) => (f.changed === undefined ? '' : (f.first ? '> ' : '') + formatAge(Math.max(0, now.peek() - f.changed)));
const changedAt = (f) => (f.changed === undefined ? '' : `${f.first ? 'unchanged since before' : 'changed'} ${formatDateTime(f.changed)} UTC`);

/** A row of one value. Its texts are written by draw, and not by preact. */
function Row({ f, data, plotted, onPlot }) {
  const row = useRef(null);
  const painter = useMemo(() => new Painter(data), []);
  useLayoutEffect(() => {
    painter.take(row.current);
    painter.draw(f);
    painter.age(f);
  });
  useSeen(row, (seen) => painter.show(f, seen));
  const numeric = f.isNumeric || (f.value === undefined && f.definition && !/string|char/.test(f.definition.type_name));
  return html`<div class=${`field-row ${numeric ? '' : 'text'}`} role="row" ref=${row}>
    <${Name} f=${f} />
    <span class="field-value" role="cell"><span class="value" data-part="value"></span><span class="unit" data-part="unit"></span></span>
    <span class="field-spark" role="cell"><svg class="spark" width="96" height="22" viewBox="0 0 96 22" aria-hidden="true"><path data-part="spark" /></svg></span>
    <span class="field-age soft" role="cell" data-part="age"></span>
    <span class="field-plot" role="cell">${numeric && html`<${PlotButton} f=${f} plotted=${plotted} onPlot=${onPlot} />`}</span>
  </div>`;
}

/** Painter writes the values of a row, while it can be seen. */
class Painter {
  constructor(data) {
    this.data = data;
    this.parts = {};
    this.was = {};
  }

  take(row) {
    if (this.row === row) return;
    this.row = row;
    for (const e of row.querySelectorAll('[data-part]')) this.parts[e.dataset.part] = e;
    this.was = {};
  }

  show(f, seen) {
    f.element = seen ? this : null;
    if (seen) {
      this.data.seen.add(f);
      this.draw(f);
      this.age(f);
    } else {
      this.data.seen.delete(f);
    }
  }

  set(part, text) {
    if (this.was[part] === text) return;
    this.was[part] = text;
    this.parts[part].textContent = text;
  }

  draw(f) {
    const choice = f.text.choice(f.value);
    const text = f.text.of(f.value);
    this.set('value', choice ? `${choice} (${text})` : text);
    // A long text scrolls, also for the keyboard.
    const long = text.length > 300;
    if (long !== this.long) {
      this.long = long;
      this.parts.value.parentElement.toggleAttribute('data-long', long);
      if (long) this.parts.value.parentElement.tabIndex = 0;
      else this.parts.value.parentElement.removeAttribute('tabindex');
    }
    this.set('unit', f.isNumeric && typeof f.value !== 'boolean' ? f.unit : '');
    if (f.sparkAt !== this.sparkAt) {
      this.sparkAt = f.sparkAt;
      this.parts.spark.setAttribute('d', f.spark ? pathOf(f.spark) : '');
    }
  }

  age(f) {
    this.set('age', ageOf(f));
    if (this.titled !== f.changed) {
      this.titled = f.changed;
      this.parts.age.title = changedAt(f);
    }
  }
}

/** The path of a spark line; its right end is now. */
function pathOf(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const v of values) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (values.length < 2 || !Number.isFinite(high - low)) return '';
  const start = 96 - (values.length - 1) * 96 / 59;
  let path = '';
  let pen = 'M';
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      pen = 'M';
      continue;
    }
    const y = high === low ? 11 : 1.5 + 19 * (1 - (values[i] - low) / (high - low));
    path += `${pen}${(start + i * 96 / 59).toFixed(1)} ${y.toFixed(1)}`;
    pen = 'L';
  }
  return path;
}

/** A list, folded: what is in it, and when opened some of its elements. */
function List({ f, data, plotted, onPlot }) {
  const row = useRef(null);
  const open = useSignal(false);
  const from = useSignal(0);
  const seen = useSignal(false);
  const drawn = useSignal(0);
  const painter = useMemo(() => ({ draw: () => { drawn.value++; }, age: () => { drawn.value++; } }), []);
  useSeen(row, (is) => {
    seen.value = is;
    f.element = is ? painter : null;
    if (is) data.seen.add(f);
    else data.seen.delete(f);
  });
  void drawn.value;
  const values = Array.isArray(f.value) ? f.value : [];
  const numeric = values.some(isNumeric);
  const count = values.length;
  return html`<div class="field-row list" role="row" ref=${row}>
    <${Name} f=${f} />
    <span class="field-value list-value" role="cell"><${Summary} values=${values} f=${f} /></span>
    <span class="field-age soft" role="cell" title=${changedAt(f)}>${ageOf(f)}</span>
    <span class="field-plot" role="cell">${count > 0 && html`<button type="button" class="plot-button" aria-expanded=${open.value} aria-label=${`Elements of ${f.name}`} onClick=${() => { open.value = !open.value; }}><span>${open.value ? 'fold' : 'elements'}</span></button>`}</span>
    ${open.value && html`<div class="elements" role="cell">
      ${count > page && html`<label class="from-index"><span>Elements from index</span> <input type="number" min="0" max=${count - 1} value=${from.value}
        onInput=${(e) => { from.value = Math.max(0, Math.min(count - 1, Math.floor(Number(e.target.value)) || 0)); }} /> <span class="soft">of ${formatCount(count)}</span></label>`}
      <ol class="element-list" start=${from.value}>${values.slice(from.value, from.value + page).map((v, i) => html`<li key=${from.value + i}>
        <span class="soft index">${from.value + i}</span><span class="value">${f.text.of(v)}</span><span class="unit">${isNumeric(v) ? f.unit : ''}</span>
        ${isNumeric(v) && html`<${PlotButton} f=${f} index=${from.value + i} plotted=${plotted} onPlot=${onPlot} />`}</li>`)}</ol></div>`}
    ${!open.value && numeric && count > 0 && values.some((_, i) => i < 8 && plotted(refOf(f, i))) && html`<span class="unseen">in the plot</span>`}
  </div>`;
}

function Summary({ values, f }) {
  if (values.length === 0) return html`<span class="value">–</span>`;
  const finite = values.filter((v) => (typeof v === 'number' && Number.isFinite(v)));
  if (finite.length === 0 || values.length <= 4) return html`<span class="value">${values.slice(0, 6).map((v) => f.text.of(v)).join(', ')}${values.length > 6 ? ' …' : ''}</span><span class="unit"> ${finite.length > 0 ? f.unit : ''}</span> <span class="soft">${values.length > 6 ? `${formatCount(values.length)} elements` : ''}</span>`;
  let low = Infinity;
  let high = -Infinity;
  for (const v of finite) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  const none = values.length - finite.length;
  return html`<span class="value">${low === high ? `all ${f.text.of(low)}` : `${f.text.of(low)} to ${f.text.of(high)}`}</span><span class="unit"> ${f.unit}</span>${' '}
    <span class="soft">${formatCount(values.length)} elements${none > 0 ? `, ${formatCount(none)} not a number` : ''}</span>`;
}
