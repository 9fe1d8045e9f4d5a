// What is known of the fields of one component. Values change without the page being drawn again:
// each row that can be seen is written itself, once a frame.
import { signal } from '../html.js';
import { fieldsOf } from '../love-client.js';
import { client, now, onFrame } from '../store.js';
import { fieldOf, knownUnit } from '../definitions.js';
import { FieldText } from './fieldtext.js';
import { numberOf } from './refs.js';

const sparkPoints = 60;
const sparkEvery = 1000; // ms between two of them

class FieldData {
  constructor(stream, name) {
    this.stream = stream;
    this.name = name;
    this.value = undefined;
    this.changed = undefined; // when it did, in ms
    this.first = true; // whether that is only when it was first seen
    this.own = name.startsWith('private_');
    this.spark = null; // numbers, oldest first, of a field that is a number
    this.sparkAt = -Infinity;
    this.element = null; // the row, while it can be seen: {draw(field)}
    this.define();
  }

  /** define takes what the definitions say. */
  define() {
    const { csc, category, stream } = this.stream;
    this.definition = fieldOf(csc, category, stream, this.name);
    this.text = new FieldText(this.definition);
  }

  get description() { return this.definition?.description ?? ''; }
  get unit() { return knownUnit(this.units ?? this.definition?.units); }
  get isList() { return Array.isArray(this.value) || (this.value === undefined && this.definition?.count > 1 && this.definition.type_name !== 'string'); }
  get isNumeric() { return ['number', 'bigint', 'boolean'].includes(typeof this.value); }

  take(entry, at) {
    const known = entry !== null && typeof entry === 'object' && Object.hasOwn(entry, 'value');
    const value = known ? entry.value : entry;
    if (known && typeof entry.units === 'string') this.units = entry.units;
    const changed = this.changed === undefined || !same(value, this.value);
    // An event is sent because something changed; the first telemetry says nothing of that.
    if (changed) {
      this.first = this.changed === undefined && this.stream.category === 'telemetry';
      this.changed = at;
    }
    this.value = value;
    if (this.isNumeric && at - this.sparkAt >= sparkEvery * 0.9) {
      this.spark ??= [];
      this.spark.push(numberOf(value));
      if (this.spark.length > sparkPoints) this.spark.shift();
      this.sparkAt = at;
    }
    return changed;
  }
}

/** The fields of a value; one that has none is shown as it is. */
function entriesOf(value) {
  const entries = Object.entries(fieldsOf(value));
  return entries.length > 0 || value === null || (Array.isArray(value) && value.every((v) => v !== null && typeof v === 'object')) ? entries : [['value', { value }]];
}

function same(a, b) {
  if (Object.is(a, b)) return true;
  if (!Array.isArray(a) || !Array.isArray(b)) return typeof a === 'object' && typeof b === 'object' && a !== null && b !== null && String(JSON.stringify(a, plain)) === String(JSON.stringify(b, plain));
  return a.length === b.length && a.every((v, i) => Object.is(v, b[i]));
}

const plain = (_, v) => (typeof v === 'bigint' ? String(v) : v);

class StreamData {
  constructor(csc, salindex, category, stream) {
    Object.assign(this, { csc, salindex, category, stream });
    this.key = `${category} ${stream}`;
    this.fields = new Map();
    this.at = signal(undefined); // of the newest value, in ms
    this.stale = signal(false);
  }
}

/** ComponentData collects the streams of a component. */
export class ComponentData {
  constructor(csc, salindex) {
    this.csc = csc;
    this.salindex = salindex;
    /** @type {Map<string, StreamData>} */
    this.streams = new Map();
    /** signal: counted up when there are other streams or fields than before. */
    this.version = signal(0);
    this.waiting = new Map(); // the newest delivery of each stream
    this.seen = new Set(); // the fields whose rows can be seen
    this.dirty = new Set();
    this.offs = ['telemetry', 'event'].map((category) => client.subscribe({ category, csc, salindex, stream: '*' }, (d) => this.hold(d), { snapshot: true, maxRate: 4 }));
    this.clock = now.subscribe(() => this.age());
  }

  end() {
    this.offs.forEach((off) => off());
    this.clock();
    this.waiting.clear();
  }

  hold(d) {
    if (d.stream === 'heartbeat' && d.category === 'event') return; // means nothing but itself, which the head shows
    this.waiting.set(`${d.category} ${d.stream}`, d);
    onFrame(this, () => this.take());
  }

  /** stream returns what is known of one. */
  stream(category, name) {
    const key = `${category} ${name}`;
    let s = this.streams.get(key);
    if (!s) {
      this.streams.set(key, s = new StreamData(this.csc, this.salindex, category, name));
      this.version.value++;
    }
    return s;
  }

  take() {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const d of all) {
      const s = this.stream(d.category, d.stream);
      s.at.value = d.at;
      s.stale.value = d.stale;
      for (const [name, entry] of entriesOf(d.value)) {
        let f = s.fields.get(name);
        if (!f) {
          s.fields.set(name, f = new FieldData(s, name));
          this.version.value++;
        }
        const list = f.isList;
        f.take(entry, d.at);
        if (list !== f.isList) this.version.value++;
        if (f.element) this.dirty.add(f);
      }
    }
    this.draw();
  }

  /** define takes definitions that came later than the values. */
  define() {
    for (const s of this.streams.values()) for (const f of s.fields.values()) f.define();
    this.version.value++;
  }

  draw() {
    for (const f of this.dirty) f.element?.draw(f);
    this.dirty.clear();
  }

  /** age writes how long ago, once a second. */
  age() {
    for (const f of this.seen) f.element?.age(f);
  }
}
