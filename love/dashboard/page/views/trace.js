// The course of one field, in bounded memory.

const least = 1024;
const most = 32768; // points; then the older half is thinned out

/**
 * Points in the order of their times (milliseconds since 1970). A value that is NaN is a gap.
 */
export class Trace {
  constructor() {
    this.t = new Float64Array(least);
    this.v = new Float64Array(least);
    this.n = 0;
  }

  get first() { return this.n > 0 ? this.t[0] : Infinity; }
  get last() { return this.n > 0 ? this.t[this.n - 1] : -Infinity; }

  push(t, v) {
    if (this.n === this.t.length) this.room();
    // Times do not run backwards, also if the estimate of the manager's clock does.
    this.t[this.n] = Math.max(t, this.last);
    this.v[this.n++] = v;
  }

  room() {
    if (this.n < most) {
      for (const key of ['t', 'v']) {
        const larger = new Float64Array(this.n * 2);
        larger.set(this[key]);
        this[key] = larger;
      }
      return;
    }
    const half = this.n / 2;
    const old = extremes(this.t, this.v, 0, half, half / 4);
    const rest = { t: this.t.slice(half), v: this.v.slice(half) };
    this.n = 0;
    for (const part of [old, rest]) {
      this.t.set(part.t, this.n);
      this.v.set(part.v, this.n);
      this.n += part.t.length;
    }
  }

  /** replaceBefore puts points in place of all that are older than a time. */
  replaceBefore(time, points) {
    const from = this.at(time);
    const rest = { t: this.t.slice(from, this.n), v: this.v.slice(from, this.n) };
    this.n = 0;
    for (let i = 0; i < points.t.length; i++) if (points.t[i] < time) this.push(points.t[i], points.v[i]);
    for (let i = 0; i < rest.t.length; i++) this.push(rest.t[i], rest.v[i]);
  }

  /** dropBefore forgets what is older, but for the last value before. */
  dropBefore(time) {
    const from = this.at(time) - 1;
    if (from < least) return; // it is worth moving only so many
    this.t.copyWithin(0, from, this.n);
    this.v.copyWithin(0, from, this.n);
    this.n -= from;
  }

  /** cut forgets what is as old as a time or newer. */
  cut(time) { this.n = this.at(time); }

  /** at returns the index of the first point at or after a time. */
  at(time) {
    let low = 0;
    let high = this.n;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.t[mid] < time) low = mid + 1;
      else high = mid;
    }
    return low;
  }

  /**
   * The points of a span, with one more to each side, so that lines reach the edges; of many,
   * the extremes of each of a number of buckets.
   *
   * @returns {{t: number[]|Float64Array, v: number[]|Float64Array}}
   */
  window(from, to, buckets) {
    const a = Math.max(0, this.at(from) - 1);
    const b = Math.min(this.n, this.at(to) + 1);
    if (b - a > buckets * 4) return extremes(this.t, this.v, a, b, buckets);
    return { t: this.t.subarray(a, b), v: this.v.subarray(a, b) };
  }
}

/** extremes returns the least and the largest value of each bucket, with their times. */
function extremes(ts, vs, a, b, buckets) {
  const t = [];
  const v = [];
  const width = (ts[b - 1] - ts[a]) / buckets || 1;
  let i = a;
  while (i < b) {
    const end = Math.max(ts[i], ts[a] + (Math.floor((ts[i] - ts[a]) / width) + 1) * width);
    let low = i;
    let high = i;
    let gap = -1;
    let j = i;
    for (; j < b && (ts[j] < end || j === i); j++) {
      if (Number.isNaN(vs[j])) gap = j;
      else {
        if (!(vs[j] >= vs[low])) low = j;
        if (!(vs[j] <= vs[high])) high = j;
      }
    }
    for (const k of [...new Set([low, high, ...(gap < 0 ? [] : [gap])])].sort((x, y) => x - y)) {
      t.push(ts[k]);
      v.push(vs[k]);
    }
    i = j;
  }
  return { t, v };
}

/**
 * The points of a series as the manager's history has it. A bin becomes its extremes, in the
 * order in which the course goes through them.
 *
 * @param {{samples?: object[], bins?: object[], every?: number}} series
 * @param {(value: any) => number} number
 */
export function pointsOf({ samples, bins, every }, number) {
  const t = [];
  const v = [];
  const add = (time, value) => {
    t.push(time);
    v.push(value);
  };
  for (const s of samples ?? []) add(Date.parse(s.time), number(s.value));
  (bins ?? []).forEach((b, i) => {
    const start = Date.parse(b.start);
    if (b.min === null) {
      add(start + every * 500, NaN);
      return;
    }
    if (b.min === b.max) {
      add(start + every * 500, b.min);
      return;
    }
    const next = bins[i + 1]?.mean ?? b.last ?? b.mean;
    const before = bins[i - 1]?.mean ?? b.mean;
    const rising = next - before >= 0;
    add(start + every * 250, rising ? b.min : b.max);
    add(start + every * 750, rising ? b.max : b.min);
  });
  return { t, v };
}
