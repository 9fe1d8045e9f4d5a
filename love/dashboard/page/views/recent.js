// Who has commanded lately: beside a component, and as marks in plots.
import { html, useEffect, useMemo, useRef } from '../html.js';
import { Age, Empty, ErrorNote, Loading, State } from '../ui.js';
import { client, mayCommand, useAPI, useFeed } from '../store.js';
import { fieldsOf } from '../love-client.js';
import { paramsText } from './commandtext.js';

const levels = { failed: 'warning', timed_out: 'warning', unknown: 'warning', refused: 'note', awaiting: 'note', pending: 'note' };
const states = { awaiting: 'waits for approval', pending: 'under way', timed_out: 'no answer in time', late: 'answered late' };

/** useRecord returns the newest commands, of one component or all, as GET commands/ has them. */
function useRecord(query, concerns) {
  const answer = useAPI(query && `commands/?${query}`);
  const timer = useRef(0);
  useFeed(query && 'event-Hub-0-commands', (ds) => {
    if (!ds.some((d) => !d.snapshot && concerns(fieldsOf(d.value)))) return;
    clearTimeout(timer.current);
    timer.current = setTimeout(answer.reload, 150); // the outcome often follows at once
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  return answer;
}

export function RecentCommands({ csc, salindex }) {
  const query = useMemo(() => new URLSearchParams({ csc, salindex, limit: 8 }).toString(), [csc, salindex]);
  const { data, error, loading, reload } = useRecord(/^\d+$/.test(salindex) ? query : null, (f) => f.csc?.value === csc && String(f.salindex?.value) === salindex);
  if (error) return html`<${ErrorNote} error=${error} retry=${reload} />`;
  if (!data) return loading ? html`<${Loading} />` : null;
  if (data.commands.length === 0) return html`<${Empty}>Nobody has commanded it yet.</>`;
  return html`<ol class="recent">${data.commands.map((c) => html`<li key=${c.id} title=${c.identity}>
    <span class="recent-head"><strong>${c.user}</strong> <${Age} at=${Date.parse(c.time)} /></span>
    <span class="mono">${c.cmd.replace(/^cmd_/, '')}</span> <span class="soft mono">${paramsText(c.params)}</span>
    <span class="recent-state"><${State} level=${levels[c.state] ?? 'normal'} text=${states[c.state] ?? c.state} title=${c.result} /></span></li>`)}</ol>`;
}

const none = [];

/** useCommandMarks returns the commands of the last day to the components of plots, as marks. */
export function useCommandMarks(refs) {
  const of = new Set(refs.map((r) => `${r.csc}:${r.salindex}`));
  const since = useMemo(() => new Date(client.now() - 86_400_000).toISOString(), []);
  const { data } = useRecord(mayCommand() && refs.length > 0 ? new URLSearchParams({ since, limit: 500 }).toString() : null, (f) => of.has(`${f.csc?.value}:${f.salindex?.value}`));
  return useMemo(() => data?.commands.filter((c) => !['refused', 'awaiting'].includes(c.state)).map((c) => ({
    at: Date.parse(c.time), csc: c.csc, salindex: String(c.salindex), text: `${c.user} ${c.cmd.replace(/^cmd_/, '')} ${paramsText(c.params)}`.slice(0, 60),
  })) ?? none, [data]);
}
