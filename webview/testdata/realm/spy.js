// A page's first script, which replaces all built-in functions of its realm by ones that remember
// their object, arguments and results, and has the prototypes of all objects and arrays remember
// who reads or writes what they lack. `names` are properties that the client might use, `internal`
// its classes that nobody is to get. If `thenable`, Object.prototype has a `then`, which a promise
// calls with each object that it is to give. Then spy.found(id, given) gives what of the client has
// been seen; `given` is what the page has got.
globalThis.spy = ((names, internal, alternating, thenable) => {
  const { apply, construct, ownKeys, defineProperty, getPrototypeOf, setPrototypeOf } = Reflect;
  const descriptorOf = Reflect.getOwnPropertyDescriptor;
  const { add, has } = Set.prototype;
  const eachOfSet = Set.prototype.forEach;
  const eachOfMap = Map.prototype.forEach;
  const mapSize = descriptorOf(Map.prototype, 'size').get;
  const setSize = descriptorOf(Set.prototype, 'size').get;
  const { includes } = String.prototype;
  const functionText = Function.prototype.toString;
  const Bytes = Uint8Array;
  const bufferSize = descriptorOf(ArrayBuffer.prototype, 'byteLength').get;
  const { fromCharCode } = String;
  const root = Object.prototype;
  const { isArray } = Array;
  const top = globalThis;

  // ---- what was seen

  const objects = new Set();
  const texts = new Set();
  let on = false;
  const record = (value) => {
    if (!on) return;
    if (typeof value === 'string') {
      if (value.length >= 16) apply(add, texts, [value]);
    } else if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
      apply(add, objects, [value]);
    }
  };

  // ---- the intrinsics

  const intrinsics = new Set();
  const places = { __proto__: null, n: 0 };
  const walk = (object) => {
    if ((typeof object !== 'object' && typeof object !== 'function') || object === null) return;
    if (apply(has, intrinsics, [object])) return;
    apply(add, intrinsics, [object]);
    places[places.n++] = object;
  };
  const globals = ownKeys(top);
  for (let i = 0; i < globals.length; i++) {
    const key = globals[i];
    if (typeof key === 'symbol' || apply(includes, key, ['tailrace']) || key === 'spy') continue;
    const { value } = descriptorOf(top, key);
    if (value !== top && !apply(includes, key, ['TAURI'])) walk(value);
  }
  const hidden = [
    new Uint8Array(),
    [].values(),
    new Map().values(),
    new Set().values(),
    ''.matchAll(/x/g),
    'x'[Symbol.iterator](),
    (function* () {})(),
    (async function* () {})(),
    async () => {},
  ];
  for (let i = 0; i < hidden.length; i++) walk(getPrototypeOf(hidden[i]));
  for (let at = 0; at < places.n; at++) {
    const object = places[at];
    walk(getPrototypeOf(object));
    const keys = ownKeys(object);
    for (let i = 0; i < keys.length; i++) {
      const d = descriptorOf(object, keys[i]);
      if (d === undefined) continue;
      walk(d.value);
      if (d.get !== undefined) apply(add, intrinsics, [d.get]);
      if (d.set !== undefined) apply(add, intrinsics, [d.set]);
    }
  }

  // ---- the replacements

  const wrap = (f) => {
    const wrapper = function (...args) {
      record(this);
      for (let i = 0; i < args.length; i++) record(args[i]);
      const result =
        new.target === undefined
          ? apply(f, this, args)
          : construct(f, args, new.target === wrapper ? f : new.target);
      record(result);
      return result;
    };
    const p = descriptorOf(f, 'prototype');
    if (p !== undefined && p.value !== undefined) {
      try {
        defineProperty(wrapper, 'prototype', { __proto__: null, value: p.value });
      } catch {}
    }
    setPrototypeOf(wrapper, f);
    apply(add, intrinsics, [wrapper]);
    return wrapper;
  };
  let replaced = 0;
  const replace = (object, key) => {
    const d = descriptorOf(object, key);
    if (d === undefined || key === 'constructor' || (object === root && key === '__proto__'))
      return;
    if (typeof d.value === 'function' && (d.writable || d.configurable)) {
      const original = d.value;
      const wrapper = wrap(original);
      if (alternating && d.configurable) {
        let n = 0; // who asks twice gets two answers
        defineProperty(object, key, {
          __proto__: null,
          configurable: true,
          enumerable: d.enumerable,
          get() {
            record(this);
            return n++ % 2 === 0 ? original : wrapper;
          },
          set(value) {
            record(this);
            record(value);
            const own = {
              __proto__: null,
              value,
              writable: true,
              enumerable: true,
              configurable: true,
            };
            defineProperty(this, key, own);
          },
        });
      } else {
        defineProperty(object, key, { __proto__: null, value: wrapper });
      }
      replaced++;
    } else if (typeof d.get === 'function' && d.configurable) {
      const get = wrap(d.get);
      const set = d.set && wrap(d.set);
      defineProperty(object, key, { __proto__: null, get, set });
      replaced++;
    }
  };
  const lack = (object, key) => {
    if (key in object) return;
    defineProperty(object, key, {
      __proto__: null,
      configurable: true,
      get() {
        record(this);
        return undefined;
      },
      set(value) {
        record(this);
        record(value);
        const own = {
          __proto__: null,
          value,
          writable: true,
          enumerable: true,
          configurable: true,
        };
        defineProperty(this, key, own);
      },
    });
    replaced++;
  };
  for (let at = 0; at < places.n; at++) {
    const keys = ownKeys(places[at]);
    for (let i = 0; i < keys.length; i++) replace(places[at], keys[i]);
  }
  for (let i = 0; i < globals.length; i++) {
    const key = globals[i];
    if (typeof key !== 'symbol' && typeof descriptorOf(top, key)?.value === 'function') {
      replace(top, key);
    }
  }
  const asked = new Set();
  if (thenable) {
    const then = function (resolve) {
      record(this);
      if (on) apply(add, asked, [this]);
      // The same object again, which is not asked any more.
      const none = { __proto__: null, value: undefined, configurable: true };
      resolve(defineProperty(this, 'then', none) ? this : undefined);
    };
    apply(add, intrinsics, [then]);
    defineProperty(root, 'then', {
      __proto__: null,
      value: then,
      configurable: true,
      writable: true,
    });
    replaced++;
  }
  for (let i = 0; i < 40; i++) lack(Array.prototype, `${i}`);
  for (let i = 0; i < names.length; i++) lack(root, names[i]);
  on = true;

  // ---- what can be had of it

  const stolen = /^(attach|next|read|fill|skip|push|taken|detach)$/;
  const { test } = RegExp.prototype;
  defineProperty(stolen, 'exec', { __proto__: null, value: RegExp.prototype.exec });
  // What fetch gives, which is not the client's.
  const bodies = [Response.prototype, ArrayBuffer.prototype];
  const isGiven = (object, also) => {
    for (let i = 0; i < also.length; i++) if (also[i] === object) return true;
    const prototype = getPrototypeOf(object);
    return prototype === bodies[0] || prototype === bodies[1];
  };
  const found = (id, also) => {
    on = false;
    const seen = new Set();
    const queue = { __proto__: null, n: 0 };
    const paths = { __proto__: null };
    const bad = { __proto__: null, n: 0, text: '' };
    const tell = (path, what) => {
      if (bad.n++ < 30) bad.text += `${path} ${what}\n`;
    };
    const look = (value, path) => {
      if (typeof value === 'string') {
        if (apply(includes, value, [id])) tell(path, 'has the id');
        return;
      }
      if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return;
      if (value === top || apply(has, intrinsics, [value]) || apply(has, seen, [value])) return;
      apply(add, seen, [value]);
      paths[queue.n] = path;
      queue[queue.n++] = value;
    };
    apply(eachOfSet, texts, [(text) => look(text, 'seen')]);
    apply(eachOfSet, objects, [(object) => look(object, 'seen')]);
    for (let i = 0; i < also.length; i++) look(also[i], `given ${i}`);
    let thens = 0;
    apply(eachOfSet, asked, [
      (object) => {
        thens++;
        if (isGiven(object, also)) return;
        let keys = '';
        const all = ownKeys(object);
        for (let i = 0; i < all.length; i++) if (typeof all[i] === 'string') keys += ` ${all[i]}`;
        tell('then', `was called with what the page is not given:${keys}`);
      },
    ]);
    for (let at = 0; at < queue.n; at++) {
      const object = queue[at];
      const path = paths[at];
      if (path.length > 300) continue;
      const prototype = getPrototypeOf(object);
      const made = prototype === null ? undefined : descriptorOf(prototype, 'constructor')?.value;
      const name = typeof made === 'function' ? descriptorOf(made, 'name')?.value : '';
      for (let i = 0; i < internal.length; i++) {
        if (name === internal[i]) tell(path, `is a ${name}`);
      }
      if ('attach' in object && typeof object.attach === 'function' && 'taken' in object) {
        tell(path, 'is the memory');
      }
      if (typeof object === 'function') {
        if (apply(includes, apply(functionText, object, []), [id]))
          tell(path, 'has it in its text');
        const own = descriptorOf(object, 'name')?.value;
        if (
          typeof own === 'string' &&
          apply(test, stolen, [own]) &&
          apply(includes, apply(functionText, object, []), ['native code'])
        ) {
          tell(path, `is the memory's ${own}`);
        }
      }
      try {
        const size = apply(bufferSize, object, []);
        const bytes = new Bytes(object);
        let text = '';
        for (let i = 0; i < size && i < 4096; i++) text += fromCharCode(bytes[i]);
        if (apply(includes, text, [id])) tell(path, 'has the id in its bytes');
      } catch {}
      try {
        apply(mapSize, object, []);
        apply(eachOfMap, object, [
          (v, k) => {
            look(v, `${path}.map`);
            look(k, `${path}.map`);
          },
        ]);
      } catch {}
      try {
        apply(setSize, object, []);
        apply(eachOfSet, object, [(v) => look(v, `${path}.set`)]);
      } catch {}
      look(prototype, `${path}.__proto__`);
      let keys;
      try {
        keys = ownKeys(object);
      } catch {
        continue;
      }
      for (let i = 0; i < keys.length && i < 2000; i++) {
        const d = descriptorOf(object, keys[i]);
        if (d === undefined) continue;
        const step = typeof keys[i] === 'symbol' ? '[symbol]' : `.${keys[i]}`;
        look(d.value, path + step);
        look(d.get, `${path}${step}.get`);
        look(d.set, `${path}${step}.set`);
      }
    }
    const looked = queue.n;
    on = true;
    const counts = `${looked} objects of ${replaced} replaced, ${thens} by then`;
    return `${counts}, ${bad.n} of the client's\n${bad.text}`;
  };
  return { __proto__: null, found, replaced };
})(NAMES, INTERNAL, ALTERNATING, THENABLE);
