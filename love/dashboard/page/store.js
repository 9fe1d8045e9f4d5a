// What all of the page shares: the client, who has logged in, the time, live data.
//
// FOR AUTHORS OF VIEWS. Everything here that ends in "signal" in its comment is a signal: read
// .value in a component, and the component is drawn again when it changes.
//
//   session      signal: null, or {user, permissions, rights}; a view is only shown when it is set
//   mayCommand(csc, salindex, cmd)  whether to show a button that gives this command; without
//                arguments, whether there is any command that the user may give
//   isAdmin()    whether to show what api.manage_users allows
//   connection   signal: the state of the client ({name, since, reason, retryAt})
//   live         signal: true while the connection is open. What is shown is old when it is not
//   now          signal: the manager's time in ms, once a second. useAge draws from it
//   useStream(csc, salindex, stream, {category, maxRate})
//                the newest Delivery (groups.js) of a stream, or undefined; drawn at most once a
//                frame. Default category "event", maxRate 4. Delivery.value is a list for an event;
//                fieldsOf(d.value) (love-client.js) gives the fields of either
//   useFeed(group, handler, options)
//                every delivery: handler gets a list once a frame (once a second while the page is
//                hidden). options are those of client.subscribe, for instance {history: 3600,
//                onStart: () => begin anew}
//   api(path, {method, body, …})    a call of the HTTP API below /manager/api/; throws LoveError
//   useAPI(path, {every})  {data, error, loading, reload} of a GET; every: seconds between repeats
//   client.command({csc, salindex, cmd, params}, {onProgress, check})
//   route        signal: {view, path: ['ATDome:0'], params: URLSearchParams} of the fragment
//   href(view, path, params), go(href, {replace})
//   attention    signal: how many things need a person; shown in the tab's title
//   keep(name, value), kept(name)   what this browser remembers, as JSON
import { LoveClient, LoveError, groupName, parseGroup } from './love-client.js';
import { batch, computed, effect, signal, useEffect, useMemo, useRef, useSignal } from './html.js';
import { parse } from './json.js';

/** The manager's URL, with its prefix: this file is in page/<hash>/, or in page/. */
export const base = new URL(import.meta.url.replace(/page\/([\da-f]{12}\/)?store\.js$/, ''));

const tokenKey = `love-token ${base.pathname}`;

export const client = new LoveClient({ url: base, token: sessionStorage.getItem(tokenKey) ?? undefined, writeInterval: 50 });

// ---- the log-in

export const session = signal(null);
/** signal: why there is no session, for the log-in view. */
export const ended = signal('');
const cameBack = new URLSearchParams(location.search).get('signin') === 'done'; // from the identity provider
/** signal: true while the token of an earlier log-in is being checked. */
export const checking = signal(client.token !== undefined || cameBack);
/** signal: {name, href} of the identity provider, or null. */
export const provider = signal(null);

async function begin(answer) {
  const rights = await api('rights/');
  sessionStorage.setItem(tokenKey, answer.token);
  batch(() => {
    session.value = { user: answer.user, permissions: answer.permissions, rights };
    ended.value = '';
    now.value = client.now(); // the answer has told the manager's time
  });
  client.connect();
}

export async function logIn(username, password) {
  await begin(await client.logIn(username, password));
}

/** learnProvider asks whether there is an identity provider. Without an answer there is none. */
export async function learnProvider() {
  const found = await client.signIn().catch(() => null);
  const here = location.pathname + location.search + location.hash;
  provider.value = found && { name: found.name, href: `${found.login}?next=${encodeURIComponent(here)}` };
}

/** finishSignIn takes the log-in with which the browser has come back. */
async function finishSignIn() {
  const at = new URL(location.href);
  at.searchParams.delete('signin');
  history.replaceState(history.state, '', at); // loading the page again must not try it again
  try {
    await begin(await client.signedIn());
    checking.value = false;
  } catch (e) {
    end(e.detail || e.title);
  }
}

/** resume continues the log-in that this tab has from before it was loaded. */
export async function resume() {
  if (cameBack) {
    await finishSignIn();
    return;
  }
  if (!client.token) return;
  for (let wait = 500; checking.value; wait = Math.min(wait * 2, 8000)) {
    try {
      await begin(await client.validate());
      checking.value = false;
    } catch (e) {
      if (e.status === 401) return; // the client has told what it knows
      ended.value = `${e.message} Trying again.`;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/** end forgets the log-in. */
function end(reason) {
  sessionStorage.removeItem(tokenKey);
  client.token = undefined;
  batch(() => {
    session.value = null;
    checking.value = false;
    ended.value = reason;
  });
}

export async function logOut() {
  try {
    await client.logOut();
    end('You have logged out.');
  } catch (e) {
    end(`You have logged out here, but the manager may not know: ${e.message}`);
  }
}

/** renew learns what the user may do now. */
async function renew() {
  const { token } = client;
  try {
    const answer = await client.validate();
    const rights = await api('rights/');
    // Somebody else may have logged in meanwhile.
    if (session.value && client.token === token) session.value = { user: answer.user, permissions: answer.permissions, rights };
  } catch (e) {
    if (!(e instanceof LoveError)) throw e; // a 401 has ended the session; the rest passes
  }
}

/** matches reports whether a pattern with * and ? fits a text. */
function matches(pattern, text) {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.');
  return new RegExp(`^${escaped}$`, 's').test(text);
}

export function mayCommand(csc, salindex = 0, cmd = '') {
  const rights = session.value?.rights;
  if (!rights) return false;
  if (csc === undefined) return rights.some_command;
  if (rights.every_command) return true;
  const wanted = [csc, String(salindex), cmd.replace(/^cmd_/, '')];
  return rights.commands.some((pattern) => {
    const parts = pattern.split(':');
    return parts.every((p, i) => (i === 2 && cmd === '') || matches(p, wanted[i]));
  });
}

export const isAdmin = () => session.value?.rights.manage_users ?? false;

// ---- the connection and the time

export const connection = signal(client.state);
export const live = computed(() => connection.value.name === 'open');
/** signal: the last things that went wrong without anybody having asked, newest first. */
export const problems = signal([]);
export const now = signal(client.now());
export const attention = signal(0);

let lost = false;
client.onState((state) => {
  connection.value = state;
  if (state.name === 'denied') end(state.reason === 'the log-in has ended' ? 'The manager has ended the log-in.' : `The log-in has ended: ${state.reason}`);
  if (state.name === 'waiting') lost = true;
  if (state.name === 'open' && lost) {
    lost = false;
    renew();
  }
});
client.onProblem((text) => {
  problems.value = [{ at: client.now(), text }, ...problems.value].slice(0, 20);
});
const tick = () => { if (!document.hidden) now.value = client.now(); };
setInterval(tick, 1000);
addEventListener('visibilitychange', tick);
setInterval(() => { if (!document.hidden && session.value && live.value) renew(); }, 60_000);

/** The milliseconds since a time by the manager's clock; drawn again each second. */
export const useAge = (at) => (at === undefined || at === null ? null : Math.max(0, now.value - at));

// ---- once a frame

const nextFrame = new Map(); // what is to be done, by who wants it
const always = new Map(); // the same, of those who want it while the page is hidden, too
let scheduled = 0;

function flush(queue) {
  const all = [...queue.values()];
  queue.clear();
  batch(() => all.forEach((f) => f()));
}

/** onFrame calls f in the next frame. Of those with the same key only the last is called. */
export function onFrame(key, f, { hidden = false } = {}) {
  (hidden ? always : nextFrame).set(key, f);
  scheduled ||= requestAnimationFrame(() => {
    scheduled = 0;
    flush(always);
    flush(nextFrame);
  });
}

// No frame is drawn of a hidden page.
setInterval(() => { if (document.hidden) flush(always); }, 1000);

// ---- live data

const streams = new Map();
const linger = 2000; // ms that a subscription outlives its last user, who may be drawn again

class Stream {
  constructor(key, group, options) {
    this.key = key;
    this.signal = signal(undefined);
    this.users = 0;
    this.group = group;
    this.options = options;
    this.off = null;
    this.timer = 0;
  }

  use() {
    this.users++;
    clearTimeout(this.timer);
    this.off ??= client.subscribe(this.group, (d) => onFrame(this, () => { this.signal.value = d; }, this.options), this.options);
    return () => {
      if (--this.users > 0) return;
      this.timer = setTimeout(() => {
        this.off();
        this.off = null;
        nextFrame.delete(this);
        always.delete(this);
        this.signal.value = undefined;
        if (streams.get(this.key) === this) streams.delete(this.key);
      }, linger);
    };
  }
}

/** stream returns a stream for code that is no component: call use(), read signal.value. */
export function stream(csc, salindex, name, { category = 'event', maxRate = 4, hidden = false } = {}) {
  const group = parseGroup({ category, csc, salindex, stream: name });
  const key = JSON.stringify([groupName(group), maxRate, hidden]);
  let found = streams.get(key);
  if (!found) streams.set(key, found = new Stream(key, group, { maxRate, hidden, snapshot: true }));
  return found;
}

export function useStream(csc, salindex, name, { category = 'event', maxRate = 4 } = {}) {
  const found = useMemo(() => stream(csc, salindex, name, { category, maxRate }), [csc, salindex, name, category, maxRate]);
  useEffect(() => found.use(), [found]);
  return found.signal.value;
}

export function useFeed(group, handler, options = {}) {
  const latest = useRef(handler);
  latest.current = handler;
  const onStart = useRef(options.onStart);
  onStart.current = options.onStart;
  const key = group && JSON.stringify([typeof group === 'string' ? group : groupName(group), options.history, options.maxRate, options.snapshot]);
  useEffect(() => {
    if (!group) return undefined;
    let waiting = [];
    const own = {};
    const off = client.subscribe(group, (d) => {
      waiting.push(d);
      if (waiting.length === 1) {
        onFrame(own, () => {
          const all = waiting;
          waiting = [];
          latest.current(all);
        }, { hidden: true });
      }
    }, { ...options, onStart: () => {
      waiting = [];
      always.delete(own);
      onStart.current?.();
    } });
    return () => {
      off();
      always.delete(own);
    };
  }, [key]);
}

// ---- the HTTP API

export const api = (path, options) => client.call(path, options);

export function useAPI(path, { every = 0 } = {}) {
  const state = useSignal({ data: undefined, error: undefined, loading: true });
  const again = useSignal(0);
  const turn = again.value;
  useEffect(() => {
    if (!path) return undefined;
    const stop = new AbortController();
    let timer = 0;
    const load = async () => {
      try {
        state.value = { data: await api(path, { signal: stop.signal }), error: undefined, loading: false };
      } catch (e) {
        if (stop.signal.aborted) return;
        state.value = { ...state.peek(), error: e, loading: false };
      }
      if (every > 0 && !stop.signal.aborted) timer = setTimeout(next, every * 1000);
    };
    const next = () => (document.hidden ? timer = setTimeout(next, every * 1000) : load());
    load();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [path, every, turn]);
  const reload = () => { again.value++; };
  // What failed for want of a connection is loaded again when there is one.
  const missed = state.value.error?.status === 0 && live.value;
  useEffect(() => { if (missed) reload(); }, [missed]);
  return { ...state.value, reload };
}

// ---- the address

function readRoute() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split(/\?(.*)/s, 2);
  const parts = path.split('/').map(decoded);
  return { view: parts[0], path: parts.slice(1), params: new URLSearchParams(query ?? '') };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const route = signal(readRoute());
addEventListener('hashchange', () => { route.value = readRoute(); });

export function href(view, path = [], params = {}) {
  // What need not be encoded stays readable.
  const query = new URLSearchParams(params).toString().replace(/%(?:2F|3A|2C|5B|5D)/g, decodeURIComponent);
  return '#/' + [view, ...path].map(encodeURIComponent).join('/').replaceAll('%3A', ':') + (query && `?${query}`);
}

export function go(to, { replace = false } = {}) {
  if (!replace) {
    location.hash = to;
    return;
  }
  history.replaceState(null, '', to);
  route.value = readRoute();
}

// ---- what this browser remembers

const prefix = `love ${base.pathname} `;

export function kept(name) {
  try {
    const text = localStorage.getItem(prefix + name);
    return text === null ? undefined : parse(text);
  } catch {
    return undefined; // somebody else wrote it, or the browser keeps nothing
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(prefix + name, JSON.stringify(value));
  } catch {
    // The browser keeps nothing: the page works without.
  }
}

/** signal: "light", "dark" or "auto". */
export const theme = signal(['light', 'dark'].includes(kept('theme')) ? kept('theme') : 'auto');
effect(() => {
  document.documentElement.dataset.theme = theme.value;
  if (kept('theme') !== theme.value) keep('theme', theme.value);
});
