// Events of the past and those that come, as one list: the history over HTTP, then live, without doubling.
import { useEffect, useRef, useSignal } from '../html.js';
import { api, client, useFeed } from '../store.js';

const day = 86_400_000;
const archiveDelay = 2000; // ms after which the archive answers with what has just come

/** Joins items that may have come twice, newest first, at most that many. */
export function joined(items, more, most) {
  const all = new Map();
  for (const i of [...more, ...items]) if (!all.has(i.key)) all.set(i.key, i);
  return [...all.values()].sort((a, b) => b.at - a.at).slice(0, most);
}

/**
 * @param {object} p
 * @param {object} p.group     of the websocket
 * @param {Record<string, string>} p.query  of history/events/
 * @param {number} p.days      how far back the history goes
 * @param {number} p.most      items in memory
 * @param {boolean} [p.paused] new items are counted, not shown
 * @param {(d: object) => object} p.fromDelivery  an item: {key, at, …}
 * @param {(record: object) => object} p.fromRecord
 * @param {(item: object) => boolean} [p.fits]    of what comes live, what the query would have
 * @returns {{items: object[], fresh: number, error: any, loading: boolean, archive: boolean, older: (() => Promise<void>)|null, reload: () => void}}
 */
export function usePast({ group, query, days, most, paused = false, fromDelivery, fromRecord, fits = () => true }) {
  const state = useSignal({ items: [], error: null, loading: true, archive: true, next: '' });
  const waiting = useRef([]);
  const fresh = useSignal(0);
  const turn = useRef(0);
  const key = JSON.stringify([query, days]);

  const put = (more, change = {}) => { state.value = { ...state.peek(), ...change, items: joined(state.peek().items, more, most) }; };
  const load = async (before = '') => {
    const own = before ? turn.current : ++turn.current;
    const span = before ? state.peek().span : { from: new Date(client.now() - days * day).toISOString(), to: new Date(client.now() + 60_000).toISOString() };
    try {
      const answer = await api(`history/events/?${new URLSearchParams({ ...query, ...span, limit: 300, ...(before && { before }) })}`);
      if (own === turn.current) put(answer.records.map(fromRecord), { span, next: answer.next, error: null, loading: false, archive: true });
    } catch (error) {
      if (own !== turn.current) return;
      const without = error.status === 404 || error.status === 501;
      state.value = { ...state.peek(), loading: false, archive: !without, error: without ? null : error };
    }
  };
  useEffect(() => {
    state.value = { items: [], error: null, loading: true, archive: true, next: '' };
    waiting.current = [];
    fresh.value = 0;
    load();
    const timer = setTimeout(() => { if (!state.peek().error) load(); }, archiveDelay);
    return () => clearTimeout(timer);
  }, [key]);
  useFeed(group, (deliveries) => {
    const more = deliveries.map(fromDelivery).filter(fits);
    if (!paused) {
      put(more);
      return;
    }
    waiting.current = joined(waiting.current, more, most);
    const shown = new Set(state.peek().items.map((i) => i.key));
    fresh.value = waiting.current.filter((i) => !shown.has(i.key)).length;
  }, { snapshot: true, onStart: () => { if (!state.peek().loading) load(); } });
  useEffect(() => {
    if (paused) return;
    put(waiting.current);
    waiting.current = [];
    fresh.value = 0;
  }, [paused]);
  const { items, error, loading, archive, next } = state.value;
  return { items, fresh: fresh.value, error, loading, archive, older: next && items.length < most ? () => load(next) : null, reload: () => load() };
}
