// DOMException, reportError, and the events of errors nobody caught.
const errorsOf = async (body) => {
  const seen = [];
  const listener = (event) => { seen.push(event); event.preventDefault(); };
  for (const type of ['error', 'unhandledrejection', 'rejectionhandled']) addEventListener(type, listener);
  await body();
  await later(5);
  for (const type of ['error', 'unhandledrejection', 'rejectionhandled']) removeEventListener(type, listener);
  return seen;
};

row('Web IDL 2.8.1', 'DOMException', () => {
  checkInterface(DOMException, { name: 'DOMException', length: 0, parent: Error, attributes: ['name', 'message', 'code'] });
  const e = new DOMException('m', 'NotFoundError');
  same([e.name, e.message, e.code, String(e), e instanceof Error, typeof e.stack], ['NotFoundError', 'm', 8, 'NotFoundError: m', true, 'string']);
  const d = new DOMException();
  same([d.name, d.message, d.code], ['Error', '', 0]);
  same(new DOMException('', 'EncodingError').code, 0);
  same(Object.prototype.toString.call(e), '[object DOMException]');
  same(Object.hasOwn(e, 'message'), false);
});
row('Web IDL 2.8.1', 'its constants', () => {
  for (const [name, code] of [['INDEX_SIZE_ERR', 1], ['DOMSTRING_SIZE_ERR', 2], ['NO_DATA_ALLOWED_ERR', 6], ['INUSE_ATTRIBUTE_ERR', 10],
    ['VALIDATION_ERR', 16], ['URL_MISMATCH_ERR', 21], ['QUOTA_EXCEEDED_ERR', 22], ['INVALID_NODE_TYPE_ERR', 24], ['DATA_CLONE_ERR', 25]]) {
    for (const holder of [DOMException, DOMException.prototype]) {
      same(Object.getOwnPropertyDescriptor(holder, name), { value: code, writable: false, enumerable: true, configurable: false });
    }
  }
  same(Object.keys(DOMException).length, 25);
});
row('Web IDL 2.8.1', 'it can be subclassed', () => {
  class Mine extends DOMException { constructor() { super('x', 'DataError'); } }
  const e = new Mine();
  same([e instanceof Mine, e instanceof DOMException, e.name], [true, true, 'DataError']);
});
row('HTML 8.1.4.6', 'reportError tells listeners: message, place, error', async () => {
  const error = new TypeError('boom');
  const [event] = await errorsOf(() => reportError(error));
  same([event.type, event.constructor === ErrorEvent, event.isTrusted, event.cancelable, event.error === error],
    ['error', true, true, true, true]);
  same([event.message, event.filename, event.lineno > 0, event.colno > 0], ['Uncaught TypeError: boom', 'errors', true, true]);
  throws(TypeError, () => reportError());
});
row('HTML 8.1.4.6', 'what is no Error is reported too', async () => {
  const events = await errorsOf(() => { reportError(1); reportError(undefined); reportError(null); });
  same(events.map((e) => e.error), [1, undefined, null]);
  same(events.every((e) => e.filename === 'errors' && e.lineno > 0), true);
});
row('HTML 8.1.8.1', 'onerror gets five arguments and cancels by true', () => {
  const seen = [];
  globalThis.onerror = (...args) => { seen.push(...args); return true; };
  const error = new Error('five');
  reportError(error);
  globalThis.onerror = null;
  same([seen.length, seen[0], typeof seen[1], typeof seen[2], typeof seen[3], seen[4] === error], [5, 'Uncaught Error: five', 'string', 'number', 'number', true]);
});
row('HTML 8.1.4.6', 'an error of a timer and of a microtask', async () => {
  const events = await errorsOf(() => {
    setTimeout(() => { throw new RangeError('t'); }, 0);
    queueMicrotask(() => { throw 'm'; });
  });
  same(events.map((e) => e.message), ['Uncaught m', 'Uncaught RangeError: t']);
});
row('HTML 8.1.4.7', 'unhandledrejection has promise and reason', async () => {
  const reason = new Error('lost');
  let promise;
  const [event, ...others] = await errorsOf(() => { promise = Promise.reject(reason); });
  same([event.type, event.promise === promise, event.reason === reason, event.cancelable, event.isTrusted, others.length],
    ['unhandledrejection', true, true, true, true, 0]);
});
row('HTML 8.1.4.7', 'handled within the same turn: no event', async () => {
  const events = await errorsOf(async () => {
    const promise = Promise.reject(1);
    await null;
    await null;
    promise.catch(() => {});
    try { await Promise.reject(2); } catch {}
  });
  same(events.length, 0);
});
row('HTML 8.1.4.7', 'handled later: rejectionhandled', async () => {
  let promise;
  const events = await errorsOf(async () => {
    promise = Promise.reject(3);
    await later(2);
    promise.catch(() => {});
  });
  same(events.map((e) => [e.type, e.promise === promise, e.reason, e.cancelable]),
    [['unhandledrejection', true, 3, true], ['rejectionhandled', true, 3, false]]);
});
row('HTML 8.1.4.7', 'a listener of one rejection may handle the next', async () => {
  const second = Promise.reject('second');
  const first = Promise.reject('first');
  const seen = [];
  await new Promise((resolve) => {
    addEventListener('unhandledrejection', (e) => {
      e.preventDefault();
      seen.push(e.reason);
      first.catch(() => {});
      resolve();
    }, { once: true });
  });
  await later(2);
  same([seen, await second.catch((r) => r)], [['second'], 'second']);
});
