// The Watcher's alarms: active, acknowledged, muted, and what may be done about them.
import { html, useSignal } from '../html.js';
import { client, mayCommand, session } from '../store.js';
import { Age, Button, Dialog, Empty, Field, Page, Panel, State, Time, confirm, formatDateTime, formatDuration } from '../ui.js';
import { active, alarms, audible, inGroup, setSound, severities, sound, watcher } from '../alarms.js';
import { order } from './orders.js';

const levels = { 1: 'off', 2: 'warning', 3: 'alarm', 4: 'alarm' };

/** The Watcher takes a regular expression for a name. */
const exactly = (name) => name.replace(/[.+*?^${}()|[\]\\]/g, '\\$&');
const may = (cmd) => mayCommand('Watcher', 0, cmd);
const me = () => session.value.user.username;

const acknowledge = (a) => order('Watcher', 0, 'acknowledge', { name: exactly(a.name), severity: a.worst, acknowledgedBy: me() });

export default function Alarms() {
  const muting = useSignal(null);
  const acknowledged = inGroup('acknowledged');
  const muted = inGroup('muted');
  const nominal = inGroup('nominal').length;
  const all = async () => {
    const which = active.value;
    if (!await confirm({ title: `Acknowledge all ${which.length} alarms?`, text: 'As if you had seen each of them.', action: 'Acknowledge all' })) return;
    for (const a of which) await acknowledge(a);
  };
  const unknown = watcher.value === 'unknown' && alarms.value.size === 0;
  return html`<${Page} title="Alarms" actions=${html`<${Sound} />`}>
    ${watcher.value === 'old' && html`<div class="note warning">The Watcher’s producer is not connected: what is shown is from before.</div>`}
    ${unknown ? html`<${Panel}><${Empty}>Nothing has come from the Watcher yet. Is its producer running?</></>` : html`
    <${Panel} title=${`Active (${active.value.length})`} class=${active.value.length > 0 ? 'alarms-active' : ''}
        actions=${active.value.length > 1 && may('acknowledge') && html`<${Button} kind="small" onClick=${all}>Acknowledge all</>`}>
      <${List} alarms=${active.value} empty="No alarm needs anybody." actions=${(a) => html`
        ${may('acknowledge') && html`<${Button} kind="primary" onClick=${() => acknowledge(a)}>Acknowledge</>`}
        ${may('mute') && html`<${Button} onClick=${() => { muting.value = a; }}>Mute …</>`}`} /></>
    <${Panel} title=${`Acknowledged (${acknowledged.length})`}>
      <${List} alarms=${acknowledged} empty="None." actions=${(a) => html`
        ${may('unacknowledge') && html`<${Button} onClick=${() => order('Watcher', 0, 'unacknowledge', { name: exactly(a.name) })}>Revoke</>`}
        ${may('mute') && html`<${Button} onClick=${() => { muting.value = a; }}>Mute …</>`}`} /></>
    <${Panel} title=${`Muted (${muted.length})`}>
      <${List} alarms=${muted} empty="None." actions=${(a) => may('unmute') && html`<${Button} onClick=${() => order('Watcher', 0, 'unmute', { name: exactly(a.name) })}>Unmute</>`} /></>
    ${nominal > 0 && html`<p class="soft">${nominal} ${nominal === 1 ? 'other alarm has' : 'other alarms have'} gone off earlier and ${nominal === 1 ? 'is' : 'are'} over.</p>`}
    ${muting.value && html`<${Mute} alarm=${muting.value} close=${() => { muting.value = null; }} />`}`}</>`;
}

/** Only those that need a person have a colour. */
function List({ alarms: list, empty, actions }) {
  if (list.length === 0) return html`<${Empty}>${empty}</>`;
  return html`<ul class="alarms">${list.map((a) => html`<li key=${a.name}>
    <${State} level=${a.group === 'active' ? levels[a.worst] ?? 'alarm' : 'normal'} text=${severities[a.worst] ?? `severity ${a.worst}`} />
    <div class="alarm"><b>${a.name}</b> <span>${a.reason}</span><p class="soft"><${Course} alarm=${a} /></p></div>
    <div class="actions">${actions(a)}</div></li>`)}</ul>`;
}

/** A time, with its date if that is another day than today. */
const When = ({ at }) => html`<${Time} at=${at} date=${at > 0 && formatDateTime(at).slice(0, 10) !== formatDateTime(client.now()).slice(0, 10)} />`;

/** Since when, and what has been done about it. */
function Course({ alarm: a }) {
  const parts = [];
  if (a.severity > 1) parts.push(html`since <${When} at=${a.since} /> (<${Age} at=${a.since} />)`, a.severity < a.worst && html`now ${severities[a.severity]}`);
  else if (a.worst > 1) parts.push(html`its cause is gone since <${When} at=${a.changed} /> (<${Age} at=${a.changed} />)`);
  else parts.push('not going off');
  if (a.acknowledged) parts.push(html`acknowledged by ${a.acknowledgedBy || 'somebody'} at <${When} at=${a.acknowledgedAt} />`, a.acknowledgedUntil > 0 && html`until <${When} at=${a.acknowledgedUntil} />`);
  if (a.muted > 1) parts.push(html`muted up to ${severities[a.muted] ?? a.muted} by ${a.mutedBy || 'somebody'}`, a.mutedUntil > 0 && html`until <${When} at=${a.mutedUntil} />`);
  if (a.escalated) parts.push(html`escalated to ${a.escalatedTo}`);
  else if (a.escalates > 0 && !a.acknowledged) parts.push(html`goes to ${a.escalatedTo} at <${When} at=${a.escalates} />`);
  return parts.filter(Boolean).map((p, i) => html`${i > 0 && ' · '}<span>${p}</span>`);
}

const durations = [600, 1800, 3600, 4 * 3600, 8 * 3600, 24 * 3600];

function Mute({ alarm, close }) {
  const seconds = useSignal(3600);
  const severity = useSignal(Math.max(2, alarm.worst));
  const mute = async () => {
    await order('Watcher', 0, 'mute', { name: exactly(alarm.name), duration: seconds.value, severity: severity.value, mutedBy: me() });
    close();
  };
  return html`<${Dialog} title=${`Mute ${alarm.name}`} open onClose=${close} actions=${html`<${Button} onClick=${close}>Cancel</><${Button} kind="primary" onClick=${mute}>Mute</>`}>
    <p>A muted alarm does not ask for anybody. If it becomes worse than what is muted, it does.</p>
    <${Field} label="For">${(p) => html`<select ...${p} name="duration" value=${seconds.value} onChange=${(e) => { seconds.value = Number(e.target.value); }}>
      ${durations.map((s) => html`<option key=${s} value=${s}>${formatDuration(s)}</option>`)}</select>`}</>
    <${Field} label="Up to">${(p) => html`<select ...${p} name="severity" value=${severity.value} onChange=${(e) => { severity.value = Number(e.target.value); }}>
      ${[2, 3, 4].map((s) => html`<option key=${s} value=${s}>${severities[s]}</option>`)}</select>`}</></>`;
}

function Sound() {
  return html`${sound.value && !audible.value && html`<span class="soft">Click anywhere: browsers are silent before.</span>`}
    <label class="check"><input type="checkbox" role="switch" name="sound" checked=${sound.value} onChange=${(e) => setSound(e.target.checked)} /> <span>Sound</span></label>`;
}
