import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, stringify } from '../page/json.js';

test('the bare words of producers are numbers', () => {
  assert.deepEqual(parse('{"a": [NaN, Infinity, -Infinity, -1.5e3], "b": "NaN"}'), { a: [NaN, Infinity, -Infinity, -1500], b: 'NaN' });
});

test('integers of 64 bits have all their digits', () => {
  assert.deepEqual(parse('[9007199254740993, -9223372036854775808, 9007199254740991, 0.10000000149011612, 12345678901234567e3]'),
    [9007199254740993n, -9223372036854775808n, 9007199254740991, 0.10000000149011612, 12345678901234567e3]);
});

test('what is not JSON is refused, whichever way it is read', () => {
  for (const text of ['', '{', '[1,]', '{"a" 1}', '{a: 1}', '01', '1.', '+1', '"\u0001"', '"\\x"', 'nan', 'NaN1', '[NaN', '{"a": NaN,}', 'NaN NaN', '-', '"NaN', `${'['.repeat(600)}NaN`]) {
    assert.throws(() => parse(text), SyntaxError, text);
  }
});

test('a key such as __proto__ is an own member and nothing else', () => {
  const value = parse('{"__proto__": {"admin": NaN}, "constructor": 1}');
  assert.deepEqual(Object.keys(value), ['__proto__', 'constructor']);
  assert.equal(value.admin, undefined);
  assert.equal({}.admin, undefined);
});

test('both ways of reading give the same', () => {
  let seed = 1;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  const texts = ['', 'NaN', 'a"b\\c\n', '\u2028é😀', '<script>', '__proto__'];
  const make = (depth) => {
    switch (random(depth > 3 ? 5 : 7)) {
      case 0: return null;
      case 1: return random(2) === 0;
      case 2: return (random(2000) - 1000) / (random(3) === 0 ? 7 : 1);
      case 3: return random(1e9) * 1e-12;
      case 4: return texts[random(texts.length)];
      case 5: return Array.from({ length: random(4) }, () => make(depth + 1));
      default: return Object.fromEntries(Array.from({ length: random(4) }, (_, i) => [texts[random(texts.length - 1)] + i, make(depth + 1)]));
    }
  };
  for (let i = 0; i < 2000; i++) {
    const value = make(0);
    const text = JSON.stringify(value, null, random(3));
    assert.deepEqual(parse(`[${text}, NaN]`)[0], value, text);
    assert.deepEqual(JSON.parse(stringify(value)), value);
  }
});

test('what is sent keeps its digits, and what JSON has not is an error', () => {
  assert.equal(stringify({ a: 9007199254740993n, b: [1, undefined, 'x"'], c: undefined, d: null }), '{"a":9007199254740993,"b":[1,null,"x\\""],"d":null}');
  for (const value of [NaN, Infinity, { a: -Infinity }, () => 1, Symbol('x')]) assert.throws(() => stringify(value), TypeError);
});
