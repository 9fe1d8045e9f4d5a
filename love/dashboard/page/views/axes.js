// Where a plot has its ticks, and how they are written. Times are UTC, in milliseconds.

const steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The times of the ticks between two, at most so many. */
export function timeTicks(from, to, most) {
  const step = 1000 * (steps.find((s) => (to - from) / (1000 * s) <= most) ?? 86400 * Math.ceil((to - from) / (86_400_000 * most)));
  const all = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) all.push(t);
  return all;
}

/** The texts of ticks; midnight is a date. */
export function timeTexts(ticks) {
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 1000;
  const end = step >= 60_000 ? 16 : step >= 1000 ? 19 : 23;
  return ticks.map((t) => {
    const d = new Date(t);
    if (t % 86_400_000 === 0) return `${months[d.getUTCMonth()]} ${d.getUTCDate()}`;
    return d.toISOString().slice(11, end);
  });
}

/** The texts of the ticks of a vertical axis: as many decimals as the step needs. */
export function valueTexts(ticks, choices) {
  const step = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) : 1;
  const largest = Math.max(...ticks.map(Math.abs));
  if (choices) return ticks.map((t) => choices.find((c) => c.number === t)?.name ?? '');
  if (largest >= 1e7 || (largest > 0 && largest < 1e-4)) return ticks.map((t) => (t === 0 ? '0' : t.toExponential(1).replaceAll('-', '−')));
  let decimals = 0;
  while (decimals < 8 && Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) > 1e-6 * step * 10 ** decimals) decimals++;
  return ticks.map((t) => t.toFixed(decimals).replace(/^-(?=.*[1-9])/, '−').replace(/^-/, ''));
}

/** The span that an axis shows of values between two: some room, and never nothing. */
export function padded(low, high) {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const room = (high - low) * 0.08;
  const least = Math.max(Math.abs(low), Math.abs(high)) * 1e-6 || 1e-9;
  if (room < least) {
    const half = low === high ? Math.abs(low) * 0.01 || 1 : least * 10;
    return [low - half, high + half];
  }
  return [low - room, high + room];
}

/**
 * Brings courses together on one axis of times, as uPlot wants them: null is a gap, undefined a
 * time of another course.
 *
 * @param {{t: ArrayLike<number>, v: ArrayLike<number>}[]} all
 * @returns {any[][]} times, and the values of each
 */
export function joined(all) {
  if (all.length === 1) return [Array.from(all[0].t), Array.from(all[0].v, (v) => (Number.isFinite(v) ? v : null))];
  const times = [...new Set(all.flatMap((c) => Array.from(c.t)))].sort((a, b) => a - b);
  return [times, ...all.map(({ t, v }) => {
    const values = new Array(times.length);
    let i = 0;
    for (let k = 0; k < t.length; k++) {
      while (times[i] < t[k]) i++;
      values[i] = Number.isFinite(v[k]) ? v[k] : null;
    }
    return values;
  })];
}
