// The record of commands: who commanded what, and what came of it; live.
import { html, useEffect, useRef, useSignal } from '../html.js';
import { api, client, go, href, useFeed } from '../store.js';
import { Button, ErrorNote, Field, Loading, Panel, State, Table, Time } from '../ui.js';
import { fieldsOf, parse } from '../love-client.js';
import { formatTook } from './commandform.js';
import { instanceName, paramsText, readInstance } from './commandtext.js';

const page = 100;
const kept = 2000; // entries in memory
const levels = { done: 'normal', late: 'note', pending: 'note', awaiting: 'warning', failed: 'warning', refused: 'note', timed_out: 'warning', unknown: 'warning' };
const texts = { awaiting: 'waits for approval', pending: 'under way', timed_out: 'no answer in time', late: 'answered late' };
const filters = ['user', 'component', 'cmd', 'state'];

/** The entry that an event of the hub has. */
function entryOf(value) {
  const e = Object.fromEntries(Object.entries(fieldsOf(value)).map(([k, v]) => [k, v?.value ?? null]));
  let params = e.params;
  try {
    params = parse(e.params);
  } catch {
    // then it is shown as it is
  }
  return { ...e, params, approved_by: e.approvedBy, time: new Date((e.timestamp + client.taiToUTC) * 1000).toISOString() };
}

function queryOf(wanted) {
  const query = new URLSearchParams({ limit: page });
  const { csc, salindex } = readInstance(wanted.component);
  if (csc) query.set('csc', csc);
  if (wanted.component.includes(':')) query.set('salindex', salindex);
  for (const key of ['user', 'cmd', 'state']) if (wanted[key]) query.set(key, wanted[key]);
  return query;
}

function fits(entry, wanted) {
  const { csc, salindex } = readInstance(wanted.component);
  return (!wanted.user || entry.user === wanted.user) && (!csc || entry.csc === csc) && (!wanted.component.includes(':') || entry.salindex === salindex)
    && (!wanted.cmd || entry.cmd.replace(/^cmd_/, '') === wanted.cmd.replace(/^cmd_/, '')) && (!wanted.state || entry.state === wanted.state);
}

/** The entries of a filter, newest first, and more of them when asked. */
function useRecord(wanted) {
  const state = useSignal({ entries: [], next: null, error: null, loading: true });
  const latest = useRef(null); // what came live since the last load began, by ID
  const turn = useRef(0);
  const key = JSON.stringify(wanted);
  const load = async (before) => {
    const own = before ? turn.current : ++turn.current;
    if (!before) latest.current = new Map();
    const query = queryOf(wanted);
    if (before) query.set('before', before);
    try {
      const { commands, next } = await api(`commands/?${query}`);
      if (own !== turn.current) return;
      const entries = new Map((before ? state.peek().entries : []).map((e) => [e.id, e]));
      for (const e of commands) entries.set(e.id, e);
      for (const e of latest.current.values()) entries.set(e.id, e);
      state.value = { entries: sorted(entries, wanted), next, error: null, loading: false };
    } catch (error) {
      if (own === turn.current) state.value = { ...state.peek(), error, loading: false };
    }
  };
  useEffect(() => { load(); }, [key]);
  useFeed('event-Hub-0-commands', (deliveries) => {
    const { entries } = state.peek();
    const all = new Map(entries.map((e) => [e.id, e]));
    for (const d of deliveries) {
      const e = entryOf(d.value);
      latest.current?.set(e.id, e);
      all.set(e.id, e);
    }
    state.value = { ...state.peek(), entries: sorted(all, wanted) };
  }, { snapshot: false, onStart: () => { if (latest.current) load(); } });
  return { ...state.value, more: () => load(state.peek().next), reload: () => load() };
}

const sorted = (entries, wanted) => [...entries.values()].filter((e) => fits(e, wanted)).sort((a, b) => (a.time < b.time ? 1 : -1)).slice(0, kept);

export function Record({ params, path }) {
  const wanted = Object.fromEntries(filters.map((f) => [f, params.get(f) ?? '']));
  const { entries, next, error, loading, more, reload } = useRecord(wanted);
  const change = (name) => (e) => {
    const changed = Object.fromEntries(Object.entries({ ...wanted, [name]: e.target.value.trim() }).filter(([, v]) => v));
    go(href('commands', path, changed), { replace: true });
  };
  const input = (name, label, hint) => html`<${Field} label=${label}>${(p) => html`<input ...${p} name=${`record-${name}`} value=${wanted[name]} placeholder=${hint} autocomplete="off" spellcheck=${false} onChange=${change(name)} />`}</>`;
  return html`<${Panel} title="Record" class="record">
    <div class="filters">${input('user', 'Who', 'all')}${input('component', 'Component', 'all')}${input('cmd', 'Command', 'all')}
      <${Field} label="Outcome">${(p) => html`<select ...${p} name="record-state" value=${wanted.state} onChange=${change('state')}><option value="">all</option>
        ${Object.keys(levels).map((s) => html`<option key=${s} value=${s}>${texts[s] ?? s}</option>`)}</select>`}</></div>
    <${ErrorNote} error=${error} retry=${reload} />
    ${loading ? html`<${Loading} />` : html`<${Table} label="Record of commands" rows=${entries} keyOf=${(e) => e.id} limit=${page} columns=${columns}
      empty=${filters.some((f) => wanted[f]) ? 'No such command is in the record.' : 'Nobody has commanded anything yet.'} />`}
    ${next && entries.length < kept && html`<p><${Button} onClick=${more}>Older</></p>`}</>`;
}

const columns = [
  { title: 'When (UTC)', cell: (e) => html`<${Time} at=${Date.parse(e.time)} date />`, sort: (e) => e.time },
  { title: 'Who', cell: (e) => html`<span title=${e.identity}>${e.user}</span>${e.approved_by && html`<span class="soft"> with ${e.approved_by}</span>`}`, sort: (e) => e.user },
  { title: 'Component', cell: (e) => instanceName(e.csc, e.salindex), sort: (e) => instanceName(e.csc, e.salindex) },
  { title: 'Command', wide: true, cell: (e) => html`${e.cmd.replace(/^cmd_/, '')} <span class="soft mono">${paramsText(e.params)}</span>`, sort: (e) => e.cmd },
  { title: 'Outcome', cell: (e) => html`<${State} level=${levels[e.state] ?? 'note'} text=${texts[e.state] ?? e.state} />`, sort: (e) => e.state },
  { title: 'Took', number: true, cell: (e) => (e.duration === null ? '' : formatTook(e.duration)), sort: (e) => e.duration ?? -1 },
  { title: 'Answer', wide: true, cell: (e) => e.result },
];
