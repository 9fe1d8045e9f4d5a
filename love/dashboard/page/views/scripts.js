// The scripts of a queue: the one that runs, those that wait, those that have ended.
import { html, useEffect, useRef, useSignal } from '../html.js';
import { mayCommand, now } from '../store.js';
import { Button, Empty, Panel, State, Time, announce, confirm, formatDuration, toast } from '../ui.js';
import { topicOf, useDefinitions } from '../definitions.js';
import { fromTAI, order } from './orders.js';

const first = 1;
const last = 2;
const before = 3;
const after = 4;
const shownScripts = 100;

/** What a script does, in a word, and whether that needs a person. */
export function stateOf(script) {
  const { script_state: s, process_state: p } = script;
  if (p === 'LOADFAILED' || s === 'CONFIGURE_FAILED' || p === 'CONFIGUREFAILED' || s === 'FAILED') return { level: 'warning', text: p === 'LOADFAILED' ? 'load failed' : s.toLowerCase().replace('_', ' ') };
  if (p === 'TERMINATED') return { level: 'note', text: 'terminated' };
  if (s === 'PAUSED' || s === 'FAILING') return { level: 'warning', text: s.toLowerCase() };
  if (s === 'STOPPED' || s === 'STOPPING') return { level: 'note', text: s.toLowerCase() };
  if (p === 'LOADING') return { level: 'off', text: s === 'UNCONFIGURED' ? 'configuring' : 'loading' };
  return { level: 'normal', text: (s === 'UNKNOWN' ? p : s).toLowerCase() };
}

/** The button with the name of a script, which selects it. */
function Name({ script, select, selected }) {
  return html`<button type="button" class="script-name" aria-pressed=${script.index === selected ? 'true' : 'false'} onClick=${() => select(script.index)}>
    <span class="path">${script.path}</span>${script.type === 'external' && html` <span class="soft">external</span>`}
    <span class="soft about"><span class="figure">${script.index}</span> ${script.description}</span></button>`;
}

const may = (queue, cmd) => mayCommand('ScriptQueue', queue, cmd);
const requeue = (queue, script) => order('ScriptQueue', queue, 'requeue', { scriptSalIndex: script.index, location: last, locationSalIndex: 0 });

/** Stops scripts: the current one at once, those that wait by ending their process. */
function stop(queue, scripts, terminate) {
  const length = topicOf('ScriptQueue', 'command', 'stopScripts').salIndices?.count ?? 400;
  const salIndices = Array.from({ length }, (_, i) => scripts[i]?.index ?? 0);
  return order('ScriptQueue', queue, 'stopScripts', { salIndices, length: scripts.length, terminate });
}

// ---- the one that runs

export function Current({ queue, script, select, selected }) {
  useDefinitions();
  if (!script) return html`<${Panel} title="Running" class="current"><${Empty}>No script runs.</></>`;
  const s = stateOf(script);
  const end = async (terminate) => {
    const text = terminate ? 'Its process is ended at once, without tidying up. Stop it instead unless it hangs.' : 'It stops where it is, tidies up and ends. The next script begins if the queue is running.';
    if (await confirm({ title: `${terminate ? 'Terminate' : 'Stop'} ${script.path}?`, text, action: terminate ? 'Terminate' : 'Stop the script', danger: true })) await stop(queue, [script], terminate);
  };
  return html`<${Panel} title="Running" class="current">
    <div class="script-row"><${Name} script=${script} select=${select} selected=${selected} /><${State} ...${s} /></div>
    <${Progress} script=${script} />
    <div class="actions"><${AtCheckpoints} script=${script} />
      ${may(queue, 'requeue') && html`<${Button} onClick=${() => requeue(queue, script)} title="Put the same script at the end of the queue">Requeue</>`}
      ${may(queue, 'stopScripts') && html`<${Button} kind="danger" onClick=${() => end(false)}>Stop</><${Button} kind="danger" onClick=${() => end(true)}>Terminate</>`}</div></>`;
}

const everywhere = '.*';

/** Pausing a script at its next checkpoint, and going on. */
function AtCheckpoints({ script }) {
  const paused = script.script_state === 'PAUSED';
  const set = (pause) => order('Script', script.index, 'setCheckpoints', { pause, stop: script.stop_checkpoints });
  const maySet = mayCommand('Script', script.index, 'setCheckpoints');
  const resume = async () => {
    if (script.pause_checkpoints === everywhere && maySet) await set('');
    await order('Script', script.index, 'resume');
  };
  if (paused) return mayCommand('Script', script.index, 'resume') && html`<${Button} kind="primary" onClick=${resume}>Resume the script</>`;
  if (!maySet || script.script_state !== 'RUNNING') return null;
  if (script.pause_checkpoints === everywhere) return html`<${Button} onClick=${() => set('')}>Do not pause</>`;
  return html`<${Button} onClick=${() => set(everywhere)}>Pause at next checkpoint</>`;
}

function Progress({ script }) {
  const started = fromTAI(script.timestampRunStart);
  if (Number.isNaN(started)) return null;
  const ran = Math.max(0, now.value - started) / 1000;
  const expected = script.expected_duration;
  const left = expected - ran;
  return html`<div class="script-progress">
    ${expected > 0 && html`<progress max=${expected} value=${Math.min(ran, expected)} aria-label=${`Progress of ${script.path}`} />`}
    <span>${formatDuration(ran)}${expected > 0 && html` <span class="soft">of about ${formatDuration(expected)}${left < -1 ? `, ${formatDuration(-left)} longer than expected` : ''}</span>`}</span>
    ${script.last_checkpoint && html`<span><span class="soft">checkpoint</span> ${script.last_checkpoint}</span>`}</div>`;
}

// ---- those that wait

const moves = [
  { name: 'first', icon: '⤒', text: 'to the front' }, { name: 'up', icon: '↑', text: 'up' },
  { name: 'down', icon: '↓', text: 'down' }, { name: 'last', icon: '⤓', text: 'to the end' },
];

export function Waiting({ queue, scripts, select, selected }) {
  const chosen = useSignal(new Set());
  const dragged = useSignal(0);
  const over = useSignal(0);
  const list = useRef(null);
  const focus = useRef(''); // where the focus belongs once the order has changed
  const shown = useSignal(shownScripts);
  const indices = scripts.map((s) => s.index).join();
  useEffect(() => {
    if (!focus.current) return;
    list.current?.querySelector(`[data-at="${focus.current}"]`)?.focus();
    focus.current = '';
  }, [indices]);

  const put = async (script, location, other = 0) => {
    await order('ScriptQueue', queue, 'move', { scriptSalIndex: script.index, location, locationSalIndex: other });
    announce(`${script.path} has been moved.`);
  };
  const move = async (i, name) => {
    const neighbour = scripts[name === 'up' ? i - 1 : i + 1];
    focus.current = `${scripts[i].index}-${name}`;
    if (name === 'first' || name === 'last') await put(scripts[i], name === 'first' ? first : last);
    else if (neighbour) await put(scripts[i], name === 'up' ? before : after, neighbour.index);
  };
  const drop = (e, target) => {
    e.preventDefault();
    const script = scripts.find((s) => s.index === dragged.value);
    const down = script && scripts.indexOf(script) < scripts.indexOf(target);
    dragged.value = over.value = 0;
    if (script && script !== target) put(script, down ? after : before, target.index).catch((error) => toast(error.message, 'alarm'));
  };
  const picked = scripts.filter((s) => chosen.value.has(s.index));
  const remove = async () => {
    const what = picked.length === 1 ? picked[0].path : `${picked.length} scripts`;
    if (!await confirm({ title: `Remove ${what}?`, text: 'Scripts that wait end without having run. They can be requeued from the list of finished ones.', action: 'Remove', danger: true })) return;
    await stop(queue, picked, false);
    chosen.value = new Set();
  };
  const pick = (script) => (e) => {
    const next = new Set(chosen.value);
    if (e.target.checked) next.add(script.index);
    else next.delete(script.index);
    chosen.value = next;
  };
  const mayMove = may(queue, 'move');
  const mayStop = may(queue, 'stopScripts');
  if (scripts.length === 0) return html`<${Panel} title="Waiting"><${Empty}>No script waits.</></>`;
  return html`<${Panel} title=${`Waiting (${scripts.length})`} actions=${mayStop && html`<${Button} kind="small danger" disabled=${picked.length === 0} onClick=${remove}>Remove${picked.length > 0 ? ` (${picked.length})` : ''}</>`}>
    <ol class="scripts" ref=${list}>${scripts.slice(0, shown.value).map((s, i) => html`<li key=${s.index} class=${`script-row ${over.value === s.index ? 'over' : ''}`}
        draggable=${mayMove} onDragStart=${(e) => { dragged.value = s.index; e.dataTransfer.effectAllowed = 'move'; }} onDragEnd=${() => { dragged.value = over.value = 0; }}
        onDragOver=${(e) => { if (dragged.value) { e.preventDefault(); over.value = s.index; } }} onDrop=${(e) => drop(e, s)}>
      ${mayStop && html`<input type="checkbox" aria-label=${`Choose ${s.path} ${s.index}`} checked=${chosen.value.has(s.index)} onChange=${pick(s)} />`}
      <${Name} script=${s} select=${select} selected=${selected} /><span class="script-side"><${State} ...${stateOf(s)} />
      ${s.expected_duration > 0 && html`<span class="soft">${formatDuration(s.expected_duration)}</span>`}</span>
      ${(mayMove || may(queue, 'requeue')) && html`<span class="moves">${mayMove && moves.map((m) => html`<${Button} key=${m.name} kind="plain small" data-at=${`${s.index}-${m.name}`}
          disabled=${(i === 0 && (m.name === 'first' || m.name === 'up')) || (i === scripts.length - 1 && (m.name === 'last' || m.name === 'down'))}
          aria-label=${`Move ${s.path} ${s.index} ${m.text}`} title=${`Move ${m.text}`} onClick=${() => move(i, m.name)}>${m.icon}</>`)}
        ${may(queue, 'requeue') && html`<${Button} kind="plain small" aria-label=${`Requeue ${s.path} ${s.index}`} title="Put the same script at the end, once more" onClick=${() => requeue(queue, s)}>⟳</>`}</span>`}</li>`)}</ol>
    ${scripts.length > shown.value && html`<p><${Button} onClick=${() => { shown.value += shownScripts; }}>Show more (${scripts.length - shown.value})</></p>`}</>`;
}

// ---- those that have ended

export function Finished({ queue, scripts, select, selected }) {
  const shown = useSignal(20);
  if (scripts.length === 0) return html`<${Panel} title="Finished"><${Empty}>No script has ended yet.</></>`;
  return html`<${Panel} title=${`Finished (${scripts.length})`}><ol class="scripts">${scripts.slice(0, shown.value).map((s) => {
    const ended = fromTAI(s.timestampProcessEnd);
    const began = fromTAI(s.timestampRunStart);
    return html`<li key=${s.index} class="script-row"><${Name} script=${s} select=${select} selected=${selected} />
      <span class="script-side"><${State} ...${stateOf(s)} /><span class="soft"><${Time} at=${ended} />${ended > began && ` after ${formatDuration((ended - began) / 1000)}`}</span></span>
      ${may(queue, 'requeue') && html`<span class="moves"><${Button} kind="small" aria-label=${`Requeue ${s.path} ${s.index}`} onClick=${() => requeue(queue, s)}>Requeue</></span>`}</li>`;
  })}</ol>
    ${scripts.length > shown.value && html`<p><${Button} onClick=${() => { shown.value += 50; }}>Show more (${scripts.length - shown.value})</></p>`}</>`;
}
