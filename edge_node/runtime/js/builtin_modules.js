// Modules that belong to the runtime and not to a bundle: "cloudflare:workers", "terrella:wasi", "node:buffer".
const { load } = internals;
const kNodeModules = 2, kAsyncHooks = 4;

// Each gives the module's named exports.
const modules = {
  __proto__: null,
  'cloudflare:workers': () => load('cloudflare_workers').exports(),
  'terrella:wasi': () => load('wasi').exports(),
};
const node = load('node_modules').modules;

const made = new Map();  // exports by whole name

// The exports of the module, or undefined when there is none of this name; an error when it needs a flag.
function find(name) {
  let whole = name;
  if (!name.includes(':')) {
    // Node.js knows its modules also without the scheme.
    if (!(internals.flags & kNodeModules)) return undefined;
    whole = `node:${name}`;
  }
  const colon = whole.indexOf(':');
  const factory = whole.startsWith('node:') ? node[whole.slice(colon + 1)] : modules[whole];
  if (factory === undefined) return undefined;
  if (whole.startsWith('node:') && !(internals.flags & kNodeModules)
    && !(whole === 'node:async_hooks' && internals.flags & kAsyncHooks)) {
    throw new TypeError(`the module "${name}" needs the compatibility flag "nodejs_compat"`);
  }
  if (!made.has(whole)) made.set(whole, factory());
  return made.get(whole);
}
return { find };
