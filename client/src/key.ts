/** Changes when a copy of the package could no longer use the state of another. */
export const API = 3;
/** Where the injected client keeps its state, so that every copy of the package finds it. */
export const KEY = Symbol.for('tailrace');
