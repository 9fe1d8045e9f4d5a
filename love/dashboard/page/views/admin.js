// Users, groups, log-ins and the audit, for those who may manage users.
import { html, useSignal } from '../html.js';
import { Button, ErrorNote, Loading, Page, Panel, State, Table, Time, Age, confirm, toast } from '../ui.js';
import { api, href, useAPI } from '../store.js';
import { Users } from './adminusers.js';
import { Groups } from './admingroups.js';

const tabs = { users: 'Users', groups: 'Groups', logins: 'Log-ins', audit: 'Audit' };

export default function Admin({ route }) {
  const tab = tabs[route.path[0]] ? route.path[0] : 'users';
  const { params } = route;
  return html`<${Page} title="Users">
    <nav class="tabs" aria-label="Parts of the administration">${Object.entries(tabs).map(([id, title]) => html`
      <a key=${id} href=${href('admin', [id])} aria-current=${id === tab ? 'page' : undefined}>${title}</a>`)}</nav>
    ${tab === 'users' && html`<${Users} />`}
    ${tab === 'groups' && html`<${Groups} />`}
    ${tab === 'logins' && html`<${LogIns} />`}
    ${tab === 'audit' && html`<${Audit} wanted=${params.get('find') ?? ''} />`}
  </>`;
}

function LogIns() {
  const { data, error, reload } = useAPI('admin/tokens/', { every: 5 });
  if (!data) return error ? html`<${ErrorNote} error=${error} retry=${reload} />` : html`<${Loading} />`;
  const end = async (t) => {
    if (!await confirm({ title: `End this log-in of ${t.username}?`, text: 'Pages and programs that use it must log in again.', action: 'End it', danger: true })) return;
    await api(`admin/tokens/${encodeURIComponent(t.id)}/`, { method: 'DELETE' });
    toast(`A log-in of ${t.username} has ended.`);
    reload();
  };
  const endAll = async (name) => {
    if (!await confirm({ title: `End all log-ins of ${name}?`, text: 'Pages and programs that use them must log in again.', action: 'End them', danger: true })) return;
    const { revoked } = await api(`admin/tokens/?username=${encodeURIComponent(name)}`, { method: 'DELETE' });
    toast(`${revoked} log-ins of ${name} have ended.`);
    reload();
  };
  const several = (t) => data.filter((other) => other.username === t.username).length > 1;
  return html`<${Panel} title=${`Log-ins (${data.length})`}>
    <${ErrorNote} error=${error} />
    <${Table} label="Log-ins" rows=${data} keyOf=${(t) => t.id} empty="Nobody is logged in." columns=${[
      { title: 'User', cell: (t) => t.username, sort: (t) => t.username },
      { title: 'Since', cell: (t) => html`<${Time} at=${Date.parse(t.issued)} date />`, sort: (t) => t.issued },
      { title: 'Until', cell: (t) => html`<${Time} at=${Date.parse(t.expires)} date />`, sort: (t) => t.expires },
      { title: 'ID', cell: (t) => html`<span class="mono soft">${t.id}</span>` },
      { title: '', cell: (t) => html`<span class="actions"><${Button} kind="plain small" onClick=${() => end(t)} aria-label=${`End the log-in ${t.id} of ${t.username}`}>End</>
        ${several(t) && html`<${Button} kind="plain small" onClick=${() => endAll(t.username)} aria-label=${`End all log-ins of ${t.username}`}>End all</>`}</span>` },
    ]} /></>`;
}

const levels = { done: 'normal', refused: 'note', failed: 'warning' };

function Audit({ wanted }) {
  const { data, error, reload } = useAPI('admin/audit/?limit=1000', { every: 10 });
  const find = useSignal(wanted);
  if (!data) return error ? html`<${ErrorNote} error=${error} retry=${reload} />` : html`<${Loading} />`;
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const textOf = (r) => `${r.actor} ${r.address} ${r.action} ${r.subject} ${r.outcome} ${r.detail}`.toLowerCase();
  const rows = data.filter((r) => words.every((w) => textOf(r).includes(w)));
  const search = html`<input type="search" class="filter" placeholder="Name, action, outcome …" aria-label="Filter the audit" value=${find.value} onInput=${(e) => { find.value = e.target.value; }} />`;
  const whole = data.length === 1000 ? 'the newest 1000 records' : `${data.length} records`;
  return html`<${Panel} title="Who did what" actions=${search}>
    <${ErrorNote} error=${error} />
    <p class="soft">${words.length > 0 ? `${rows.length} of ${whole}` : whole}, newest first. Times are UTC.</p>
    <${Table} label="Who did what" rows=${rows} keyOf=${(r) => r.time + r.actor + r.action + r.subject} empty="No record has that in it." columns=${[
      { title: 'When', cell: (r) => html`<${Time} at=${Date.parse(r.time)} date />` },
      { title: 'Ago', cell: (r) => html`<${Age} at=${Date.parse(r.time)} />`, number: true },
      { title: 'Who', cell: (r) => r.actor || '–' },
      { title: 'What', cell: (r) => r.action },
      { title: 'Outcome', cell: (r) => html`<${State} level=${levels[r.outcome] ?? 'normal'} text=${r.outcome} />` },
      { title: 'About', cell: (r) => [r.subject, r.detail].filter(Boolean).join(' · '), wide: true },
      { title: 'From', cell: (r) => r.address || '–' },
    ]} /></>`;
}
