// Names whose code stays out of the snapshot. A lazy file is written like every other file of js/ and returns an
// object of what it defines; it runs when one of its names is first looked at. Until then the name stands there as
// the plain data property it will be: typeof, `in` and getOwnPropertyDescriptor see no difference.
const loaded = { __proto__: null };  // by file; a Map's methods could be a worker's

// The exports of a lazy file.
internals.load = (file) => {
  let exports = loaded[file];
  if (exports === undefined) {
    exports = native.lazy.compile(file)(globalThis, native, internals);
    loaded[file] = exports;
  }
  return exports;
};
// A placeholder knows its value's producer by number: a function held by native code would drag its whole context
// into the part of the snapshot that all contexts share.
const producers = [];  // file, group and name of each
internals.entry.produce = (number) => {
  if (typeof number === 'string') {
    const [file, name] = number.split(' ');  // of what C++ defines
    return internals.load(file)[name];
  }
  const exports = internals.load(producers[number]);
  const group = producers[number + 1];
  return (group === '' ? exports : exports[group])[producers[number + 2]];
};
// `names` of `target` are what the file exports by these names, or has in its export `group`.
internals.defineLazy = (file, names, target = globalThis, group = '') => {
  for (const name of names) native.lazy.define(target, name, producers.push(file, group, name) - 3);
};

internals.defineLazy('actor_sockets', ['WebSocketRequestResponsePair']);
internals.defineLazy('blob', ['Blob', 'File']);
internals.defineLazy('cache', ['caches', 'Cache', 'CacheStorage']);
internals.defineLazy('event_source', ['EventSource']);
internals.defineLazy('file_reader', ['FileReader', 'FileList']);
internals.defineLazy('form_data', ['FormData']);
internals.defineLazy('crypto_key', ['CryptoKey']);
internals.defineLazy('subtle', ['SubtleCrypto']);
internals.defineLazy('html_rewriter', ['HTMLRewriter']);
internals.defineLazy('urlpattern', ['URLPattern']);
internals.defineLazy('websocket', ['WebSocket', 'WebSocketPair']);
internals.defineLazy('event_types', ['ErrorEvent', 'PromiseRejectionEvent', 'MessageEvent', 'CloseEvent', 'ProgressEvent']);
internals.defineLazy('messaging', ['MessageChannel', 'MessagePort', 'BroadcastChannel']);
internals.defineLazy('navigator', ['Navigator']);
internals.defineLazy('service_worker', ['ExtendableEvent', 'FetchEvent', 'ScheduledEvent']);
internals.defineLazy('cloudflare_workers', ['Cloudflare']);
internals.defineLazy('performance', [
  'Performance', 'PerformanceEntry', 'PerformanceMark', 'PerformanceMeasure', 'PerformanceObserver', 'PerformanceObserverEntryList',
]);
internals.defineLazy('quota_exceeded', ['QuotaExceededError']);
internals.defineLazy('scheduler', ['Scheduler', 'TaskController', 'TaskSignal', 'TaskPriorityChangeEvent']);
internals.defineLazy('stream_readable', ['ReadableStreamDefaultReader', 'ReadableStreamDefaultController']);
internals.defineLazy('stream_bytes', ['ReadableByteStreamController', 'ReadableStreamBYOBReader', 'ReadableStreamBYOBRequest']);
internals.defineLazy('stream_writable', ['WritableStream', 'WritableStreamDefaultController', 'WritableStreamDefaultWriter']);
internals.defineLazy('stream_transform', [
  'TransformStream', 'TransformStreamDefaultController', 'IdentityTransformStream', 'FixedLengthStream',
]);
internals.defineLazy('stream_strategies', ['ByteLengthQueuingStrategy', 'CountQueuingStrategy']);
internals.defineLazy('text_streams', ['TextDecoderStream', 'TextEncoderStream']);
internals.defineLazy('compression', ['CompressionStream', 'DecompressionStream']);
