// Plots of any fields, and boards: plots that are kept under a name in this browser.
import { html, useEffect, useRef, useSignal } from '../html.js';
import { Button, Dialog, Empty, ErrorNote, Field, Page, Panel, confirm, toast } from '../ui.js';
import { go, href, keep, kept } from '../store.js';
import { useDefinitions } from '../definitions.js';
import { parse } from '../love-client.js';
import { useComponents } from './components.js';
import { useSearch } from './search.js';
import { Plots, add, has } from './plots.js';
import { readShown, writeShown } from './shown.js';
import { definitionOf } from './chart.js';
import { fieldName, instanceName, refText } from './refs.js';
import { save } from './exports.js';

const maxName = 80;

/** readBoards returns the boards of this browser: names and what follows "#/plots?". */
function readBoards() {
  const all = kept('boards');
  if (!Array.isArray(all)) return [];
  return all.filter((b) => b !== null && typeof b === 'object' && typeof b.name === 'string' && typeof b.query === 'string');
}

export default function Boards({ route }) {
  const definitions = useDefinitions();
  useComponents(); // which instances there are
  const shown = readShown(route.params);
  const boards = useSignal(readBoards());
  const show = (next) => go(href('plots', [], writeShown(next)), { replace: true });
  const keepAll = (all) => {
    boards.value = all;
    keep('boards', all);
  };
  useEffect(() => {
    const onStorage = () => { boards.value = readBoards(); }; // another tab has kept one
    addEventListener('storage', onStorage);
    return () => removeEventListener('storage', onStorage);
  }, []);
  const some = shown.plots.length > 0;
  return html`<${Page} title="Plots" wide actions=${some && html`<${CopyLink} /><${Keep} shown=${shown} boards=${boards.value} onKeep=${keepAll} />`}>
    <${ErrorNote} error=${definitions.error} retry=${definitions.reload} />
    <${Adder} data=${definitions.data} shown=${shown} onShow=${show} />
    ${some ? html`<${Plots} shown=${shown} onChange=${show} />` : html`<${Empty}>No plot yet. Search for a field above, or plot one from its component.</>`}
    <${Kept} boards=${boards.value} onKeep=${keepAll} />
  </>`;
}

/** Adder finds fields to plot. */
function Adder({ data, shown, onShow }) {
  const query = useSignal('');
  const { fields } = useSearch(query.value, data);
  const found = fields.all.filter((f) => f.number).slice(0, 12);
  const input = useRef(null);
  const put = (ref) => {
    onShow({ ...shown, plots: add(shown.plots, ref) });
    query.value = '';
    input.current.focus();
  };
  return html`<div class="adder" role="search"><input ref=${input} type="search" value=${query.value} onInput=${(e) => { query.value = e.target.value; }}
      placeholder="Add a field, such as azimuth" aria-label="Add a field" autocomplete="off" spellcheck=${false} />
    ${query.value.trim() !== '' && html`<ul class="added">${found.length === 0 ? html`<li><${Empty}>No number has these words in its name, its description or its unit.</></li>` : found.map((f) => {
      const ref = { category: f.category, csc: f.csc, salindex: f.salindex, stream: f.stream, field: f.field, index: f.index };
      return html`<li key=${refText(ref)}><button type="button" disabled=${has(shown.plots, ref)} onClick=${() => put(ref)}>
        <strong>${instanceName(f.csc, f.salindex)}</strong> <span class="soft">${f.category === 'event' ? 'event ' : ''}${f.stream}</span> <span class="mono">${fieldName(ref)}</span>
        <span class="soft about">${definitionOf(ref)?.description}</span></button></li>`;
    })}</ul>`}</div>`;
}

function CopyLink() {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      toast('The link to these plots is in the clipboard.');
    } catch {
      toast('The browser does not let this page use the clipboard: copy the address of the page.', 'warning');
    }
  };
  return html`<${Button} onClick=${copy}>Copy link</>`;
}

function Keep({ shown, boards, onKeep }) {
  const open = useSignal(false);
  const name = useSignal('');
  const submit = (e) => {
    e.preventDefault();
    const own = name.value.trim();
    if (own === '') return;
    // A board is live when it is opened.
    const query = new URLSearchParams(writeShown({ ...shown, range: null })).toString();
    onKeep([...boards.filter((b) => b.name !== own), { name: own, query }].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })));
    open.value = false;
    toast(`These plots are kept as “${own}”, in this browser.`);
  };
  const replaces = boards.some((b) => b.name === name.value.trim());
  return html`<${Button} kind="primary" onClick=${() => { open.value = true; }}>Keep as a board</>
    <${Dialog} title="Keep these plots as a board" open=${open.value} onClose=${() => { open.value = false; }}>
      <form class="form" onSubmit=${submit}><${Field} label="Name" hint=${replaces ? 'Replaces the board of that name.' : 'Boards are kept in this browser. A file takes them to another.'}>${(p) => html`<input ...${p} name="board" maxlength=${maxName} value=${name.value}
        onInput=${(e) => { name.value = e.target.value; }} autocomplete="off" required autofocus />`}</>
      <div class="actions"><${Button} type="submit" kind="primary">Keep</></div></form></>`;
}

function Kept({ boards, onKeep }) {
  const file = useRef(null);
  const remove = async (b) => {
    if (await confirm({ title: 'Remove the board?', text: `“${b.name}” is removed from this browser.`, action: 'Remove', danger: true })) onKeep(boards.filter((o) => o !== b));
  };
  const exportAll = () => save('love-boards.json', new Blob([JSON.stringify({ boards }, null, 2)], { type: 'application/json' }));
  const importFile = async (e) => {
    const [chosen] = e.target.files;
    e.target.value = '';
    if (!chosen) return;
    try {
      const found = boardsOf(parse(await chosen.text()));
      onKeep([...boards.filter((b) => !found.some((f) => f.name === b.name)), ...found].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })));
      toast(found.length === 1 ? `The board “${found[0].name}” has been taken from ${chosen.name}.` : `${found.length} boards have been taken from ${chosen.name}.`);
    } catch (error) {
      toast(`${chosen.name} cannot be taken: ${error.message}`, 'alarm');
    }
  };
  return html`<${Panel} title="Boards" actions=${html`${boards.length > 0 && html`<${Button} kind="plain" onClick=${exportAll}>Export</>`}
      <${Button} kind="plain" onClick=${() => file.current.click()}>Import</><input ref=${file} type="file" accept=".json,application/json" class="unseen" tabindex="-1" aria-label="File with boards" onChange=${importFile} />`}>
    ${boards.length === 0 ? html`<${Empty}>No board yet: “Keep as a board” gives plots a name.</>`
    : html`<ul class="boards">${boards.map((b) => html`<li key=${b.name}><a href=${`#/plots?${b.query}`}>${b.name}</a>
      <span class="soft">${describe(b.query)}</span><button type="button" class="close" aria-label=${`Remove the board ${b.name}`} title="Remove" onClick=${() => remove(b)}>×</button></li>`)}</ul>`}</>`;
}

function describe(query) {
  const { plots } = readShown(new URLSearchParams(query));
  const names = plots.flat().map(fieldName);
  return names.slice(0, 4).join(', ') + (names.length > 4 ? ` and ${names.length - 4} more` : '');
}

/** boardsOf takes boards out of what a file holds, each as this page would have written it. */
function boardsOf(data) {
  const list = Array.isArray(data?.boards) ? data.boards : null;
  if (!list) throw new Error('it is not a file with boards, which has {"boards": [{"name": …, "query": …}]}.');
  const found = list.slice(0, 200).filter((b) => typeof b?.name === 'string' && b.name.trim() !== '' && typeof b.query === 'string').map((b) => ({
    name: b.name.trim().slice(0, maxName), query: new URLSearchParams(writeShown(readShown(new URLSearchParams(b.query)))).toString(),
  })).filter((b) => b.query.includes('p='));
  if (found.length === 0) throw new Error('none of its boards has a name and a plot.');
  return found;
}
