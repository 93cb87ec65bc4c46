// The entry of the script that makes window.__TAURI__, for pages that use Tauri without modules.
// Where the client does nothing, it does nothing, too.

import { KEY } from '../key.js';
import * as tauri from './index.js';
import { define } from './install.js';

if (KEY in globalThis) define('__TAURI__', { ...tauri });
