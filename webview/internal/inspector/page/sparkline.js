// The recent course of a figure as a small line.

const SAMPLES = 120; // 30 seconds

/** The last values of a figure, the newest last. */
export class History {
  values = [];

  push(value) {
    this.values.push(value);
    if (this.values.length > SAMPLES) this.values.shift();
  }
}

let colours;

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  colours = { accent: of('accent'), soft: of('soft'), line: of('line') };
}

/** Follows a change between light and dark. */
export function watchTheme() {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', readColours);
}

/** Canvases that can be seen: a hundred channels are drawn only while they are. */
const seen = new WeakSet();
const watcher = new IntersectionObserver((entries) => {
  for (const e of entries) {
    if (e.isIntersecting) seen.add(e.target);
    else seen.delete(e.target);
  }
});

export class Sparkline {
  constructor(canvas, history) {
    this.canvas = canvas;
    this.history = history;
    this.context = canvas.getContext('2d');
    watcher.observe(canvas);
  }

  /** From zero to the highest value; a flat line of nothing stays at the ground. */
  draw() {
    const { canvas, context } = this;
    if (!seen.has(canvas)) return;
    if (colours === undefined) readColours();
    const scale = devicePixelRatio;
    const width = Math.max(1, Math.round(canvas.clientWidth * scale));
    const height = Math.max(1, Math.round(canvas.clientHeight * scale));
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    context.clearRect(0, 0, width, height);
    const { values } = this.history;
    const top = Math.max(...values);
    const step = width / (SAMPLES - 1);
    const ground = height - scale / 2;
    const x = (i) => width - (values.length - 1 - i) * step;
    const y = (v) => (top === 0 ? ground : ground - (v / top) * (height - 2 * scale));
    context.lineWidth = scale;
    context.lineJoin = 'round';
    context.strokeStyle = colours.line;
    context.beginPath();
    context.moveTo(0, ground);
    context.lineTo(width, ground);
    context.stroke();
    if (top === 0) return;
    context.beginPath();
    values.forEach((v, i) => context.lineTo(x(i), y(v)));
    context.strokeStyle = colours.accent;
    context.lineWidth = 1.25 * scale;
    context.stroke();
    context.lineTo(width, ground);
    context.lineTo(x(0), ground);
    context.closePath();
    context.fillStyle = colours.soft;
    context.fill();
  }
}
