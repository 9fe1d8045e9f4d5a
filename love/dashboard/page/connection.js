// The websocket of a client: it connects, notices when the manager is gone, and connects
// again.
import { parse, stringify } from './json.js';
import { ServerTime } from './servertime.js';

const firstDelay = 250; // ms, doubled with each failed attempt
const longestDelay = 8000;
const slowDelay = 3000; // after the manager has closed the connection because of how it was used
const handshakeTimeout = 10_000;

/** What the close codes mean that the manager sends. */
const reasons = new Map([
  [1001, 'the manager is shutting down'],
  [1002, 'the manager found a breach of the websocket protocol'],
  [1006, 'the connection broke off'],
  [1007, 'the manager found a text that is not UTF-8'],
  [1008, 'the manager has had too many requests of this user'],
  [1009, 'a message was too large for the manager'],
  [1011, 'the manager failed'],
  [1012, 'the manager is restarting'],
  [1013, 'too much was waiting to be read here'],
]);

/** After these codes it waits longer: the same would happen again at once. */
const ownFault = new Set([1002, 1007, 1008, 1009, 1013]);

export class Connection {
  /**
   * @param {import('./love-client.js').LoveClient} client
   * @param {object} options of the client
   */
  constructor(client, options) {
    this.client = client;
    this.clock = client.clock;
    this.random = options.random ?? Math.random;
    this.WebSocket = options.WebSocket ?? globalThis.WebSocket;
    this.silence = options.silence ?? 4000;
    this.writeInterval = options.writeInterval;
    this.time = new ServerTime();
    this.handlers = new Set();
    /** @type {import('./love-client.js').State} */
    this.state = { name: 'idle', since: this.clock.now() };
    this.socket = null;
    this.ready = false; // whether messages can be sent
    this.failures = 0;
    this.timer = null; // of the next attempt, or of the watch over the open connection
  }

  onState(handler) {
    this.handlers.add(handler);
    return () => this.handlers.delete(handler);
  }

  change(name, more = {}) {
    // Until it is open again, what counts is since when the manager has been away.
    const away = (s) => s === 'waiting' || s === 'connecting';
    const since = away(name) && away(this.state.name) ? this.state.since : this.clock.now();
    this.state = { name, since, ...more };
    for (const handler of [...this.handlers]) handler(this.state);
  }

  get running() { return ['connecting', 'open', 'waiting'].includes(this.state.name); }

  start() {
    if (this.running) return;
    this.failures = 0;
    this.dial();
  }

  stop() {
    if (this.state.name === 'closed') return;
    this.drop(1000);
    this.change('closed');
  }

  /** deny ends everything: the log-in is over. */
  deny(reason) {
    if (this.state.name === 'closed' || this.state.name === 'denied') return;
    this.drop(1000);
    this.change('denied', { reason });
  }

  /** drop leaves the present socket, without waiting for it. */
  drop(code) {
    this.clock.clearTimeout(this.timer);
    const { socket } = this;
    this.socket = null;
    this.ready = false;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    try {
      socket.close(code);
    } catch {
      // It was never open.
    }
  }

  dial(reason = this.state.reason) {
    this.drop(1000);
    this.change('connecting', reason ? { reason } : {});
    const url = new URL('manager/ws/subscription', this.client.url);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.searchParams.set('token', this.client.token);
    if (this.writeInterval !== undefined) url.searchParams.set('write_interval', String(this.writeInterval));
    const socket = new this.WebSocket(url);
    this.socket = socket;
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.opened();
    };
    socket.onmessage = (e) => this.receive(e.data);
    socket.onerror = () => { if (!opened) this.lost(1006, '', false); }; // Node has no close after it
    socket.onclose = (e) => this.lost(e.code, e.reason, opened);
    this.timer = this.clock.setTimeout(() => this.lost(1006, 'the manager does not answer', false), handshakeTimeout);
  }

  opened() {
    this.clock.clearTimeout(this.timer);
    this.heard = this.clock.now();
    this.ready = true;
    this.client.subscriptions.opened();
    this.ask();
    this.watch();
    this.change('open');
  }

  /** ask wants a sign of life, which also tells the time and how far data are behind. */
  ask() {
    this.askedAt = this.clock.now();
    this.send({ action: 'get_time_data', request_time: this.askedAt });
  }

  /** watch sees to it that a manager that is gone without a word is noticed. */
  watch() {
    const due = this.clock.now() + this.silence / 8;
    this.timer = this.clock.setTimeout(() => {
      const now = this.clock.now();
      if (now - due > this.silence / 2 || now < due - this.silence) {
        // This machine was asleep, or its clock was set: nobody could have been heard.
        this.heard = now;
        this.ask();
      }
      if (now - this.heard >= this.silence) {
        this.lost(1006, `the manager has been silent for ${Math.round((now - this.heard) / 1000)} s`, true);
        return;
      }
      if (now - this.askedAt >= this.silence / 3) this.ask();
      this.watch();
    }, this.silence / 8);
  }

  /** send sends a message if the connection is open. */
  send(message) {
    if (!this.ready) return;
    this.socket.send(stringify(message));
  }

  receive(text) {
    this.heard = this.clock.now();
    this.failures = 0;
    let message;
    try {
      message = parse(text);
    } catch (e) {
      this.client.problem(`A message of the manager cannot be read. ${e.message}`);
      return;
    }
    if (message?.time_data !== undefined) {
      this.time.take(message.time_data.utc, Number(message.request_time), this.heard);
      return;
    }
    this.client.subscriptions.receive(message);
  }

  /** lost decides how to go on without the connection. */
  lost(code, text, opened) {
    this.drop(1000);
    if (code === 1000) { // which the manager sends for nothing but a log-in that has ended
      this.deny(text || 'The log-in has ended.');
      return;
    }
    const reason = text || reasons.get(code) || `the connection was closed (code ${code})`;
    if (opened) {
      this.retry(reason, code);
      return;
    }
    // A browser does not tell why a handshake was refused: the API does. A 401 ends everything.
    this.change('connecting', { reason });
    const stop = new AbortController();
    this.timer = this.clock.setTimeout(() => stop.abort(), this.silence);
    const goOn = (why) => {
      if (this.state.name === 'connecting' && !this.socket) this.retry(why, code);
    };
    this.client.validate({ signal: stop.signal })
      .then(() => goOn(reason), (e) => goOn(e.status > 0 ? e.message : reason));
  }

  retry(reason, code) {
    const delay = Math.min(longestDelay, Math.max(ownFault.has(code) ? slowDelay : 0, firstDelay * 2 ** this.failures));
    this.failures++;
    const wait = delay * (0.5 + this.random() / 2); // so that not all clients come back at once
    this.change('waiting', { reason, retryAt: this.clock.now() + wait });
    this.timer = this.clock.setTimeout(() => this.dial(), wait);
  }
}
