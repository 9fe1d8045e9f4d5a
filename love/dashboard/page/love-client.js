/**
 * A client of a LOVE manager, for browsers and Node (22, or 20 with
 * --experimental-websocket): log-in, live data with its past, commands over HTTP. It has no
 * dependencies and does not use the DOM.
 *
 *     import { LoveClient } from 'https://love.example/page/love-client.js';
 *
 *     const love = new LoveClient({ url: 'https://love.example' });
 *     await love.logIn('ana', 'secret');
 *     love.onState((s) => console.log(s.name, s.reason ?? ''));
 *     const off = love.subscribe('telemetry-ATDome-0-position',
 *       (d) => console.log(new Date(d.at), d.value.azimuthPosition.value), { snapshot: true, history: 600 });
 *     love.connect();
 *     await love.command({ csc: 'ATDome', cmd: 'moveAzimuth', params: { azimuth: 90 } });
 *     off();
 *     love.close();
 */
import { call, LoveError } from './http.js';
import { Connection } from './connection.js';
import { Subscriptions } from './subscriptions.js';

export { LoveError } from './http.js';
export { parse, stringify } from './json.js';
export { fieldsOf, groupName, parseGroup, sentAt } from './groups.js';

/**
 * What a log-in answers.
 *
 * @typedef {object} Session
 * @property {{username: string, email: string, first_name: string, last_name: string}} user
 * @property {string} token
 * @property {{execute_commands: boolean}} permissions
 * @property {{utc: number, tai: number, tai_to_utc: number}} time_data
 */

/**
 * Where the connection stands.
 *
 * @typedef {object} State
 * @property {"idle"|"connecting"|"open"|"waiting"|"denied"|"closed"} name
 *   "waiting" is between two attempts. "denied" is for good: the log-in has ended. "idle" is
 *   before {@link LoveClient#connect}, "closed" after {@link LoveClient#close}.
 * @property {number} since    milliseconds since 1970, by the client's clock: since when it is so. While
 *   the manager is away, attempts do not change it: it stays when the connection was lost
 * @property {string} [reason] why, for people: of "waiting", "denied", and of "connecting" after a loss
 * @property {number} [retryAt] of "waiting": when the next attempt is made, by the client's clock
 */

/**
 * @typedef {object} Clock
 * @property {() => number} now  milliseconds since 1970
 * @property {(f: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */

/** @type {Clock} */
const systemClock = {
  now: () => Date.now(),
  setTimeout: (f, ms) => setTimeout(f, ms),
  clearTimeout: (timer) => clearTimeout(timer),
};

export class LoveClient {
  /**
   * @param {object} options
   * @param {string|URL} options.url     of the manager, with its URL prefix if it has one:
   *   "https://love.example/love"
   * @param {string} [options.token]     of an earlier log-in; or call {@link LoveClient#logIn}
   * @param {number} [options.writeInterval] least time between two writes of telemetry to this client, in
   *   milliseconds, from 0 to 1000. Default: what the manager is set to, 10 if nothing else.
   *   A client that draws saves both sides work with 50 or 100
   * @param {number} [options.silence]   after how many milliseconds without any message a manager counts
   *   as gone. It is asked for a sign of life three times meanwhile. Default: 4000
   * @param {Clock} [options.clock]      for tests. Default: the machine's
   * @param {() => number} [options.random]  for tests, in place of Math.random
   * @param {typeof WebSocket} [options.WebSocket]  for machines that have none
   * @param {typeof fetch} [options.fetch]          likewise
   */
  constructor(options) {
    this.url = new URL(options.url);
    if (!this.url.pathname.endsWith('/')) this.url.pathname += '/';
    this.url.search = this.url.hash = '';
    this.token = options.token;
    /** @type {Session|undefined} */
    this.session = undefined;
    this.clock = options.clock ?? systemClock;
    /** Seconds from TAI to UTC: −37. */
    this.taiToUTC = -37;
    this.fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.subscriptions = new Subscriptions(this);
    this.connection = new Connection(this, options);
    this.problemHandlers = new Set();
  }

  /**
   * Where the connection stands.
   * @returns {State}
   */
  get state() { return this.connection.state; }

  /**
   * @param {(state: State) => void} handler is called at each change
   * @returns {() => void} ends the calls
   */
  onState(handler) { return this.connection.onState(handler); }

  /**
   * @param {(text: string) => void} handler gets what the manager says about messages of this client that
   *   it ignored, and what a handler threw
   * @returns {() => void} ends the calls
   */
  onProblem(handler) {
    this.problemHandlers.add(handler);
    return () => this.problemHandlers.delete(handler);
  }

  /**
   * Now by the manager's clock, in milliseconds since 1970. Until the first answer of the
   * manager it is the client's clock.
   */
  now() { return this.clock.now() + (this.connection.time.offset ?? 0); }

  /** How far the manager's clock is ahead of the client's, in milliseconds; undefined if unknown. */
  get offset() { return this.connection.time.offset; }

  /** How long the manager took for the last sign of life, in milliseconds: how far data are behind. */
  get lag() { return this.connection.time.lag; }

  /**
   * @param {string} username
   * @param {string} password
   * @returns {Promise<Session>}
   * @throws {LoveError} with status 400 for a wrong name or password, 429 after too many of them
   */
  async logIn(username, password) {
    const started = this.clock.now();
    const session = await this.call('get-token/', { body: { username, password }, token: null });
    return this.take(session, started);
  }

  /**
   * What to sign in with beside a password, if the manager has an identity provider.
   *
   * @returns {Promise<{name: string, login: string}|null>} what people call it, and the path that the
   *   browser is to be sent to, with the page to return to as the parameter next
   * @throws {LoveError}
   */
  async signIn() {
    const info = await this.call('oidc/', { token: null });
    return info.name === null ? null : { name: info.name, login: info.login };
  }

  /**
   * Takes the log-in of a browser that has come back from the identity provider: to a page of the
   * manager's own, with signin=done in its query, a minute ago at most.
   *
   * @returns {Promise<Session>}
   * @throws {LoveError} with status 403 if there is none
   */
  async signedIn() {
    const started = this.clock.now();
    const session = await this.call('oidc/token/', { body: {}, token: null, credentials: 'same-origin' });
    return this.take(session, started);
  }

  /**
   * Asks whether the token is still valid, and for what its user may do now.
   *
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<Session>}
   * @throws {LoveError} with status 401 if it is not
   */
  async validate({ signal } = {}) {
    const started = this.clock.now();
    const { token } = this;
    const session = await this.call('validate-token/no_config/', { signal });
    // Whoever has logged in or out meanwhile stays so.
    return token === this.token ? this.take(session, started) : session;
  }

  take(session, started) {
    this.session = session;
    this.token = session.token;
    if (Number.isFinite(session.time_data?.tai_to_utc)) this.taiToUTC = session.time_data.tai_to_utc;
    this.connection.time.take(session.time_data?.utc, started, this.clock.now());
    return session;
  }

  /** Ends the log-in, at the manager too, and closes the connection. */
  async logOut() {
    this.close();
    const { token } = this;
    this.token = this.session = undefined;
    if (token) await this.call('logout/', { method: 'DELETE', token });
  }

  /** Connects, and stays connected until {@link LoveClient#close} or the end of the log-in. */
  connect() {
    if (!this.token) throw new LoveError({ status: 401, title: 'Not logged in' });
    this.connection.start();
  }

  /** Closes the connection. Subscriptions stay, for another {@link LoveClient#connect}. */
  close() { this.connection.stop(); }

  /**
   * Subscribes to a group. It may be called before connecting, and holds over reconnections.
   * Subscriptions to the same group share one at the manager.
   *
   * @param {string|import('./groups.js').Group} group "telemetry-ATDome-0-position", or its four parts
   * @param {(delivery: import('./groups.js').Delivery) => void} handler
   * @param {SubscribeOptions} [options]
   * @returns {() => void} unsubscribes
   *
   * @typedef {object} SubscribeOptions
   * @property {boolean} [snapshot]  first the last value of each stream. Default: true
   * @property {number} [history]    seconds, up to 86400: first what was recorded in that time, of one
   *   stream, at a manager with an archive. Default: 0
   * @property {number} [maxRate]    hertz: at most that many values per second and stream, the newest. The
   *   largest of those who share the group holds. Default: all
   * @property {boolean} [seq]       number the deliveries. Default: false
   * @property {() => void} [onStart] is called when the past is about to come, at the beginning and again
   *   after each reconnection: who collects values begins anew
   * @property {(error: LoveError) => void} [onError] is called if the manager refuses the subscription.
   *   Default: {@link LoveClient#onProblem}
   */
  subscribe(group, handler, options = {}) { return this.subscriptions.add(group, handler, options); }

  /**
   * Calls the HTTP API.
   *
   * @param {string} path below /manager/api/, such as "salinfo/topic-data" or "streams/?csc=ATDome"; or
   *   an absolute path below the manager's URL, such as "/healthz"
   * @param {import('./http.js').CallOptions & {token?: string|null}} [options]
   * @returns {Promise<any>} the answer
   * @throws {LoveError}
   */
  async call(path, options = {}) {
    const url = new URL(path.startsWith('/') ? path.slice(1) : `manager/api/${path}`, this.url);
    const token = options.token === undefined ? this.token : options.token;
    try {
      return await call(this.fetch, url, token, options);
    } catch (e) {
      if (e.status === 401 && token && token === this.token) this.connection.deny(e.detail || e.title);
      throw e;
    }
  }

  /**
   * Gives a command and waits for its acknowledgement.
   *
   * @param {object} command
   * @param {string} command.csc
   * @param {number} [command.salindex] default 0
   * @param {string} command.cmd        with or without "cmd_"
   * @param {object} [command.params]   those that are left out are zero
   * @param {object} [options]
   * @param {(p: {code: number, name: string, result?: string, timeout?: number}) => void} [options.onProgress]
   * @param {boolean} [options.check]   only ask whether it would be sent
   * @param {AbortSignal} [options.signal] stops the waiting, not the command
   * @returns {Promise<{status: number, ack: string, code?: number, error?: number}>} what the component
   *   answered, which is success if ack is "Done"; or, with status 202, that somebody must approve
   * @throws {LoveError} if it was refused, or if the outcome is unknown: its detail says which
   */
  async command({ csc, salindex = 0, cmd, params = {} }, { onProgress, check, signal } = {}) {
    const body = { csc, salindex, cmd: cmd.startsWith('cmd_') ? cmd : `cmd_${cmd}`, params };
    let status = 200;
    const onLine = (line) => { if (line.progress) onProgress?.(line.progress); };
    const answer = await this.call(check ? 'cmd/check/' : 'cmd/', { body, signal, onLine, onStatus: (s) => { status = s; } });
    if (typeof answer?.status === 'number' && answer.body) return { status: answer.status, ...answer.body };
    return { status, ...answer };
  }

  /** problem tells who listens what went wrong without anybody having asked. */
  problem(text) { for (const handler of this.problemHandlers) handler(text); }
}
