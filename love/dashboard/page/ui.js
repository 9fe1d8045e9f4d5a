// The parts that views are made of. Texts are given as texts and never become markup.
//
// FOR AUTHORS OF VIEWS. Use these before writing your own, so that the page looks like one:
//
//   <${Page} title="Script queue" actions=${…}>…</>      a view: its heading, buttons beside it
//   <${Panel} title="…" actions=${…}>…</>                a box with a heading
//   <${Table} label="Sessions" rows=${rows} keyOf=${(r) => r.id} columns=${[{title, cell: (r) => …,
//      number: true, sort: (r) => …, wide: true}]} empty="Nobody is connected." />
//   <${Button} onClick=${…} kind="primary|danger|plain" busy=${…} disabled title=…>Move</>
//      onClick may be async: the button is busy meanwhile, and what it throws is shown as a toast
//   <${Field} label="Azimuth" unit="deg" hint="…" error="…">${(p) => html`<input ...${p} …/>`}</>
//   <${State} level="normal|note|warning|alarm|off" text="ENABLED" />   colour only for what needs a person
//   <${Empty}>No script waits.</>    <${ErrorNote} error=${e} retry=${f} />    <${Loading} />
//   <${Age} at=${ms} old=${10_000} />    how long ago by the manager's clock; marked when older than old
//   <${Time} at=${ms} date />            UTC
//   <${Value} value=${v} unit="deg" />   any value of a field
//   <${Sparkline} values=${[…]} label="azimuth" zero />  numbers or null, oldest first; zero: drawn over 0
//   <${Dialog} title="…" open=${bool} onClose=${f} actions=${…}>…</>    a modal <dialog>
//   confirm({title, text, action, danger})    a promise of true or false
//   toast(text, level)               a note that a screen reader reads; level "alarm" stays longer
//   announce(text)                   the same without anything to see
import { Component, html, signal, useEffect, useId, useLayoutEffect, useRef, useSignal } from './html.js';
import { useAge } from './store.js';
import { formatAge, formatDateTime, formatTime, formatValue } from './format.js';

export * from './format.js';

export function Page({ title, actions, children, wide }) {
  return html`<div class=${`page ${wide ? 'wide' : ''}`}>
    <header class="page-head"><h1 tabindex="-1">${title}</h1>${actions && html`<div class="actions">${actions}</div>`}</header>
    ${children}
  </div>`;
}

export function Panel({ title, actions, children, id, class: more = '' }) {
  const label = useId();
  return html`<section class=${`panel ${more}`} id=${id} aria-labelledby=${title ? label : undefined}>
    ${title && html`<header class="panel-head"><h2 id=${label}>${title}</h2>${actions && html`<div class="actions">${actions}</div>`}</header>`}
    ${children}
  </section>`;
}

export function Button({ onClick, kind = '', busy, disabled, children, type = 'button', ...more }) {
  const running = useSignal(false);
  const off = disabled || busy || running.value;
  const click = async (e) => {
    if (!onClick) return;
    try {
      const result = onClick(e);
      if (!(result instanceof Promise)) return;
      running.value = true;
      await result;
    } catch (error) {
      toast(error.message, 'alarm');
    } finally {
      running.value = false;
    }
  };
  return html`<button type=${type} class=${`button ${kind}`} disabled=${off} aria-busy=${busy || running.value ? 'true' : undefined}
    onClick=${click} ...${more}>${children}</button>`;
}

/** children is a function that gets the attributes of the input. */
export function Field({ label, unit, hint, error, children }) {
  const id = useId();
  const about = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
  return html`<div class=${`field ${error ? 'wrong' : ''}`}>
    <label for=${id}>${label}${unit && html` <span class="unit">${unit}</span>`}</label>
    ${children({ id, 'aria-describedby': about, 'aria-invalid': error ? 'true' : undefined })}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${error && html`<p class="error" id=${`${id}-error`}>${error}</p>`}
  </div>`;
}

const marks = { normal: '', note: '●', warning: '▲', alarm: '◆', off: '○' };

export function State({ level = 'normal', text, title }) {
  return html`<span class=${`state ${level}`} title=${title}>${marks[level] && html`<span class="mark" aria-hidden="true">${marks[level]}</span>`}${text}</span>`;
}

export const Empty = ({ children }) => html`<p class="empty">${children}</p>`;

export const Loading = ({ text = 'Loading …' }) => html`<p class="empty" role="status">${text}</p>`;

export function ErrorNote({ error, retry }) {
  if (!error) return null;
  const title = error.title ?? 'Something failed';
  return html`<div class="note alarm" role="alert"><strong>${title}</strong>
    <span>${error.title ? error.detail : error.message}</span>
    ${retry && html`<${Button} onClick=${retry}>Try again</>`}</div>`;
}

export function Age({ at, old = Infinity }) {
  const ms = useAge(at);
  return html`<span class=${`age ${ms !== null && ms > old ? 'old' : ''}`} title=${at ? `${formatDateTime(at)} UTC` : undefined}>${formatAge(ms)}</span>`;
}

export function Time({ at, date }) {
  if (Number.isNaN(new Date(at ?? NaN).getTime())) return html`<span>–</span>`;
  return html`<time datetime=${new Date(at).toISOString()} title=${`${formatDateTime(at)} UTC`}>${date ? formatDateTime(at) : formatTime(at)}</time>`;
}

export function Value({ value, unit }) {
  const known = unit && unit !== 'unitless' && unit !== 'dimensionless';
  const text = formatValue(value);
  return html`<span class="value" title=${text.length > 40 ? text : undefined}>${text}${known && html`<span class="unit"> ${unit}</span>`}</span>`;
}

/** A line of the course of a value; null and NaN are gaps. With zero it is drawn over zero, so that it shows how much. */
export function Sparkline({ values, label = 'course', width = 96, height = 22, zero = false }) {
  const known = values.filter(Number.isFinite);
  if (known.length < 2) return html`<svg class="spark" width=${width} height=${height} aria-hidden="true"></svg>`;
  const low = Math.min(...known, ...(zero ? [0] : []));
  const high = Math.max(...known, ...(zero ? [0] : []));
  const y = (v) => (high === low ? (zero ? height - 1.5 : height / 2) : 1.5 + (height - 3) * (1 - (v - low) / (high - low)));
  let path = '';
  let pen = 'M';
  values.forEach((v, i) => {
    if (!Number.isFinite(v)) {
      pen = 'M';
      return;
    }
    path += `${pen}${(i / (values.length - 1) * width).toFixed(1)} ${y(v).toFixed(1)}`;
    pen = 'L';
  });
  return html`<svg class="spark" width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} role="img"
    aria-label=${`${label}: from ${formatValue(low)} to ${formatValue(high)}`}><path d=${path} /></svg>`;
}

const compare = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a ?? '').localeCompare(String(b ?? ''), 'en', { numeric: true }));

export function Table({ label, columns, rows, keyOf, empty = 'Nothing.', onRow, limit = 200 }) {
  const order = useSignal(null); // {column, down}
  const shown = useSignal(limit);
  if (rows.length === 0) return html`<${Empty}>${empty}</>`;
  let sorted = rows;
  const sort = order.value && columns[order.value.column]?.sort;
  if (sort) {
    sorted = [...rows].sort((a, b) => compare(sort(a), sort(b)));
    if (order.value.down) sorted.reverse();
  }
  const sortBy = (column) => {
    const same = order.value?.column === column;
    order.value = same && order.value.down ? null : { column, down: same };
  };
  const direction = (i) => (order.value?.column !== i ? undefined : order.value.down ? 'descending' : 'ascending');
  const kind = (c) => `${c.number ? 'number ' : ''}${c.wide ? 'wide' : ''}`.trim() || undefined;
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${label}><table>
    <caption class="unseen">${label}</caption>
    <thead><tr>${columns.map((c, i) => html`<th scope="col" class=${kind(c)} aria-sort=${direction(i)}>
      ${c.sort ? html`<button type="button" class="sort" onClick=${() => sortBy(i)}>${c.title}<span aria-hidden="true" class="arrow">${{ ascending: '↑', descending: '↓' }[direction(i)] ?? ''}</span></button>` : c.title}
    </th>`)}</tr></thead>
    <tbody>${sorted.slice(0, shown.value).map((row) => html`<tr key=${keyOf(row)} onClick=${onRow && (() => onRow(row))} class=${onRow ? 'clickable' : undefined}>
      ${columns.map((c) => html`<td class=${kind(c)}>${c.cell(row)}</td>`)}</tr>`)}</tbody>
  </table>${sorted.length > shown.value && html`<p class="more"><${Button} onClick=${() => { shown.value += limit; }}>Show more (${sorted.length - shown.value})</></p>`}</div>`;
}

export function Dialog({ title, open, onClose, actions, children, class: more = '' }) {
  const element = useRef(null);
  const label = useId();
  useEffect(() => {
    const d = element.current;
    if (open && !d.open) d.showModal();
    if (!open && d.open) d.close();
  }, [open]);
  useLayoutEffect(() => {
    const d = element.current;
    return () => { if (d.open) d.close(); }; // which gives the focus back to what opened it
  }, []);
  return html`<dialog ref=${element} class=${more} aria-labelledby=${label} onClose=${onClose} onClick=${(e) => { if (e.target === element.current) onClose(); }}>
    ${open && html`<div class="dialog-body"><h2 id=${label}>${title}</h2>${children}
      ${actions && html`<div class="actions">${actions}</div>`}</div>`}
  </dialog>`;
}

const question = signal(null);

export function confirm({ title, text, action = 'Go on', danger = false }) {
  return new Promise((resolve) => { question.value = { title, text, action, danger, resolve }; });
}

function Question() {
  const q = question.value;
  const answer = (yes) => {
    question.value = null;
    q?.resolve(yes);
  };
  return html`<${Dialog} title=${q?.title} open=${q !== null} onClose=${() => answer(false)} actions=${q && html`
    <${Button} onClick=${() => answer(false)}>Cancel</><${Button} kind=${q.danger ? 'danger' : 'primary'} onClick=${() => answer(true)}>${q.action}</>`}>
    <p>${q?.text}</p></>`;
}

const toasts = signal([]);
const spoken = signal('');
let nextToast = 0;

export function toast(text, level = 'note') {
  const id = nextToast++;
  toasts.value = [...toasts.value, { id, text, level }].slice(-5);
  setTimeout(() => { toasts.value = toasts.value.filter((t) => t.id !== id); }, level === 'alarm' ? 15_000 : 6000);
}

export function announce(text) { spoken.value = text; }

/** Notes is put once into the page by the shell: toasts, announcements, confirm. */
export function Notes() {
  const close = (id) => { toasts.value = toasts.value.filter((t) => t.id !== id); };
  return html`<div class="toasts" role="log" aria-live="polite" aria-label="Notes">${toasts.value.map((t) => html`<div key=${t.id} class=${`toast ${t.level}`}>
      <span>${t.text}</span><button type="button" class="close" aria-label="Close" onClick=${() => close(t.id)}>×</button></div>`)}</div>
    <div class="unseen" aria-live="polite">${spoken.value}</div><${Question} />`;
}

/** Boundary shows what a view threw, in its place. */
export class Boundary extends Component {
  constructor(props) {
    super(props);
    this.state = { error: null };
  }

  static getDerivedStateFromError(error) { return { error }; }

  componentDidCatch(error) { console.error(error); }

  componentDidUpdate(before) {
    if (this.state.error && before.on !== this.props.on) this.setState({ error: null });
  }

  render({ children }, { error }) {
    if (!error) return children;
    return html`<${ErrorNote} error=${{ title: 'This view has failed', detail: String(error.message ?? error) }} retry=${() => this.setState({ error: null })} />`;
  }
}
