// Figures as short texts of a steady width.

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** A whole number with its thousands apart. */
export const number = (n) => grouped.format(n);

/** Three digits at least, four at most. */
function short(n) {
  if (n >= 100 || Number.isInteger(n)) return grouped.format(n);
  return n.toFixed(n >= 10 ? 1 : 2);
}

function scaled(n, step, units) {
  let i = 0;
  for (; n >= step * 0.9995 && i < units.length - 1; i++) n /= step;
  return [short(i === 0 ? Math.round(n) : n), units[i]];
}

/** A number and the letter for its size. Below 1 it is a rate of something rare. */
export function count(n) {
  if (n > 0 && n < 10) return [n.toFixed(1), ''];
  return n < 10_000 ? [number(n), ''] : scaled(n, 1000, ['', 'k', 'M', 'G']);
}

/** A number of bytes and its unit. */
export const bytes = (n) => scaled(n, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);

/** Nanoseconds. */
export function duration(ns) {
  const ms = ns / 1e6;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 59.95) return `${Number.isInteger(s) ? s : s.toFixed(1)} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min ${Math.floor(s % 60)} s`;
  return `${Math.floor(min / 60)} h ${min % 60} min`;
}
