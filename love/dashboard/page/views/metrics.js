// The figures that a manager shows at /metrics, and their course.

/** The names that were read before: a name that is a part of a text would keep all of that text. */
const names = new Map();

/**
 * @param {string} text in the format of Prometheus
 * @returns {Map<string, number>} the values of the manager by name with labels, without histograms
 */
export function parseMetrics(text) {
  const all = new Map();
  for (const line of text.split('\n')) {
    const match = /^(love_\w*(?:\{[^}]*\})?) (\S+)/.exec(line);
    if (!match || match[1].includes('_bucket{')) continue;
    if (!names.has(match[1])) names.set(match[1], match[1]);
    all.set(names.get(match[1]), Number(match[2]));
  }
  return all;
}

/** measure keeps the last figures, at most length of them. */
export function measure(length) {
  const looks = []; // {at, figures}, oldest first
  const value = (look, name) => look?.figures.get(name);
  const since = (seconds) => looks.find((l) => l.at >= looks.at(-1).at - seconds * 1000);
  const between = (a, b, name) => {
    const difference = value(b, name) - value(a, name);
    return a === b || Number.isNaN(difference) ? undefined : Math.max(0, difference) / ((b.at - a.at) / 1000);
  };
  return {
    get empty() { return looks.length === 0; },
    add(at, figures) {
      // A manager that has started again counts from 0.
      if (looks.length > 0 && figures.get('love_hub_received_total') < value(looks.at(-1), 'love_hub_received_total')) looks.length = 0;
      looks.push({ at, figures });
      if (looks.length > length) looks.shift();
    },
    names: () => [...(looks.at(-1)?.figures.keys() ?? [])],
    newest: (name) => value(looks.at(-1), name),
    /** per second, over the last seconds */
    rate: (name, seconds) => (looks.length < 2 ? undefined : between(since(seconds), looks.at(-1), name)),
    /** how much was added in the last seconds */
    increase: (name, seconds) => (looks.length < 2 ? 0 : Math.max(0, value(looks.at(-1), name) - (value(since(seconds), name) ?? 0))),
    values: (name) => looks.map((l) => value(l, name)),
    rates: (name) => looks.slice(1).map((l, i) => between(looks[i], l, name)),
  };
}

/** Why the hub drops, refuses and closes, for people. */
export const reasons = {
  dropped: {
    backlog: 'telemetry was replaced by newer, as its reader was behind',
    rate: 'a message was replaced by a newer one, as its reader asked for a rate',
    request: 'a request for the state of an event was joined with another',
    request_limit: 'too many requests for the state of events',
    closed: 'it waited for a connection that was closed',
    snapshot: 'a last value was not kept, for lack of memory',
  },
  denied: {
    gate: 'a connection without a valid token or password',
    origin: 'a page of a foreign origin',
    full: 'the manager has all the connections that it allows',
    user_full: 'a user has too many connections',
    shutdown: 'the manager is ending',
    malformed: 'a message that breaks a rule of the protocol',
    publish: 'a connection that may not publish this',
    subscriptions: 'too many subscriptions',
    group_name: 'the name of a group is too long',
    subscription_bytes: 'the subscriptions take too much memory',
    snapshot: 'more snapshots than a user may get',
    max_rate: 'a rate was not kept, for lack of memory',
    broker: 'the broker failed to publish',
  },
  closed: {
    credential: 'the log-in has ended',
    shutdown: 'the manager was ending',
    protocol: 'a breach of the websocket protocol',
    invalid_text: 'a text that is not UTF-8',
    too_big: 'a message that is too large',
    slow: 'too much was waiting to be read',
    silent: 'a ping was not answered',
    rate: 'too many requests in a second',
    memory: 'all that waited took too much memory',
    peer: 'the client closed it, or went away',
  },
};
