// Canvases in device pixels, and what is drawn on them.

import { COLUMN, COLUMNS } from './telemetry.js';

const GUTTER = 38; // for the range of a plot

let colours;

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ['accent', 'soft', 'half', 'line', 'track', 'muted', 'alarm'];
  colours = { font: style.fontFamily };
  for (const name of names) colours[name] = of(name);
}
addEventListener('themechange', readColours);

/** A canvas whose pixels are the screen's. */
class Surface {
  #fresh = true;

  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.changed = () => {
      this.#fresh = true;
    };
    new ResizeObserver(this.changed).observe(canvas);
    addEventListener('themechange', this.changed);
  }

  /** Clears it and gives its size; the unit is the device's pixel. */
  begin() {
    const { canvas, context } = this;
    const scale = devicePixelRatio;
    if (this.#fresh || this.scale !== scale) {
      this.#fresh = false;
      this.scale = scale;
      this.width = Math.max(1, Math.round(canvas.clientWidth * scale));
      this.height = Math.max(1, Math.round(canvas.clientHeight * scale));
      canvas.width = this.width;
      canvas.height = this.height;
      if (colours === undefined) readColours();
    }
    context.clearRect(0, 0, this.width, this.height);
    return context;
  }
}

/** One signal over time, the newest at the right. */
export class Plot extends Surface {
  constructor(canvas, signal) {
    super(canvas);
    this.signal = signal;
  }

  /** head is the number of the newest sample of all signals, so that the plots move together. */
  draw(head) {
    const context = this.begin();
    const { width, height, scale, signal } = this;
    const { min, max } = signal.about;
    const gutter = Math.round(GUTTER * scale);
    const pad = Math.round(9 * scale);
    const unit = (height - 2 * pad) / (max - min);
    const y = (v) => pad + (max - v) * unit;
    this.#axis(context, gutter, y);
    const newest = Math.floor(head / COLUMN);
    const step = (width - gutter) / COLUMNS;
    const right = width - step * (head / COLUMN - newest);
    // One outline around the extremes of all columns in a row: far cheaper than a stroke.
    const ink = 0.6 * scale;
    context.fillStyle = colours.accent;
    context.beginPath();
    let from = newest - COLUMNS;
    for (let column = from; column <= newest + 1; column++) {
      const at = signal.indexOf(column);
      if (at >= 0) {
        context.lineTo(right - (newest - column) * step, y(this.#joined(column, at, 1)) - ink);
        continue;
      }
      for (let back = column - 1; back >= from; back--) {
        const below = signal.indexOf(back);
        context.lineTo(right - (newest - back) * step, y(this.#joined(back, below, -1)) + ink);
      }
      context.closePath();
      from = column + 1;
    }
    context.fill();
  }

  /** The range, and a hair in its middle. */
  #axis(context, gutter, y) {
    const { width, scale, signal } = this;
    const { min, max } = signal.about;
    const hair = Math.max(1, Math.round(scale));
    context.fillStyle = colours.line;
    context.fillRect(gutter, Math.round(y((min + max) / 2)), width - gutter, hair);
    context.fillStyle = colours.muted;
    context.font = `${10 * scale}px ${colours.font}`;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const v of [min, max])
      context.fillText(String(v).replace('-', '−'), gutter - 8 * scale, y(v));
  }

  /**
   * The extreme of a column on that side, or the near one of the column before where that lies
   * outside, so that a steep line is not torn.
   */
  #joined(column, at, side) {
    const { low, high } = this.signal;
    const before = this.signal.indexOf(column - 1);
    if (side > 0) return before < 0 ? high[at] : Math.max(high[at], low[before]);
    return before < 0 ? low[at] : Math.min(low[at], high[before]);
  }
}

/** A short history under a figure. */
export class Line extends Surface {
  values = [];

  constructor(canvas, kept) {
    super(canvas);
    this.kept = kept;
  }

  push(value) {
    this.values.push(value);
    if (this.values.length > this.kept) this.values.shift();
    this.draw();
  }

  draw() {
    const context = this.begin();
    const { width, height, scale, values, kept } = this;
    const base = height - Math.max(1, Math.round(scale));
    context.fillStyle = colours.line;
    context.fillRect(0, base, width, height - base);
    if (values.length === 0) return;
    const top = Math.max(...values) || 1;
    const step = width / (kept - 1);
    const left = width - (values.length - 1) * step;
    const y = (v) => base - (v / top) * (base - scale);
    context.beginPath();
    values.forEach((v, i) => {
      context.lineTo(left + i * step, y(v));
    });
    context.strokeStyle = colours.accent;
    context.lineWidth = 1.25 * scale;
    context.lineJoin = 'bevel';
    context.stroke();
    context.lineTo(width, base);
    context.lineTo(left, base);
    context.fillStyle = colours.soft;
    context.fill();
  }
}

/** The file as a row of pieces: on their way, arrived, compared. */
export class Bar extends Surface {
  draw(file, bytes, verdicts) {
    const context = this.begin();
    const { width, height, scale } = this;
    const gap = width / file.pieces >= 5 * scale ? Math.round(2 * scale) : 0;
    const edge = (share) => Math.round(share * (width + gap));
    const paint = (from, to, colour) => {
      const x = edge(from);
      context.fillStyle = colour;
      context.fillRect(x, 0, Math.max(0, edge(to) - gap - x), height);
    };
    const size = Math.max(file.size, 1);
    const arrived = file.size === 0 ? 1 : bytes / size;
    for (let piece = 0; piece < file.pieces; piece++) {
      const from = (piece * file.pieceBytes) / size;
      const to = Math.min(1, ((piece + 1) * file.pieceBytes) / size);
      paint(from, to, colours.track);
      const verdict = verdicts[piece];
      if (verdict !== undefined) paint(from, to, verdict ? colours.accent : colours.alarm);
      else if (arrived > from) paint(from, Math.min(to, arrived), colours.half);
    }
  }
}
