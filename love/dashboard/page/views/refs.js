// How fields are named in the address: "ATDome:0/position/azimuthPosition", an event as
// "ATDome:0/logevent_azimuthState/state", an element as "MTDome:0/louvers/positionActual[3]".

/**
 * A field of a stream of a component.
 *
 * @typedef {object} Ref
 * @property {"event"|"telemetry"} category
 * @property {string} csc
 * @property {string} salindex
 * @property {string} stream
 * @property {string} field
 * @property {number|null} index  of an element of a list; null if the field is none
 */

const event = 'logevent_';
const encode = (text) => encodeURIComponent(text).replaceAll('(', '%28');

/** @param {Ref} r */
export function refText({ category, csc, salindex, stream, field, index }) {
  const element = index === null || index === undefined ? '' : `[${index}]`;
  return `${encode(csc)}:${encode(salindex)}/${category === 'event' ? event : ''}${encode(stream)}/${encode(field)}${element}`;
}

/**
 * @param {string} text
 * @returns {Ref|null} null if it is none
 */
export function parseRef(text) {
  const m = /^([^:/]+):([^:/]+)\/(logevent_)?([^/]+)\/([^/[]+)(?:\[(\d{1,7})\])?$/.exec(text);
  if (!m) return null;
  try {
    const [csc, salindex, stream, field] = [m[1], m[2], m[4], m[5]].map(decodeURIComponent);
    return { category: m[3] ? 'event' : 'telemetry', csc, salindex, stream, field, index: m[6] === undefined ? null : Number(m[6]) };
  } catch {
    return null; // a % that encodes nothing
  }
}

/** The name of an instance, without the index where there is only one. */
export const instanceName = (csc, salindex) => (String(salindex) === '0' ? csc : `${csc}:${salindex}`);

/** @param {Ref} r @returns {string} for people: "azimuthPosition", "positionActual[3]" */
export const fieldName = (r) => (r.index === null ? r.field : `${r.field}[${r.index}]`);

/** @param {Ref} r @returns {string} the whole of it for people */
export const refName = (r) => `${instanceName(r.csc, r.salindex)} ${r.stream} ${fieldName(r)}`;

/**
 * The value that a ref names among the fields of a delivery.
 *
 * @param {Ref} r
 * @param {Record<string, {value: any}>} fields
 */
export function valueOf(r, fields) {
  if (!Object.hasOwn(fields, r.field)) return undefined;
  const value = fields[r.field]?.value;
  return r.index === null ? value : Array.isArray(value) ? value[r.index] : undefined;
}

/** A value as a number to draw, or NaN. 64-bit integers lose their last digits. */
export function numberOf(value) {
  switch (typeof value) {
    case 'number': return value;
    case 'bigint': return Number(value);
    case 'boolean': return value ? 1 : 0;
  }
  return NaN;
}

export const isNumeric = (value) => ['number', 'bigint', 'boolean'].includes(typeof value);
