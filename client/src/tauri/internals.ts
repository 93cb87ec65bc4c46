// The entry of the script that the Go side injects behind its client into pages that use the real
// @tauri-apps/api. Where the client does nothing, it does nothing, too.

import { KEY } from '../key.js';
import { bridge } from './bridge.js';
import { install } from './install.js';

if (KEY in globalThis) install(bridge());
