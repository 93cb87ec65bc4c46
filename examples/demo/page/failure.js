// What to do when the page itself fails: show it, and tell Go.

import { invoke, session } from '/.tailrace/client.js';

export let failed = false;

export function fail(error) {
  if (failed) return;
  failed = true;
  const message = error?.message ?? String(error);
  const status = document.getElementById('status');
  status.dataset.state = 'bad';
  status.textContent = message;
  if (session.state !== 'ended') invoke('failed', { message }).catch(() => {});
}

addEventListener('error', (event) => fail(event.error ?? event.message));
addEventListener('unhandledrejection', (event) => fail(event.reason));
session.onended = fail;
