// The groups and what they give to their members.
import { html, useSignal } from '../html.js';
import { Button, Dialog, ErrorNote, Field, Loading, Panel, Table, confirm, toast } from '../ui.js';
import { api, useAPI } from '../store.js';
import { Chips, Permissions, permissionText, permissionsOf } from './adminpermissions.js';

export function Groups() {
  const { data, error, reload } = useAPI('admin/groups/', { every: 10 });
  const permissions = useAPI('admin/permissions/');
  const users = useAPI('admin/users/');
  const edited = useSignal(null); // a group, or {} for a new one
  if (!data || !permissions.data || !users.data) {
    const failed = error ?? permissions.error ?? users.error;
    const again = () => [reload, permissions.reload, users.reload].forEach((f) => f());
    return failed ? html`<${ErrorNote} error=${failed} retry=${again} />` : html`<${Loading} />`;
  }
  const saved = (text) => {
    edited.value = null;
    toast(text);
    reload();
  };
  const members = (g) => users.data.filter((u) => u.groups.includes(g.name)).map((u) => u.username).join(', ');
  const add = html`<${Button} kind="primary" onClick=${() => { edited.value = {}; }}>Add a group</>`;
  return html`<${Panel} title=${`Groups (${data.length})`} actions=${add}>
    <${ErrorNote} error=${error} />
    <${Table} label="Groups" rows=${data} keyOf=${(g) => g.name} empty="There are no groups." columns=${[
      { title: 'Name', cell: (g) => html`<button type="button" class="link" onClick=${() => { edited.value = g; }}>${g.name}</button>`, sort: (g) => g.name },
      { title: 'Members', cell: (g) => members(g) || html`<span class="soft">none</span>`, wide: true },
      { title: 'May', cell: (g) => (g.permissions.length > 0 ? html`<${Chips} texts=${g.permissions.map(permissionText)} />` : html`<span class="soft">nothing</span>`), wide: true },
    ]} />
    ${edited.value && html`<${Group} key=${edited.value.name ?? ''} group=${edited.value} permissions=${permissions.data}
      onClose=${() => { edited.value = null; }} onSaved=${saved} />`}</>`;
}

function Group({ group, permissions, onClose, onSaved }) {
  const isNew = group.name === undefined;
  const error = useSignal(null);
  const busy = useSignal(false);
  const send = async (name, options, text) => {
    busy.value = true;
    error.value = null;
    try {
      await api(`admin/groups/${encodeURIComponent(name)}/`, options);
      onSaved(text);
    } catch (failure) {
      error.value = failure;
    }
    busy.value = false;
  };
  const save = (e) => {
    e.preventDefault();
    const form = new FormData(e.target);
    const name = isNew ? form.get('name').trim() : group.name;
    send(name, { method: 'PUT', body: { permissions: permissionsOf(form) } }, `The group ${name} was ${isNew ? 'added' : 'changed'}.`);
  };
  const remove = async () => {
    if (!await confirm({ title: `Remove the group ${group.name}?`, text: 'Its members stay, without what it gives them.', action: 'Remove', danger: true })) return;
    await send(group.name, { method: 'DELETE' }, `The group ${group.name} was removed.`);
  };
  return html`<${Dialog} open class="large" title=${isNew ? 'Add a group' : `Group ${group.name}`} onClose=${onClose}>
    <form class="form" onSubmit=${save}>
      <${ErrorNote} error=${error.value} />
      ${isNew && html`<${Field} label="Name">${(p) => html`<input ...${p} name="name" required autocomplete="off" spellcheck=${false} />`}</>`}
      <${Permissions} known=${permissions} held=${group.permissions ?? []} />
      <div class="actions">
        ${!isNew && html`<${Button} kind="danger" onClick=${remove} disabled=${busy.value}>Remove</>`}
        <span class="space"></span>
        <${Button} onClick=${onClose}>Cancel</><${Button} type="submit" kind="primary" busy=${busy.value}>${isNew ? 'Add' : 'Save'}</>
      </div>
    </form></>`;
}
