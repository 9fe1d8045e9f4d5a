// The alarms of the Watcher, whichever view is shown: their number stands in the navigation and in
// the tab's title, and new ones can be heard.
import { batch, computed, effect, html, signal } from './html.js';
import { fieldsOf } from './love-client.js';
import { attention, client, keep, kept, onFrame, session } from './store.js';

export const severities = { 1: 'none', 2: 'warning', 3: 'serious', 4: 'critical' };

/**
 * An alarm, as the last event of it has it. Times are in milliseconds since 1970, NaN for none.
 *
 * @typedef {object} Alarm
 * @property {string} name
 * @property {number} severity  at present: 1 if its cause is gone
 * @property {number} worst     since it was last nominal
 * @property {string} reason
 * @property {boolean} acknowledged
 * @property {string} acknowledgedBy
 * @property {number} acknowledgedAt
 * @property {number} acknowledgedUntil  when the acknowledgement lapses
 * @property {number} since     of its cause
 * @property {number} changed   when its severity changed
 * @property {number} muted     up to which severity
 * @property {string} mutedBy
 * @property {number} mutedUntil
 * @property {string} escalatedTo
 * @property {number} escalates when it does, if nobody acknowledges it
 * @property {boolean} escalated
 * @property {"nominal"|"active"|"acknowledged"|"muted"} group
 * @property {number} stamp     of the event
 */

/** signal: all alarms, by name. */
export const alarms = signal(new Map());
/** signal: "unknown" until the Watcher's alarms have come, then "known"; "old" while it is not connected. */
export const watcher = signal('unknown');

/** signal: the alarms that need a person, the worst first. */
export const active = computed(() => inGroup('active'));

export const inGroup = (group) => [...alarms.value.values()].filter((a) => a.group === group)
  .sort((a, b) => b.worst - a.worst || b.changed - a.changed || a.name.localeCompare(b.name));

const time = (tai) => (tai > 0 ? (tai + client.taiToUTC) * 1000 : NaN);

function alarmOf(event) {
  const f = fieldsOf(event);
  const number = (name) => Number(f[name]?.value ?? 0);
  const text = (name) => String(f[name]?.value ?? '');
  const a = {
    name: text('name'), severity: number('severity'), worst: Math.max(number('maxSeverity'), number('severity')), reason: text('reason'),
    acknowledged: f.acknowledged?.value === true || f.acknowledged?.value === 1, acknowledgedBy: text('acknowledgedBy'),
    acknowledgedAt: time(number('timestampAcknowledged')), acknowledgedUntil: time(number('timestampAutoUnacknowledge')),
    since: time(number('timestampSeverityOldest')), changed: time(number('timestampSeverityNewest')),
    muted: number('mutedSeverity'), mutedBy: text('mutedBy'), mutedUntil: time(number('timestampUnmute')),
    escalatedTo: text('escalateTo'), escalates: time(number('timestampEscalate')), escalated: text('escalatedId') !== '',
    stamp: number('private_sndStamp'),
  };
  a.group = groupOf(a);
  return a;
}

/** Muted are severities up to the one that was muted: what is worse needs a person all the same. */
function groupOf({ worst, muted, acknowledged }) {
  if (muted > 1 && muted >= worst) return 'muted';
  if (worst <= 1) return 'nominal';
  return acknowledged ? 'acknowledged' : 'active';
}

// ---- what comes

let begun = 0; // the time of the subscription: what was known before may be over
let heard = new Map(); // the severities of active alarms that have been heard of, by name
let silent = true; // until all alarms are known

function take(changes, { all, stale } = {}) {
  const next = new Map(alarms.peek());
  if (all) for (const [name, a] of next) if (a.came < begun && !changes.some((c) => c.name === name)) next.delete(name);
  for (const a of changes) {
    if (!a.name || (next.get(a.name)?.stamp ?? 0) > a.stamp) continue;
    next.set(a.name, { ...a, came: client.now() });
  }
  batch(() => {
    alarms.value = next;
    if (all) watcher.value = stale ? 'old' : 'known';
    else if (watcher.peek() === 'old') watcher.value = 'known';
  });
  if (all) silent = false;
  hear();
}

function hear() {
  const now = new Map(active.peek().map((a) => [a.name, a.worst]));
  const worst = Math.max(0, ...[...now].filter(([name, severity]) => severity > (heard.get(name) ?? 0)).map(([, severity]) => severity));
  heard = now;
  if (worst > 0 && !silent && sound.peek()) beep(worst);
}

const loggedIn = computed(() => session.value !== null);

effect(() => {
  if (!loggedIn.value) return undefined;
  let waiting = [];
  const own = {};
  const later = (f) => {
    waiting.push(f);
    onFrame(own, () => waiting.splice(0).forEach((g) => g()), { hidden: true });
  };
  const offs = [
    client.subscribe('event-Watcher-0-stream', (d) => later(() => take(Object.values(d.value?.alarms ?? {}).map(alarmOf), { all: true, stale: d.stale })),
      { onStart: () => { begun = client.now(); } }),
    client.subscribe('event-Watcher-0-alarm', (d) => later(() => take([alarmOf(d.value)]))),
  ];
  return () => {
    offs.forEach((off) => off());
    waiting = [];
    silent = true;
    batch(() => {
      alarms.value = new Map();
      watcher.value = 'unknown';
    });
  };
});
effect(() => { attention.value = active.value.length; });

export function AlarmBadge() {
  const n = active.value.length;
  return n > 0 && html`<span class="badge">${n}<span class="unseen"> active</span></span>`;
}

// ---- sound

/** signal: whether new alarms are to be heard. */
export const sound = signal(kept('alarm-sound') === true);
/** signal: whether the browser lets the page be heard: it wants a click or a key first. */
export const audible = signal(false);
let audio = null;

export function setSound(on) {
  sound.value = on;
  keep('alarm-sound', on);
  if (on) beep(2);
}

/** Returns whether the page can be heard. A browser complains of sound before the first gesture. */
async function prepare() {
  if (navigator.userActivation && !navigator.userActivation.hasBeenActive) return false;
  audio ??= new AudioContext();
  audio.onstatechange = () => { audible.value = audio.state === 'running'; };
  audible.value = audio.state === 'running';
  if (audio.state !== 'running') await audio.resume();
  return true;
}

/** As many notes as the severity counts, the worse the higher. */
async function beep(severity) {
  if (!await prepare()) return;
  for (let i = 0; i < severity; i++) {
    const note = audio.createOscillator();
    const volume = audio.createGain();
    const at = audio.currentTime + i * 0.22;
    note.frequency.value = 440 + 150 * severity;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.18);
    note.connect(volume).connect(audio.destination);
    note.start(at);
    note.stop(at + 0.2);
  }
}

for (const gesture of ['pointerdown', 'keydown']) {
  addEventListener(gesture, () => { if (sound.peek() && !audible.peek()) prepare(); }, { passive: true });
}
