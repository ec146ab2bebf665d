// The events of other standards: ErrorEvent and PromiseRejectionEvent (HTML section 8.1.4), MessageEvent (HTML section
// 9.1), CloseEvent (WebSockets section 7), ProgressEvent (XMLHttpRequest section 4).
const { Event, requireArguments, toDictionary } = internals;

const { toWellFormed } = native.encoding;
const toUsv = (value) => toWellFormed(`${value}`);
const unsignedLong = (value) => (value === undefined ? 0 : value >>> 0);

class ErrorEvent extends Event {
  #message = '';
  #filename = '';
  #lineno = 0;
  #colno = 0;
  #error = undefined;
  constructor(type, init = undefined) {
    requireArguments(arguments, 1, 'ErrorEvent');
    super(type, init);
    const { colno, error, filename, lineno, message } = toDictionary(init, 'ErrorEvent: the second argument');
    this.#colno = unsignedLong(colno);
    this.#error = error;
    if (filename !== undefined) this.#filename = `${filename}`;
    this.#lineno = unsignedLong(lineno);
    if (message !== undefined) this.#message = `${message}`;
  }
  get message() { return this.#message; }
  get filename() { return this.#filename; }
  get lineno() { return this.#lineno; }
  get colno() { return this.#colno; }
  get error() { return this.#error; }
  static { internals.isErrorEvent = (value) => #error in value; }
}
internals.finishClass(ErrorEvent, 'ErrorEvent');

class PromiseRejectionEvent extends Event {
  #promise;
  #reason;
  constructor(type, init) {
    requireArguments(arguments, 2, 'PromiseRejectionEvent');
    super(type, init);
    const { promise, reason } = toDictionary(init, 'PromiseRejectionEvent: the second argument');
    if ((typeof promise !== 'object' && typeof promise !== 'function') || promise === null) {
      throw new TypeError('PromiseRejectionEvent: the second argument has no promise');
    }
    this.#promise = promise;
    this.#reason = reason;
  }
  get promise() { return this.#promise; }
  get reason() { return this.#reason; }
}
internals.finishClass(PromiseRejectionEvent, 'PromiseRejectionEvent');

class MessageEvent extends Event {
  #data = null;
  #origin = '';
  #lastEventId = '';
  #source = null;
  #ports = Object.freeze([]);
  constructor(type, init = undefined) {
    requireArguments(arguments, 1, 'MessageEvent');
    super(type, init);
    const { data, lastEventId, origin, ports, source } = toDictionary(init, 'MessageEvent: the second argument');
    if (data !== undefined) this.#data = data;
    if (lastEventId !== undefined) this.#lastEventId = `${lastEventId}`;
    if (origin !== undefined) this.#origin = toUsv(origin);
    if (ports !== undefined) this.#ports = portList(ports);
    if (source !== undefined) this.#source = sourceOf(source);
  }
  get data() { return this.#data; }
  get origin() { return this.#origin; }
  get lastEventId() { return this.#lastEventId; }
  get source() { return this.#source; }
  get ports() { return this.#ports; }
  initMessageEvent(type, bubbles = false, cancelable = false, data = null, origin = '', lastEventId = '', source = null,
    ports = []) {
    requireArguments(arguments, 1, 'MessageEvent.initMessageEvent');
    const [usv, list, from] = [toUsv(origin), portList(ports), sourceOf(source)];
    const id = `${lastEventId}`;
    this.#data;  // of this class?
    if (internals.isDispatching(this)) return;
    this.initEvent(type, bubbles, cancelable);
    this.#data = data;
    this.#origin = usv;
    this.#lastEventId = id;
    this.#source = from;
    this.#ports = list;
  }
}
internals.finishClass(MessageEvent, 'MessageEvent');
function portList(value) {
  const list = internals.toSequence(value, 'MessageEvent: ports');
  for (const port of list) {
    if (!internals.isMessagePort?.(port)) throw new TypeError('MessageEvent: an item of ports is not a MessagePort');
  }
  return Object.freeze(list);
}
function sourceOf(value) {
  if (value === null || value === undefined) return null;
  if (internals.isMessagePort?.(value)) return value;
  throw new TypeError('MessageEvent: source is neither a MessagePort nor null');
}

class CloseEvent extends Event {
  #wasClean = false;
  #code = 0;
  #reason = '';
  constructor(type, init = undefined) {
    requireArguments(arguments, 1, 'CloseEvent');
    super(type, init);
    const { code, reason, wasClean } = toDictionary(init, 'CloseEvent: the second argument');
    if (code !== undefined) this.#code = code & 0xffff;
    if (reason !== undefined) this.#reason = toUsv(reason);
    this.#wasClean = !!wasClean;
  }
  get wasClean() { return this.#wasClean; }
  get code() { return this.#code; }
  get reason() { return this.#reason; }
}
internals.finishClass(CloseEvent, 'CloseEvent');

class ProgressEvent extends Event {
  #lengthComputable;
  #loaded;
  #total;
  constructor(type, init = undefined) {
    requireArguments(arguments, 1, 'ProgressEvent');
    super(type, init);
    const { lengthComputable, loaded, total } = toDictionary(init, 'ProgressEvent: the second argument');
    this.#lengthComputable = !!lengthComputable;
    this.#loaded = toDouble(loaded);
    this.#total = toDouble(total);
  }
  get lengthComputable() { return this.#lengthComputable; }
  get loaded() { return this.#loaded; }
  get total() { return this.#total; }
}
internals.finishClass(ProgressEvent, 'ProgressEvent');
function toDouble(value) {
  if (value === undefined) return 0;
  const number = +value;
  if (Number.isFinite(number)) return number;
  throw new TypeError('ProgressEvent: loaded and total are finite numbers');
}

return { ErrorEvent, PromiseRejectionEvent, MessageEvent, CloseEvent, ProgressEvent };
