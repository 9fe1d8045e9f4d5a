// Files that a plot is saved as.
import { refName, refText } from './refs.js';
import { shortName } from './traces.js';

/** save lets the browser save something as a file. */
export function save(name, blob) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** cell writes a text for CSV, so that no spreadsheet takes it for a formula. */
function cell(text) {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** The samples of a span that are in memory: times in UTC, a column for each field. */
export function csvOf(refs, courses, units, from, to) {
  const rows = new Map();
  refs.forEach((ref, i) => {
    const { t, v } = courses.get(ref)?.window(from, to, Infinity) ?? { t: [], v: [] };
    for (let k = 0; k < t.length; k++) {
      if (t[k] < from || t[k] > to || Number.isNaN(v[k])) continue;
      if (!rows.has(t[k])) rows.set(t[k], new Array(refs.length).fill(''));
      rows.get(t[k])[i] = String(v[k]);
    }
  });
  const head = ['time (UTC)', ...refs.map((r, i) => refText(r) + (units[i] ? ` (${units[i]})` : ''))].map(cell);
  const lines = [...rows].sort(([a], [b]) => a - b).map(([t, values]) => [new Date(t).toISOString(), ...values].join(','));
  return [head.join(','), ...lines, ''].join('\r\n');
}

/** The chart with the names of its fields above it. */
export function pngOf(chart, refs, units, title) {
  const from = chart.u.ctx.canvas;
  const em = chart.em * devicePixelRatio;
  const style = getComputedStyle(chart.element);
  const top = Math.ceil(em * 1.8 * (refs.length + 1) + em);
  const canvas = Object.assign(document.createElement('canvas'), { width: from.width + 2 * em, height: from.height + top + em });
  const ctx = canvas.getContext('2d');
  ctx.fillStyle = style.getPropertyValue('--surface').trim();
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.fillStyle = chart.ink;
  ctx.font = `${em * 1.1}px sans-serif`;
  ctx.textBaseline = 'middle';
  ctx.fillText(title, em, em * 1.5);
  refs.forEach((r, i) => {
    const y = em * (1.5 + 1.8 * (i + 1));
    ctx.strokeStyle = chart.colours[i];
    ctx.lineWidth = em / 6;
    ctx.setLineDash((chart.u.series[i + 1].dash ?? []).map((d) => d * devicePixelRatio));
    ctx.beginPath();
    ctx.moveTo(em, y);
    ctx.lineTo(em * 3.5, y);
    ctx.stroke();
    ctx.fillText(refName(r) + (units[i] ? ` (${units[i]})` : ''), em * 4.2, y);
  });
  ctx.drawImage(from, em, top);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

/** @param {import('./refs.js').Ref[]} refs */
export const fileName = (refs, to, kind) => `${refs.slice(0, 2).map(shortName).join('-')}-${new Date(to).toISOString().slice(0, 19).replace(/[-:]/g, '')}.${kind}`;
