// The observatory at a glance: a tile for each component, and a search through components and
// their fields.
import { html, useComputed, useEffect, useRef } from '../html.js';
import { Empty, ErrorNote, Loading, Page, Panel, State, announce, formatCount } from '../ui.js';
import { go, href } from '../store.js';
import { useDefinitions } from '../definitions.js';
import { components, useComponents } from './components.js';
import { FieldResults, useSearch } from './search.js';
import { ComponentView } from './component.js';

const filters = [
  { id: 'all', title: 'All', has: () => true },
  { id: 'attention', title: 'Need attention', has: (c) => ['warning', 'alarm'].includes(c.level.value) },
  { id: 'enabled', title: 'Enabled', has: (c) => c.state.value === 2 },
  { id: 'disabled', title: 'Disabled', has: (c) => c.state.value === 1 },
  { id: 'standby', title: 'Standby', has: (c) => c.state.value === 5 },
  { id: 'offline', title: 'Offline', has: (c) => c.state.value === 4 },
  { id: 'fault', title: 'Fault', has: (c) => c.state.value === 3 },
];

export default function Observatory({ route }) {
  return route.path[0] ? html`<${ComponentView} route=${route} />` : html`<${Overview} route=${route} />`;
}

function Overview({ route }) {
  const query = route.params.get('q') ?? '';
  const { error, loading, reload } = useComponents({ often: query !== '' });
  const definitions = useDefinitions();
  const filter = filters.find((f) => f.id === route.params.get('show')) ?? filters[0];
  const show = (changes) => go(href('observatory', [], clean({ q: query, show: filter.id, ...changes })), { replace: true });
  const search = useSearch(query, definitions.data);
  // A script is one of many, and the queue has them.
  const shown = components.value.filter((c) => c.csc !== 'Script' || query !== '');
  const found = query === '' ? shown : shown.filter((c) => search.names(c.name));
  return html`<${Page} title="Observatory" wide>
    <${SearchBox} query=${query} onQuery=${(q) => show({ q })} />
    <${ErrorNote} error=${error} retry=${reload} />
    ${(query === '' || found.length > 0) && html`<${Filters} of=${found} present=${filter} onFilter=${(id) => show({ show: id })} />
      ${loading && components.value.length === 0 ? html`<${Loading} />` : html`<${Tiles} of=${found} filter=${filter} query=${query} />`}`}
    ${query !== '' && html`<${Panel} title=${`Fields with “${query}”`} class="found">
      <${ErrorNote} error=${definitions.error} retry=${definitions.reload} />
      ${!definitions.data && !definitions.error ? html`<${Loading} />` : html`<${FieldResults} found=${search.fields} />`}</>`}
  </>`;
}

/** clean leaves out what is as it is without saying so. */
const clean = (params) => Object.fromEntries(Object.entries(params).filter(([k, v]) => v && !(k === 'show' && v === 'all')));

function SearchBox({ query, onQuery }) {
  const input = useRef(null);
  useEffect(() => {
    const meant = (e) => e.key === '/' && !e.ctrlKey && !e.metaKey && !e.altKey && !/^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName);
    const onDown = (e) => { if (meant(e)) e.preventDefault(); }; // browsers have a search of their own there
    const onUp = (e) => { if (meant(e)) input.current.focus(); };
    addEventListener('keydown', onDown);
    addEventListener('keyup', onUp);
    return () => {
      removeEventListener('keydown', onDown);
      removeEventListener('keyup', onUp);
    };
  }, []);
  return html`<div class="search" role="search">
    <input ref=${input} type="search" value=${query} onInput=${(e) => onQuery(e.target.value)} aria-label="Search components and fields"
      placeholder="Search components and fields, such as azimuth" autocomplete="off" autocapitalize="none" spellcheck=${false} aria-keyshortcuts="/" />
  </div>`;
}

function Filters({ of, present, onFilter }) {
  return html`<div class="tile-filters" role="group" aria-label="Which components">${filters.map((f) => {
    const n = f.id === 'all' ? of.length : of.filter(f.has).length;
    if (n === 0 && f !== present && f.id !== 'all' && f.id !== 'attention') return null;
    return html`<button key=${f.id} type="button" class=${`tile-filter ${f.id === 'attention' && n > 0 ? 'some' : ''}`}
      aria-pressed=${f === present} onClick=${() => onFilter(f.id)}>${f.title} <span class="count">${formatCount(n)}</span></button>`;
  })}</div>`;
}

function Tiles({ of, filter, query }) {
  const shown = of.filter(filter.has);
  useEffect(() => { if (query !== '') announce(`${shown.length} components`); }, [query, shown.length]);
  if (shown.length === 0) {
    if (filter.id === 'attention') return html`<${Empty}>Nothing needs attention.</>`;
    return html`<${Empty}>${filter.id === 'all' ? 'Nothing has been published to this manager yet. Tiles appear by themselves once a producer connects.' : 'No component is in this state.'}</>`;
  }
  return html`<ul class="tiles">${shown.map((c) => html`<${Tile} key=${c.key} c=${c} />`)}</ul>`;
}

function Tile({ c }) {
  const level = c.level.value;
  const { code, report } = c.error.value;
  const stale = c.stale.value;
  const state = c.stateName.value;
  const stateLevel = c.state.value === 3 ? 'alarm' : level === 'off' ? 'off' : 'normal';
  return html`<li class=${`tile ${level}`}><a href=${href('observatory', [c.key])}>
    <span class="tile-head"><strong class="tile-name">${c.name}</strong>
      <span class="tile-state">${state ? html`<${State} level=${stateLevel} text=${state} />` : html`<span class="soft">no state</span>`}</span></span>
    <span class="tile-foot"><${Heartbeat} c=${c} />
      ${stale && html`<${State} level="warning" text="stale" title=${stale} />`}</span>
    ${code ? html`<span class="tile-error" title=${report}><${State} level=${c.state.value === 3 ? 'alarm' : 'warning'} text=${`error ${code}`} /> ${report}</span>` : null}
  </a></li>`;
}

/** The text alone changes each second: the tile is not drawn again. */
function Heartbeat({ c }) {
  const text = useComputed(() => {
    const age = c.age.value;
    if (age === null) return 'no heartbeat';
    return age < 3 ? 'heartbeat now' : `heartbeat ${spell(age)} ago`;
  });
  return html`<span class="heartbeat soft">${text}</span>`;
}

function spell(seconds) {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}
