// Where the courses of a plot come from: their past from the history, the rest live.
//
// A subscription begins with the last minute out of the archive and goes on live, in order and
// without a gap: the manager sees to that. What is older comes from the history's series, up to the
// first message of that minute. So no sample is missing at the seams, and none is there twice.
import { fieldsOf, groupName } from '../love-client.js';
import { api, client, session } from '../store.js';
import { fieldName, numberOf, refText, valueOf } from './refs.js';
import { Trace, pointsOf } from './trace.js';

const seam = 60; // seconds that the subscription begins with
const points = 1200; // of a series: about one for each pixel
const maxFields = 20; // of one request

/** The rate that a screen can show of a span in seconds. */
const rateFor = (span) => (span <= 300 ? 10 : span <= 1800 ? 5 : 2);

/** A field in plots. */
class Course {
  constructor(ref) {
    this.ref = ref;
    this.key = refText(ref);
    this.trace = new Trace();
    /** What was asked for of a span that is looked at closely: {from, to, trace}. */
    this.detail = null;
    this.value = undefined; // the newest
    this.unit = undefined; // as it was delivered
    this.numeric = undefined; // whether the newest is a number
  }

  take(d, fields) {
    const value = valueOf(this.ref, fields);
    this.value = value;
    if (Object.hasOwn(fields, this.ref.field)) this.unit = fields[this.ref.field]?.units;
    this.numeric = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
    // A component that went away leaves a gap, and not a line to its next value.
    if (this.ref.category === 'telemetry' && this.gap > 0 && d.at - this.trace.last > this.gap) this.trace.push(d.at - 1, NaN);
    this.trace.push(d.at, numberOf(value));
  }

  /** window returns the points of a span. */
  window(from, to, buckets) {
    const { detail } = this;
    if (!detail || from < detail.from - 1 || from > detail.to) return this.trace.window(from, to, buckets);
    if (to <= detail.to + 1) return detail.trace.window(from, to, buckets);
    const a = detail.trace.window(from, detail.to, buckets);
    const b = this.trace.window(detail.to, to, buckets);
    const skip = b.t.findIndex((t) => t > detail.to);
    if (skip < 0) return a;
    return { t: [...a.t, ...b.t.slice(skip)], v: [...a.v, ...b.v.slice(skip)] };
  }
}

/** The courses of all plots of a page. */
export class Courses {
  /**
   * @param {() => void} changed is called when something new came
   */
  constructor(changed) {
    this.changed = changed;
    /** @type {Map<string, Course>} */
    this.all = new Map();
    this.groups = new Map(); // by stream
    this.span = 3600;
    /** Why there is no past: null if there is. */
    this.trouble = null;
  }

  /** set says which fields are wanted, and how many seconds of them. */
  set(refs, span) {
    const wanted = new Map(refs.map((r) => [refText(r), r]));
    const longer = span > this.span;
    const rate = rateFor(span) !== rateFor(this.span);
    this.span = span;
    for (const [key, course] of this.all) if (!wanted.has(key)) this.drop(course);
    const changed = new Set();
    for (const [key, ref] of wanted) {
      if (!this.all.has(key)) changed.add(this.join(ref));
    }
    for (const group of this.groups.values()) {
      if (changed.has(group) || rate || longer) group.begin();
    }
  }

  join(ref) {
    const course = new Course(ref);
    this.all.set(course.key, course);
    const key = JSON.stringify([ref.category, ref.csc, ref.salindex, ref.stream]);
    let group = this.groups.get(key);
    if (!group) this.groups.set(key, group = new Group(this, ref));
    group.courses.add(course);
    return group;
  }

  drop(course) {
    this.all.delete(course.key);
    for (const [key, group] of this.groups) {
      if (!group.courses.delete(course) || group.courses.size > 0) continue;
      group.end();
      this.groups.delete(key);
    }
  }

  get(ref) { return this.all.get(refText(ref)); }

  /** look asks for a span of the past as closely as the screen shows it. */
  async look(from, to) {
    this.looking?.abort();
    const stop = this.looking = new AbortController();
    await Promise.all([...this.groups.values()].map((g) => g.look(from, to, stop.signal)));
    if (!stop.signal.aborted) this.changed();
  }

  end() {
    this.looking?.abort();
    for (const group of this.groups.values()) group.end();
    this.groups.clear();
    this.all.clear();
  }
}

/** The courses of one stream, which share a subscription. */
class Group {
  constructor(courses, { category, csc, salindex, stream }) {
    this.owner = courses;
    Object.assign(this, { category, csc, salindex, stream });
    this.courses = new Set();
    this.off = null;
    this.asking = null;
    this.loading = false;
  }

  begin() {
    this.off?.();
    const { category, csc, salindex, stream } = this;
    this.off = client.subscribe({ category, csc, salindex, stream }, (d) => this.take(d),
      { snapshot: true, history: seam, maxRate: rateFor(this.owner.span), onStart: () => this.start() });
  }

  /** start waits for the first message: what is older is asked for then. */
  start() {
    this.asking?.abort();
    this.asking = new AbortController();
    this.seam = undefined;
    clearTimeout(this.timer);
    // A stream on which nothing comes has a past all the same.
    this.timer = setTimeout(() => { if (this.seam === undefined) this.meet(client.now()); }, 2000);
  }

  take(d) {
    const fields = fieldsOf(d.value);
    if (this.seam === undefined) this.names = new Set(Object.keys(fields));
    // The last value of long ago belongs to the time before the seam, which the series has.
    if (this.seam === undefined) this.meet(d.snapshot ? Math.max(d.at, client.now() - seam * 1000) : d.at);
    for (const course of this.courses) {
      // What came by the subscription's past is not to be added by its snapshot again.
      if (d.snapshot && course.trace.n > 0 && d.at <= course.trace.last) {
        if (course.value === undefined) course.take({ at: course.trace.last }, fields);
        continue;
      }
      course.gap = this.gap;
      course.take(d, fields);
      course.trace.dropBefore(client.now() - (this.owner.span + 600) * 1000);
    }
    if (!d.snapshot) this.pace(d.at);
    this.owner.changed();
  }

  /** pace learns how often messages come, in order to tell a gap. */
  pace(at) {
    if (this.before !== undefined && at > this.before) {
      const step = at - this.before;
      this.usual = this.usual === undefined ? step : this.usual + (Math.min(step, 4 * this.usual) - this.usual) / 8;
      this.gap = Math.max(10_000, 10 * this.usual);
    }
    this.before = at;
  }

  /** meet joins the past, up to a time, with what comes from then on. */
  meet(time) {
    this.seam = time;
    clearTimeout(this.timer);
    for (const course of this.courses) course.trace.cut(time); // it comes once more
    this.load(time - this.owner.span * 1000, time, this.asking.signal);
  }

  async load(from, to, signal) {
    this.loading = true;
    for (let wait = 1000; ; wait = Math.min(2 * wait, 30_000)) {
      try {
        const found = await this.series(from, to - 0.5, signal);
        for (const [course, past] of found) {
          // An event that is older than the span has no past in it, but a value.
          if (past.t.length > 0) course.trace.replaceBefore(to, past);
        }
        this.owner.trouble = null;
        break;
      } catch (e) {
        if (signal.aborted) return;
        if (![0, 429, 502, 503, 504].includes(e.status)) {
          this.owner.trouble = e;
          break;
        }
        this.owner.trouble = e;
        this.owner.changed();
        await new Promise((resolve) => setTimeout(resolve, wait));
        if (signal.aborted) return;
      }
    }
    this.loading = false;
    this.owner.changed();
  }

  async look(from, to, signal) {
    try {
      const end = Math.min(to, client.now());
      if (end <= from) return;
      const found = await this.series(from, end, signal);
      for (const [course, past] of found) {
        const trace = new Trace();
        past.t.forEach((t, i) => trace.push(t, past.v[i]));
        // Without a record of that time, what is in memory is better than nothing.
        // The last second may not be in the archive yet: it comes from memory.
        course.detail = trace.n > 0 ? { from, to: trace.last, trace } : null;
      }
    } catch {
      // What is known less closely is shown.
    }
  }

  /** series returns the past of each course that has one. */
  async series(from, to, signal) {
    const found = [];
    if (!(await hasPast(this, signal))) return found;
    // A comma separates names there; and nobody recorded what the stream does not have.
    const all = [...this.courses].filter(({ ref }) => !ref.field.includes(',') && (!this.names || this.names.has(ref.field)));
    const topic = this.category === 'event' ? `logevent_${this.stream}` : this.stream;
    const ask = async (some) => {
      const query = new URLSearchParams({ csc: this.csc, salindex: this.salindex, topic, from: seconds(from), to: seconds(to), points });
      for (const { ref } of some) query.append('field', ref.index === null ? ref.field : `${ref.field}${ref.index}`);
      try {
        const answer = await api(`history/series/?${query}`, { signal });
        answer.series.forEach((s, k) => found.push([some[k], pointsOf(s, numberOf)]));
      } catch (e) {
        if (e.status !== 404) throw e;
        // The history does not know one of the fields: the others have a past all the same.
        if (some.length > 1) for (const one of some) await ask([one]);
      }
    };
    for (let i = 0; i < all.length; i += maxFields) await ask(all.slice(i, i + maxFields));
    return found;
  }

  end() {
    this.off?.();
    this.off = null;
    this.asking?.abort();
    clearTimeout(this.timer);
  }
}

/** hasPast asks whether the history has a stream, so that nothing is asked for that is not there. */
async function hasPast({ category, csc, salindex, stream }, signal) {
  if (!session.peek()?.rights.history) return false;
  const { streams } = await api(`history/streams/?${new URLSearchParams({ csc })}`, { signal });
  // An EFD does not list instances.
  return streams.some(({ group }) => [salindex, 'all'].some((index) => group === groupName({ category, csc, salindex: index, stream })));
}

const seconds = (ms) => (ms / 1000).toFixed(4);

/** For the names of files. */
export const shortName = (ref) => `${ref.csc}-${fieldName(ref)}`.replace(/[^\w.-]+/g, '_').slice(0, 60);
