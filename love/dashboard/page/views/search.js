// The search through the fields of all components.
import { html, useMemo } from '../html.js';
import { Empty, Value, formatCount } from '../ui.js';
import { href, useStream } from '../store.js';
import { fieldsOf } from '../love-client.js';
import { choiceOf, fieldOf, knownUnit } from '../definitions.js';
import { components, streamsOf } from './components.js';
import { fieldName, isNumeric, refText, valueOf } from './refs.js';

const most = 30; // that are shown at once

/** words gives a test whether a text has all words of a query. */
function words(query) {
  const all = query.toLowerCase().split(/[\s:/.]+/).filter(Boolean);
  return (text) => all.every((w) => text.includes(w));
}

/** indexOf lists the fields of all definitions. */
function indexOf(data) {
  const all = [];
  for (const [csc, kinds] of Object.entries(data ?? {})) {
    for (const category of ['telemetry', 'event']) {
      for (const [stream, fields] of Object.entries(kinds?.[`${category}_data`] ?? {})) {
        for (const [field, d] of Object.entries(fields ?? {})) {
          all.push({ csc, category, stream, field, count: d?.count ?? 1, number: !/string|char/.test(d?.type_name ?? ''),
            name: `${csc} ${stream} ${field}`.toLowerCase(), text: `${csc} ${stream} ${field} ${d?.description ?? ''} ${d?.units ?? ''}`.toLowerCase() });
        }
      }
    }
  }
  return all;
}

/** What is published in a field matters more than what could be; telemetry more than events. */
const rank = (f, fits, last) => (f.published ? 0 : 16) + (fits(f.name) ? 0 : 4) + (f.field.toLowerCase().includes(last) ? 0 : 2) + (f.category === 'telemetry' ? 0 : 1);

/**
 * useSearch searches.
 *
 * @returns {{names: (name: string) => boolean, fields: {all: object[], total: number}}}
 */
export function useSearch(query, data) {
  const index = useMemo(() => indexOf(data), [data]);
  const streams = streamsOf.value;
  const instances = components.value;
  return useMemo(() => {
    const fits = words(query);
    const names = (name) => fits(name.toLowerCase().replaceAll(':', ' '));
    if (query.trim() === '') return { names, fields: { all: [], total: 0 } };
    const last = query.toLowerCase().trim().split(/\s+/).at(-1);
    const found = [];
    for (const f of index) {
      const of = instances.filter((c) => c.csc === f.csc && c.csc !== 'Script');
      for (const c of of.length > 0 ? of : [{ csc: f.csc, salindex: '0', key: `${f.csc}:0`, name: f.csc }]) {
        if (!fits(f.text) && !fits(`${c.salindex} ${f.text}`)) continue;
        const published = streams.get(c.key)?.some((s) => s.category === f.category && s.stream === f.stream) ?? false;
        const one = { ...f, salindex: c.salindex, instance: c.name, published, index: f.count > 1 ? 0 : null };
        found.push({ ...one, rank: rank(one, fits, last) });
      }
    }
    found.sort((a, b) => a.rank - b.rank);
    return { names, fields: { all: found.slice(0, most), total: found.length } };
  }, [query, index, streams, instances]);
}

/** Where a click on a field leads: to its component, with the field in a plot if it can be. */
const to = (f) => href('observatory', [`${f.csc}:${f.salindex}`], f.number ? { p: refText(f) } : { q: f.field });

export function FieldResults({ found }) {
  if (found.total === 0) return html`<${Empty}>No field has these words in its name, its description or its unit.</>`;
  return html`<ul class="field-results">${found.all.map((f) => html`<li key=${refText(f)}><${Result} f=${f} /></li>`)}</ul>
    ${found.total > found.all.length && html`<p class="soft">${formatCount(found.total - found.all.length)} more: another word narrows it down.</p>`}`;
}

function Result({ f }) {
  const definition = fieldOf(f.csc, f.category, f.stream, f.field);
  return html`<a href=${to(f)} class="field-result">
    <span class="where"><strong>${f.instance}</strong> <span class="soft">${f.category === 'event' ? 'event ' : ''}${f.stream}</span></span>
    <span class="what"><span class="mono">${fieldName(f)}</span> <span class="soft about">${definition?.description}</span></span>
    <span class="now">${f.published ? html`<${Present} f=${f} definition=${definition} />` : html`<span class="soft">not published yet</span>`}</span>
  </a>`;
}

function Present({ f, definition }) {
  const d = useStream(f.csc, f.salindex, f.stream, { category: f.category, maxRate: 1 });
  const fields = d ? fieldsOf(d.value) : {};
  const value = valueOf(f, fields);
  const choice = choiceOf(definition, value);
  if (choice) return html`<span class="value">${choice}</span>`;
  return html`<${Value} value=${value} unit=${isNumeric(value) ? knownUnit(fields[f.field]?.units ?? definition?.units) : ''} />`;
}
