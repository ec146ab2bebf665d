// The globals of Node.js, for workers with nodejs_compat.
internals.defineGlobals({ global: globalThis });
internals.defineLazy('node_buffer', ['Buffer']);
internals.defineLazy('node_process', ['process']);
internals.defineLazy('node_timers', ['setImmediate', 'clearImmediate']);
return {};
