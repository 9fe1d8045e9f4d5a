// Commands: what waits for a second person, a form, who excludes others, the record.
import { html, useEffect, useId, useMemo, useRef, useSignal } from '../html.js';
import { api, go, href, mayCommand, now, session, useAPI } from '../store.js';
import { authority, authorityError, hasAuthority, mayDecide, reloadAuthority, waiting } from '../authority.js';
import { Button, Empty, ErrorNote, Field, Page, Panel, Table, Time, confirm, formatDuration, toast } from '../ui.js';
import { CommandForm } from './commandform.js';
import { Record } from './commandrecord.js';
import { commandsOf, isIndexed, mayCommandAll, useDefinitions } from './commanddefinitions.js';
import { instanceName, paramsText, readInstance } from './commandtext.js';

export default function Commands({ route }) {
  const [asked = '', cmd = ''] = route.path;
  const { csc, salindex } = readInstance(asked);
  const component = instanceName(csc, salindex);
  const may = mayCommand();
  if (!may) {
    return html`<${Page} title="Commands"><${Panel}><${Empty}>You may look, not command. The record of commands is for those who may.</></></>`;
  }
  return html`<${Page} title="Commands">
    <${Waiting} />
    <div class="columns command-columns">
      <${Panel} title=${cmd ? `${component} ${cmd}` : 'Give a command'}>
        <${Picker} component=${component} cmd=${cmd} />
        ${csc && html`<${CommandForm} csc=${csc} salindex=${salindex} cmd=${cmd || undefined}
          onCmd=${(c) => go(href('commands', [component, c], route.params))} />`}</>
      <${Authority} suggestion=${component} /></div>
    <${Record} params=${route.params} path=${route.path} /></>`;
}

// ---- choosing a command

const most = 60; // matches that are listed

/** A search over all commands that the user may give. */
function Picker({ component, cmd }) {
  const { data } = useDefinitions();
  const { data: known } = useAPI('streams/');
  const text = useSignal('');
  const open = useSignal(false);
  const active = useSignal(0);
  const id = useId();
  const list = useRef(null);
  const rights = session.value.rights;
  const all = useMemo(() => choices(data, known?.streams ?? []), [data, known, rights]);
  const found = useMemo(() => search(all, data, text.value), [all, data, text.value]);
  useEffect(() => { list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' }); }, [active.value]);

  const choose = (c) => {
    open.value = false;
    text.value = '';
    go(href('commands', [c.component, c.cmd]));
    // The form is there after the address has changed.
    setTimeout(() => document.querySelector('.command-form :is(input, textarea, select), .command-form button')?.focus(), 50);
  };
  const key = (e) => {
    if (e.key === 'Escape') open.value = false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) {
      e.preventDefault();
      if (open.value && found.length) active.value = (active.value + step + found.length) % found.length;
      open.value = true;
    }
    if (e.key === 'Enter' && open.value && found[active.value]) {
      e.preventDefault();
      choose(found[active.value]);
    }
  };
  const shown = open.value && all.length > 0;
  return html`<div class="picker"><${Field} label=${cmd ? 'Another command' : 'Find a command'}>${(p) => html`<input ...${p} name="find" role="combobox" type="search" autocomplete="off" spellcheck=${false}
      aria-expanded=${shown ? 'true' : 'false'} aria-controls=${id} aria-autocomplete="list" aria-activedescendant=${shown && found.length ? `${id}-${active.value}` : undefined}
      placeholder=${component && !cmd ? `${component} …` : 'component, command'} value=${text.value} onKeyDown=${key} onFocus=${() => { open.value = true; }} onClick=${() => { open.value = true; }}
      onBlur=${() => { open.value = false; }} onInput=${(e) => { text.value = e.target.value; active.value = 0; open.value = true; }} />`}</>
    <ul id=${id} role="listbox" aria-label="Commands" class="choices" ref=${list} hidden=${!shown} onMouseDown=${(e) => e.preventDefault()}>
      ${shown && found.map((c, i) => html`<li key=${`${c.component} ${c.cmd}`} id=${`${id}-${i}`} role="option" aria-selected=${i === active.value ? 'true' : 'false'}
        onClick=${() => choose(c)} onMouseMove=${() => { active.value = i; }}><span class="soft">${c.component}</span> ${c.cmd}</li>`)}
      ${shown && found.length === 0 && html`<li role="option" aria-disabled="true" aria-selected="false" class="soft">No command that you may give is called that.</li>`}</ul></div>`;
}

/** All commands that the user may give to components that have been seen. */
function choices(data, streams) {
  if (!data) return [];
  const seen = new Map();
  for (const { csc, salindex } of streams) {
    if (!seen.has(csc)) seen.set(csc, new Set());
    if (/^\d+$/.test(salindex)) seen.get(csc).add(Number(salindex));
  }
  const all = [];
  for (const csc of Object.keys(data).sort()) {
    if (csc === 'Script') continue; // its instances come and go: the script queue commands them
    const indices = isIndexed(data, csc) ? [...seen.get(csc) ?? []].filter((i) => i > 0).sort((a, b) => a - b) : [0];
    for (const salindex of indices) all.push(...of(data, csc, salindex));
  }
  return all;
}

const of = (data, csc, salindex) => commandsOf(data, csc, salindex).map((cmd) => ({ component: instanceName(csc, salindex), cmd }));

/** Those that have every word of the text in them; the instance of "Test:1" need not have been seen. */
function search(all, data, text) {
  const parts = text.toLowerCase().trim().split(/\s+/).filter(Boolean);
  const named = /^([a-z]\w*):(\d+)/i.exec(text.trim());
  const csc = named && data && Object.keys(data).find((c) => c.toLowerCase() === named[1].toLowerCase());
  const instance = csc && instanceName(csc, Number(named[2]));
  const more = instance && isIndexed(data, csc) && !all.some((c) => c.component === instance) ? of(data, csc, Number(named[2])) : [];
  return [...more, ...all].filter((c) => parts.every((p) => `${c.component} ${c.cmd}`.toLowerCase().includes(p))).slice(0, most);
}

// ---- approval

function Waiting() {
  if (waiting.value.length === 0) return null;
  const own = session.value.user.username;
  const answer = async (w, approve) => {
    const text = `${w.command.csc} ${w.command.cmd}`;
    try {
      const a = await api(`approvals/${encodeURIComponent(w.id)}/`, { method: approve ? 'POST' : 'DELETE' });
      toast(approve ? `${text}: ${a?.ack ?? 'approved'}` : `${text} has been dropped.`, approve && a?.code !== undefined && a.code !== 303 ? 'alarm' : 'note');
    } finally {
      reloadAuthority();
    }
  };
  return html`<${Panel} title="Waiting for a second person" class="waiting"><ul class="rows">${waiting.value.map((w) => html`<li key=${w.id}>
    <div><b>${instanceName(w.command.csc, w.command.salindex)} ${w.command.cmd.replace(/^cmd_/, '')}</b> <span class="mono">${paramsText(w.command.params)}</span>
      <div class="soft">${w.user === own ? 'You asked; another person must approve' : `${w.user} asks`}, until <${Time} at=${Date.parse(w.until)} /> UTC</div></div>
    ${w.user !== own && !mayDecide(w) ? html`<span class="soft">Somebody who may give it must decide.</span>` : html`<div class="actions">
      ${w.user !== own && html`<${Button} kind="primary" onClick=${() => answer(w, true)}>Approve</>`}
      <${Button} onClick=${() => answer(w, false)}>${w.user === own ? 'Withdraw' : 'Refuse'}</></div>`}</li>`)}</ul></>`;
}

// ---- authority

function Authority({ suggestion }) {
  const error = authorityError.value;
  return html`<${Panel} title="Authority">
    ${!hasAuthority.value && html`<${Empty}>This manager does without: everybody commands what they may.</>`}
    ${error && html`<${ErrorNote} error=${error} retry=${reloadAuthority} />`}
    ${authority.value && html`<${Holds} holds=${authority.value.holds.filter((h) => Date.parse(h.until) > now.value)} />`}
    ${authority.value && mayCommandAll.value && html`<${Take} suggestion=${suggestion} />`}</>`;
}

function Holds({ holds }) {
  const own = session.value.user.username;
  const admin = session.value.rights.manage_users;
  const release = async (h) => {
    if (h.user !== own && !await confirm({ title: `Release ${h.pattern}?`, text: `${h.user} holds it and will not be asked.`, action: 'Release', danger: true })) return;
    await api(`authority/${encodeURIComponent(h.id)}/`, { method: 'DELETE' });
    reloadAuthority();
  };
  return html`<${Table} label="Who excludes others" rows=${holds} keyOf=${(h) => h.id} empty="Nobody excludes others from commanding." columns=${[
    { title: 'Commands', cell: (h) => html`<span class="mono">${h.pattern}</span>` },
    { title: 'Only', cell: (h) => (h.user === own ? html`${h.user} <span class="soft">(you)</span>` : h.user) },
    { title: 'Until', cell: (h) => html`<${Time} at=${Date.parse(h.until)} />` },
    { title: '', cell: (h) => (h.user === own || admin) && html`<${Button} kind="small" onClick=${() => release(h)}>Release</>` },
  ]} />`;
}

const times = [600, 1800, 3600, 4 * 3600, 12 * 3600];

function Take({ suggestion }) {
  const pattern = useSignal('');
  const seconds = useSignal(1800);
  const error = useSignal(null);
  useEffect(() => { pattern.value = suggestion; }, [suggestion]);
  const take = async () => {
    error.value = null;
    try {
      await api('authority/', { body: { pattern: pattern.value.trim(), seconds: seconds.value } });
      reloadAuthority();
    } catch (e) {
      error.value = e;
    }
  };
  const wrong = error.value?.fields?.pattern?.join(' ');
  return html`<form class="form take" onSubmit=${(e) => { e.preventDefault(); take(); }}>
    <${Field} label="Exclude others from" hint="A component, with index and command if you like, and with * and ?: ATDome:*:move*" error=${wrong}>${(p) => html`<input ...${p} name="pattern" class="mono" required
      autocomplete="off" spellcheck=${false} value=${pattern.value} onInput=${(e) => { pattern.value = e.target.value; }} />`}</>
    <${Field} label="for">${(p) => html`<select ...${p} name="seconds" value=${seconds.value} onChange=${(e) => { seconds.value = Number(e.target.value); }}>
      ${times.map((s) => html`<option key=${s} value=${s}>${formatDuration(s)}</option>`)}</select>`}</>
    <${Button} type="submit">Take authority</>
    ${!wrong && html`<${ErrorNote} error=${error.value} />`}</form>`;
}
