const { Channel, invoke } = tailrace;
const find = (selector) => document.querySelector(selector);
const tasks = document.querySelectorAll('button[value]');
const shown = 400; // lines that stay on the screen

let count = 0;

function show({ pipe, line }) {
  count += 1;
  const element = document.createElement(pipe === 'stderr' ? 'i' : 'span');
  element.textContent = `${line}\n`;
  find('.lines').append(element);
  if (find('.lines').childElementCount > shown) find('.lines').firstElementChild.remove();
}

// The screen follows, once a frame at most.
function follow() {
  find('#count').textContent = `${count.toLocaleString('en')} lines`;
  find('.lines').scrollTop = find('.lines').scrollHeight;
}

function status(kind, text) {
  find('output').className = kind;
  find('output').textContent = text;
}

async function run(task) {
  const kill = new AbortController();
  find('#kill').onclick = () => kill.abort();
  find('#kill').disabled = false;
  enable(false);
  count = 0;
  find('.lines').replaceChildren();
  status('run', 'Running');
  const following = setInterval(follow, 100);
  try {
    const { code, elapsed } = await invoke(
      'run',
      { task, output: new Channel(show) },
      { signal: kill.signal }, // aborting it ends the Go handler's context, which kills the child
    );
    status(code === 0 ? 'good' : 'bad', `Exit code ${code} after ${(elapsed / 1000).toFixed(1)} s`);
  } catch (e) {
    status('bad', e.name === 'AbortError' ? 'Killed' : e.message);
  }
  clearInterval(following);
  follow();
  find('#kill').disabled = true;
  enable(true);
}

function enable(can) {
  for (const button of tasks) button.disabled = !can;
}

for (const button of tasks) button.onclick = () => run(button.value);
enable(true);
