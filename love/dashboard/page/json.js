// JSON as LOVE has it on the wire: strict, but for the bare words NaN, Infinity and
// -Infinity, and with integers of 64 bits. What JSON.parse reads without loss is left to it.

// lossy finds what JSON.parse refuses, or would round: a bare word, or an integer of 16
// digits or more. It may find it in a text, too, which only costs time.
const lossy = /NaN|Infinity|(?<![.\d])\d{16,}(?![.\deE])/;

/**
 * Parses JSON. An integer that a Number cannot hold exactly becomes a BigInt; NaN and the
 * infinities become those Numbers; of a key that occurs twice the last value counts, as
 * with JSON.parse.
 *
 * @param {string} text
 * @returns {any}
 * @throws {SyntaxError} that says what is wrong, and at which character
 */
export function parse(text) {
  return lossy.test(text) ? new Parser(text).document() : JSON.parse(text);
}

/**
 * Writes JSON. A BigInt is written with all its digits. NaN and the infinities are an error,
 * as the HTTP API does not take them; so are functions and symbols. Members that are undefined
 * are left out.
 *
 * @param {any} value
 * @returns {string}
 * @throws {TypeError}
 */
export function stringify(value) {
  switch (typeof value) {
    case 'bigint':
      return String(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be sent: give a finite number`);
      return String(value);
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return '[' + value.map((v) => stringify(v === undefined ? null : v)).join(',') + ']';
      if (typeof value.toJSON === 'function') return stringify(value.toJSON());
      return '{' + Object.entries(value).filter(([, v]) => v !== undefined)
        .map(([k, v]) => JSON.stringify(k) + ':' + stringify(v)).join(',') + '}';
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
  }
  throw new TypeError(`a ${typeof value} cannot be sent`);
}

const number = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const space = /[ \t\n\r]*/y;
const words = Object.entries({ true: true, false: false, null: null, NaN, Infinity, '-Infinity': -Infinity });
const maxDepth = 512; // as at the manager

class Parser {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.depth = 0;
  }

  document() {
    const value = this.value();
    this.skip();
    if (this.at < this.text.length) this.fail('nothing more');
    return value;
  }

  fail(wanted) {
    const found = this.at < this.text.length ? JSON.stringify(this.text[this.at]) : 'the end';
    throw new SyntaxError(`JSON: ${wanted} was expected at character ${this.at}, and not ${found}`);
  }

  take(pattern) {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match) this.at += match[0].length;
    return match;
  }

  skip() { this.take(space); }

  // next reports whether a character comes next, and passes it if so.
  next(character) {
    this.skip();
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  value() {
    if (this.depth >= maxDepth) this.fail(`no more than ${maxDepth} levels`);
    this.depth++;
    const value = this.next('{') ? this.object() : this.next('[') ? this.array() : this.scalar();
    this.depth--;
    return value;
  }

  scalar() {
    if (this.text[this.at] === '"') return this.string();
    for (const [word, value] of words) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    const match = this.take(number);
    if (!match) this.fail('a value');
    const read = Number(match[0]);
    return match[1] || match[2] || Number.isSafeInteger(read) ? read : BigInt(match[0]);
  }

  string() {
    const match = this.take(string);
    if (!match) this.fail('a text');
    return match[0].includes('\\') ? JSON.parse(match[0]) : match[0].slice(1, -1);
  }

  array() {
    const all = [];
    if (this.next(']')) return all;
    do all.push(this.value()); while (this.next(','));
    if (!this.next(']')) this.fail('"," or "]"');
    return all;
  }

  object() {
    const all = {};
    if (this.next('}')) return all;
    do {
      this.skip();
      const key = this.string();
      if (!this.next(':')) this.fail('":"');
      const value = this.value();
      if (key !== '__proto__') all[key] = value;
      else Object.defineProperty(all, key, { value, writable: true, enumerable: true, configurable: true }); // a member like any other
    } while (this.next(','));
    if (!this.next('}')) this.fail('"," or "}"');
    return all;
  }
}
