// The shell of the page: log-in, navigation, the state of the connection, and the view that
// the address names.
import { html, render, signal, useEffect, useSignal } from './html.js';
import * as store from './store.js';
import { Boundary, Button, ErrorNote, Field, Loading, Notes, announce, formatDateTime, formatTime } from './ui.js';
import { views } from './views/index.js';

function Logo() {
  return html`<svg class="logo" viewBox="0 0 48 48" aria-hidden="true"><path d="M4 42h40M8 42V27a16 16 0 0 1 32 0v15M8 30h32M20 30V11.6M28 30V11.6"/><path d="M40 5v4M38 7h4M8 9v2M7 10h2"/></svg>`;
}

function Themes() {
  const next = { auto: 'light', light: 'dark', dark: 'auto' };
  const texts = { auto: 'as the system', light: 'light', dark: 'dark' };
  const icons = { auto: '◐', light: '☀', dark: '☾' };
  const { theme } = store;
  return html`<button type="button" class="icon" onClick=${() => { theme.value = next[theme.value]; }}
    aria-label=${`Colours: ${texts[theme.value]}. Change`} title=${`Colours: ${texts[theme.value]}`}>${icons[theme.value]}</button>`;
}

function LogIn() {
  const error = useSignal(null);
  const busy = useSignal(false);
  const submit = async (e) => {
    e.preventDefault();
    const form = new FormData(e.target);
    busy.value = true;
    error.value = null;
    try {
      await store.logIn(form.get('username').trim(), form.get('password'));
      requestAnimationFrame(() => document.getElementById('main')?.focus()); // what had it is gone
    } catch (failure) {
      error.value = failure;
    }
    busy.value = false;
  };
  useEffect(() => { store.learnProvider(); }, [store.route.value]);
  const provider = store.provider.value;
  const wrong = error.value?.status === 400;
  return html`<main class="log-in"><form onSubmit=${submit}>
    <${Logo} /><h1>LOVE</h1><p class="soft">The observatory’s telemetry, events and commands</p>
    ${store.ended.value && !error.value && html`<div class="note" role="status">${store.ended.value}</div>`}
    ${wrong && html`<div class="note alarm" role="alert">Name or password is wrong.</div>`}
    ${!wrong && html`<${ErrorNote} error=${error.value} />`}
    <${Field} label="User name">${(p) => html`<input ...${p} name="username" autocomplete="username" autocapitalize="none" spellcheck=${false} required autofocus />`}</>
    <${Field} label="Password">${(p) => html`<input ...${p} name="password" type="password" autocomplete="current-password" required />`}</>
    <${Button} type="submit" kind="primary" busy=${busy.value}>Log in</>
    ${provider && html`<p class="or">or</p><a class="button" href=${provider.href}>Sign in with ${provider.name}</a>`}
  </form><${Themes} /></main>`;
}

/** The state of the connection, as long as it is not as it should be. */
function Banner() {
  const state = store.connection.value;
  const shown = useSignal(false);
  const away = state.name === 'waiting' || state.name === 'connecting';
  useEffect(() => {
    if (!away) {
      if (shown.value) announce('Connected to the manager again.');
      shown.value = false;
      return undefined;
    }
    // A connection that is there at once needs no words.
    const timer = setTimeout(() => { shown.value = true; }, 700);
    return () => clearTimeout(timer);
  }, [away]);
  if (!away || !shown.value) return null;
  const since = formatTime(state.since + (store.client.offset ?? 0));
  return html`<div class="banner" role="alert"><strong>No connection to the manager since ${since} UTC.</strong>
    <span>What is shown is from before. ${state.reason ? `Reason: ${state.reason}. ` : ''}<${Countdown} state=${state} /></span></div>`;
}

function Countdown({ state }) {
  const left = useSignal(0);
  useEffect(() => {
    const count = () => { left.value = Math.ceil(Math.max(0, (state.retryAt ?? 0) - Date.now()) / 1000); };
    count();
    const timer = setInterval(count, 500);
    return () => clearInterval(timer);
  }, [state]);
  return html`<span aria-live="off">${left.value > 0 ? `Trying again in ${left.value} s.` : 'Trying again now.'}</span>`;
}

function Clock() {
  const t = store.now.value;
  return html`<span class="clock" title=${`${formatDateTime(t)} UTC, by the manager’s clock`}>${formatTime(t)}<span class="unit"> UTC</span></span>`;
}

const loaded = signal(new Map()); // the components by the ids of their views

const styles = new Map(); // promises, by URL

function loadStyle(style) {
  const { href } = new URL(style, import.meta.url);
  if (!styles.has(href)) {
    styles.set(href, new Promise((resolve, reject) => {
      const onerror = () => {
        styles.delete(href);
        reject(new Error(`${href} could not be loaded`));
      };
      document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href, onload: resolve, onerror }));
    }));
  }
  return styles.get(href);
}

async function load(view) {
  await Promise.all([view.style ?? []].flat().map(loadStyle));
  return (await import(new URL(view.module, new URL('./views/', import.meta.url)).href)).default;
}

/** The view of the address, loaded when it is first shown. */
function Shown({ view }) {
  const error = useSignal(null);
  const away = useSignal(false); // whether the manager was away when it could not be loaded
  const found = loaded.value.get(view.id);
  useEffect(() => {
    if (found) return;
    error.value = null;
    keepLoaded(view).catch(() => {
      away.value = !store.live.peek();
      error.value = { title: 'This view could not be loaded', detail: away.value ? 'It is loaded as soon as there is a connection.' : 'The manager may have been replaced by another version.' };
    });
  }, [view, found]);
  const again = Boolean(error.value) && away.value && store.live.value;
  useEffect(() => { if (again) location.reload(); }, [again]); // a browser does not try a module twice
  if (found) return html`<${Boundary} on=${view.id}><${found} route=${store.route.value} /></>`;
  return error.value ? html`<${ErrorNote} error=${error.value} retry=${() => location.reload()} />` : html`<${Loading} />`;
}

const loading = new Map(); // the promises by the ids of their views

/** keepLoaded loads a view once, whoever wants it. */
function keepLoaded(view) {
  if (!loading.has(view.id)) {
    loading.set(view.id, load(view).then(
      (component) => { loaded.value = new Map(loaded.value).set(view.id, component); },
      (e) => {
        loading.delete(view.id);
        throw e;
      },
    ));
  }
  return loading.get(view.id);
}

/** The other views are loaded while nothing else is done: then they are there when the manager is away. */
async function loadRest(offered) {
  const idle = window.requestIdleCallback ?? ((f) => setTimeout(f, 1000));
  for (const view of offered) {
    await new Promise((resolve) => idle(resolve));
    if (loaded.peek().has(view.id)) continue;
    try {
      await keepLoaded(view);
    } catch {
      return; // who opens it learns why
    }
  }
}

function Navigation({ present, offered }) {
  useEffect(() => { // a phone shows some of them at a time
    const show = () => document.querySelector('.top [aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' });
    show();
    addEventListener('resize', show);
    return () => removeEventListener('resize', show);
  }, [present]);
  return html`<nav aria-label="Views"><ul>${offered.map((v) => html`<li key=${v.id}>
    <a href=${store.href(v.id)} aria-current=${v === present ? 'page' : undefined}>${v.title}${v.badge && html`<${v.badge} />`}</a></li>`)}</ul></nav>`;
}

function Shell() {
  const { user, permissions } = store.session.value;
  const offered = views.filter((v) => !v.admin || store.isAdmin());
  const asked = store.route.value.view;
  const view = offered.find((v) => v.id === asked) ?? offered[0];
  const first = loaded.value.has(view.id);
  useEffect(() => { if (first) loadRest(offered); }, [first]);
  useEffect(() => {
    if (view.id !== asked) store.go(store.href(view.id), { replace: true });
  }, [view, asked]);
  useEffect(() => {
    announce(view.title);
  }, [view]);
  useEffect(() => {
    const n = store.attention.value;
    document.title = `${n > 0 ? `(${n}) ` : ''}${view.title} · LOVE`;
  }, [view, store.attention.value]);
  return html`<a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.getElementById('main').focus(); }}>Skip to the content</a>
    <header class="top">
      <a class="brand" href=${store.href(offered[0].id)} aria-label="LOVE, start"><${Logo} /><span>LOVE</span></a>
      <${Navigation} present=${view} offered=${offered} />
      <div class="who"><${Clock} /><span class="user" title=${permissions.execute_commands ? 'may command' : 'may look, not command'}>${user.username}</span>
        <${Themes} /><${Button} kind="plain" onClick=${store.logOut}>Log out</></div>
    </header>
    <${Banner} />
    <main id="main" tabindex="-1" class=${store.live.value ? '' : 'old'}><${Shown} key=${view.id} view=${view} /></main>`;
}

function App() {
  if (store.session.value) return html`<${Shell} /><${Notes} />`;
  document.title = 'LOVE';
  if (store.checking.value) return html`<main class="log-in"><${Loading} text=${store.ended.value || 'Connecting …'} /></main>`;
  return html`<${LogIn} /><${Notes} />`;
}

store.resume();
render(html`<${App} />`, document.getElementById('app'));
