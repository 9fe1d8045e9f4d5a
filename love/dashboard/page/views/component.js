// A component: its state, its telemetry and events as they change, plots of them, its commands.
import { html, useEffect, useMemo, useRef } from '../html.js';
import { Empty, ErrorNote, Loading, Page, Panel, State, announce, toast } from '../ui.js';
import { go, href, mayCommand } from '../store.js';
import { useDefinitions } from '../definitions.js';
import { components, known, streamsOf, useComponents } from './components.js';
import { ComponentData } from './fielddata.js';
import { Streams } from './fieldtable.js';
import { Plots, add, has, without } from './plots.js';
import { loadPlot } from './chart.js';
import { readShown, writeShown } from './shown.js';
import { RecentCommands } from './recent.js';
import { CommandForm } from './commandform.js';
import { instanceName } from './refs.js';

/** readInstance reads "MTHexapod:1". */
export function readInstance(text) {
  const [csc, salindex] = text.split(/:(?=[^:]*$)/);
  return { csc, salindex: salindex || '0' };
}

export function ComponentView({ route }) {
  const { csc, salindex } = readInstance(route.path[0]);
  const { error, loading, reload } = useComponents();
  return html`<${Shown} key=${`${csc}:${salindex}`} csc=${csc} salindex=${salindex} route=${route} error=${error} loading=${loading} reload=${reload} />`;
}

function Shown({ csc, salindex, route, error, loading, reload }) {
  const definitions = useDefinitions();
  const data = useMemo(() => new ComponentData(csc, salindex), []);
  useEffect(() => () => data.end(), [data]);
  useEffect(() => {
    // So that a plot is there at once when it is wanted. A failure shows then.
    const timer = setTimeout(() => loadPlot().catch(() => {}), 1000);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => { if (definitions.data) data.define(); }, [definitions.data]);
  const name = instanceName(csc, salindex);
  const component = components.value && known(csc, salindex);
  const shown = readShown(route.params);
  const query = route.params.get('q') ?? '';
  const show = (next) => go(href('observatory', route.path, [...(query ? [['q', query]] : []), ...writeShown(next)]), { replace: true });
  const area = useRef(null);
  const toggle = (ref) => {
    if (has(shown.plots, ref)) {
      show({ ...shown, plots: without(shown.plots, ref) });
      return;
    }
    const plots = add(shown.plots, ref);
    if (plots === shown.plots) {
      toast('There is no room for another plot: close one first.', 'warning');
      return;
    }
    show({ ...shown, plots });
    // On a small screen the plot is above, out of sight.
    if (area.current.getBoundingClientRect().bottom > 0) announce(`${ref.field} is in the plot.`);
    else if (shown.plots.length === 0) area.current.scrollIntoView();
    else toast(`${ref.field} is in the plot above.`);
  };
  const filter = (q) => go(href('observatory', route.path, [...(q ? [['q', q]] : []), ...writeShown(shown)]), { replace: true });
  useEffect(() => {
    for (const row of streamsOf.value.get(`${csc}:${salindex}`) ?? []) if (row.stream !== 'heartbeat') data.stream(row.category, row.stream);
  }, [streamsOf.value]);
  void data.version.value;
  const nothing = data.streams.size === 0;
  return html`<${Page} title=${html`<a class="back" href=${href('observatory')} aria-label="Back to all components">‹</a> ${name}`} wide
      actions=${component && html`<${Head} c=${component} />`}>
    <${ErrorNote} error=${error} retry=${reload} />
    <div class="component ${mayCommand(csc, Number(salindex)) ? 'with-commands' : ''}">
      <div class="component-main"><div class="component-plots" ref=${area}>${shown.plots.length > 0 && html`<${Plots} shown=${shown} onChange=${show} />
        <p class="soft plots-link"><a href=${href('plots', [], writeShown(shown))}>Keep these plots as a board</a></p>`}</div>
      <div class="component-streams">
        <${ErrorNote} error=${definitions.error} retry=${definitions.reload} />
        ${nothing && loading && html`<${Loading} />`}
        ${nothing && !loading && html`<${Panel}><${Empty}>Nothing has been published by ${name} since this manager started. It appears here as soon as something comes.</></>`}
        ${!nothing && html`<${Streams} data=${data} query=${query} onQuery=${filter} plotted=${(ref) => has(shown.plots, ref)} onPlot=${toggle} />`}
      </div></div>
      ${mayCommand(csc, Number(salindex)) && html`<aside class="component-side"><${Command} csc=${csc} salindex=${salindex} />
        <${Panel} title="Who commanded"><${RecentCommands} csc=${csc} salindex=${salindex} /></></aside>`}
    </div>
  </>`;
}

function Head({ c }) {
  const { code, report } = c.error.value;
  const age = c.age.value;
  const state = c.state.value;
  return html`<div class="component-head">
    ${c.stateName.value && html`<${State} level=${state === 3 ? 'alarm' : state === 2 ? 'normal' : 'off'} text=${c.stateName.value} />`}
    ${code ? html`<${State} level=${state === 3 ? 'alarm' : 'warning'} text=${`error ${code}`} title=${report} /><span class="soft">${report}</span>` : null}
    ${c.stale.value ? html`<${State} level="warning" text="stale" /><span class="soft">${c.stale.value}</span>`
    : html`<span class="soft heartbeat">${age === null ? 'no heartbeat' : age < 3 ? 'heartbeat now' : `heartbeat ${age} s ago`}</span>`}
  </div>`;
}

function Command({ csc, salindex }) {
  return html`<${Panel} title="Command" actions=${html`<a href=${href('commands', [`${csc}:${salindex}`])} class="soft">All commands</a>`}>
    <${CommandForm} csc=${csc} salindex=${Number(salindex)} /></>`;
}
