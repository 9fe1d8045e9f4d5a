// What a person types into a form, as the value of a field of a command. The type decides:
// integers keep all their digits, and what cannot be sent is refused with a text for people.
import { parse } from './json.js';

const signed = (bits) => [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n];
const unsigned = (bits) => [0n, 2n ** BigInt(bits) - 1n];

/** The ranges of the types of SAL, of which long has 32 bits. */
const ranges = new Map([
  ['byte', unsigned(8)], ['short', signed(16)], ['int', signed(32)], ['long', signed(32)], ['long long', signed(64)],
  ['unsigned short', unsigned(16)], ['unsigned int', unsigned(32)], ['unsigned long', unsigned(32)], ['unsigned long long', unsigned(64)],
]);
const largestFloat = 3.4028234663852886e38;

/**
 * A field as the manager describes it (salinfo/topic-data).
 *
 * @typedef {{name: string, description?: string, units?: string, type_name: string, count: number, choices?: {name: string, number: number}[]}} Field
 */

/**
 * How a field is asked for. A text is one text, whatever its count says.
 *
 * @param {Field} field
 * @returns {"boolean"|"choice"|"integer"|"number"|"text"|"list"|"other"}
 */
export function kindOf(field) {
  if (field.type_name === 'string') return 'text';
  if (field.count > 1) return 'list';
  if (field.type_name === 'boolean') return 'boolean';
  if (field.choices?.length > 0) return 'choice';
  if (ranges.has(field.type_name)) return 'integer';
  return ['float', 'double'].includes(field.type_name) ? 'number' : 'other';
}

/** @param {Field} field @returns {string} the range of an integer, or "" */
export function rangeOf(field) {
  const range = ranges.get(field.type_name);
  return range && !field.choices?.length ? `${signText(range[0])} to ${signText(range[1])}` : '';
}

const signText = (n) => String(n).replace('-', '−');

/** @param {Field} field @returns {string} what is sent for a field that is left out, for people */
export function emptyOf(field) {
  if (field.type_name === 'string') return 'an empty text';
  const one = field.type_name === 'boolean' ? 'no' : '0';
  return field.count > 1 ? `${field.count} times ${one}` : one;
}

/**
 * Reads what was typed.
 *
 * @param {Field} field
 * @param {string} text   "" if nothing was given
 * @param {boolean} fill  whether what is missing may be left out, and is then 0, no or empty
 * @returns {{value?: any, error?: string, left?: boolean}} left: nothing is to be sent
 */
export function readField(field, text, fill) {
  if (field.type_name === 'string') return { value: text };
  if (text.trim() === '') {
    if (fill) return { left: true };
    return { error: field.count > 1 ? `Give ${field.count} values, with commas between them.` : 'Give a value.' };
  }
  if (field.count > 1) return readList(field, text, fill);
  return readOne(field, text.trim());
}

function readList(field, text, fill) {
  const parts = text.replace(/^\s*\[|\]\s*$/g, '').trim().split(/\s*[,;]\s*|\s+/).filter((p, i, all) => p !== '' || i < all.length - 1);
  if (parts.length > field.count || (parts.length < field.count && !fill)) {
    return { error: `Takes ${field.count} values, not ${parts.length}.` };
  }
  const value = [];
  for (const [i, part] of parts.entries()) {
    const one = readOne(field, part);
    if (one.error) return { error: `Value ${i + 1}: ${one.error}` };
    value.push(one.value);
  }
  while (value.length < field.count) value.push(field.type_name === 'boolean' ? false : 0);
  return { value };
}

const words = new Map([['true', true], ['yes', true], ['1', true], ['false', false], ['no', false], ['0', false]]);

function readOne(field, text) {
  if (field.type_name === 'boolean') {
    const value = words.get(text.toLowerCase());
    return value === undefined ? { error: `“${text}” is not yes or no.` } : { value };
  }
  const plain = text.replace('−', '-');
  const choice = field.choices?.find((c) => c.name === text);
  if (choice) return { value: choice.number };
  if (ranges.has(field.type_name)) return readInteger(field, plain, text);
  if (field.type_name === 'float' || field.type_name === 'double') return readNumber(field, plain, text);
  try {
    return { value: parse(text) };
  } catch (e) {
    return { error: e.message };
  }
}

function readInteger(field, plain, text) {
  const [low, high] = ranges.get(field.type_name);
  if (!/^[+-]?\d+$/.test(plain)) return { error: `“${text}” is not a whole number.` };
  const value = BigInt(plain.replace('+', ''));
  if (value < low || value > high) return { error: `${text} is not in the range ${signText(low)} to ${signText(high)} of ${field.type_name}.` };
  if (field.choices?.length && !field.choices.some((c) => BigInt(c.number) === value)) return { error: `${text} is none of ${field.choices.map((c) => c.name).join(', ')}.` };
  return { value };
}

function readNumber(field, plain, text) {
  if (/^[+-]?(nan|inf(inity)?)$/i.test(plain)) return { error: `${text} cannot be sent: give a finite number.` };
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return { error: `“${text}” is not a number.` };
  const value = Number(plain);
  if (!Number.isFinite(value) || (field.type_name === 'float' && Math.abs(value) > largestFloat)) return { error: `${text} is too large for ${field.type_name}.` };
  return { value };
}

/**
 * Finds the field that a refusal is about.
 *
 * @param {string} text   the answer of the manager or of the component
 * @param {Field[]} fields
 * @returns {{name: string, text: string}|null}
 */
export function fieldOfRefusal(text, fields) {
  for (const { name } of fields) {
    const at = text.search(new RegExp(`(?<![\\w.])${name.replace(/\W/g, '\\$&')}(?=[:=])`));
    if (at < 0) continue;
    return { name, text: text.startsWith(`${name}: `, at) ? text.slice(at + name.length + 2) : text.slice(at) };
  }
  return null;
}
