// Who excludes others from commanding, and what waits for a second person, whichever view is shown:
// what the user may decide stands in the navigation.
import { computed, effect, html, signal } from './html.js';
import { fieldsOf } from './love-client.js';
import { api, client, mayCommand, now, session } from './store.js';

const repeat = 60_000; // ms; changes are reported by the hub
const together = 100; // ms within which several changes are one

/** signal: {holds, waiting} as GET authority/ has them; undefined until they are known. */
export const authority = signal(undefined);
/** signal: why they are not. */
export const authorityError = signal(undefined);
/** signal: whether the manager has it, and the user may know. */
export const hasAuthority = computed(() => session.value !== null && session.value.rights.authority && session.value.rights.some_command);

/** signal: the commands whose time is not over. */
export const waiting = computed(() => (authority.value?.waiting ?? []).filter((w) => Date.parse(w.until) > now.value));

export const mayDecide = (w) => w.user !== session.value?.user.username && mayCommand(w.command.csc, w.command.salindex, w.command.cmd);

export async function reloadAuthority() {
  try {
    const answer = await api('authority/');
    if (hasAuthority.peek()) authority.value = answer;
    authorityError.value = undefined;
  } catch (e) {
    authorityError.value = e;
  }
}

effect(() => {
  if (!hasAuthority.value) return undefined;
  let timer = 0;
  const soon = () => { timer ||= setTimeout(() => { timer = 0; reloadAuthority(); }, together); };
  const offs = [
    client.subscribe('event-Hub-0-authority', soon, { snapshot: false, onStart: soon }),
    client.subscribe('event-Hub-0-commands', (d) => {
      if (['awaiting', 'pending', 'refused'].includes(fieldsOf(d.value).state?.value)) soon();
    }, { snapshot: false }),
  ];
  const again = setInterval(() => { if (!document.hidden) soon(); }, repeat);
  reloadAuthority();
  return () => {
    offs.forEach((off) => off());
    clearTimeout(timer);
    clearInterval(again);
    authority.value = authorityError.value = undefined;
  };
});

export function ApprovalBadge() {
  const n = waiting.value.filter(mayDecide).length;
  return n > 0 && html`<span class="badge">${n}<span class="unseen"> to decide</span></span>`;
}
