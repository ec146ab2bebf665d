// Event, CustomEvent, EventTarget, event handler attributes, and the other events.
const record = (target, type, options) => {
  const seen = [];
  target.addEventListener(type, (event) => seen.push(event), options);
  return seen;
};

row('Web IDL 3.7', 'Event, CustomEvent, EventTarget', () => {
  checkInterface(Event, {
    name: 'Event', length: 1,
    attributes: ['type', 'target', 'srcElement', 'currentTarget', 'eventPhase', 'cancelBubble', 'bubbles', 'cancelable',
      'returnValue', 'defaultPrevented', 'composed', 'timeStamp'],
    methods: { composedPath: 0, stopPropagation: 0, stopImmediatePropagation: 0, preventDefault: 0, initEvent: 1 },
  });
  checkInterface(CustomEvent, { name: 'CustomEvent', length: 1, parent: Event, attributes: ['detail'], methods: { initCustomEvent: 1 } });
  checkInterface(EventTarget, {
    name: 'EventTarget', length: 0, methods: { addEventListener: 2, removeEventListener: 2, dispatchEvent: 1 },
  });
});
row('Web IDL 3.7', 'the events of other standards', () => {
  checkInterface(ErrorEvent, { name: 'ErrorEvent', length: 1, parent: Event, attributes: ['message', 'filename', 'lineno', 'colno', 'error'] });
  checkInterface(PromiseRejectionEvent, { name: 'PromiseRejectionEvent', length: 2, parent: Event, attributes: ['promise', 'reason'] });
  checkInterface(MessageEvent, {
    name: 'MessageEvent', length: 1, parent: Event, attributes: ['data', 'origin', 'lastEventId', 'source', 'ports'],
    methods: { initMessageEvent: 1 },
  });
  checkInterface(CloseEvent, { name: 'CloseEvent', length: 1, parent: Event, attributes: ['wasClean', 'code', 'reason'] });
  checkInterface(ProgressEvent, { name: 'ProgressEvent', length: 1, parent: Event, attributes: ['lengthComputable', 'loaded', 'total'] });
});
row('Web IDL 3.7.3', 'constants', () => {
  for (const [name, value] of [['NONE', 0], ['CAPTURING_PHASE', 1], ['AT_TARGET', 2], ['BUBBLING_PHASE', 3]]) {
    for (const holder of [Event, Event.prototype]) {
      same(Object.getOwnPropertyDescriptor(holder, name), { value, writable: false, enumerable: true, configurable: false });
    }
  }
});
row('Web IDL 3.4.10', 'isTrusted is an own accessor, the same for all', () => {
  const [a, b] = [new Event('a'), new CustomEvent('b')].map((e) => Object.getOwnPropertyDescriptor(e, 'isTrusted'));
  same([a.get === b.get, a.set, a.enumerable, a.configurable], [true, undefined, true, false]);
  same(Reflect.apply(a.get, new Event('c'), []), false);
  throws(TypeError, () => Reflect.apply(a.get, {}, []));
});
row('DOM 2.2', 'constructor and defaults', () => {
  throws(TypeError, () => new Event(), '1 argument needed');
  throws(TypeError, () => new Event('x', 1));
  throws(TypeError, () => new Event(Symbol('x')));
  const e = new Event('a', { bubbles: 1, cancelable: 'yes', composed: {} });
  same([e.type, e.bubbles, e.cancelable, e.composed, e.target, e.currentTarget, e.eventPhase, e.isTrusted],
    ['a', true, true, true, null, null, 0, false]);
  same(new Event('b', null).bubbles, false);
  same(new Event(undefined).type, 'undefined');
  same([new CustomEvent('c').detail, new CustomEvent('c', { detail: undefined }).detail, new CustomEvent('c', { detail: 0 }).detail], [null, null, 0]);
});
row('Web IDL 3.2.17', 'members of the dictionary are read in order', () => {
  const log = [];
  const init = new Proxy({}, { get(_, key) { log.push(key); return undefined; } });
  new CustomEvent('x', init);
  same(log, ['bubbles', 'cancelable', 'composed', 'detail']);
});
row('DOM 2.9', 'a listener sees target, phase and path', () => {
  const target = new EventTarget();
  let seen;
  target.addEventListener('x', function (event) {
    seen = [this === target, event.target === target, event.srcElement === target, event.currentTarget === target,
      event.eventPhase, event.composedPath().length];
  });
  const event = new Event('x');
  target.dispatchEvent(event);
  same(seen, [true, true, true, true, 2, 1]);
  same([event.target === target, event.currentTarget, event.eventPhase, event.composedPath()], [true, null, 0, []]);
});
row('DOM 2.9', 'capturing listeners come first, and can stop the others', () => {
  const target = new EventTarget();
  const log = [];
  target.addEventListener('x', () => log.push('late'));
  target.addEventListener('x', (e) => { log.push('early'); if (e.cancelable) e.stopPropagation(); }, true);
  target.dispatchEvent(new Event('x'));
  target.dispatchEvent(new Event('x', { cancelable: true }));
  same(log, ['early', 'late', 'early']);
});
row('DOM 2.9', 'stopImmediatePropagation stops the rest; flags are cleared afterwards', () => {
  const target = new EventTarget();
  const log = [];
  target.addEventListener('x', (e) => { log.push(1); if (log.length === 1) e.stopImmediatePropagation(); });
  target.addEventListener('x', () => log.push(2));
  const event = new Event('x');
  target.dispatchEvent(event);
  same(event.cancelBubble, false);
  target.dispatchEvent(event);
  same(log, [1, 1, 2]);
});
row('DOM 2.7', 'the same callback and capture is one listener', () => {
  const target = new EventTarget();
  let count = 0;
  const callback = () => ++count;
  for (const options of [undefined, false, {}, { once: true, passive: true }, null]) target.addEventListener('x', callback, options);
  target.addEventListener('x', callback, { capture: true });
  target.dispatchEvent(new Event('x'));
  same(count, 2);
  target.removeEventListener('x', callback, 1);
  target.dispatchEvent(new Event('x'));
  same(count, 3);
});
row('DOM 2.9', 'listeners added meanwhile wait, removed ones are skipped', () => {
  const target = new EventTarget();
  const log = [];
  const second = () => log.push('second');
  target.addEventListener('x', () => {
    log.push('first');
    target.removeEventListener('x', second);
    target.addEventListener('x', () => log.push('added'), { once: true });
  });
  target.addEventListener('x', second);
  target.dispatchEvent(new Event('x'));
  same(log, ['first']);
  target.dispatchEvent(new Event('x'));
  same(log, ['first', 'first', 'added']);
});
row('DOM 2.9', 'once is removed before the call', () => {
  const target = new EventTarget();
  let count = 0;
  target.addEventListener('x', () => { ++count; target.dispatchEvent(new Event('x')); }, { once: true });
  target.dispatchEvent(new Event('x'));
  same(count, 1);
});
row('DOM 2.9', 'a passive listener cannot cancel', () => {
  const target = new EventTarget();
  target.addEventListener('x', (e) => { e.preventDefault(); e.returnValue = false; }, { passive: true });
  same(target.dispatchEvent(new Event('x', { cancelable: true })), true);
  target.addEventListener('x', (e) => e.preventDefault());
  same(target.dispatchEvent(new Event('x', { cancelable: true })), false);
  same(target.dispatchEvent(new Event('x')), true);
});
row('DOM 2.7', 'a signal removes the listener', () => {
  const target = new EventTarget();
  const controller = new AbortController();
  const seen = record(target, 'x', { signal: controller.signal });
  target.dispatchEvent(new Event('x'));
  controller.abort();
  target.dispatchEvent(new Event('x'));
  same(seen.length, 1);
  record(target, 'x', { signal: controller.signal });
  throws(TypeError, () => target.addEventListener('x', () => {}, { signal: null }));
  throws(TypeError, () => target.addEventListener('x', null, { signal: {} }));
});
row('Web IDL 3.2.16', 'an object with handleEvent is looked up at each call', () => {
  const target = new EventTarget();
  const log = [];
  const listener = { handleEvent(e) { log.push(this === listener, e.type); } };
  target.addEventListener('x', listener);
  target.dispatchEvent(new Event('x'));
  listener.handleEvent = () => log.push('other');
  target.dispatchEvent(new Event('x'));
  same(log, [true, 'x', 'other']);
  target.addEventListener('x', null);
  target.addEventListener('x', undefined);
  for (const wrong of [1, 'f', true, Symbol('x')]) throws(TypeError, () => target.addEventListener('x', wrong));
});
row('DOM 2.7', 'dispatching what is no event or is under way', () => {
  const target = new EventTarget();
  throws(TypeError, () => target.dispatchEvent());
  throws(TypeError, () => target.dispatchEvent({}));
  throws(TypeError, () => target.dispatchEvent(Object.create(Event.prototype)));
  const event = new Event('x');
  target.addEventListener('x', () => throws('InvalidStateError', () => target.dispatchEvent(event)));
  target.dispatchEvent(event);
});
row('DOM 2.2', 'initEvent and initCustomEvent', () => {
  const event = new CustomEvent('a', { detail: 1 });
  event.initCustomEvent('b', true, true, 2);
  same([event.type, event.bubbles, event.cancelable, event.detail], ['b', true, true, 2]);
  event.preventDefault();
  event.initEvent('c');
  same([event.type, event.bubbles, event.cancelable, event.defaultPrevented, event.detail], ['c', false, false, false, 2]);
});
row('DOM 2.7', 'the global object is a target, also of bare calls', () => {
  const seen = [];
  addEventListener('row', (event) => seen.push(event.target === globalThis, event.currentTarget === globalThis), { once: true });
  dispatchEvent(new Event('row'));
  same(seen, [true, true]);
  same(Reflect.apply(EventTarget.prototype.addEventListener, null, ['row', null]), undefined);
  throws(TypeError, () => Reflect.apply(addEventListener, {}, ['x', () => {}]));
  throws(TypeError, () => Reflect.apply(addEventListener, new Proxy(new EventTarget(), {}), ['x', () => {}]));
});
row('DOM 2.7', 'subclasses are targets', () => {
  class Bus extends EventTarget { #n = 0; get n() { return this.#n; } hear() { this.addEventListener('x', () => ++this.#n); } }
  const bus = new Bus();
  bus.hear();
  bus.dispatchEvent(new Event('x'));
  same(bus.n, 1);
});
row('HTML 8.1.8', 'a handler attribute keeps its place and takes objects', () => {
  const { signal } = new AbortController();
  const log = [];
  same(signal.onabort, null);
  signal.onabort = () => log.push('first value');
  signal.addEventListener('abort', () => log.push('listener'));
  const handler = () => log.push('handler');
  signal.onabort = handler;
  same(signal.onabort, handler);
  signal.dispatchEvent(new Event('abort'));
  same(log, ['handler', 'listener']);
  signal.onabort = 1;
  same(signal.onabort, null);
  const object = {};
  signal.onabort = object;
  same(signal.onabort, object);
  signal.dispatchEvent(new Event('abort'));
  same(log.length, 3);
  throws(TypeError, () => AbortSignal.prototype.onabort);
});
row('HTML 8.1.8', 'a handler that returns false cancels', () => {
  const { signal } = new AbortController();
  signal.onabort = () => false;
  same(signal.dispatchEvent(new Event('abort', { cancelable: true })), false);
  signal.onabort = () => true;
  same(signal.dispatchEvent(new Event('abort', { cancelable: true })), true);
});
row('HTML 8.1.4', 'ErrorEvent members', () => {
  const e = new ErrorEvent('error', { message: 'm', filename: 'f', lineno: 2 ** 32 + 3, colno: '4', error: 5 });
  same([e.message, e.filename, e.lineno, e.colno, e.error], ['m', 'f', 3, 4, 5]);
  const d = new ErrorEvent('error');
  same([d.message, d.filename, d.lineno, d.colno, d.error], ['', '', 0, 0, undefined]);
});
row('HTML 9.1', 'MessageEvent members', () => {
  const e = new MessageEvent('message', { data: 1, origin: 'o\ud800', lastEventId: 2 });
  same([e.data, e.origin, e.lastEventId, e.source, e.ports], [1, 'o\ufffd', '2', null, []]);
  same([Object.isFrozen(e.ports), e.ports === e.ports], [true, true]);
  throws(TypeError, () => new MessageEvent('message', { ports: [{}] }));
  throws(TypeError, () => new MessageEvent('message', { source: {} }));
  e.initMessageEvent('other', false, false, 'd');
  same([e.type, e.data, e.origin], ['other', 'd', '']);
});
row('WebSockets 7', 'CloseEvent members', () => {
  const e = new CloseEvent('close', { wasClean: 1, code: 65537, reason: 'r' });
  same([e.wasClean, e.code, e.reason], [true, 1, 'r']);
});
row('XMLHttpRequest 4', 'ProgressEvent members', () => {
  const e = new ProgressEvent('progress', { lengthComputable: true, loaded: 1.5, total: '3' });
  same([e.lengthComputable, e.loaded, e.total], [true, 1.5, 3]);
  throws(TypeError, () => new ProgressEvent('progress', { loaded: NaN }));
});
row('HTML 8.1.4.7', 'PromiseRejectionEvent needs a promise', () => {
  throws(TypeError, () => new PromiseRejectionEvent('x'));
  throws(TypeError, () => new PromiseRejectionEvent('x', {}));
  const promise = Promise.resolve();
  same(new PromiseRejectionEvent('x', { promise, reason: 3 }).promise, promise);
});
