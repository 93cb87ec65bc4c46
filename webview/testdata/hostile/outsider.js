// What a document that is not the app's own tries, with the victim's session id, as if that had
// leaked. It tells whoever embeds it, or leaves it in globalThis.outcome: what each try gave.
(async () => {
  const origin = 'tailrace://localhost';
  const base = `${origin}/.tailrace/`;
  const text = (r) =>
    r.text().then((t) => (r.type === 'opaque' ? `opaque${t}` : `${r.status} ${t}`));
  const get = (url, options) => fetch(url, options).then(text, () => 'refused');
  const version = { 'Tailrace-Version': '1' };
  const session = { ...version, 'Tailrace-Session': globalThis.victim };
  const element = (tag, set) =>
    new Promise((resolve) => {
      const e = document.createElement(tag);
      e.onload = () => resolve('loaded');
      e.onerror = () => resolve('refused');
      set(e);
      (document.body ?? document.documentElement).append(e);
      setTimeout(() => resolve('nothing'), 200);
    });
  const attempt = (f) => {
    try {
      return String(f());
    } catch {
      return 'refused';
    }
  };
  const outcome = {
    'GET hello': await get(`${base}hello`),
    'GET hello, no-cors': await get(`${base}hello`, { mode: 'no-cors' }),
    'POST hello, no-cors': await get(`${base}hello`, { method: 'POST', mode: 'no-cors' }),
    'POST hello, no-cors, with a header that is stripped': await get(`${base}hello`, {
      method: 'POST',
      mode: 'no-cors',
      headers: version,
    }),
    'POST hello, CORS with the header': await get(`${base}hello`, {
      method: 'POST',
      headers: version,
    }),
    'POST hello, CORS without': await get(`${base}hello`, { method: 'POST' }),
    'POST batch, CORS with a leaked id': await get(`${base}batch`, {
      method: 'POST',
      headers: session,
    }),
    'POST batch, no-cors': await get(`${base}batch`, {
      method: 'POST',
      mode: 'no-cors',
      headers: session,
      body: 'x',
    }),
    'POST carrier, CORS with a leaked id': await get(`${base}carrier`, {
      method: 'POST',
      headers: session,
      body: '{"reason":"x"}',
    }),
    'POST hello, no referrer, keepalive': await get(`${base}hello`, {
      method: 'POST',
      headers: version,
      referrerPolicy: 'no-referrer',
      keepalive: true,
    }),
    'POST hello, credentials': await get(`${base}hello`, {
      method: 'POST',
      headers: version,
      credentials: 'include',
    }),
    'POST hello by a redirect': await get('/redirect', { method: 'POST', headers: version }),
    'GET a file': await get(`${origin}/abc.txt`),
    'GET a file, no-cors': await get(`${origin}/abc.txt`, { mode: 'no-cors' }),
    XHR: await new Promise((resolve) => {
      const x = new XMLHttpRequest();
      x.onload = () => resolve(`${x.status} ${x.responseText}`);
      x.onerror = () => resolve('refused');
      try {
        x.open('POST', `${base}hello`);
        x.setRequestHeader('Tailrace-Version', '1');
        x.send();
      } catch {
        resolve('refused');
      }
    }),
    'import of the client': await import(`${base}client.js`).then(
      (m) => Object.keys(m).join(),
      () => 'refused',
    ),
    'client as a script': await element('script', (e) => {
      e.src = `${base}client.js`;
    }).then(() => `tailrace is ${typeof globalThis.tailrace}`),
    'hello as a script': await element('script', (e) => {
      e.src = `${base}hello`;
    }),
    'hello in a frame': await element('iframe', (e) => {
      e.src = `${base}hello`;
    }).then(() =>
      attempt(
        () => document.querySelector('iframe').contentDocument?.body?.textContent || 'refused',
      ),
    ),
    'hello by a form': await new Promise((resolve) => {
      const f = document.createElement('form');
      f.method = 'POST';
      f.action = `${base}hello`;
      const t = document.createElement('iframe');
      t.name = f.target = 'answer';
      document.documentElement.append(t, f);
      attempt(() => f.submit());
      setTimeout(
        () => resolve(attempt(() => t.contentDocument?.body?.textContent || 'refused')),
        200,
      );
    }),
    beacon: attempt(() => navigator.sendBeacon(`${base}hello`, 'x') && 'refused'),
    worker: attempt(() => new Worker(`${origin}/abc.txt`) && 'refused'),
    'parent and top': [
      attempt(() => parent.tailrace ?? (parent === window ? 'refused' : 'leak')),
      attempt(() => top.tailrace ?? (top === window ? 'refused' : 'leak')),
    ].join(),
    client: [
      typeof globalThis.tailrace,
      typeof globalThis[Symbol.for('tailrace')],
      typeof globalThis.__tailrace_memory,
      typeof globalThis.__TAURI_INTERNALS__,
    ].join(),
  };
  globalThis.outcome = outcome;
  if (parent !== window) parent.postMessage(JSON.stringify(outcome), '*');
})();
