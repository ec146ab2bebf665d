// Timers, microtasks, scheduler, performance, navigator, and the global object.
row('HTML 8.6', 'arguments are passed on, this is the global object', async () => {
  const seen = await new Promise((resolve) => {
    setTimeout(function (...args) { resolve([this === globalThis, args]); }, 0, 1, 'b');
  });
  same(seen, [true, [1, 'b']]);
});
row('Web IDL 3.7.7', 'shape of the operations of the global object', () => {
  const scope = Object.getPrototypeOf(Object.getPrototypeOf(globalThis));  // WorkerGlobalScope.prototype
  for (const [name, length] of [['setTimeout', 1], ['setInterval', 1], ['clearTimeout', 0], ['clearInterval', 0], ['queueMicrotask', 1],
    ['structuredClone', 1], ['reportError', 1], ['atob', 1], ['btoa', 1]]) {
    const { value, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(scope, name);
    same([value.name, value.length, writable, enumerable, configurable], [name, length, true, true, true]);
    throws(TypeError, () => Reflect.apply(value, {}, [() => {}]));
  }
});
row('HTML 8.6', 'ids are positive integers, good for both ways to clear', async () => {
  let ran = false;
  const a = setTimeout(() => { ran = true; }, 0), b = setInterval(() => { ran = true; }, 1);
  same([Number.isInteger(a) && a > 0, b > a], [true, true]);
  clearInterval(String(a));
  clearTimeout(b + 2 ** 32);
  clearTimeout();
  clearTimeout(-1);
  clearTimeout('x');
  await later(5);
  same(ran, false);
});
row('Web IDL 3.2.4.5', 'the delay is a long', async () => {
  const log = [];
  for (const [name, delay] of [['2^32', 2 ** 32], ['-1', -1], ['NaN', NaN], ['text', 'x'], ['none', undefined], ['2^31', 2 ** 31], ['obj', { valueOf: () => 0 }]]) {
    setTimeout(() => log.push(name), delay);
  }
  setTimeout(() => log.push('5 ms'), 5.9);
  await later(15);
  same(log, ['2^32', '-1', 'NaN', 'text', 'none', '2^31', 'obj', '5 ms']);
  throws(TypeError, () => setTimeout(() => {}, 1n));
  throws(TypeError, () => setTimeout(() => {}, Symbol('x')));
  throws(TypeError, () => setTimeout());
});
row('HTML 8.6', 'timers of the same time run in order, microtasks between them', async () => {
  const log = [];
  setTimeout(() => { log.push(1); queueMicrotask(() => log.push('m')); }, 1);
  setTimeout(() => log.push(2), 1);
  await later(5);
  same(log, [1, 'm', 2]);
});
row('HTML 8.6', 'an interval can end itself', async () => {
  let count = 0;
  const id = setInterval(() => { if (++count === 3) clearInterval(id); }, 1);
  await later(30);
  same(count, 3);
});
row('HTML 8.6', 'deeply nested timers wait at least 4 ms', async () => {
  const started = Date.now();
  await new Promise((resolve) => {
    let depth = 0;
    const next = () => (++depth === 12 ? resolve() : setTimeout(next, 0));
    setTimeout(next, 0);
  });
  const took = Date.now() - started;
  same(took >= 20 && took < 500, true, `took ${took} ms:`);
});
row('HTML 8.7', 'queueMicrotask', async () => {
  const log = [];
  queueMicrotask(function () { 'use strict'; log.push(this === undefined); });
  await null;
  await null;
  same(log, [true]);
  throws(TypeError, () => queueMicrotask());
  throws(TypeError, () => queueMicrotask('x'));
});
row('Scheduling 2', 'priorities decide, then the order', async () => {
  const log = [];
  const run = (name, options) => scheduler.postTask(() => { log.push(name); return name; }, options);
  const all = [run('b', { priority: 'background' }), run('v'), run('u', { priority: 'user-blocking' }), run('v2', { priority: 'user-visible' })];
  same(await Promise.all(all), ['b', 'v', 'u', 'v2']);
  same(log, ['u', 'v', 'v2', 'b']);
  await rejects(TypeError, scheduler.postTask());
  await rejects(TypeError, scheduler.postTask(() => {}, { priority: 'urgent' }));
});
row('Scheduling 2', 'tasks fail, wait and abort', async () => {
  await rejects(RangeError, scheduler.postTask(() => { throw new RangeError('r'); }));
  const controller = new AbortController();
  const task = scheduler.postTask(() => 'ran', { delay: 1000, signal: controller.signal });
  controller.abort(new TypeError('stop'));
  await rejects(TypeError, task, 'stop');
  same(await scheduler.postTask(() => 'late', { delay: 2 }), 'late');
});
row('Scheduling 2', 'a TaskController changes the priority of what waits', async () => {
  const controller = new TaskController({ priority: 'background' });
  const log = [];
  const seen = [];
  controller.signal.onprioritychange = (e) => seen.push(e.previousPriority, controller.signal.priority);
  const one = scheduler.postTask(() => log.push('controlled'), { signal: controller.signal });
  const two = scheduler.postTask(() => log.push('other'));
  controller.setPriority('user-blocking');
  await Promise.all([one, two]);
  same([log, seen], [['controlled', 'other'], ['background', 'user-blocking']]);
});
row('Scheduling 2', 'yield comes back before other tasks', async () => {
  const log = [];
  await Promise.all([
    scheduler.postTask(async () => { log.push(1); await scheduler.yield(); log.push(2); }),
    scheduler.postTask(() => log.push(3)),
  ]);
  same(log, [1, 2, 3]);
});
row('terrella', 'scheduler.wait', async () => {
  const started = Date.now();
  await scheduler.wait(4);
  same(Date.now() - started >= 3, true);
  await rejects('AbortError', scheduler.wait(1000, { signal: AbortSignal.abort() }));
});
row('HR-Time 8', 'performance', () => {
  checkInterface(Performance, { name: 'Performance', length: 0, parent: EventTarget, attributes: ['timeOrigin'], methods: { now: 0, toJSON: 0 } });
  same(Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 5, true);
  same(performance.toJSON(), { timeOrigin: 0 });
  throws(TypeError, () => new Performance());
});
row('User Timing 3', 'marks', () => {
  performance.clearMarks();
  const mark = performance.mark('m', { startTime: 5, detail: { a: [1] } });
  same([mark.name, mark.entryType, mark.startTime, mark.duration, mark.detail, mark instanceof PerformanceMark], ['m', 'mark', 5, 0, { a: [1] }, true]);
  same(new PerformanceMark('x').detail, null);
  throws(TypeError, () => performance.mark('m', { startTime: -1 }));
  throws(TypeError, () => performance.mark());
  throws('DataCloneError', () => performance.mark('m', { detail: () => {} }));
  same(performance.getEntriesByName('m').length, 1);
  performance.clearMarks('m');
  same(performance.getEntriesByType('mark').length, 0);
});
row('User Timing 3', 'measures', () => {
  performance.mark('a', { startTime: 10 });
  performance.mark('b', { startTime: 30 });
  const span = (...args) => { const m = performance.measure('x', ...args); return [m.startTime, m.duration]; };
  same(span('a', 'b'), [10, 20]);
  same(span({ start: 'a', duration: 5 }), [10, 5]);
  same(span({ end: 'b', duration: 5 }), [25, 5]);
  same(span({ start: 1, end: 2 }), [1, 1]);
  same(span(undefined, 'b'), [0, 30]);
  throws('SyntaxError', () => performance.measure('x', 'nothing'));
  throws(TypeError, () => performance.measure('x', { start: 1, end: 2, duration: 1 }));
  throws(TypeError, () => performance.measure('x', { detail: 1 }));
  throws(TypeError, () => performance.measure('x', { start: 1 }, 'b'));
  throws(TypeError, () => performance.measure('x', 'navigationStart'));
  performance.clearMeasures();
  performance.clearMarks();
});
row('Performance Timeline 5', 'an observer hears of entries in a task', async () => {
  const heard = [];
  const observer = new PerformanceObserver((list, self, options) => heard.push(list.getEntries().map((e) => e.name), self === observer, options));
  observer.observe({ entryTypes: ['mark', 'nonsense'] });
  performance.mark('one');
  same(heard.length, 0);
  while (heard.length === 0) await later(1);
  same(heard, [['one'], true, { droppedEntriesCount: 0 }]);
  performance.mark('two');
  same(observer.takeRecords().map((e) => e.name), ['two']);
  observer.disconnect();
  throws(TypeError, () => observer.observe());
  throws(TypeError, () => observer.observe({ entryTypes: ['mark'], type: 'mark' }));
  same([PerformanceObserver.supportedEntryTypes, Object.isFrozen(PerformanceObserver.supportedEntryTypes)], [['mark', 'measure'], true]);
});
row('terrella', 'only the newest thousand entries are kept', () => {
  for (let i = 0; i < 1100; ++i) performance.mark(`m${i}`);
  same(performance.getEntriesByType('mark').length, 1000);
  performance.clearMarks();
});
row('HTML 8.9', 'navigator', () => {
  same([navigator.userAgent, navigator.language, navigator.languages, navigator.onLine, navigator.hardwareConcurrency],
    ['Cloudflare-Workers', 'en', ['en'], true, 1]);
  same(Object.prototype.toString.call(navigator), '[object Navigator]');
  throws(TypeError, () => new Navigator());
});
row('HTML 10.2', 'the global object', () => {
  same([self === globalThis, Object.prototype.toString.call(globalThis), globalThis instanceof EventTarget, isSecureContext],
    [true, '[object ServiceWorkerGlobalScope]', true, true]);
  throws(TypeError, () => Object.create(globalThis).self);
  throws(TypeError, () => Object.create(globalThis).setTimeout(() => {}));
  same(Object.getOwnPropertyDescriptor(globalThis, 'performance').enumerable, true);
});
