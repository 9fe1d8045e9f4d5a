import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { LoveClient, LoveError } from '../page/love-client.js';

const { LOVE_MANAGER: manager, LOVE_LINK: link, LOVE_CONTROL: controlURL } = process.env;

const control = async (what, body = '') => {
  const response = await fetch(`${controlURL}/${what}`, { method: 'POST', body });
  if (!response.ok) throw new Error(await response.text());
};

const publish = (csc, stream, value, category = 'event') => control('publish',
  `{"category": "${category}", "data": [{"csc": "${csc}", "salindex": 1, "data": {"${stream}": ${value}}}]}`);

/** until waits until a condition holds; the test's own limit bounds it. */
async function until(condition, what) {
  for (let i = 0; i < 3000; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`waited for ${what ?? condition}`);
}

const clients = [];
after(() => clients.forEach((c) => c.close()));

/** connect returns a connected client of a user, with the deliveries that its subscriptions collect. */
async function connect(user = 'user', options = {}) {
  const client = new LoveClient({ url: manager, ...options });
  clients.push(client);
  await client.logIn(user, user);
  client.connect();
  await until(() => client.state.name === 'open', `open, and not ${JSON.stringify(client.state)}`);
  return client;
}

function collect(client, group, options) {
  const got = [];
  got.off = client.subscribe(group, (d) => got.push(d), options);
  got.values = () => got.map((d) => d.value);
  return got;
}

test('a log-in tells who it is, a wrong one why not', async () => {
  const client = new LoveClient({ url: `${manager}/` });
  await assert.rejects(client.logIn('user', 'wrong'), (e) => e instanceof LoveError && e.status === 400 && e.detail === 'Unable to log in with provided credentials.');
  assert.throws(() => client.connect(), LoveError);
  const session = await client.logIn('cmd_user', 'cmd_user');
  assert.equal(session.user.username, 'cmd_user');
  assert.equal(session.permissions.execute_commands, true);
  assert.equal((await client.validate()).user.username, 'cmd_user');
  assert.equal((await client.call('rights/')).every_command, true);
  await client.logOut();
  assert.equal(client.state.name, 'closed');
  assert.equal(client.token, undefined);
  await assert.rejects(client.call('rights/'), (e) => e.status === 401);
});

test('a check of the token that ends late does not bring an earlier log-in back', async () => {
  let held; // lets the answer to the check through
  let asked;
  const checking = new Promise((resolve) => { asked = resolve; });
  const client = new LoveClient({ url: manager, fetch: async (url, options) => {
    const response = await fetch(url, options);
    if (String(url).includes('validate-token')) {
      await new Promise((resolve) => {
        held = resolve;
        asked();
      });
    }
    return response;
  } });
  await client.logIn('user', 'user');
  const check = client.validate();
  await checking;
  await client.logOut();
  const { token } = await client.logIn('cmd_user', 'cmd_user');
  held();
  assert.equal((await check).user.username, 'user');
  assert.equal(client.token, token);
  assert.equal(client.session.user.username, 'cmd_user');
  await client.logOut();
});

test('nobody at that address is an error without a status', async () => {
  const client = new LoveClient({ url: 'http://127.0.0.1:1' });
  await assert.rejects(client.logIn('a', 'b'), (e) => e instanceof LoveError && e.status === 0 && e.title === 'No connection to the manager');
});

test('a subscription begins with the last value and goes on live', async () => {
  const client = await connect();
  await publish('Rack', 'power', '[{"on": {"value": 1}}]');
  const got = collect(client, 'event-Rack-1-power');
  await until(() => got.length === 1);
  assert.equal(got[0].snapshot, true);
  await publish('Rack', 'power', '[{"on": {"value": 2}}]');
  await until(() => got.length === 2);
  assert.deepEqual(got[1], { ...got[1], category: 'event', csc: 'Rack', salindex: 1, stream: 'power', value: [{ on: { value: 2 } }], snapshot: false, stale: false, history: false });
  assert.ok(Math.abs(got[1].at - client.now()) < 60_000);
});

test('those who want the same group share it, and later ones get the last value, too', async () => {
  const client = await connect('admin');
  const name = 'event-Shared-1-s';
  const members = async () => (await client.call('hub/')).groups.find((g) => g.group === name).members;
  const first = collect(client, name);
  const second = collect(client, name);
  await publish('Shared', 's', '1');
  await until(() => first.length === 1 && second.length === 1);
  assert.equal(await members(), 1);
  const late = collect(client, { category: 'event', csc: 'Shared', salindex: 1, stream: 's' });
  assert.deepEqual(late.values(), [1]);
  assert.equal(late[0].snapshot, true);
  first.off();
  first.off();
  second.off();
  await publish('Shared', 's', '2');
  await until(() => late.length === 2);
  assert.equal(first.length, 1);
  late.off();
  await until(async () => (await members()) === 0, 'the end of the subscription at the manager');
});

test('messages of whole components and wildcards come as single streams', async () => {
  const client = await connect();
  const all = collect(client, 'event-Whole-1-all');
  const any = collect(client, 'event-*-1-s');
  const everything = collect(client, 'event-all-all-all', { snapshot: false });
  await until(async () => {
    await publish('Whole', 's', '"x"'); // again, until all are subscribed
    return all.length > 0 && any.some((d) => d.csc === 'Whole') && everything.some((d) => d.csc === 'Whole');
  });
  for (const d of [all[0], any.find((d) => d.csc === 'Whole')]) assert.deepEqual([d.csc, d.salindex, d.stream, d.value], ['Whole', 1, 's', 'x']);
  any.off();
  everything.off();
});

test('values arrive as they are', async () => {
  const client = await connect();
  const got = collect(client, 'telemetry-Exact-1-v');
  await publish('Exact', 'v', '{"a": NaN, "b": [-Infinity, 9223372036854775807], "c": "<b>NaN</b>"}', 'telemetry');
  await until(() => got.length === 1);
  assert.deepEqual(got[0].value, { a: NaN, b: [-Infinity, 9223372036854775807n], c: '<b>NaN</b>' });
});

test('a history joins live data without a gap and without doubling', async () => {
  const client = await connect();
  const count = 60;
  const got = [];
  let starts = 0;
  let subscribed = false;
  for (let i = 0; i < count; i++) {
    if (i === count / 2) {
      client.subscribe('event-Past-1-n', (d) => got.push(d), { history: 600, snapshot: true, onStart: () => { starts++; } });
      subscribed = true;
    }
    await publish('Past', 'n', String(i));
  }
  assert.ok(subscribed);
  await until(() => got.at(-1)?.value === count - 1);
  const rest = got.filter((d) => !d.snapshot); // the last value comes once more between past and present
  assert.deepEqual(rest.map((d) => d.value), Array.from({ length: count }, (_, i) => i));
  assert.ok(rest[0].history && !rest.at(-1).history);
  assert.equal(starts, 1);
  for (let i = 1; i < rest.length; i++) assert.ok(rest[i].at >= rest[i - 1].at - 1000, 'in order of time');

  // Another one of the same group gets the past, and the first nothing twice.
  const second = collect(client, 'event-Past-1-n', { history: 600, snapshot: false });
  await publish('Past', 'n', String(count));
  await until(() => second.at(-1)?.value === count && got.at(-1).value === count);
  assert.deepEqual(second.values(), Array.from({ length: count + 1 }, (_, i) => i));
  assert.equal(got.filter((d) => !d.snapshot).length, count + 1);
});

test('a manager that dies is noticed at once, and found again', async () => {
  const client = await connect();
  const states = [];
  client.onState((s) => states.push(s.name));
  let starts = 0;
  const got = collect(client, 'event-Again-1-s', { onStart: () => { starts++; } });
  await until(() => starts === 1);
  const { since } = client.state;
  await control('kill');
  await until(() => client.state.name === 'waiting');
  assert.ok(client.state.since >= since);
  assert.ok(client.state.retryAt > 0);
  assert.ok(client.state.reason.length > 0);
  const lost = client.state.since;
  await until(() => states.filter((s) => s === 'waiting').length >= 2, 'a second attempt');
  assert.equal(client.state.since, lost);
  await control('start');
  await until(() => client.state.name === 'open');
  await publish('Again', 's', '7');
  await until(() => got.length === 1);
  assert.equal(starts, 2);
});

test('a manager that is silent is noticed within its time', async () => {
  const client = await connect('user', { url: link, silence: 800 });
  await until(() => client.lag !== undefined);
  await control('hold');
  const held = Date.now();
  await until(() => client.state.name !== 'open');
  const took = Date.now() - held;
  assert.ok(took >= 300, `${took} ms`);
  assert.match(client.state.reason, /the manager has been silent/);
  await control('release');
  await until(() => client.state.name === 'open');
});

test('a token that is revoked ends everything, and says why', async () => {
  const admin = await connect('admin');
  const client = await connect('user');
  await admin.call('admin/tokens/?username=user', { method: 'DELETE' });
  await until(() => client.state.name === 'denied');
  assert.equal(client.state.reason, 'the log-in has ended');
  await assert.rejects(client.call('rights/'), (e) => e.status === 401 && e.detail === 'Invalid Token');

  // One that was revoked while there was no connection is refused at the next.
  const other = new LoveClient({ url: manager, token: client.token });
  clients.push(other);
  other.connect();
  await until(() => other.state.name === 'denied');
  assert.equal(other.state.reason, 'Invalid Token');
});

test('what the manager ignores is told to who asked', async () => {
  const client = await connect();
  const errors = [];
  const problems = [];
  client.onProblem((text) => problems.push(text));
  client.subscribe({ category: 'event', csc: 'x'.repeat(2000), salindex: 1, stream: 's' }, () => {}, { onError: (e) => errors.push(e) });
  client.subscribe({ category: 'event', csc: 'y'.repeat(2000), salindex: 1, stream: 's' }, () => {});
  const good = collect(client, 'event-Good-1-s');
  await publish('Good', 's', '1');
  await until(() => good.length === 1 && errors.length === 1 && problems.length === 1);
  assert.match(errors[0].detail, /^Message ignored:/);
  assert.throws(() => client.subscribe('event-Good', () => {}), /is not a group/);
});

test('a handler that fails takes nothing from the others', async () => {
  const client = await connect();
  const problems = [];
  client.onProblem((text) => problems.push(text));
  client.subscribe('event-Bad-1-s', () => { throw new Error('my own'); });
  const got = collect(client, 'event-Bad-1-s');
  await publish('Bad', 's', '1');
  await until(() => got.length === 1);
  assert.match(problems[0], /event-Bad-1-s failed: Error: my own/);
});

test('a wrong clock here does not make wrong times', async () => {
  const hour = 3_600_000;
  const clock = { now: () => Date.now() + hour, setTimeout: (f, ms) => setTimeout(f, ms), clearTimeout };
  const client = await connect('user', { clock });
  await until(() => client.lag !== undefined);
  assert.ok(Math.abs(client.now() - Date.now()) < 60_000);
  assert.ok(Math.abs(client.offset + hour) < 60_000);
});

test('a command is acknowledged, with its progress', async () => {
  const client = await connect('cmd_user');
  const progress = [];
  const ack = await client.command({ csc: 'Rack', salindex: 1, cmd: 'on', params: { n: 9007199254740993n } }, { onProgress: (p) => progress.push(p.result) });
  assert.equal(ack.ack, 'Done');
  assert.equal(ack.status, 200);
  assert.deepEqual(progress, ['half way']);
  const nobody = await connect('user');
  await assert.rejects(nobody.command({ csc: 'Rack', cmd: 'on' }), (e) => e.status === 403 && e.detail.startsWith('Your user is not allowed to command the observatory.'));
});

test('a rate is the largest of those who share a group', async () => {
  const client = await connect();
  const sent = [];
  const send = client.connection.send.bind(client.connection);
  client.connection.send = (m) => {
    sent.push(m);
    send(m);
  };
  const slow = collect(client, 'telemetry-Rate-1-s', { maxRate: 1 });
  const fast = collect(client, 'telemetry-Rate-1-s', { maxRate: 5 });
  const whole = collect(client, 'telemetry-Rate-1-s');
  whole.off();
  fast.off();
  slow.off();
  assert.deepEqual(sent.filter((m) => m.option).map((m) => `${m.option} ${m.max_rate ?? '-'}`),
    ['subscribe 1', 'subscribe 5', 'subscribe -', 'subscribe 5', 'subscribe 1', 'unsubscribe -']);
});
