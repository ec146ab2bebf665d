// setTimeout and its kin, queueMicrotask, performance, navigator (HTML sections 8.6 and 8.7).
const { start, stop } = native.timers;
const { then, resolved } = internals;
const now = Date.now;

function startTimer(name, callback, delay, args, repeat) {
  if (typeof callback !== 'function') throw new TypeError(`${name}: the callback is not a function`);
  const call = args.length === 0 ? () => callback() : () => callback(...args);
  // Longer than 2^31-1 ms overflows to at once, as in browsers.
  const ms = Number(delay);
  return start(call, ms > 0 && ms <= 0x7fffffff ? ms : 0, repeat);
}
function setTimeout(callback, delay, ...args) { return startTimer('setTimeout', callback, delay, args, false); }
function setInterval(callback, delay, ...args) { return startTimer('setInterval', callback, delay, args, true); }
function clearTimeout(id) { if (typeof id === 'number') stop(id); }
function clearInterval(id) { if (typeof id === 'number') stop(id); }

function queueMicrotask(callback) {
  if (typeof callback !== 'function') throw new TypeError('queueMicrotask: the callback is not a function');
  then(resolved(), () => {
    try {
      callback();
    } catch (error) {
      internals.report(error);
    }
  });
}

class Performance extends EventTarget {
  // Time stands still between turns, so this measures waiting, not computing.
  now() { return now(); }
  get timeOrigin() { return 0; }
  toJSON() { return { timeOrigin: 0 }; }
}
internals.finishClass(Performance, 'Performance');

class Navigator {
  get userAgent() { return 'Terrella-Workers'; }
  get language() { return 'en'; }
  get hardwareConcurrency() { return 1; }
}
internals.finishClass(Navigator, 'Navigator');

const scheduler = {
  wait: (delay, options) => new Promise((resolve, reject) => {
    const signal = options?.signal;
    if (signal?.aborted) return reject(signal.reason);
    const id = setTimeout(resolve, delay);
    if (signal) internals.onAbort(signal, (reason) => { clearTimeout(id); reject(reason); });
  }),
};

function reportError(error) { internals.report(error); }

internals.defineGlobals({
  setTimeout, setInterval, clearTimeout, clearInterval, queueMicrotask, reportError, scheduler, Performance, Navigator,
  performance: new Performance(), navigator: new Navigator(), self: globalThis,
});
