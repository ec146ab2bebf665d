// setTimeout and its kin, queueMicrotask (HTML sections 8.6 and 8.7).
const { start, stop, hold } = native.timers;
const { checkGlobal, requireArguments } = internals;
// Resolved, and with a `then` of its own that no patch reaches.
const settled = Promise.resolve();
settled.then = Promise.prototype.then;
const { apply } = Reflect;

function compiled(name, handler) {
  if (!internals.mayEval) {
    throw new TypeError(`${name}: the handler is not a function (strings are not compiled: a worker has no eval)`);
  }
  const text = `${handler}`;
  return () => (0, eval)(text);
}
function startTimer(name, args, repeat) {
  requireArguments(args, 1, name);
  const [given, timeout, ...rest] = args;
  const handler = typeof given === 'function' ? given : compiled(name, given);
  // Web IDL's long: beyond 2^31 it wraps around, and what is negative then means at once.
  const delay = (+timeout) | 0;
  return start(() => apply(handler, globalThis, rest), delay < 0 ? 0 : delay, repeat);
}
function setTimeout(handler, timeout = undefined, ...args) {
  checkGlobal(this);
  return startTimer('setTimeout', arguments, false);
}
function setInterval(handler, timeout = undefined, ...args) {
  checkGlobal(this);
  return startTimer('setInterval', arguments, true);
}
function clearTimeout(id = undefined) {
  checkGlobal(this);
  stop(id | 0);
}
function clearInterval(id = undefined) {
  checkGlobal(this);
  stop(id | 0);
}
internals.startTimer = (callback, delay) => start(callback, delay, false);
// A timer nobody waits for, until holdTimer.
internals.startWeakTimer = (callback, delay) => start(callback, delay, false, true);
internals.holdTimer = hold;
internals.stopTimer = stop;

function queueMicrotask(callback) {
  checkGlobal(this);
  requireArguments(arguments, 1, 'queueMicrotask');
  if (typeof callback !== 'function') throw new TypeError('queueMicrotask: the callback is not a function');
  settled.then(() => {
    try {
      callback();
    } catch (error) {
      internals.report(error);
    }
  });
}

internals.defineGlobals({ setTimeout, setInterval, clearTimeout, clearInterval, queueMicrotask });
