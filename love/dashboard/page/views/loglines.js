// Log messages: what they are, and how they look.
import { html } from '../html.js';
import { fieldsOf } from '../love-client.js';
import { client } from '../store.js';
import { State, Time } from '../ui.js';
import { instanceName } from './commandtext.js';

/** The levels of Python's logging, lowest first. */
export const levels = [[10, 'DEBUG'], [20, 'INFO'], [30, 'WARNING'], [40, 'ERROR'], [50, 'CRITICAL']];

function levelName(level) {
  const found = levels.findLast(([n]) => level >= n);
  return found ? found[1] : String(level);
}

const colour = (level) => (level >= 40 ? 'alarm' : level >= 30 ? 'warning' : level >= 20 ? 'normal' : 'off');

export const Level = ({ level }) => html`<${State} level=${colour(level)} text=${levelName(level)} title=${`level ${level}`} />`;

/** The values of decorated fields. */
export const plain = (fields) => Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, v !== null && typeof v === 'object' && 'value' in v ? v.value : v]));

/**
 * A message of an event logMessage.
 *
 * @typedef {object} Line
 * @property {string} key        the same for the same message, whichever way it came
 * @property {number} at         milliseconds since 1970
 * @property {string} component  "MTHexapod:1"
 * @property {string} name       of the logger
 * @property {number} level
 * @property {string} message
 * @property {string} traceback
 * @property {string} place      in the component's source
 */

/** @returns {Line} */
function line(csc, salindex, f, at) {
  const message = typeof f.message === 'string' ? f.message : '';
  return {
    key: `${csc}:${salindex}:${f.private_origin}:${f.private_seqNum}:${f.private_sndStamp}`, at: sent(f, at), component: instanceName(csc, salindex),
    name: String(f.name ?? ''), level: Number(f.level) || 0, message, traceback: String(f.traceback ?? ''),
    place: [f.filePath && `${f.filePath}${f.lineNumber ? `:${f.lineNumber}` : ''}`, f.functionName].filter(Boolean).join(', '),
  };
}

/** @param {import('../groups.js').Delivery} d */
export const lineOf = (d) => line(d.csc, d.salindex, plain(fieldsOf(d.value)), d.at);

/**
 * When a message was sent, by its component: producers repeat old messages, which come later. It is
 * not later than it came.
 */
const sent = (f, at) => (typeof f.private_sndStamp === 'number' && f.private_sndStamp > 0 ? Math.min(at, (f.private_sndStamp + client.taiToUTC) * 1000) : at);

/** A record of the history (GET history/events/). */
export function lineOfRecord(record) {
  const [, csc, salindex] = record.group.split('-');
  return line(csc, salindex, record.fields, Date.parse(record.time));
}

export function Lines({ lines, component, date }) {
  return html`<ol class=${`log ${component ? 'of-all' : ''}`} tabindex="0" aria-label="Messages">${lines.map((l) => html`<li key=${l.key}>
    <${Time} at=${l.at} date=${date} /><${Level} level=${l.level} />${component && html`<span class="component" title=${l.name}>${l.component}</span>`}
    <span class="message" title=${l.place || undefined}>${l.message}${l.traceback && html`<details><summary>Traceback</summary><pre tabindex="0">${l.traceback}</pre></details>`}</span></li>`)}</ol>`;
}
