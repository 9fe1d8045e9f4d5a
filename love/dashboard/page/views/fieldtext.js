// How the values of one field are written so that the text keeps its width while they change.
import { formatValue } from '../format.js';
import { choiceOf } from '../definitions.js';

const maxDecimals = 6;

/** FieldText writes the values of one field: all with as many decimals as one has needed. */
export class FieldText {
  /** @param {object} [definition] of SAL, for the names of an enumeration */
  constructor(definition) {
    this.definition = definition;
    this.decimals = 0;
  }

  /** @returns {string} */
  of(value) {
    if (typeof value === 'number') return this.number(value);
    return formatValue(value);
  }

  number(n) {
    const size = Math.abs(n);
    if (!Number.isFinite(n) || size >= 1e15 || (size > 0 && size < 1e-4)) return formatValue(n);
    // Seven digits tell 32-bit floats from their neighbours; more are noise. Times have more.
    const text = String(Number(n.toPrecision(size < 1e7 ? 7 : 13)));
    const point = text.indexOf('.');
    if (point >= 0) this.decimals = Math.min(maxDecimals, Math.max(this.decimals, text.length - point - 1));
    return (n < 0 ? '−' : '') + size.toFixed(this.decimals);
  }

  /** The name of the value, if the field is an enumeration: '' if it has none. */
  choice(value) { return choiceOf(this.definition, value); }
}
