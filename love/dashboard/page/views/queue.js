// The script queues: what runs, waits and has ended, with progress and log, and what may be done about it.
import { html, useEffect, useSignal } from '../html.js';
import { go, href, mayCommand, useAPI, useStream } from '../store.js';
import { Button, Empty, ErrorNote, Loading, Page, Panel, State, Time, confirm } from '../ui.js';
import { order } from './orders.js';
import { Current, Finished, Waiting } from './scripts.js';
import { Details } from './scriptdetails.js';

const names = { 1: 'Main telescope', 2: 'Auxiliary telescope', 3: 'OCS' };

export default function Queue({ route }) {
  const { data, error, reload } = useAPI('streams/?csc=ScriptQueueState', { every: 60 });
  const queues = [...new Set((data?.streams ?? []).map((s) => s.salindex))].filter((i) => /^\d+$/.test(i)).sort((a, b) => a - b);
  const asked = route.path[0];
  const shown = asked ?? queues[0];
  const listed = asked && !queues.includes(asked) && /^\d+$/.test(asked) ? [...queues, asked] : queues;
  return html`<${Page} title="Script queue" wide>
    ${error && html`<${ErrorNote} error=${error} retry=${reload} />`}
    ${!data && !error && html`<${Loading} />`}
    ${data && listed.length === 0 && html`<${Panel}><${Empty}>No script queue has published anything to this manager.</></>`}
    ${listed.length > 1 && html`<nav class="tabs" aria-label="Queues">${listed.map((i) => html`<a key=${i} href=${href('queue', [i])}
      aria-current=${i === shown ? 'page' : undefined}>${names[i] ?? 'Queue'} <span class="soft">ScriptQueue:${i}</span></a>`)}</nav>`}
    ${shown && html`<${One} key=${shown} queue=${Number(shown)} selected=${route.path[1]} />`}</>`;
}

function One({ queue, selected }) {
  const state = useStream('ScriptQueueState', queue, 'stateStream');
  const scripts = useStream('ScriptQueueState', queue, 'scriptsStream');
  const late = useSignal(false);
  useEffect(() => {
    const timer = setTimeout(() => { late.value = true; }, 3000);
    return () => clearTimeout(timer);
  }, []);
  if (!scripts) return late.value ? html`<${Panel}><${Empty}>Nothing has come from ScriptQueue:${queue} yet. Is its producer running?</></>` : html`<${Loading} />`;
  const { current_scripts: current = [], waiting_scripts: waiting = [], finished_scripts: finished = [] } = scripts.value ?? {};
  const all = [...current, ...waiting, ...finished];
  const index = Number(selected ?? current[0]?.index ?? waiting[0]?.index ?? finished[0]?.index ?? 0);
  const select = (i) => go(href('queue', [queue, i]), { replace: true });
  const common = { queue, select, selected: index };
  return html`${scripts.stale && html`<div class="note warning">The producer of this queue is not connected. This is from before: <${Time} at=${scripts.at} date /> UTC.</div>`}
    <div class="queue"><div class="queue-left">
      <${QueueState} queue=${queue} state=${state?.value} waiting=${waiting.length} />
      <${Current} ...${common} script=${current[0]} />
      <${Waiting} ...${common} scripts=${waiting} />
      <${Finished} ...${common} scripts=${finished} /></div>
    <div class="queue-right">${index > 0 && html`<${Details} key=${index} index=${index} script=${all.find((s) => s.index === index)} />`}</div></div>`;
}

/** Whether the queue runs, and the button that changes it. */
function QueueState({ queue, state, waiting }) {
  const known = state !== undefined;
  const text = !known ? '–' : !state.enabled ? 'not enabled' : state.running ? 'running' : 'paused';
  const level = !known ? 'off' : !state.enabled ? 'warning' : state.running ? 'normal' : 'note';
  const may = (cmd) => known && mayCommand('ScriptQueue', queue, cmd);
  const pause = async () => {
    if (await confirm({ title: 'Pause the queue?', text: 'The script that runs goes on to its end. The next one waits until the queue is resumed.', action: 'Pause' })) await order('ScriptQueue', queue, 'pause');
  };
  return html`<div class="queue-state"><span>The queue is <${State} level=${level} text=${text} /></span>
    <span class="soft">${waiting} ${waiting === 1 ? 'script waits' : 'scripts wait'}</span>
    <div class="actions">${may('add') && html`<a href=${href('commands', [`ScriptQueue:${queue}`, 'add'])}>Add a script</a>`}
      ${state?.running && may('pause') && html`<${Button} onClick=${pause}>Pause the queue</>`}
      ${known && !state.running && may('resume') && html`<${Button} kind="primary" onClick=${() => order('ScriptQueue', queue, 'resume')}>Resume the queue</>`}</div></div>`;
}
