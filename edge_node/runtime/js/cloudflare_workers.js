// The module "cloudflare:workers".
const { WorkerEntrypoint, DurableObject, WorkflowEntrypoint, RpcTarget, ownEntrypoints } = internals.load('entrypoints');
const kImportableEnv = 16;

function waitUntil(promise) {
  const io = native.io.current();
  if (io === 0) throw new Error('waitUntil() is only possible while a request is handled, not in the global scope');
  internals.newExecutionContext(io).waitUntil(promise);
}

// env and exports as a module sees them: those of the worker, or what withEnv() and withExports() put in their place for
// as long as a call and what it starts take.
const { stores, run } = native.async;
const { ownKeys, get, has, set, deleteProperty, defineProperty, getOwnPropertyDescriptor } = Reflect;
const kEnv = {}, kExports = {};
function follow(key, own) {
  const current = () => stores()?.get(key) ?? own();
  return new Proxy({}, {
    get: (_, name) => get(current(), name),
    has: (_, name) => has(current(), name),
    set: (_, name, value) => set(current(), name, value),
    deleteProperty: (_, name) => deleteProperty(current(), name),
    defineProperty: (_, name, descriptor) => defineProperty(current(), name, { ...descriptor, configurable: true }),
    ownKeys: () => ownKeys(current()),
    getOwnPropertyDescriptor(_, name) {
      const descriptor = getOwnPropertyDescriptor(current(), name);
      return descriptor === undefined ? undefined : { ...descriptor, configurable: true };
    },
  });
}
function callWith(what, callback, ...pairs) {
  if (typeof callback !== 'function') throw new TypeError(`${what}: the last argument is no function`);
  const next = new Map(stores());
  for (const [key, value] of pairs) {
    if (!internals.isObject(value)) throw new TypeError(`${what}: expected an object, found ${value === null ? 'null' : typeof value}`);
    next.set(key, value);
  }
  return run(next, callback, undefined, []);
}
const withEnv = (env, callback) => callWith('withEnv()', callback, [kEnv, env]);
const withExports = (exports, callback) => callWith('withExports()', callback, [kExports, exports]);
const withEnvAndExports = (env, exports, callback) => callWith('withEnvAndExports()', callback, [kEnv, env], [kExports, exports]);

// A function, because env differs from worker to worker and the exports are asked for once.
const exports = () => ({
  WorkerEntrypoint, DurableObject, WorkflowEntrypoint, RpcTarget, waitUntil, withEnv, withExports, withEnvAndExports,
  env: follow(kEnv, () => (internals.flags & kImportableEnv ? internals.env : {})),
  // They are there once every module has run.
  exports: follow(kExports, ownEntrypoints),
});

// What of its compatibility a worker may ask for.
const kNodeModules = 2, kAsyncHooks = 4, kEnvInProcess = 8;
const compatibilityFlags = { __proto__: null };
for (const [name, flag] of [['nodejs_compat', kNodeModules], ['nodejs_als', kAsyncHooks], ['nodejs_compat_populate_process_env', kEnvInProcess],
  ['disallow_importable_env', ~kImportableEnv]]) {
  compatibilityFlags[name] = flag < 0 ? (internals.flags & kImportableEnv) === 0 : (internals.flags & flag) !== 0;
}
const Cloudflare = Object.freeze({ compatibilityFlags: Object.freeze(compatibilityFlags) });
return { exports, Cloudflare };
