// AbortController and AbortSignal.
row('Web IDL 3.7', 'shape', () => {
  checkInterface(AbortController, { name: 'AbortController', length: 0, attributes: ['signal'], methods: { abort: 0 } });
  checkInterface(AbortSignal, {
    name: 'AbortSignal', length: 0, parent: EventTarget, attributes: ['aborted', 'reason', 'onabort'],
    methods: { throwIfAborted: 0 }, statics: { abort: 0, timeout: 1, any: 1 },
  });
  throws(TypeError, () => new AbortSignal(), 'Illegal constructor');
});
row('DOM 3.2', 'abort sets the reason once', () => {
  const controller = new AbortController();
  same([controller.signal === controller.signal, controller.signal.aborted, controller.signal.reason], [true, false, undefined]);
  controller.signal.throwIfAborted();
  controller.abort('why');
  controller.abort('again');
  same([controller.signal.aborted, controller.signal.reason], [true, 'why']);
  same((() => { try { controller.signal.throwIfAborted(); } catch (e) { return e; } })(), 'why');
  same(AbortSignal.abort(null).reason, null);
  for (const signal of [AbortSignal.abort(), AbortSignal.abort(undefined)]) {
    same([signal.reason instanceof DOMException, signal.reason.name, signal.reason.code], [true, 'AbortError', 20]);
  }
});
row('DOM 3.2', 'the event is trusted, and comes after the reason is set', () => {
  const controller = new AbortController();
  const seen = [];
  controller.signal.addEventListener('abort', (e) => {
    seen.push(e.isTrusted, e.bubbles, e.cancelable, e.target === controller.signal, controller.signal.reason, e.constructor === Event);
  });
  controller.abort(7);
  same(seen, [true, false, false, true, 7, true]);
});
row('DOM 3.2', 'timeout', async () => {
  throws(TypeError, () => AbortSignal.timeout());
  throws(TypeError, () => AbortSignal.timeout(-1));
  throws(TypeError, () => AbortSignal.timeout(NaN));
  throws(TypeError, () => AbortSignal.timeout(2 ** 53));
  const signal = AbortSignal.timeout(5);
  same(signal.aborted, false);
  await new Promise((resolve) => { signal.onabort = resolve; });
  same([signal.reason.name, signal.reason.code], ['TimeoutError', 23]);
});
row('DOM 3.2', 'timeouts come in the order of their time', async () => {
  const log = [];
  const slow = AbortSignal.timeout(12), fast = AbortSignal.timeout(3);
  slow.onabort = () => log.push('slow');
  fast.onabort = () => log.push('fast');
  await later(30);
  same(log, ['fast', 'slow']);
});
row('DOM 3.2', 'any: arguments', () => {
  throws(TypeError, () => AbortSignal.any());
  throws(TypeError, () => AbortSignal.any(1));
  throws(TypeError, () => AbortSignal.any([{}]));
  same(AbortSignal.any([]).aborted, false);
  same(AbortSignal.any(new Set([AbortSignal.abort(1), AbortSignal.abort(2)])).reason, 1);
});
row('DOM 3.2', 'any follows the first to abort, through other dependents', () => {
  const a = new AbortController(), b = new AbortController();
  const both = AbortSignal.any([a.signal, b.signal]);
  const nested = AbortSignal.any([both, a.signal]);
  b.abort('b');
  a.abort('a');
  same([both.aborted, both.reason, nested.reason], [true, 'b', 'b']);
});
row('DOM 3.2', 'all dependents are aborted before the first event', () => {
  const source = new AbortController();
  const log = [];
  const one = AbortSignal.any([source.signal]), two = AbortSignal.any([source.signal]);
  source.signal.onabort = () => log.push('source', one.aborted, two.aborted);
  one.onabort = () => log.push('one');
  two.onabort = () => log.push('two');
  source.abort();
  same(log, ['source', true, true, 'one', 'two']);
});
row('DOM 3.2.2', 'a dependent that somebody listens to outlives its last reference', async () => {
  const source = new AbortController();
  let fired = 0;
  (() => { AbortSignal.any([source.signal]).onabort = () => ++fired; })();
  for (let i = 0; i < 200; ++i) { AbortSignal.any([source.signal]); new Array(10000).fill(i); }
  await later(1);
  source.abort();
  same(fired, 1);
});
row('DOM 3.2', 'an error of a listener does not keep the others from hearing', async () => {
  const controller = new AbortController();
  const log = [];
  addEventListener('error', (e) => { log.push(e.error.message); e.preventDefault(); }, { once: true });
  controller.signal.addEventListener('abort', () => { throw new Error('mine'); });
  controller.signal.addEventListener('abort', () => log.push('second'));
  controller.abort();
  same(log, ['mine', 'second']);
});
