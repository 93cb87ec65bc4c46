const { Channel, invoke } = tailrace;
const find = (selector) => document.querySelector(selector);

const url = await invoke('server');
let socket; // while connected
let levels = [];

function status(kind, text) {
  [find('output').className, find('output').textContent] = [kind, text];
}

function log(element, text) {
  const line = document.createElement(element);
  line.textContent = `${text}\n`;
  find('.lines').append(line);
  find('.lines').scrollTop = find('.lines').scrollHeight;
}

// A reading of the gauge, or an answer to what was sent.
function receive(text) {
  const { n, level, answer } = JSON.parse(text);
  if (answer !== undefined) return log('span', `← ${answer}`);
  levels = [...levels, level].slice(-200);
  find('#level').textContent = level.toFixed(2);
  find('#count').textContent = `${n} messages`;
}

async function connect() {
  socket = new Channel(receive);
  const closed = invoke('connect', { url, socket }); // settles when the connection has ended
  status('good', 'Connected');
  enable(true);
  try {
    const { code, reason } = await closed;
    status('', `Closed with ${code} ${reason}`);
  } catch (e) {
    status('bad', e.message);
  }
  socket = undefined;
  enable(false);
}

function enable(connected) {
  find('#toggle').textContent = connected ? 'Close' : 'Connect';
  find('#toggle').disabled = false;
  find('input').disabled = find('form button').disabled = !connected;
}

find('#toggle').onclick = () => (socket === undefined ? connect() : socket.close());

find('form').onsubmit = async (event) => {
  event.preventDefault();
  const text = find('input').value;
  find('input').value = '';
  log('b', `→ ${text}`);
  await socket.send(text); // resolves when Go has accepted it
};

function draw() {
  const canvas = find('canvas');
  const scale = devicePixelRatio;
  canvas.width = canvas.clientWidth * scale;
  canvas.height = canvas.clientHeight * scale;
  const context = canvas.getContext('2d');
  context.strokeStyle = '#007f79';
  context.lineWidth = 1.5 * scale;
  context.beginPath();
  levels.forEach((level, i) => {
    context.lineTo((i / 199) * canvas.width, (0.5 - (level - 42) / 3.2) * canvas.height);
  });
  context.stroke();
  requestAnimationFrame(draw);
}
draw();
connect();
