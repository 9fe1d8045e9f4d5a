// How values, times and durations are written. All give texts, never markup.

const maxElements = 8; // of a list that is shown in one line

/**
 * A value of a field. Floats have as many digits as tell them from their neighbours of 32 bits;
 * integers have all.
 *
 * @param {any} value
 * @returns {string}
 */
export function formatValue(value) {
  switch (typeof value) {
    case 'number': return formatNumber(value);
    case 'bigint': return String(value);
    case 'boolean': return value ? 'yes' : 'no';
    case 'string': return value;
    case 'undefined': return '–';
  }
  if (value === null) return '–';
  if (Array.isArray(value)) {
    const shown = value.slice(0, maxElements).map(formatValue).join(', ');
    return value.length > maxElements ? `${shown} … (${value.length})` : `${shown}`;
  }
  return JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? String(v) : v));
}

/** @param {number} n */
export function formatNumber(n) {
  if (Number.isNaN(n)) return 'NaN';
  if (!Number.isFinite(n)) return n > 0 ? '∞' : '−∞';
  if (Number.isInteger(n) && Math.abs(n) < 1e15) return String(n).replace('-', '−');
  const size = Math.abs(n);
  const text = size >= 1e7 || size < 1e-4 ? n.toExponential(4) : String(Number(n.toPrecision(7)));
  return text.replaceAll('-', '−');
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * How long ago, short: "3 s", "5 min", "2 h", "4 d".
 * @param {number|null|undefined} ms
 */
export function formatAge(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return '–';
  if (ms < minute) return `${Math.floor(ms / 1000)} s`;
  if (ms < hour) return `${Math.floor(ms / minute)} min`;
  if (ms < 2 * day) return `${Math.floor(ms / hour)} h`;
  return `${Math.floor(ms / day)} d`;
}

/**
 * A duration for people: "45 s", "3 min 5 s", "2 h".
 * @param {number} seconds
 */
export function formatDuration(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return parted(Math.floor(s / 60), 'min', s % 60, 's');
  return parted(Math.floor(s / 3600), 'h', Math.floor((s % 3600) / 60), 'min');
}

const parted = (n, unit, more, smaller) => `${n} ${unit}${more > 0 ? ` ${more} ${smaller}` : ''}`;

/** The time of day in UTC, hh:mm:ss. @param {number} ms since 1970 */
export function formatTime(ms) {
  const d = new Date(ms);
  return Number.isNaN(d.getTime()) ? '–' : d.toISOString().slice(11, 19);
}

/** Date and time in UTC, "2026-03-14 01:59:26". @param {number} ms since 1970 */
export function formatDateTime(ms) {
  const d = new Date(ms);
  return Number.isNaN(d.getTime()) ? '–' : d.toISOString().slice(0, 19).replace('T', ' ');
}

/** A size in bytes: "12.3 KiB". @param {number} n */
export function formatBytes(n) {
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (n < 1024 || unit === 'GiB') return `${unit === 'B' ? n : n.toFixed(1)} ${unit}`;
    n /= 1024;
  }
  return '';
}

/** A count with thousands apart: "12 345". @param {number} n */
export const formatCount = (n) => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, '\u2009');
