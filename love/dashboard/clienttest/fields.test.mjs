import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyOf, fieldOfRefusal, kindOf, rangeOf, readField } from '../page/fields.js';
import { stringify } from '../page/json.js';

const field = (type_name, more = {}) => ({ name: 'x', type_name, count: 1, ...more });
const value = (type, text, more, fill = false) => readField(field(type, more), text, fill).value;
const error = (type, text, more, fill = false) => readField(field(type, more), text, fill).error;

test('an integer keeps all its digits, and its range holds', () => {
  assert.equal(stringify(value('long long', '9223372036854775807')), '9223372036854775807');
  assert.equal(stringify(value('long long', '−9223372036854775808')), '-9223372036854775808');
  assert.match(error('long long', '9223372036854775808'), /not in the range −9223372036854775808 to 9223372036854775807/);
  assert.equal(value('byte', ' 255 '), 255n);
  assert.match(error('byte', '-1'), /0 to 255/);
  assert.match(error('int', '2147483648'), /not in the range/);
  assert.match(error('unsigned int', '4294967296'), /0 to 4294967295/);
  for (const text of ['1.5', '1e3', '0x10', '1 2', 'one', '--1']) assert.match(error('int', text), /not a whole number/);
  assert.equal(rangeOf(field('short')), '−32768 to 32767');
});

test('a number is finite', () => {
  assert.equal(value('double', '-1.5e-3'), -0.0015);
  assert.equal(value('float', '.5'), 0.5);
  assert.equal(stringify(value('double', '0.1')), '0.1');
  for (const text of ['NaN', 'inf', '-Infinity']) assert.match(error('double', text), /cannot be sent/);
  assert.match(error('double', '1e999'), /too large/);
  assert.match(error('float', '1e39'), /too large for float/);
  for (const text of ['1,5', 'abc', '1.2.3', '.', 'e5']) assert.match(error('double', text), /not a number/);
});

test('what is not given is asked for, unless it may be left out', () => {
  assert.match(error('double', ' '), /Give a value/);
  assert.deepEqual(readField(field('double'), '', true), { left: true });
  assert.deepEqual(readField(field('string'), '', false), { value: '' });
  assert.equal(emptyOf(field('boolean')), 'no');
  assert.equal(emptyOf(field('int', { count: 3 })), '3 times 0');
});

test('a list has as many values as its field', () => {
  const three = { count: 3 };
  assert.deepEqual(value('double', '[1, 2.5,3]', three), [1, 2.5, 3]);
  assert.deepEqual(value('int', '1 2\n3', three), [1n, 2n, 3n]);
  assert.deepEqual(value('boolean', 'yes, no, 1', three), [true, false, true]);
  assert.match(error('int', '1, 2', three), /Takes 3 values, not 2/);
  assert.match(error('int', '1, 2, 3, 4', three, true), /Takes 3 values, not 4/);
  assert.deepEqual(value('int', '1', three, true), [1n, 0, 0]);
  assert.match(error('int', '1, , 3', three), /Value 2/);
  assert.match(error('int', '1, x, 3', three), /Value 2: “x” is not a whole number/);
  assert.equal(kindOf(field('string', { count: 3 })), 'text');
});

test('a number with names takes one of them', () => {
  const more = { choices: [{ name: 'First', number: 1 }, { name: 'Last', number: 2 }] };
  assert.equal(value('byte', 'Last', more), 2);
  assert.equal(value('byte', '1', more), 1n);
  assert.match(error('byte', '3', more), /none of First, Last/);
});

test('a refusal is about a field', () => {
  const fields = [field('int', { name: 'azimuth' }), field('int', { name: 'int0' })];
  assert.deepEqual(fieldOfRefusal('ATDome cmd_moveAzimuth, field azimuth: takes a number', fields), { name: 'azimuth', text: 'takes a number' });
  assert.deepEqual(fieldOfRefusal('Failed: azimuth=700 is not in the range 0 to 360 deg', fields), { name: 'azimuth', text: 'azimuth=700 is not in the range 0 to 360 deg' });
  assert.equal(fieldOfRefusal('the dome.azimuth: is a mystery, and int01=3', fields), null);
  assert.equal(fieldOfRefusal('a(b', [field('int', { name: 'a(b' })]), null);
});
