// Numbered messages, as message.go makes and checks them, and the order check of sequence.go.

export const HEAD = 12;
const LAST = 0x80000000;

/** A small generator of random numbers: mulberry32. */
export function generator(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, below: (n) => Math.floor(next() * n) };
}

export function makePool(random, bytes) {
  const pool = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i++) pool[i] = random.below(256);
  return pool;
}

function checksum(n, bytes, from) {
  let sum = (Math.imul(n, 31) + bytes.length - from) | 0;
  for (let i = from; i < bytes.length; i++) sum = (Math.imul(sum, 31) + bytes[i]) | 0;
  return sum >>> 0;
}

export function makeRaw(pool, random, stream, n, size, last) {
  const m = new Uint8Array(HEAD + size);
  const from = random.below(pool.length - size + 1);
  m.set(pool.subarray(from, from + size), HEAD);
  const words = new DataView(m.buffer);
  words.setUint32(0, last ? (stream | LAST) >>> 0 : stream, true);
  words.setUint32(4, n, true);
  words.setUint32(8, checksum(n, m, HEAD), true);
  return m;
}

/** Makes the checksum right again. */
export function seal(m) {
  const words = new DataView(m.buffer);
  words.setUint32(8, checksum(words.getUint32(4, true), m, HEAD), true);
}

const word = (m, at) => (m[at] | (m[at + 1] << 8) | (m[at + 2] << 16) | (m[at + 3] << 24)) >>> 0;

/** Checks all but the number. */
export function readRaw(m, stream) {
  if (m.length < HEAD) return { n: -1, last: false, error: `a message of ${m.length} bytes` };
  const own = word(m, 0);
  const n = word(m, 4);
  let error = '';
  if ((own & ~LAST) >>> 0 !== stream) error = `message ${n} of stream ${(own & ~LAST) >>> 0}`;
  else if (checksum(n, m, HEAD) !== word(m, 8))
    error = `message ${n} of ${m.length} bytes: the checksum is wrong`;
  return { n, last: (own & LAST) !== 0, error };
}

function textSum(n, text) {
  let sum = (Math.imul(n, 31) + text.length) | 0;
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) | 0;
  return sum >>> 0;
}

export function makeText(random, w, n, size, last) {
  let t = '';
  while (t.length < size)
    t += 'aZ 0"\\\n\u2028ä€漢🚀xyz'.slice(random.below(6), 6 + random.below(8));
  t = t.toWellFormed?.() ?? t.replace(/[\ud800-\udfff]/g, '?');
  return { w, n, s: textSum(n, t), t, last };
}

export function readText(m, stream) {
  let error = '';
  if (m.w !== stream) error = `message ${m.n} of stream ${m.w}`;
  else if (textSum(m.n, m.t) !== m.s) error = `message ${m.n}: the checksum is wrong`;
  return { n: m.n, last: m.last, error };
}

/** What is missing may still come: then it is reordered, not lost. */
export class Sequence {
  next = 0;
  missing = new Set();
  duplicated = 0;
  reordered = 0;

  /** What is wrong with the number of the message that has come; '' if nothing is. */
  take(n) {
    const due = this.next;
    if (n === due) {
      this.next++;
      return '';
    }
    if (this.missing.delete(n)) {
      this.reordered++;
      return `message ${n} after ${due - 1}`;
    }
    if (n < due) {
      this.duplicated++;
      return `message ${n} once more, where ${due} is due`;
    }
    if (n - due > 10_000)
      return `message ${n} where ${due} is due, which is no message of this stream`;
    for (; this.next < n; this.next++) this.missing.add(this.next);
    this.next++;
    return `message ${n} where ${due} is due`;
  }

  get disorder() {
    return { lost: this.missing.size, duplicated: this.duplicated, reordered: this.reordered };
  }
}
