// What one connection is subscribed to, and how much that brings.
import { html, useEffect, useRef, useSignal } from '../html.js';
import { Button, Dialog, ErrorNote, Loading, Table, formatCount, formatDateTime, formatNumber } from '../ui.js';
import { api, client } from '../store.js';

const every = 3000; // ms

export function Session({ id, onClose }) {
  const shown = useSignal({ session: null, error: null, rates: new Map() });
  const before = useRef(null); // the messages of each group, and when that was
  useEffect(() => {
    shown.value = { session: null, error: null, rates: new Map() };
    before.current = null;
    if (!id) return undefined;
    const stop = new AbortController();
    let timer = 0;
    const load = async () => {
      try {
        const [session, hub] = await Promise.all([
          api(`admin/sessions/${encodeURIComponent(id)}/`, { signal: stop.signal }), api('hub/', { signal: stop.signal })]);
        shown.value = { session, error: null, rates: rates(before, hub.groups) };
      } catch (error) {
        if (stop.signal.aborted) return;
        shown.value = { ...shown.peek(), error: error.status === 404 ? { title: 'This connection has ended', detail: '' } : error };
      }
      timer = setTimeout(load, every);
    };
    load();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [id]);
  const { session, error, rates: perSecond } = shown.value;
  const rows = (session?.subscriptions ?? []).map((name) => ({ name, rate: perSecond.get(name) }));
  const rate = (r) => (r.rate === undefined ? '–' : html`${formatNumber(Number(r.rate.toFixed(1)))}<span class="unit"> /s</span>`);
  return html`<${Dialog} class="large" title=${session ? `${session.principal}, ${session.address || 'in this process'}` : 'Connection'} open=${Boolean(id)} onClose=${onClose}
    actions=${html`<${Button} onClick=${onClose}>Close</>`}>
    <${ErrorNote} error=${error} />
    ${!session && !error && html`<${Loading} />`}
    ${session && html`<p class="soft">Connected since ${formatDateTime(Date.parse(session.since))} UTC${session.compressed ? ', with compression' : ''}. ${formatCount(rows.length)} subscriptions.</p>
      <${Table} label="Subscriptions" rows=${rows} keyOf=${(r) => r.name} empty="It has no subscriptions." columns=${[
        { title: 'Group', cell: (r) => html`<span class="mono">${r.name}</span>`, sort: (r) => r.name, wide: true },
        { title: 'Messages', cell: rate, sort: (r) => r.rate ?? -1, number: true },
      ]} />`}</>`;
}

/** rates returns the messages per second of each group since the last look. */
function rates(before, groups) {
  const at = client.now();
  const counts = new Map(groups.map((g) => [g.group, g.messages]));
  const found = new Map();
  if (before.current) {
    const seconds = (at - before.current.at) / 1000;
    for (const [name, count] of counts) found.set(name, Math.max(0, count - (before.current.counts.get(name) ?? 0)) / seconds);
  }
  before.current = { at, counts };
  return found;
}
