// The groups that a client subscribes to, and what is delivered to them.

/**
 * A group: what a client subscribes to. salindex may be "all" and stream "all" as the
 * protocol has it, and csc, salindex and stream may be "*", which matches any.
 *
 * @typedef {object} Group
 * @property {string} category  "event", "telemetry", "heartbeat" …
 * @property {string} csc
 * @property {number|string} salindex
 * @property {string} stream
 */

/**
 * One value of one stream.
 *
 * @typedef {object} Delivery
 * @property {string} category
 * @property {string} csc
 * @property {number|string} salindex  as the producer wrote it
 * @property {string} stream
 * @property {any} value         of an event usually a list of one object of fields, of telemetry the
 *                               object; a field is {value, dataType, units}
 * @property {number} at         when it came to the manager: milliseconds since 1970, by the manager's
 *                               clock; of a snapshot when it was sent by its component, if it says so
 * @property {boolean} snapshot  the last value from before the subscription
 * @property {boolean} stale     of a snapshot: its publisher has gone
 * @property {boolean} history   out of the archive
 * @property {number} [seq]      a counter of what was published to the stream, if it was asked for
 */

/**
 * Reads "category-csc-salindex-stream". A part with a hyphen in it needs the object instead.
 *
 * @param {string|Group} group
 * @returns {Group}
 */
export function parseGroup(group) {
  if (typeof group !== 'string') {
    const { category, csc, salindex, stream } = group;
    return { category, csc, salindex, stream };
  }
  const parts = group.split('-');
  if (parts.length !== 4 || parts.includes('')) {
    throw new TypeError(`"${group}" is not a group: write it as category-csc-salindex-stream, such as telemetry-ATDome-0-position`);
  }
  const [category, csc, salindex, stream] = parts;
  return { category, csc, salindex, stream };
}

/**
 * @param {Group} g
 * @returns {string} the name by which the manager calls the group
 */
export const groupName = (g) => `${g.category}-${g.csc}-${g.salindex}-${g.stream}`;

/**
 * The fields of a value: those of the (last) object of an event, or of telemetry. An object
 * without fields for anything that has none.
 *
 * @param {any} value
 * @returns {Record<string, {value: any, dataType?: string, units?: string}>}
 */
export function fieldsOf(value) {
  const one = Array.isArray(value) ? value.at(-1) : value;
  return one !== null && typeof one === 'object' ? one : {};
}

/**
 * When a component sent a value, by its own clock (private_sndStamp, which is TAI).
 *
 * @param {any} value
 * @param {number} [taiToUTC] seconds from TAI to UTC: −37
 * @returns {number|null} milliseconds since 1970, or null if the value does not say
 */
export function sentAt(value, taiToUTC = -37) {
  const stamp = fieldsOf(value).private_sndStamp?.value;
  return typeof stamp === 'number' && stamp > 0 ? (stamp + taiToUTC) * 1000 : null;
}

/**
 * Takes a message apart. A message of a whole component or category gives several.
 *
 * @param {any} message
 * @param {number} now        milliseconds since 1970, by the manager's clock
 * @param {number} [taiToUTC]
 * @returns {Delivery[]}
 */
export function deliveries(message, now, taiToUTC) {
  const all = [];
  if (!Array.isArray(message.data)) return all;
  const marks = { snapshot: message.snapshot === true, stale: message.stale === true, history: message.history === true };
  for (const item of message.data) {
    if (item === null || typeof item !== 'object' || item.data === null || typeof item.data !== 'object') continue;
    let streams = item.data;
    // The streams of a component come wrapped once more in its name.
    if (message.subscription === `${message.category}-${item.csc}-${item.salindex}-all` && isStreams(streams[item.csc])) {
      streams = streams[item.csc];
    }
    for (const [stream, value] of Object.entries(streams)) {
      let at = now;
      if (marks.history && Number.isFinite(message.recorded)) at = message.recorded * 1000;
      if (marks.snapshot) at = Math.min(sentAt(value, taiToUTC) ?? now, now);
      all.push({ category: message.category, csc: item.csc, salindex: item.salindex, stream, value, at, ...marks, seq: message.seq });
    }
  }
  return all;
}

const isStreams = (v) => v !== null && typeof v === 'object' && !Array.isArray(v);
