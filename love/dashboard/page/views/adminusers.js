// The users: add, change, disable, remove, set a password, grant.
import { html, useSignal } from '../html.js';
import { Button, Dialog, ErrorNote, Field, Loading, Panel, State, Table, confirm, toast } from '../ui.js';
import { api, client, useAPI } from '../store.js';
import { Chips, Permissions, permissionsOf } from './adminpermissions.js';

export function Users() {
  const { data, error, reload } = useAPI('admin/users/', { every: 10 });
  const groups = useAPI('admin/groups/');
  const permissions = useAPI('admin/permissions/');
  const edited = useSignal(null); // a user, or {} for a new one
  if (!data || !groups.data || !permissions.data) {
    const failed = error ?? groups.error ?? permissions.error;
    const again = () => [reload, groups.reload, permissions.reload].forEach((f) => f());
    return failed ? html`<${ErrorNote} error=${failed} retry=${again} />` : html`<${Loading} />`;
  }
  const saved = (text) => {
    edited.value = null;
    toast(text);
    reload();
  };
  const add = html`<${Button} kind="primary" onClick=${() => { edited.value = {}; }}>Add a user</>`;
  return html`<${Panel} title=${`Users (${data.length})`} actions=${add}>
    <${ErrorNote} error=${error} />
    <${Table} label="Users" rows=${data} keyOf=${(u) => u.username} empty="There are no users." columns=${[
      { title: 'Name', cell: (u) => html`<button type="button" class="link" onClick=${() => { edited.value = u; }}>${u.username}</button>`, sort: (u) => u.username },
      { title: 'Person', cell: (u) => [u.first_name, u.last_name].filter(Boolean).join(' ') || html`<span class="soft">${u.email || '–'}</span>` },
      { title: 'State', cell: (u) => (u.active ? 'active' : html`<${State} level="off" text="disabled" />`), sort: (u) => (u.active ? 0 : 1) },
      { title: 'May', cell: (u) => html`<${Rights} user=${u} />`, wide: true },
    ]} />
    ${edited.value && html`<${User} key=${edited.value.username ?? ''} user=${edited.value} groups=${groups.data} permissions=${permissions.data}
      onClose=${() => { edited.value = null; }} onSaved=${saved} />`}</>`;
}

function Rights({ user }) {
  if (user.superuser) return 'everything (superuser)';
  const all = [...user.groups.map((g) => `group ${g}`), ...user.permissions];
  return all.length > 0 ? html`<${Chips} texts=${all} />` : html`<span class="soft">look only</span>`;
}

const texts = ['email', 'first_name', 'last_name'];
const labels = { email: 'E-mail', first_name: 'First name', last_name: 'Last name' };

function User({ user, groups, permissions, onClose, onSaved }) {
  const isNew = user.username === undefined;
  const error = useSignal(null);
  const busy = useSignal(false);
  const fields = error.value?.fields ?? {};
  const send = async (path, options, text) => {
    busy.value = true;
    error.value = null;
    try {
      await api(path, options);
      onSaved(text);
    } catch (failure) {
      error.value = failure;
    }
    busy.value = false;
  };
  const path = `admin/users/${encodeURIComponent(user.username ?? '')}/`;
  const save = (e) => {
    e.preventDefault();
    const form = new FormData(e.target);
    const body = { groups: form.getAll('group'), permissions: permissionsOf(form) };
    for (const name of texts) body[name] = form.get(name);
    if (form.get('password')) body.password = form.get('password');
    if (client.session?.user.username !== user.username) body.active = form.has('active');
    if (isNew) send('admin/users/', { body: { ...body, username: form.get('username').trim() } }, `The user ${form.get('username').trim()} was added.`);
    else send(path, { method: 'PATCH', body }, `The user ${user.username} was changed.`);
  };
  const remove = async () => {
    if (!await confirm({ title: `Remove ${user.username}?`, text: 'Better disable a user, so that the records still name somebody who exists.', action: 'Remove', danger: true })) return;
    await send(path, { method: 'DELETE' }, `The user ${user.username} was removed.`);
  };
  const own = client.session?.user.username === user.username;
  return html`<${Dialog} open class="large" title=${isNew ? 'Add a user' : `User ${user.username}`} onClose=${onClose}>
    <form class="form" onSubmit=${save}>
      ${error.value && Object.keys(fields).length === 0 && html`<${ErrorNote} error=${error.value} />`}
      <div class="columns">
        ${isNew && html`<${Field} label="User name" error=${fields.username?.join(' ')}>${(p) => html`<input ...${p} name="username" required autocomplete="off" autocapitalize="none" spellcheck=${false} />`}</>`}
        <${Field} label=${isNew ? 'Password' : 'New password'} hint=${isNew ? 'Twelve characters or more.' : 'Leave it empty to keep the present one. A new one ends all log-ins of the user.'} error=${fields.password?.join(' ')}>
          ${(p) => html`<input ...${p} name="password" type="password" autocomplete="new-password" required=${isNew} />`}</>
        ${texts.map((name) => html`<${Field} key=${name} label=${labels[name]} error=${fields[name]?.join(' ')}>${(p) => html`<input ...${p} name=${name} type=${name === 'email' ? 'email' : 'text'} autocomplete="off" defaultValue=${user[name] ?? ''} />`}</>`)}
      </div>
      <label class="check"><input type="checkbox" name="active" defaultChecked=${user.active ?? true} disabled=${own} /><span>May log in <span class="soft">${own ? '(you cannot disable yourself)' : 'without this, the open pages of the user end at once'}</span></span></label>
      ${user.superuser && html`<p class="soft">A superuser may do everything, whatever is chosen here, but publish.</p>`}
      <fieldset><legend>Groups</legend><div class="checks">${groups.map((g) => html`<label key=${g.name} class="check"><input type="checkbox" name="group" value=${g.name} defaultChecked=${user.groups?.includes(g.name)} /><span>${g.name}</span></label>`)}</div></fieldset>
      ${fields.groups && html`<p class="error">${fields.groups.join(' ')}</p>`}
      <${Permissions} known=${permissions} held=${user.permissions ?? []} error=${fields.permissions?.join(' ')} />
      <div class="actions">
        ${!isNew && !own && html`<${Button} kind="danger" onClick=${remove} disabled=${busy.value}>Remove</>`}
        <span class="space"></span>
        <${Button} onClick=${onClose}>Cancel</><${Button} type="submit" kind="primary" busy=${busy.value}>${isNew ? 'Add' : 'Save'}</>
      </div>
    </form></>`;
}
