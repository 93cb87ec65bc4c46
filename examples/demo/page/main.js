// Starts the demo. An error on the way reaches no listener of the window: it ends up here.

import { fail } from './failure.js';

import('./demo.js').catch(fail);
