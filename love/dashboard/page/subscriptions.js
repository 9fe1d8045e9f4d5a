// What a client is subscribed to: those who want the same group share one subscription at
// the manager.
import { deliveries, groupName, parseGroup } from './groups.js';
import { LoveError } from './http.js';

/** One who wants a group. */
class Subscriber {
  constructor(handler, options) {
    this.handler = handler;
    this.snapshot = options.snapshot ?? true;
    this.history = options.history ?? 0;
    this.maxRate = options.maxRate ?? Infinity;
    this.seq = options.seq ?? false;
    this.onStart = options.onStart;
    this.onError = options.onError;
    this.ready = false; // whether the manager has confirmed what it asked for
    this.past = false; // whether it gets the past that comes at present
    this.from = -Infinity; // and from when, in milliseconds
  }
}

/** A group with those who want it. */
class Entry {
  constructor(group) {
    this.group = group;
    this.name = groupName(group);
    /** @type {Set<Subscriber>} */
    this.subscribers = new Set();
    /** What the manager was asked for last. */
    this.asked = '';
    /** The last delivery of each stream, for those who come later. */
    this.last = new Map();
  }

  /** request returns what to ask the manager for, once more without the past. */
  request(withHistory = true) {
    let history = 0;
    let maxRate = 0;
    let snapshot = false;
    let seq = false;
    for (const s of this.subscribers) {
      history = Math.max(history, withHistory && s.past ? s.history : 0);
      maxRate = Math.max(maxRate, s.maxRate);
      snapshot ||= s.snapshot;
      seq ||= s.seq;
    }
    const { category, csc, salindex, stream } = this.group;
    const request = { option: 'subscribe', category, csc, salindex: String(salindex), stream };
    if (snapshot) request.snapshot = true;
    if (history > 0) request.history = history;
    if (seq) request.seq = true;
    if (Number.isFinite(maxRate)) request.max_rate = maxRate;
    return request;
  }
}

export class Subscriptions {
  /** @param {import('./love-client.js').LoveClient} client */
  constructor(client) {
    this.client = client;
    /** @type {Map<string, Entry>} */
    this.entries = new Map();
    /** The requests that the manager has not answered yet: it answers in order. */
    this.unanswered = [];
  }

  get open() { return this.client.connection.ready; }

  add(group, handler, options) {
    const g = parseGroup(group);
    const name = groupName(g);
    const subscriber = new Subscriber(handler, options);
    let entry = this.entries.get(name);
    if (!entry) this.entries.set(name, entry = new Entry(g));
    entry.subscribers.add(subscriber);
    if (this.open) this.join(entry, subscriber);
    return () => this.remove(entry, subscriber);
  }

  /** join brings one more subscriber into a group while there is a connection. */
  join(entry, subscriber) {
    if (entry.subscribers.size === 1 || subscriber.history > 0) {
      this.begin(entry, [subscriber]);
      return;
    }
    subscriber.onStart?.();
    const pending = this.unanswered.findLast((u) => u.entry === entry && u.starting.length > 0);
    if (pending) {
      subscriber.past = true;
      pending.starting.push(subscriber);
    } else {
      subscriber.ready = true;
      if (subscriber.snapshot) {
        for (const d of entry.last.values()) this.deliver(subscriber, { ...d, snapshot: true, history: false });
      }
    }
    this.adjust(entry);
  }

  /** adjust tells the manager if the subscribers now want something else for the time to come. */
  adjust(entry) {
    const wanted = entry.request(false);
    if (wanted.max_rate !== entry.asked.max_rate || wanted.seq !== entry.asked.seq) this.send(entry, wanted);
  }

  /** begin asks for the past, for some; those who are in the middle of theirs begin anew, too. */
  begin(entry, subscribers) {
    const starting = [];
    for (const s of entry.subscribers) {
      if (!subscribers.includes(s) && !(s.past && s.history > 0)) {
        s.past = false;
        continue;
      }
      s.past = true;
      s.ready = false;
      s.from = this.client.now() - s.history * 1000;
      s.onStart?.();
      starting.push(s);
    }
    this.send(entry, entry.request(), starting);
  }

  remove(entry, subscriber) {
    if (!entry.subscribers.delete(subscriber)) return;
    if (entry.subscribers.size > 0) {
      if (this.open) this.adjust(entry);
      return;
    }
    this.entries.delete(entry.name);
    const { category, csc, salindex, stream } = entry.group;
    this.send(entry, { option: 'unsubscribe', category, csc, salindex: String(salindex), stream });
  }

  send(entry, request, starting = []) {
    if (!this.open) return;
    entry.asked = request;
    this.unanswered.push({ entry, starting });
    this.client.connection.send(request);
  }

  /** opened subscribes to everything, on a new connection. */
  opened() {
    this.unanswered = [];
    for (const entry of this.entries.values()) {
      entry.last.clear();
      this.begin(entry, [...entry.subscribers]);
    }
  }

  receive(message) {
    if (message === null || typeof message !== 'object') return;
    if (message.category === undefined) {
      if (typeof message.data === 'string') this.answered(message.data);
      return;
    }
    const name = message.category === 'heartbeat' ? 'heartbeat-manager-0-stream' : message.subscription;
    const entry = this.entries.get(name);
    if (!entry) return;
    for (const d of deliveries(message, this.client.now(), this.client.taiToUTC)) {
      if (!d.history) entry.last.set(`${d.csc}-${d.salindex}-${d.stream}`, d);
      for (const s of [...entry.subscribers]) {
        if (s.ready && wants(s, d)) this.deliver(s, d);
        // The first message that is not out of the archive ends the history.
        if (s.ready && s.history > 0 && !d.history) s.past = false;
      }
    }
  }

  deliver(subscriber, delivery) {
    try {
      subscriber.handler(delivery);
    } catch (e) {
      this.client.problem(`A handler of ${delivery.category}-${delivery.csc}-${delivery.salindex}-${delivery.stream} failed: ${e}`);
    }
  }

  /** answered takes the answer to the oldest request. */
  answered(text) {
    const request = this.unanswered.shift();
    if (!request) {
      this.client.problem(text);
      return;
    }
    for (const s of request.starting) s.ready = true;
    if (text.startsWith('Successfully')) return;
    const error = new LoveError({ status: 400, title: `The manager refused the subscription to ${request.entry.name}`, detail: text });
    const handlers = [...request.entry.subscribers].map((s) => s.onError).filter(Boolean);
    if (handlers.length === 0) this.client.problem(error.message);
    for (const handler of handlers) handler(error);
  }
}

/** wants reports whether a subscriber gets a delivery: live ones all do. */
function wants(s, d) {
  if (d.history) return s.past && s.history > 0 && d.at >= s.from;
  return !d.snapshot || (s.past && s.snapshot);
}
