// node:timers and node:timers/promises.
const { check, AbortError } = internals.load('node_errors');
const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
const { postTask } = internals;

const waiting = new Set();  // immediates that have not run
class Immediate {
  hasRef() { return true; }
  ref() { return this; }
  unref() { return this; }
}
function setImmediate(callback, ...args) {
  check.function(callback, 'callback');
  const immediate = new Immediate();
  waiting.add(immediate);
  postTask(() => { if (waiting.delete(immediate)) callback(...args); });
  return immediate;
}
function clearImmediate(immediate) { waiting.delete(immediate); }

// A promise of the value when start(done) calls done; stop() is called when the signal comes first.
function promised(value, { signal } = {}, start) {
  return new Promise((resolve, reject) => {
    check.signal(signal, 'options.signal');
    const abort = () => reject(new AbortError(undefined, { cause: signal.reason }));
    if (signal?.aborted) {
      abort();
      return;
    }
    const stop = start(() => { signal?.removeEventListener('abort', onAbort); resolve(value); });
    const onAbort = () => { stop(); abort(); };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
const sleep = (ms, value = undefined, options = undefined) => promised(value, options, (done) => {
  const id = setTimeout(done, ms);
  return () => clearTimeout(id);
});
const immediate = (value = undefined, options = undefined) => promised(value, options, (done) => {
  const id = setImmediate(done);
  return () => clearImmediate(id);
});
async function* interval(ms, value = undefined, options = undefined) {
  for (;;) yield sleep(ms, value, options);
}
const promises = {
  setTimeout: sleep, setImmediate: immediate, setInterval: interval, scheduler: { wait: (ms, options) => sleep(ms, undefined, options), yield: () => immediate() },
};
const timers = { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate, promises };
const custom = Symbol.for('nodejs.util.promisify.custom');
Object.defineProperty(setTimeout, custom, { value: sleep, configurable: true });
Object.defineProperty(setImmediate, custom, { value: immediate, configurable: true });

const exports = () => ({ ...timers, default: timers });
const promiseExports = () => ({ ...promises, default: promises });
return { setImmediate, clearImmediate, exports, promiseExports };
