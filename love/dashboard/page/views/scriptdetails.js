// One script: what it is, and its log.
import { html, useRef, useSignal } from '../html.js';
import { useFeed } from '../store.js';
import { Empty, Panel, State, Time, formatDuration } from '../ui.js';
import { Lines, lineOf } from './loglines.js';
import { fromTAI } from './orders.js';
import { joined } from './past.js';
import { stateOf } from './scripts.js';

const most = 1000; // lines

/** The log of a script: what the archive has of the last day, if there is one, and what comes. */
function useLog(index) {
  const lines = useSignal([]);
  const past = useSignal(86_400);
  const known = useRef([]);
  useFeed(`event-Script-${index}-logMessage`, (deliveries) => {
    known.current = joined(known.current, deliveries.map(lineOf), most);
    lines.value = known.current;
  }, {
    history: past.value,
    onStart: () => { known.current = []; },
    onError: () => { past.value = 0; }, // a manager without an archive
  });
  return lines.value;
}

export function Details({ index, script }) {
  const lines = useLog(index);
  return html`<${Panel} title=${script ? script.path : `Script ${index}`} class="script-details">
    ${script ? html`<${Facts} script=${script} />` : html`<${Empty}>The queue does not list script ${index} any more.</>`}
    <h3>Log</h3>
    ${lines.length === 0 ? html`<${Empty}>It has logged nothing that this manager knows of.</>` : html`<${Lines} lines=${lines} />`}</>`;
}

function Facts({ script: s }) {
  const times = [['Loaded', s.timestampProcessStart], ['Configured', s.timestampConfigureEnd], ['Began', s.timestampRunStart], ['Ended', s.timestampProcessEnd]];
  return html`<dl class="facts"><dt>Script</dt><dd>${s.index} <${State} ...${stateOf(s)} /></dd>
    ${s.description && html`<dt>Purpose</dt><dd>${s.description}</dd>`}
    ${s.classname && html`<dt>Class</dt><dd>${s.classname}</dd>`}
    ${s.remotes && html`<dt>Commands</dt><dd>${s.remotes.split(',').join(', ')}</dd>`}
    ${s.last_checkpoint && html`<dt>Checkpoint</dt><dd>${s.last_checkpoint}</dd>`}
    ${s.pause_checkpoints && html`<dt>Pauses at</dt><dd class="mono">${s.pause_checkpoints}</dd>`}
    ${s.stop_checkpoints && html`<dt>Stops at</dt><dd class="mono">${s.stop_checkpoints}</dd>`}
    ${s.expected_duration > 0 && html`<dt>Expected</dt><dd>${formatDuration(s.expected_duration)}</dd>`}
    ${times.filter(([, t]) => t > 0).map(([name, t]) => html`<dt key=${name}>${name}</dt><dd><${Time} at=${fromTAI(t)} date /></dd>`)}</dl>`;
}
