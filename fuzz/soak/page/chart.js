// Draws what the run has seen.

const { title, note, samples, rows, labels } = await tailrace.invoke('drawing', {});
document.querySelector('h1').textContent = title;
document.querySelector('p').textContent = note;

const WIDTH = 562,
  HEIGHT = 176,
  LEFT = 52,
  BOTTOM = 20,
  TOP = 6;
const end = Math.max(1, ...samples.map((s) => s.at));
const minutes = end > 180;
const BLUE = '#1f6feb',
  ORANGE = '#d9730d',
  GREEN = '#1a7f4b',
  GREY = '#98a1ad';

/** A round step that gives about four lines. */
function step(most) {
  const raw = most / 4,
    power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 2.5, 5, 10].map((f) => f * power).find((s) => s >= raw);
}
const short = (v) => (v >= 1e6 ? `${v / 1e6} M` : v >= 1e4 ? `${v / 1e3} k` : `${+v.toFixed(2)}`);

function panel(name, unit, lines, marks = []) {
  const most = Math.max(1e-9, ...lines.flatMap((l) => l.points.map((p) => p[1] ?? 0)));
  const grid = step(most),
    top = Math.ceil(most / grid) * grid;
  const x = (t) => LEFT + (t / end) * (WIDTH - LEFT - 4);
  const y = (v) => TOP + (1 - v / top) * (HEIGHT - TOP - BOTTOM);
  let svg = '';
  for (let v = 0; v <= top + grid / 2; v += grid) {
    svg +=
      `<line x1="${LEFT}" x2="${WIDTH - 4}" y1="${y(v)}" y2="${y(v)}" stroke="var(--grid)"/>` +
      `<text x="${LEFT - 6}" y="${y(v) + 4}" text-anchor="end">${short(v)}</text>`;
  }
  const dt = step(minutes ? end / 60 : end) * (minutes ? 60 : 1);
  for (let t = 0; t <= end; t += dt) {
    const time = `${+(minutes ? t / 60 : t).toFixed(1)} ${minutes ? 'min' : 's'}`;
    svg += `<text x="${x(t)}" y="${HEIGHT - 4}" text-anchor="middle">${time}</text>`;
  }
  for (const t of marks)
    svg +=
      `<line x1="${x(t)}" x2="${x(t)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" ` +
      'stroke="#d1242f" stroke-opacity=".35"/>';
  for (const { color, points } of lines) {
    let path = '',
      pen = 'M';
    for (const [t, v] of points) {
      if (v === undefined) {
        pen = 'M';
        continue;
      }
      path += `${pen}${x(t).toFixed(1)} ${y(v).toFixed(1)}`;
      pen = 'L';
    }
    svg +=
      `<path d="${path}" fill="none" stroke="${color}" stroke-width="1.5" ` +
      'stroke-linejoin="round"/>';
  }
  const key =
    lines.map((l) => `<span><i style="background:${l.color}"></i>${l.name}</span>`).join('') +
    (marks.length > 0
      ? '<span><i style="background:#d1242f;opacity:.5"></i>a web process killed</span>'
      : '');
  const section = document.createElement('section');
  section.innerHTML =
    `<h2>${name}, ${unit}</h2><div class="key">${key}</div>` +
    `<svg width="${WIDTH}" height="${HEIGHT}">${svg}</svg>`;
  document.querySelector('main').append(section);
}

const line = (name, color, value, of = samples) => ({
  name,
  color,
  points: of.map((s, i) => [s.at, value(s, of[i - 1])]),
});
/** What has grown in a second, over the last five. */
const rate = (name, color, value) => ({
  name,
  color,
  points: samples.map((s, i) => {
    const old = samples[Math.max(0, i - 5)];
    return [s.at, s.at > old.at ? (value(s) - value(old)) / (s.at - old.at) : undefined];
  }),
});
const kills = samples.filter((s, i) => i > 0 && s.kills > samples[i - 1].kills).map((s) => s.at);

panel('Memory of the Go process', 'MB', [
  line('resident', BLUE, (s) => s.resident),
  line('without files and shared memory', ORANGE, (s) => s.anonymous),
  line('Go heap after a collection', GREEN, (s) => s.heap, rows),
]);
panel(
  'Memory of the web processes',
  'MB',
  labels.map((label, i) => line(label, [BLUE, ORANGE][i], (s) => s.web[i].resident || undefined)),
  kills,
);
panel('Messages', 'a second', [
  rate('to the pages', BLUE, (s) => s.down),
  rate('to Go', ORANGE, (s) => s.up),
]);
panel('Data', 'MB a second', [
  rate('to the pages', BLUE, (s) => s.downMB),
  rate('to Go', ORANGE, (s) => s.upMB),
]);
panel('Goroutines and descriptors', 'number', [
  line('goroutines', BLUE, (s) => s.goroutines),
  line('descriptors', ORANGE, (s) => s.files),
]);
panel('What was done to them', 'sum', [
  line('tens of faults', GREY, (s) => s.faults / 10),
  line('reloads', BLUE, (s) => s.reloads),
  line('kills', ORANGE, (s) => s.kills),
]);

await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
await tailrace.invoke('drawn', {});
