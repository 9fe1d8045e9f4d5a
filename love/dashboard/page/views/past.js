// Events of the past and those that come, as one list: the history over HTTP, then live, without doubling.
import { useEffect, useRef, useSignal } from '../html.js';
import { api, client, session, useFeed } from '../store.js';

const day = 86_400_000;
const together = 200; // ms: what comes is shown at most that often
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
  const archive = session.peek().rights.history;
  const state = useSignal({ items: [], error: null, loading: archive, archive, next: '' });
  const fresh = useSignal(0);
  const waiting = useRef([]); // what came and is not shown yet
  const timer = useRef(0);
  const turn = useRef(0);
  const held = useRef(paused);
  held.current = paused;
  const key = JSON.stringify([query, days]);

  const put = (more, change = {}) => { state.value = { ...state.peek(), ...change, items: joined(state.peek().items, more, most) }; };
  const load = async (before = '') => {
    const own = before ? turn.current : ++turn.current;
    const span = before ? state.peek().span : { from: new Date(client.now() - days * day).toISOString(), to: new Date(client.now() + 60_000).toISOString() };
    try {
      const answer = await api(`history/events/?${new URLSearchParams({ ...query, ...span, limit: 300, ...(before && { before }) })}`);
      if (own === turn.current) put(answer.records.map(fromRecord), { span, next: answer.next, error: null, loading: false });
    } catch (error) {
      if (own !== turn.current) return;
      const without = error.status === 404 || error.status === 501;
      state.value = { ...state.peek(), loading: false, archive: !without, error: without ? null : error };
    }
  };
  const loadAgain = () => {
    const { archive: there, error, loading } = state.peek();
    if (there && !loading && (!error || error.status === 0)) load(); // 0: there was no connection
  };
  const show = () => {
    timer.current = 0;
    if (held.current) {
      const shown = new Set(state.peek().items.map((i) => i.key));
      fresh.value = waiting.current.filter((i) => !shown.has(i.key)).length;
      return;
    }
    put(waiting.current);
    waiting.current = [];
    fresh.value = 0;
  };

  useEffect(() => {
    if (!state.peek().archive) return undefined; // what has come is all there is
    state.value = { items: [], error: null, loading: true, archive: true, next: '' };
    waiting.current = [];
    fresh.value = 0;
    load();
    const again = setTimeout(loadAgain, archiveDelay);
    return () => clearTimeout(again);
  }, [key]);
  useFeed(group, (deliveries) => {
    waiting.current = joined(waiting.current, deliveries.map(fromDelivery).filter((i) => !state.peek().archive || fits(i)), most);
    timer.current ||= setTimeout(show, together);
  }, { snapshot: true, onStart: loadAgain });
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => { if (!paused) show(); }, [paused]);

  const { items, error, loading, next } = state.value;
  return { items, fresh: fresh.value, error, loading, archive: state.value.archive, older: next && items.length < most ? () => load(next) : null, reload: () => load() };
}
