// The observing log and the log messages of all components.
import { html, useSignal } from '../html.js';
import { api, go, href, session } from '../store.js';
import { Button, Empty, ErrorNote, Field, Loading, Page, Panel, Time, announce } from '../ui.js';
import { fieldsOf } from '../love-client.js';
import { mayCommandAll } from './commanddefinitions.js';
import { readInstance } from './commandtext.js';
import { Lines, levels, lineOf, lineOfRecord, plain } from './loglines.js';
import { usePast } from './past.js';

const tabs = [['messages', 'Messages', Messages], ['observing', 'Observing log', Observing]];

export default function Logs({ route }) {
  const [id, , Tab] = tabs.find(([t]) => t === route.path[0]) ?? tabs[0];
  return html`<${Page} title="Logs" wide>
    <nav class="tabs" aria-label="Logs">${tabs.map(([t, title]) => html`<a key=${t} href=${href('logs', [t])} aria-current=${t === id ? 'page' : undefined}>${title}</a>`)}</nav>
    <${Tab} key=${id} params=${route.params} set=${(name, value) => {
      const changed = Object.fromEntries(route.params);
      if (value) changed[name] = value;
      else delete changed[name];
      go(href('logs', [id], changed), { replace: true });
    }} /></>`;
}

/** What is said where the history cannot be read. */
function Trouble({ past }) {
  return html`<${ErrorNote} error=${past.error} retry=${past.reload} />
    ${!past.archive && html`<p class="soft">This manager has no archive: the list begins with what comes now.</p>`}`;
}

// ---- log messages

const shownLines = 200;

function Messages({ params, set }) {
  const paused = useSignal(false);
  const shown = useSignal(shownLines);
  const component = params.get('component') ?? '';
  const least = Number(params.get('level') ?? 20);
  const text = (params.get('text') ?? '').toLowerCase();
  const { csc, salindex } = readInstance(component);
  const fits = (l) => !component || l.component === component || l.component.split(':')[0] === component;
  const query = { topic: 'logevent_logMessage', ...(csc && { csc }), ...(component.includes(':') && { salindex: String(salindex) }) };
  const past = usePast({
    group: { category: 'event', csc: '*', salindex: '*', stream: 'logMessage' }, query, days: 1, most: 3000, paused: paused.value,
    fromDelivery: lineOf, fromRecord: lineOfRecord, fits,
  });
  const lines = past.items.filter((l) => fits(l) && l.level >= least && (!text || `${l.message} ${l.component} ${l.name} ${l.traceback}`.toLowerCase().includes(text)));
  const known = [...new Set(past.items.map((l) => l.component.replace(/^Script:.*/, 'Script')))].sort();
  return html`<${Panel}><div class="log-head"><div class="filters">
      <${Field} label="Level at least">${(p) => html`<select ...${p} name="level" value=${String(least)} onChange=${(e) => set('level', e.target.value)}>
        ${levels.map(([n, name]) => html`<option key=${n} value=${String(n)}>${name}</option>`)}</select>`}</>
      <${Field} label="Component">${(p) => html`<input ...${p} name="component" list="log-components" value=${component} placeholder="all" autocomplete="off" spellcheck=${false} onChange=${(e) => set('component', e.target.value.trim())} />
        <datalist id="log-components">${known.map((c) => html`<option key=${c} value=${c} />`)}</datalist>`}</>
      <${Field} label="Text">${(p) => html`<input ...${p} type="search" name="text" value=${params.get('text') ?? ''} autocomplete="off" spellcheck=${false} onInput=${(e) => set('text', e.target.value)} />`}</></div>
      <${Button} onClick=${() => { paused.value = !paused.value; }} aria-pressed=${paused.value ? 'true' : 'false'}>${paused.value ? `Go on (${past.fresh} new)` : 'Pause'}</></div>
    <${Trouble} past=${past} />
    ${past.loading && lines.length === 0 && html`<${Loading} />`}
    ${!past.loading && lines.length === 0 && html`<${Empty}>${past.items.length > 0 ? 'No message passes the filter.' : 'No message in the last day.'}</>`}
    ${lines.length > 0 && html`<${Lines} lines=${lines.slice(0, shown.value)} component date />`}
    <div class="actions">${lines.length > shown.value && html`<${Button} onClick=${() => { shown.value += shownLines; }}>Show more (${lines.length - shown.value})</>`}
      ${past.older && html`<${Button} onClick=${past.older}>Older ones from the archive</>`}</div></>`;
}

// ---- the observing log

const spans = [[1, 'a day'], [7, 'a week'], [31, 'a month'], [366, 'a year']];

const entry = (f, at) => ({ key: `${f.private_origin}:${f.private_seqNum}:${f.private_sndStamp}`, at, user: String(f.user ?? ''), message: String(f.message ?? ''), identity: String(f.private_identity ?? '') });

function Observing({ params, set }) {
  const days = Number(params.get('days') ?? 7);
  const text = (params.get('text') ?? '').toLowerCase();
  const past = usePast({
    group: 'event-LOVE-0-observingLog', query: { csc: 'LOVE', topic: 'logevent_observingLog' }, days, most: 3000,
    fromDelivery: (d) => entry(plain(fieldsOf(d.value)), d.at), fromRecord: (r) => entry(r.fields, Date.parse(r.time)),
  });
  const entries = past.items.filter((e) => !text || `${e.user} ${e.message}`.toLowerCase().includes(text));
  return html`${mayCommandAll.value ? html`<${Write} />` : html`<p class="soft">You may read the observing log, not write it.</p>`}
    <${Panel}><div class="filters">
      <${Field} label="Of the last">${(p) => html`<select ...${p} name="days" value=${String(days)} onChange=${(e) => set('days', e.target.value)}>
        ${spans.map(([n, name]) => html`<option key=${n} value=${String(n)}>${name}</option>`)}</select>`}</>
      <${Field} label="Text or author">${(p) => html`<input ...${p} type="search" name="text" value=${params.get('text') ?? ''} autocomplete="off" spellcheck=${false} onInput=${(e) => set('text', e.target.value)} />`}</></div>
    <${Trouble} past=${past} />
    ${past.loading && entries.length === 0 && html`<${Loading} />`}
    ${!past.loading && entries.length === 0 && html`<${Empty}>${past.items.length > 0 ? 'No entry passes the filter.' : 'Nobody has written anything in this time.'}</>`}
    ${entries.length > 0 && html`<ol class="entries">${entries.map((e) => html`<li key=${e.key}><div class="soft"><${Time} at=${e.at} date /> <b title=${e.identity}>${e.user}</b></div><p>${e.message}</p></li>`)}</ol>`}
    ${past.older && html`<p><${Button} onClick=${past.older}>Older ones from the archive</></p>`}</>`;
}

function Write() {
  const text = useSignal('');
  const error = useSignal(null);
  const busy = useSignal(false);
  const write = async () => {
    if (text.value.trim() === '') {
      error.value = { fields: true, message: 'Write something first.' };
      return;
    }
    busy.value = true;
    error.value = null;
    try {
      await api('lovecsc/observinglog', { body: { user: session.value.user.username, message: text.value } });
      text.value = '';
      announce('The entry has been written.');
    } catch (e) {
      error.value = e;
    }
    busy.value = false;
  };
  return html`<${Panel}><form class="form" onSubmit=${(e) => { e.preventDefault(); write(); }}>
    <${Field} label="New entry" error=${error.value?.fields === true ? error.value.message : undefined}>${(p) => html`<textarea ...${p} name="message" rows="3" value=${text.value} onInput=${(e) => { text.value = e.target.value; error.value = null; }} />`}</>
    ${error.value && error.value.fields !== true && html`<${ErrorNote} error=${error.value} />`}
    <div class="actions"><${Button} type="submit" kind="primary" busy=${busy.value}>Write into the log</></div></form></>`;
}
