// process, as far as there is one in a worker.
const { check, nodeError } = internals.load('node_errors');
const { EventEmitter } = internals.load('node_events');
const kEnvInProcess = 8;
const { now } = Date;
const { queueMicrotask } = globalThis;

// Like the environment of a process: everything becomes text.
function makeEnv() {
  const values = {};
  if (internals.flags & kEnvInProcess) {
    for (const [name, value] of Object.entries(internals.env)) {
      if (typeof value === 'string') values[name] = value;
    }
  }
  return new Proxy(values, {
    set(target, name, value) { target[name] = String(value); return true; },
    defineProperty(target, name, descriptor) {
      if ('value' in descriptor) descriptor = { ...descriptor, value: String(descriptor.value) };
      return Reflect.defineProperty(target, name, descriptor);
    },
  });
}
const started = now();
function hrtime(before = undefined) {
  const ms = now() - started;
  const time = [Math.floor(ms / 1000), (ms % 1000) * 1e6];
  if (before === undefined) return time;
  check.array(before, 'time');
  time[0] -= before[0];
  time[1] -= before[1];
  if (time[1] < 0) { time[0]--; time[1] += 1e9; }
  return time;
}
hrtime.bigint = () => BigInt(now() - started) * 1_000_000n;

// The module by its name with or without "node:", as require() gives it.
function getBuiltinModule(name) {
  check.string(name, 'id');
  const found = internals.load('builtin_modules').find(name);
  return found?.default ?? found;
}

const process = Object.create(Object.create(EventEmitter.prototype, {
  constructor: { value: { process() {} }.process, writable: true, configurable: true },
  [Symbol.toStringTag]: { value: 'process', configurable: true },
}));
EventEmitter.init.call(process);
Object.assign(process, {
  title: 'terrella', version: 'v20.20.2', versions: { node: '20.20.2' }, release: { name: 'node', lts: 'Iron' },
  arch: 'x64', platform: 'linux', argv: [], argv0: 'terrella', execArgv: [], execPath: '', pid: 1, ppid: 0, exitCode: undefined,
  env: makeEnv(), features: {}, config: {}, hrtime, getBuiltinModule,
  cwd: () => '/', umask: () => 0o22, uptime: () => (now() - started) / 1000,
  memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }),
  nextTick(callback, ...args) {
    check.function(callback, 'callback');
    queueMicrotask(() => callback(...args));
  },
  emitWarning(warning, type = undefined) {
    const name = typeof type === 'string' ? type : type?.type ?? 'Warning';
    console.warn(warning instanceof Error ? `${warning}` : `${name}: ${warning}`);
  },
  abort() { throw new Error('process.abort() is not available in a worker'); },
  exit() { throw new Error('process.exit() is not available in a worker'); },
  chdir() { throw new Error('process.chdir() is not available in a worker'); },
  kill() { throw new Error('process.kill() is not available in a worker'); },
  binding(name) { throw nodeError('ERR_INVALID_ARG_VALUE', 'name', name, 'names a part of Node.js that is not here'); },
});

// node:module, as far as bundles of CommonJS packages need it.
function createRequire() {
  return function require(name) {
    const found = getBuiltinModule(name);
    if (found === undefined) throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
    return found;
  };
}
const builtinModules = () => Object.keys(internals.load('node_modules').modules);
const moduleExports = () => {
  const named = { createRequire, builtinModules: builtinModules(), isBuiltin: (name) => builtinModules().includes(`${name}`.replace(/^node:/, '')) };
  return { ...named, default: named };
};

const exports = () => ({ ...process, default: process });
return { process, exports, moduleExports };
