// The globals of Node.js, for workers with nodejs_compat.
internals.defineGlobals({ global: globalThis });
return {};
