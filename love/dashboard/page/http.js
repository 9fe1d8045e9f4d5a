// Calls of the manager's HTTP API.
import { parse, stringify } from './json.js';

/**
 * Why the manager did not do what it was asked. title and detail are texts for people.
 */
export class LoveError extends Error {
  /**
   * @param {object} e
   * @param {number} e.status       of HTTP; 0 if there was no answer
   * @param {string} e.title        what kind of failure it is, in a few words
   * @param {string} [e.detail]     what the manager says about it
   * @param {Record<string, string[]>} [e.fields]  what is wrong with which field
   * @param {any} [e.body]          the answer, parsed
   * @param {number} [e.retryAfter] seconds after which to try again, if the manager says so
   */
  constructor({ status, title, detail = '', fields = {}, body, retryAfter }) {
    super(detail ? `${title}: ${detail}` : title);
    this.name = 'LoveError';
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.fields = fields;
    this.body = body;
    this.retryAfter = retryAfter;
  }
}

const titles = {
  0: 'No connection to the manager',
  400: 'The manager did not accept this',
  401: 'The log-in has ended',
  403: 'Not allowed',
  404: 'Not found',
  408: 'The request took too long to arrive',
  413: 'Too large',
  429: 'Too many requests',
  501: 'This manager cannot do that',
  502: 'A service behind the manager failed',
  503: 'Not available now',
  504: 'No answer in time',
};

/**
 * @param {number} status
 * @param {any} body
 * @param {Headers} [headers]
 * @returns {LoveError}
 */
function errorOf(status, body, headers) {
  /** @type {Record<string, string[]>} */
  const fields = {};
  const texts = [];
  if (body !== null && typeof body === 'object') {
    for (const key of ['ack', 'detail', 'error']) {
      if (typeof body[key] === 'string' && !texts.includes(body[key])) texts.push(body[key]);
    }
    for (const [field, what] of Object.entries(body)) {
      if (!Array.isArray(what) || !what.every((w) => typeof w === 'string')) continue;
      if (field === 'non_field_errors') texts.push(...what);
      else fields[field] = what;
    }
  }
  for (const [field, what] of Object.entries(fields)) texts.push(`${field}: ${what.join(' ')}`);
  const title = titles[status] ?? (status >= 500 ? 'The manager failed' : `The manager answered ${status}`);
  const seconds = Number(headers?.get('retry-after'));
  return new LoveError({ status, title, detail: texts.join(' '), fields, body, retryAfter: seconds > 0 ? seconds : undefined });
}

/**
 * @typedef {object} CallOptions
 * @property {string} [method]   default GET, or POST if there is a body
 * @property {any} [body]        sent as JSON
 * @property {AbortSignal} [signal]
 * @property {Record<string, string>} [headers]
 * @property {(value: any, status: number) => void} [onLine]  gets each line of an answer in
 *   application/x-ndjson as it comes; what is returned is then the last
 * @property {(status: number) => void} [onStatus]  gets the status of the answer
 * @property {RequestCredentials} [credentials]  whether cookies are sent. Default: "omit"
 * @property {boolean} [raw]     return the Response itself if the status is below 300
 */

/**
 * @param {typeof fetch} fetch
 * @param {URL} url
 * @param {string|undefined} token
 * @param {CallOptions} [options]
 * @returns {Promise<any>} the parsed answer, or null if it has no body
 * @throws {LoveError}
 */
export async function call(fetch, url, token, options = {}) {
  const headers = { ...options.headers };
  if (token) headers.Authorization = `Token ${token}`;
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  if (options.onLine) headers.Accept = 'application/x-ndjson, application/json';
  const method = options.method ?? (options.body === undefined ? 'GET' : 'POST');
  const body = options.body === undefined ? undefined : stringify(options.body);
  let response;
  try {
    response = await fetch(url, { method, headers, body, signal: options.signal, cache: 'no-cache', credentials: options.credentials ?? 'omit', redirect: 'follow' });
    options.onStatus?.(response.status);
    if (response.ok && options.raw) return response;
    if (response.ok && options.onLine && response.headers.get('content-type')?.startsWith('application/x-ndjson')) {
      return await lines(response, options.onLine);
    }
    return read(response, await response.text());
  } catch (e) {
    if (e instanceof LoveError || e?.name === 'AbortError') throw e;
    throw new LoveError({ status: 0, title: titles[0], detail: response ? 'The answer broke off.' : '' });
  }
}

/** read returns a whole answer, or throws what it says. */
function read(response, text) {
  let body = null;
  if (text !== '') {
    try {
      body = parse(text);
    } catch {
      const detail = 'The answer is not JSON: something between this page and the manager may have answered.';
      throw new LoveError({ status: response.status, title: titles[response.status] ?? `The manager answered ${response.status}`, detail });
    }
  }
  if (!response.ok) throw errorOf(response.status, body, response.headers);
  return body;
}

/** lines passes the lines of an answer on, and returns the last. */
async function lines(response, onLine) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let last = null;
  const pass = (line) => {
    if (line.trim() === '') return;
    last = parse(line);
    onLine(last, response.status);
  };
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const parts = (text + value).split('\n');
    text = parts.pop();
    parts.forEach(pass);
  }
  pass(text);
  return last;
}
