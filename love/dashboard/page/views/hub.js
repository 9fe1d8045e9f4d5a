// How the hub itself does: rates, what was dropped and why, where the data come from, and for
// administrators who is connected and what they are subscribed to.
import { html, useEffect, useSignal } from '../html.js';
import { Age, Button, Empty, ErrorNote, Loading, Page, Panel, Sparkline, State, Table, confirm, formatBytes, formatCount, formatNumber, toast } from '../ui.js';
import { api, base, client, isAdmin, live, now, useAPI } from '../store.js';
import { Session } from './hubsession.js';
import { measure, parseMetrics, reasons } from './metrics.js';

const every = 3; // seconds between two looks at the figures

export default function Hub() {
  return html`<${Page} title="Hub" wide>
    <${Figures} />
    <div class="columns hub-columns"><${Losses} /><${Parts} /></div>
    ${isAdmin() && html`<${Sessions} />`}
    <${Sources} />
  </>`;
}

/** The figures of /metrics over the last minutes: they are kept while the page is open. */
const course = measure(150);

function useFigures() {
  const error = useSignal(null);
  const turn = useSignal(0);
  useEffect(() => {
    let timer = 0;
    let ended = false; // whether nobody looks any more
    const look = async () => {
      try {
        if (!document.hidden) {
          const response = await fetch(new URL('/metrics', base));
          if (response.status === 404) ended = true; // and stays so
          if (!response.ok) throw new Error(response.status === 404 ? 'there are none at this manager' : `it was answered ${response.status}`);
          course.add(client.now(), parseMetrics(await response.text()));
          error.value = null;
        }
      } catch (e) {
        error.value = { title: 'The figures of the hub could not be read', detail: `They are at /metrics: ${e.message}.` };
      }
      turn.value++;
      if (!ended) timer = setTimeout(look, every * 1000);
    };
    look();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, []);
  return { turn: turn.value, error: error.value };
}

function Figure({ title, value, unit, values, level = 'normal' }) {
  return html`<div><dt>${title}</dt><dd><span class=${level === 'normal' ? undefined : `state ${level}`}>${value}${unit && html`<span class="unit"> ${unit}</span>`}</span>
    ${values && html`<${Sparkline} zero values=${values} label=${title} width=${112} height=${24} />`}</dd></div>`;
}

function Figures() {
  const { error } = useFigures();
  const at = (name) => course.newest(name);
  const rate = (name) => course.rate(name, 10);
  if (course.empty) return error ? html`<${ErrorNote} error=${error} />` : html`<${Loading} />`;
  const whole = (n) => (n === undefined ? '–' : formatCount(n));
  const perSecond = (n) => (n === undefined ? '–' : n >= 10 ? formatCount(n) : formatNumber(Number(n.toFixed(1))));
  return html`<${Panel} title="Now" class="hub-now">
    ${live.value && html`<${ErrorNote} error=${error} />`}
    <dl class="figures">
      <${Figure} title="Connections" value=${whole(at('love_hub_sessions'))} values=${course.values('love_hub_sessions')} />
      <${Figure} title="Messages in" value=${perSecond(rate('love_hub_received_total'))} unit="/s" values=${course.rates('love_hub_received_total')} />
      <${Figure} title="Messages out" value=${perSecond(rate('love_hub_delivered_total'))} unit="/s" values=${course.rates('love_hub_delivered_total')} />
      <${Figure} title="Groups" value=${whole(at('love_hub_groups'))} values=${course.values('love_hub_groups')} />
      <${Figure} title="Waiting" value=${formatBytes(at('love_hub_queue_bytes') ?? 0)} values=${course.values('love_hub_queue_bytes')} />
      <${Figure} title="Last values" value=${formatBytes(at('love_hub_last_value_bytes') ?? 0)} />
      <${Figure} title="Lag of this page" value=${client.lag === undefined ? '–' : formatNumber(Math.round(client.lag))} unit="ms" />
      <${Figure} title="This clock" value=${offset()} unit="s" level=${Math.abs(client.offset ?? 0) > 2000 ? 'warning' : 'normal'} />
    </dl></>`;
}

/** How far the clock of this machine is ahead of the manager's. */
function offset() {
  if (client.offset === undefined) return '–';
  const seconds = Math.round(-client.offset / 100) / 10;
  return `${seconds > 0 ? '+' : seconds < 0 ? '−' : ''}${Math.abs(seconds).toFixed(1)}`;
}

function Losses() {
  now.value; // drawn again each second
  if (course.empty) return null;
  const rows = [];
  for (const [kind, texts] of Object.entries(reasons)) {
    for (const [reason, text] of Object.entries(texts)) {
      const name = `love_hub_${kind}_total{reason="${reason}"}`;
      const count = course.newest(name);
      if (count > 0) rows.push({ kind, reason, text, count, lately: course.increase(name, 60) });
    }
  }
  const kinds = { dropped: 'dropped', denied: 'refused', closed: 'closed' };
  const lately = (r) => (r.lately > 0 && r.kind !== 'closed' ? html`<${State} level="warning" text=${`+${formatCount(r.lately)}`} />` : `+${formatCount(r.lately)}`);
  return html`<${Panel} title="Dropped, refused and closed since the start">
    <${Table} label="Dropped, refused and closed" rows=${rows} keyOf=${(r) => r.kind + r.reason} empty="Nothing was dropped, refused or closed." columns=${[
      { title: 'What', cell: (r) => kinds[r.kind] },
      { title: 'Why', cell: (r) => r.text, wide: true },
      { title: 'Number', cell: (r) => formatCount(r.count), number: true },
      { title: 'Last minute', cell: lately, number: true },
    ]} /></>`;
}

function Parts() {
  now.value;
  if (course.empty) return null;
  const archive = course.newest('love_archive_recorded_total');
  const lost = (course.newest('love_archive_dropped_total{kind="event"}') ?? 0) + (course.newest('love_archive_dropped_total{kind="telemetry"}') ?? 0);
  const up = /^love_dependency_up\{dependency="(.*)"\}$/;
  const needed = course.names().filter((n) => up.test(n) && up.exec(n)[1] !== 'archive'); // which has a line of its own
  return html`<${Panel} title="Parts of this manager"><dl class="facts">
    ${needed.map((n) => html`<dt>${capital(up.exec(n)[1])}</dt><dd>${course.newest(n) === 1 ? 'works' : html`<${State} level="alarm" text="does not work" />`}</dd>`)}
    <dt>Archive</dt><dd>${archive === undefined ? 'none' : html`${course.newest('love_archive_writable') === 0
      ? html`<${State} level="alarm" text="cannot write" />` : 'records'}, ${formatBytes(course.newest('love_archive_bytes') ?? 0)} in ${counted(course.newest('love_archive_files') ?? 0, 'file')}`}
      ${lost > 0 && html`, <${State} level="warning" text=${`${counted(lost, 'message')} lost`} />`}</dd>
    <dt>Other managers</dt><dd><${Others} /></dd>
    ${course.newest('love_http_connections') > 0 && html`<dt>HTTP connections</dt><dd>${formatCount(course.newest('love_http_connections'))}</dd>`}
    <dt>Compression</dt><dd>${saved()}</dd>
  </dl></>`;
}

/** What connects this manager with others does. */
function Others() {
  const at = (name) => course.newest(`love_broker_${name}`) ?? 0;
  if (course.newest('love_broker_peers') === undefined) return 'no broker: this manager is alone';
  return html`${formatCount(at('peers'))} connected, ${counted(at('published_total'), 'message')} to them, ${formatCount(at('received_total'))} from them${
    at('queue_bytes') > 0 && `, ${formatBytes(at('queue_bytes'))} waiting`}${
    at('dropped_total') > 0 && html`, <${State} level="warning" text=${`${counted(at('dropped_total'), 'message')} lost`} />`}`;
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

const counted = (n, thing) => `${formatCount(n)} ${thing}${n === 1 ? '' : 's'}`;

function saved() {
  const plain = course.newest('love_hub_plain_bytes_total') ?? 0;
  const sent = course.newest('love_hub_compressed_bytes_total') ?? 0;
  return plain > 0 ? `${formatBytes(sent)} sent for ${formatBytes(plain)}, ${Math.round((1 - sent / plain) * 100)} % saved` : 'nothing yet';
}

function Sessions() {
  const { data, error, reload } = useAPI('admin/sessions/', { every });
  const shown = useSignal(null);
  if (!data) return error ? html`<${ErrorNote} error=${error} retry=${reload} />` : html`<${Loading} />`;
  const end = async (s) => {
    const own = s.principal === client.session?.user.username;
    if (!await confirm({ title: `End the log-in of ${s.principal}?`, text: `Its page goes back to the log-in at once${own ? '. It may be yours' : ''}.`, action: 'End it', danger: true })) return;
    await api(`admin/tokens/${encodeURIComponent(s.token)}/`, { method: 'DELETE' });
    toast(`The log-in of ${s.principal} has ended.`);
    reload();
  };
  const since = (s) => Date.parse(s.since);
  return html`<${Panel} title=${`Connections (${data.length})`}>
    ${live.value && html`<${ErrorNote} error=${error} />`}
    <${Table} label="Connections" rows=${data} keyOf=${(s) => s.id} empty="Nobody is connected." columns=${[
      { title: 'Who', cell: (s) => s.principal, sort: (s) => s.principal },
      { title: 'Address', cell: (s) => s.address || 'in this process', sort: (s) => s.address },
      { title: 'Since', cell: (s) => html`<${Age} at=${since(s)} />`, sort: since, number: true },
      { title: 'Subscriptions', cell: (s) => html`<button type="button" class="link" onClick=${() => { shown.value = s.id; }} aria-label=${`${s.groups} subscriptions of ${s.principal}`}>${formatCount(s.groups)}</button>`, sort: (s) => s.groups, number: true },
      { title: 'Waiting', cell: (s) => formatBytes(s.waiting), sort: (s) => s.waiting, number: true },
      { title: 'Lag', cell: (s) => html`${formatNumber(Number(s.lag.toFixed(2)))}<span class="unit"> s</span>`, sort: (s) => s.lag, number: true },
      { title: 'Dropped', cell: (s) => formatCount(s.dropped), sort: (s) => s.dropped, number: true },
      { title: 'State', cell: (s) => (s.behind ? html`<${State} level="warning" text="behind" title="Waiting telemetry is replaced by newer" />` : 'keeps up') },
      { title: '', cell: (s) => s.token && html`<${Button} kind="plain small" onClick=${() => end(s)} aria-label=${`End the log-in of ${s.principal}`}>End</>` },
    ]} />
    <${Session} id=${shown.value} onClose=${() => { shown.value = null; }} /></>`;
}

const old = 15_000; // ms without telemetry after which a publisher looks silent

/** The streams of each component, taken together. */
function components(streams) {
  const all = new Map();
  for (const s of streams) {
    const name = s.salindex === '0' ? s.csc : `${s.csc}:${s.salindex}`;
    let c = all.get(name);
    if (!c) all.set(name, c = { name, streams: 0, messages: 0, last: 0, telemetry: 0, gone: 0 });
    const at = Date.parse(s.last);
    c.streams++;
    c.messages += s.messages;
    c.last = Math.max(c.last, at);
    if (s.category === 'telemetry') c.telemetry = Math.max(c.telemetry, at);
    if (!s.live) c.gone++;
  }
  return [...all.values()].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

function stateOf(c, time) {
  if (c.gone === c.streams) return html`<${State} level="warning" text="publisher gone" />`;
  if (c.telemetry > 0 && time - c.telemetry > old) return html`<${State} level="warning" text="silent" title="No telemetry for more than 15 s" />`;
  if (c.gone > 0) return html`<${State} level="note" text=${`${c.gone} stale`} title="Streams whose publisher has gone" />`;
  return 'live';
}

function Sources() {
  const { data, error, reload } = useAPI('streams/', { every: 5 });
  const filter = useSignal('');
  if (!data) return error ? html`<${ErrorNote} error=${error} retry=${reload} />` : html`<${Loading} />`;
  const all = components(data.streams);
  const wanted = filter.value.trim().toLowerCase();
  const rows = all.filter((c) => c.name.toLowerCase().includes(wanted));
  const search = html`<input type="search" class="filter" placeholder="Filter" aria-label="Filter the sources" value=${filter.value} onInput=${(e) => { filter.value = e.target.value; }} />`;
  return html`<${Panel} title=${`Sources (${all.length})`} actions=${search}>
    ${live.value && html`<${ErrorNote} error=${error} />`}
    ${all.length === 0 ? html`<${Empty}>Nothing was published since the manager started. Is a producer connected?</>` : html`
    <${Table} label="Sources" rows=${rows} keyOf=${(c) => c.name} empty="No source has that in its name." columns=${[
      { title: 'Component', cell: (c) => c.name, sort: (c) => c.name },
      { title: 'State', cell: (c) => stateOf(c, now.value), sort: (c) => c.gone },
      { title: 'Last message', cell: (c) => html`<${Age} at=${c.last} />`, sort: (c) => c.last, number: true },
      { title: 'Last telemetry', cell: (c) => (c.telemetry ? html`<${Age} at=${c.telemetry} old=${old} />` : 'none'), sort: (c) => c.telemetry, number: true },
      { title: 'Streams', cell: (c) => formatCount(c.streams), sort: (c) => c.streams, number: true },
      { title: 'Messages', cell: (c) => formatCount(c.messages), sort: (c) => c.messages, number: true },
    ]} />`}</>`;
}
