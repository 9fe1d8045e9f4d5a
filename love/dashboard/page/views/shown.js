// What plots show, as the address has it: p=FIELD,FIELD for each plot, span=SECONDS while they
// are live, from= and to= in milliseconds while they are held.
import { defaultSpan } from './plots.js';
import { parseRef, refText } from './refs.js';

const maxSpan = 86_400;
const maxHeld = 31 * 86_400_000;

/** @param {URLSearchParams} params @returns {import('./plots.js').Shown} */
export function readShown(params) {
  const plots = params.getAll('p').slice(0, 12).map((p) => p.split(',').map(parseRef).filter(Boolean).slice(0, 8)).filter((refs) => refs.length > 0);
  const span = Number(params.get('span'));
  const [from, to] = [Number(params.get('from')), Number(params.get('to'))];
  const held = from > 0 && to > from && to - from <= maxHeld && Number.isFinite(new Date(to).getTime());
  return { plots: distinct(plots), span: span >= 10 && span <= maxSpan ? span : defaultSpan, range: held ? { from, to } : null };
}

/** A field is in one plot once. */
const distinct = (plots) => plots.map((refs) => refs.filter((r, i) => refs.findIndex((o) => refText(o) === refText(r)) === i));

/** @param {import('./plots.js').Shown} shown @returns {[string, string][]} parameters of an address */
export function writeShown({ plots, span, range }) {
  const all = plots.map((refs) => ['p', refs.map(refText).join()]);
  if (span !== defaultSpan) all.push(['span', String(span)]);
  if (range) all.push(['from', String(range.from)], ['to', String(range.to)]);
  return all;
}
