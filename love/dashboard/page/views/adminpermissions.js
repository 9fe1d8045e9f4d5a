// Permissions: what they are called, and a part of a form that chooses some.
import { html } from '../html.js';
import { Field } from '../ui.js';

const names = {
  'api.command.execute_command': 'give every command',
  'api.manage_users': 'manage users, and see the hub',
  'api.publish': 'publish as a producer does',
};

/** A permission in words: "add a view" for ui_framework.add_view. */
export function permissionText(p) {
  if (names[p]) return names[p];
  const match = /^[\w]+\.(add|change|delete|view)_(\w+)$/.exec(p);
  const things = { configfile: 'configurations', controllocation: 'control locations', emergencycontact: 'contacts', imagetag: 'image tags', scriptconfiguration: 'script configurations', view: 'views', workspace: 'workspaces', workspaceview: 'views of workspaces' };
  return match ? `${match[1] === 'view' ? 'read' : match[1]} ${things[match[2]] ?? match[2]}` : p;
}

export const Chips = ({ texts }) => html`<ul class="chips">${texts.map((t) => html`<li key=${t}>${t}</li>`)}</ul>`;

const isPattern = (p) => p.split(':').length === 3;

/** The permissions that the fields of {@link Permissions} in a form choose. */
export function permissionsOf(form) {
  return [...form.getAll('permission'), ...form.get('patterns').split(/[\s,]+/).filter(Boolean)];
}

export function Permissions({ known, held, error }) {
  const frontend = known.filter((p) => !names[p]);
  const check = (p) => html`<label key=${p} class="check"><input type="checkbox" name="permission" value=${p} defaultChecked=${held.includes(p)} /><span title=${p}>${permissionText(p)}</span></label>`;
  const chosen = frontend.filter((p) => held.includes(p)).length;
  return html`<fieldset><legend>May</legend><div class="form">
    <div class="checks">${known.filter((p) => names[p]).map(check)}</div>
    <${Field} label="Commands by pattern" hint="component:salindex:command, with * and ?, for instance ATDome:*:move* — several with spaces between" error=${error}>
      ${(p) => html`<input ...${p} class="mono" name="patterns" autocomplete="off" spellcheck=${false} defaultValue=${held.filter(isPattern).join(' ')} />`}</>
    <details><summary>What the LOVE-frontend keeps ${chosen > 0 && html`<span class="soft">(${chosen})</span>`}</summary><div class="checks">${frontend.map(check)}</div></details>
  </div></fieldset>`;
}
