// Values on their way between Node and a page. The functions here run in Node and, as source text, inside pages.
'use strict';

/** A small structured clone as JSON. Bytes travel as base64. `link` writes what only a link can carry (functions). */
function codec() {
  const kindOf = (value) => Object.prototype.toString.call(value).slice(8, -1);
  const isBytes = (value) => ArrayBuffer.isView(value) || kindOf(value) === 'ArrayBuffer';
  const bytesOf = (value) =>
    ArrayBuffer.isView(value)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value);
  const toBase64 = (bytes) => {
    if (bytes.toBase64) return bytes.toBase64();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  };
  const fromBase64 = (text) =>
    Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : Uint8Array.from(Buffer.from(text, 'base64'));

  function pack(value, link, keepsBytes) {
    const inner = (each) => pack(each, link, keepsBytes);
    if (typeof value === 'function' || (link && kindOf(value) === 'Promise')) {
      if (link) return link(value);
      throw new Error('An object could not be cloned.');
    }
    if (typeof value === 'symbol') throw new Error('An object could not be cloned.');
    if (value === undefined) return { $: 'undefined' };
    if (typeof value === 'bigint') return { $: 'bigint', v: String(value) };
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
      return { $: 'number', v: Object.is(value, -0) ? '-0' : String(value) };
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map(inner);
    if (isBytes(value)) {
      if (keepsBytes) return { $: 'raw', v: value };
      const kind = kindOf(value) === 'Uint8Array' ? 'Uint8Array' : kindOf(value);
      return { $: 'bytes', kind, v: toBase64(bytesOf(value)) };
    }
    switch (kindOf(value)) {
      case 'Date':
        return { $: 'date', v: +value };
      case 'Map':
        return { $: 'map', v: [...value].map(inner) };
      case 'Set':
        return { $: 'set', v: [...value].map(inner) };
    }
    if (value instanceof Error || kindOf(value) === 'Error')
      return { $: 'error', name: value.name, message: value.message };
    return { $: 'object', v: Object.entries(value).map(([key, each]) => [key, inner(each)]) };
  }

  function unpack(value, link) {
    const inner = (each) => unpack(each, link);
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map(inner);
    switch (value.$) {
      case 'undefined':
        return undefined;
      case 'bigint':
        return BigInt(value.v);
      case 'number':
        return Number(value.v);
      case 'date':
        return new Date(value.v);
      case 'map':
        return new Map(value.v.map(inner));
      case 'set':
        return new Set(value.v.map(inner));
      case 'error':
        return Object.assign(new Error(value.message), { name: value.name });
      case 'raw':
        return value.v;
      case 'bytes': {
        const bytes = fromBase64(value.v);
        if (value.kind === 'ArrayBuffer') return bytes.buffer;
        return value.kind === 'Uint8Array' ? bytes : new globalThis[value.kind](bytes.buffer);
      }
      case 'object':
        return Object.fromEntries(value.v.map(([key, each]) => [key, inner(each)]));
      default:
        return link(value);
    }
  }
  return { pack, unpack };
}

/**
 * One end of the way between the two script worlds of a document: `me` is 'main' or 'isolated'. Values cross in the detail
 * of synchronous DOM events, which the browser clones; functions and promises stay and are called from afar.
 */
function bridge(me, other, { pack, unpack }) {
  const functions = new Map();
  const promises = new Map();
  let lastId = 0;
  let returned;
  const emit = (message) => document.dispatchEvent(new CustomEvent(`__standin_${other}`, { detail: message }));
  const asError = (error) => (error instanceof Error ? error : new Error(String(error)));
  const leave = (value) => {
    const id = ++lastId;
    if (typeof value === 'function') {
      functions.set(id, value);
      return { $: 'function', id };
    }
    value.then(
      (result) => emit({ type: 'resolve', id, value: pack(result, leave, true) }),
      (error) => emit({ type: 'reject', id, value: pack(asError(error)) }),
    );
    return { $: 'promise', id };
  };
  const arrive = ({ $, id }) => {
    if ($ === 'promise') return new Promise((resolve, reject) => promises.set(id, { resolve, reject }));
    return (...args) => {
      returned = undefined;
      emit({ type: 'call', id, args: args.map((each) => pack(each, leave, true)) });
      const { error, value } = returned;
      if (error) throw unpack(error);
      return unpack(value, arrive);
    };
  };
  const frozen = (value) => {
    if (value !== null && typeof value === 'object' && !ArrayBuffer.isView(value)) {
      Object.values(value).forEach(frozen);
      Object.freeze(value);
    }
    return value;
  };
  const call = ({ id, args }) => {
    try {
      return {
        type: 'return',
        value: pack(functions.get(id)(...args.map((each) => unpack(each, arrive))), leave, true),
      };
    } catch (error) {
      return { type: 'return', error: pack(asError(error)) };
    }
  };
  document.addEventListener(`__standin_${me}`, ({ detail: message }) => {
    if (message.type === 'call') emit(call(message));
    else if (message.type === 'return') returned = message;
    else if (message.type === 'resolve') promises.get(message.id).resolve(unpack(message.value, arrive));
    else if (message.type === 'reject') promises.get(message.id).reject(unpack(message.value));
    else if (message.type === 'expose') {
      const value = frozen(unpack(message.value, arrive));
      Object.defineProperty(globalThis, message.key, { value, enumerable: true });
    }
  });
  return { expose: (key, api) => emit({ type: 'expose', key, value: pack(api, leave, true) }) };
}

/** What a sandboxed preload finds: `require` that knows electron alone, and next to no `process`. */
function preloadEnvironment({ pack, unpack }, { expose }, send, argv) {
  const listeners = new Map();
  const waiting = new Map();
  let lastId = 0;
  const of = (channel) => listeners.get(channel) ?? listeners.set(channel, []).get(channel);
  const post = (message) => send(JSON.stringify(message));
  const ipcRenderer = {
    send: (channel, ...args) => post({ type: 'send', channel, args: pack(args) }),
    invoke: (channel, ...args) =>
      new Promise((resolve, reject) => {
        const id = ++lastId;
        waiting.set(id, { resolve, reject });
        post({ type: 'invoke', channel, id, args: pack(args) });
      }),
    on(channel, listener) {
      of(channel).push(listener);
      return ipcRenderer;
    },
    once(channel, listener) {
      const wrapped = (...args) => {
        ipcRenderer.removeListener(channel, wrapped);
        listener(...args);
      };
      return ipcRenderer.on(channel, wrapped);
    },
    removeListener(channel, listener) {
      const list = of(channel);
      if (list.includes(listener)) list.splice(list.indexOf(listener), 1);
      return ipcRenderer;
    },
    off: (channel, listener) => ipcRenderer.removeListener(channel, listener),
    removeAllListeners(channel) {
      listeners.delete(channel);
      return ipcRenderer;
    },
  };
  globalThis.__standinDeliver = (message) => {
    if (message.type === 'resolve') waiting.get(message.id).resolve(unpack(message.value));
    else if (message.type === 'reject') waiting.get(message.id).reject(new Error(message.text));
    else if (message.type === 'push') {
      for (const listener of [...of(message.channel)])
        listener({ sender: ipcRenderer, ports: [] }, ...unpack(message.args));
    }
  };
  const electron = {
    ipcRenderer,
    contextBridge: { exposeInMainWorld: expose },
    webUtils: { getPathForFile: () => '' },
    webFrame: {},
  };
  const require = (name) => {
    if (name === 'electron') return electron;
    throw new Error(`module not found: ${name}`);
  };
  const versions = { electron: '0.0.0-standin' };
  const process = {
    argv,
    platform: 'linux',
    type: 'renderer',
    sandboxed: true,
    contextIsolated: true,
    env: {},
    versions,
  };
  return { require, process };
}

/** Popups that a page asks for are refused by main (setWindowOpenHandler), before there is one. */
function noPopups(send) {
  window.open = (url = 'about:blank') => {
    send(String(new URL(url, document.baseURI)));
    return null;
  };
}

const { pack, unpack } = codec();

/** Preloads run in the main frame alone. */
const inMainFrame = (source) => `if (self === top) { ${source} }`;

const mainWorld = inMainFrame(`
  const codec = (${codec})();
  (${bridge})('main', 'isolated', codec);
`);

const isolatedWorld = (preload, argv) =>
  inMainFrame(`
  const codec = (${codec})();
  const ways = (${bridge})('isolated', 'main', codec);
  const environment = (${preloadEnvironment})(codec, ways, globalThis.__standinSend, ${JSON.stringify(argv)});
  (function (require, process, module, exports) {${preload}
  }).call(globalThis, environment.require, environment.process, { exports: {} }, {});
`);

const popupRule = `(${noPopups})(globalThis.__standinOpen);`;

module.exports = { pack, unpack, mainWorld, isolatedWorld, popupRule };
