// The components that the manager has heard of, with their states, heartbeats and errors.
import { batch, computed, signal, useEffect } from '../html.js';
import { fieldsOf } from '../love-client.js';
import { now, onFrame, useAPI, useFeed } from '../store.js';

// What the manager and the producers publish under names of their own.
const notComponents = new Set(['Heartbeat', 'Hub', 'Manager', 'ScriptHeartbeats', 'ScriptQueueState']);

/** The names of the states that all components share; a definition may have others. */
const stateNames = { 1: 'DISABLED', 2: 'ENABLED', 3: 'FAULT', 4: 'OFFLINE', 5: 'STANDBY' };

const patient = 15_000; // ms without any word on heartbeats

class Known {
  constructor(csc, salindex) {
    this.csc = csc;
    this.salindex = salindex;
    this.key = `${csc}:${salindex}`;
    /** As people write it: without the index where there is only one. */
    this.name = salindex === '0' ? csc : this.key;
    this.state = signal(undefined); // the number
    this.error = signal({ code: 0, report: '' });
    this.heartbeat = signal(undefined); // {at, lost, max}
    this.published = signal(true); // whether whoever publishes it is connected
    /** How old the last heartbeat is, in whole seconds; null if none is known. */
    this.age = computed(() => {
      const h = this.heartbeat.value;
      return h === undefined ? null : Math.max(0, Math.floor((now.value - h.at) / 1000));
    });
    /** Why what is shown may be old: '' if it is not. */
    this.stale = computed(() => {
      if (!this.published.value) return 'Its producer is not connected.';
      const h = this.heartbeat.value;
      if (h === undefined) return '';
      if (h.lost >= h.max) return 'Its heartbeats are missing.';
      return this.age.value * 1000 > patient + h.lost * 1000 ? 'Nobody reports its heartbeats.' : '';
    });
    /** The same as the levels of ui.js. */
    this.level = computed(() => {
      if (this.state.value === 3) return 'alarm';
      if (this.stale.value || this.error.value.code) return 'warning';
      return this.state.value === 2 || this.state.value === undefined ? 'normal' : 'off';
    });
    this.stateName = computed(() => {
      const s = this.state.value;
      return s === undefined ? '' : stateNames[s] ?? `state ${s}`;
    });
  }
}

const all = new Map();
/** signal: every {@link Known}, by name. */
export const components = signal([]);
/** signal: the rows of GET streams/, by the key of the component. */
export const streamsOf = signal(new Map());

const byName = (a, b) => a.csc.localeCompare(b.csc, 'en', { sensitivity: 'base' }) || a.csc.localeCompare(b.csc) ||
  a.salindex.localeCompare(b.salindex, 'en', { numeric: true });

function list() { components.value = [...all.values()].sort(byName); }

/** get returns what is known of a component, or undefined if it is none. */
function get(csc, salindex) {
  if (typeof csc !== 'string' || notComponents.has(csc)) return undefined;
  const key = `${csc}:${salindex}`;
  let found = all.get(key);
  if (!found) {
    all.set(key, found = new Known(csc, String(salindex)));
    onFrame(all, list, { hidden: true });
  }
  return found;
}

export const known = (csc, salindex) => all.get(`${csc}:${salindex}`);

function takeStreams(rows) {
  const map = new Map();
  for (const row of rows) {
    const c = get(row.csc, row.salindex);
    if (!c) continue;
    if (!map.has(c.key)) map.set(c.key, []);
    map.get(c.key).push(row);
  }
  batch(() => {
    for (const [key, c] of all) c.published.value = map.get(key)?.some((row) => row.live) ?? false;
    streamsOf.value = map;
  });
}

function takeState(d) {
  const c = get(d.csc, d.salindex);
  const value = fieldsOf(d.value).summaryState?.value;
  if (!c) return;
  c.state.value = typeof value === 'bigint' ? Number(value) : value;
  if (!d.snapshot) c.published.value = true;
  if (d.stale) c.published.value = false;
}

function takeError(d) {
  const fields = fieldsOf(d.value);
  const c = get(d.csc, d.salindex);
  if (c) c.error.value = { code: fields.errorCode?.value ?? 0, report: String(fields.errorReport?.value ?? '') };
}

function takeHeartbeat(d) {
  const h = fieldsOf(d.value);
  const c = get(h.csc, h.salindex);
  if (!c) return;
  const lost = Number(h.lost) || 0;
  // The producer's clock may be another one: what counts is that it was received at all.
  const at = lost === 0 ? d.at : Math.min(d.at, Number(h.last_heartbeat_timestamp) > 0 ? h.last_heartbeat_timestamp * 1000 : -Infinity);
  c.heartbeat.value = { at: Number.isFinite(at) ? at : d.at - lost * 1000, lost, max: Number(h.max_lost_heartbeats) || 5 };
  if (!d.stale && !d.snapshot) c.published.value = true;
}

/**
 * useComponents keeps all of this up to date as long as a view uses it. What streams there are is
 * asked for now and then, often while somebody looks for one.
 */
export function useComponents({ often = false } = {}) {
  const { data, error, loading, reload } = useAPI('streams/', { every: often ? 5 : 120 });
  useEffect(() => { if (data) takeStreams(data.streams); }, [data]);
  useFeed({ category: 'event', csc: '*', salindex: '*', stream: 'summaryState' }, (ds) => ds.forEach(takeState));
  useFeed({ category: 'event', csc: '*', salindex: '*', stream: 'errorCode' }, (ds) => ds.forEach(takeError));
  useFeed('event-Heartbeat-0-stream', (ds) => ds.forEach(takeHeartbeat));
  // Publishers that come or go change what is live.
  useFeed('event-Hub-0-sources', (ds) => { if (ds.some((d) => !d.snapshot)) later(reload); });
  return { error, loading: loading && !data, reload };
}

let timer = 0;

/** later reloads once for all publishers that come within a moment. */
function later(reload) {
  clearTimeout(timer);
  timer = setTimeout(reload, 1000);
}
