// Performance (High Resolution Time section 8), PerformanceEntry and PerformanceObserver (Performance Timeline sections
// 3 to 5), marks and measures (User Timing section 3).
//
// The origin of time is the epoch, the same for all isolates, and time stands still between turns: this measures
// waiting, not computing. Only the newest entries are kept: an isolate lives long, and few workers clear theirs.
const { kInternal, requireArguments, toDictionary, toSequence } = internals;
const { apply } = Reflect;
const { freeze } = Object;
const now = Date.now;
const entriesMax = 1000;
const supportedEntryTypes = freeze(['mark', 'measure']);

function toTimestamp(value, what) {
  const number = +value;
  if (!Number.isFinite(number)) throw new TypeError(`${what} is not a finite number`);
  return number;
}
const cloneDetail = (detail) => (detail === undefined || detail === null ? null : internals.structuredClone(detail));

let nextId = 1;
class PerformanceEntry {
  #id = nextId++;
  #name;
  #entryType;
  #startTime;
  #duration;
  constructor() {
    if (arguments[0] !== kInternal) throw new TypeError('Illegal constructor');
    [, this.#name, this.#entryType, this.#startTime, this.#duration] = arguments;
  }
  get id() { return this.#id; }
  get name() { return this.#name; }
  get entryType() { return this.#entryType; }
  get startTime() { return this.#startTime; }
  get duration() { return this.#duration; }
  get navigationId() { this.#id; return 0; }
  toJSON() {
    return {
      id: this.#id, name: this.#name, entryType: this.#entryType, startTime: this.#startTime, duration: this.#duration,
      navigationId: 0,
    };
  }
}
internals.finishClass(PerformanceEntry, 'PerformanceEntry');

class PerformanceMark extends PerformanceEntry {
  #detail;
  constructor(markName, markOptions = undefined) {
    requireArguments(arguments, 1, 'PerformanceMark');
    const name = `${markName}`;
    const { detail, startTime } = toDictionary(markOptions, 'PerformanceMark: the options');
    const time = startTime === undefined ? now() : toTimestamp(startTime, 'PerformanceMark: startTime');
    if (time < 0) throw new TypeError('PerformanceMark: startTime is negative');
    super(kInternal, name, 'mark', time, 0);
    this.#detail = cloneDetail(detail);
  }
  get detail() { return this.#detail; }
}
internals.finishClass(PerformanceMark, 'PerformanceMark');

class PerformanceMeasure extends PerformanceEntry {
  #detail;
  constructor() {
    if (arguments[0] !== kInternal) throw new TypeError('Illegal constructor');
    const [, name, start, end, detail] = arguments;
    super(kInternal, name, 'measure', start, end - start);
    this.#detail = detail;
  }
  get detail() { return this.#detail; }
}
internals.finishClass(PerformanceMeasure, 'PerformanceMeasure');

const timeline = [];
function select(list, name, type) {
  return list.filter((entry) => (name === undefined || entry.name === name) && (type === undefined || entry.entryType === type))
    .sort((a, b) => a.startTime - b.startTime);
}
function clear(name, type) {
  const kept = timeline.filter((entry) => entry.entryType !== type || (name !== undefined && entry.name !== `${name}`));
  timeline.splice(0, timeline.length, ...kept);
}

// Attributes of PerformanceTiming: measure() takes them for names of marks only in a window.
const windowOnly = new Set(['navigationStart', 'unloadEventStart', 'unloadEventEnd', 'redirectStart', 'redirectEnd',
  'fetchStart', 'domainLookupStart', 'domainLookupEnd', 'connectStart', 'connectEnd', 'secureConnectionStart',
  'requestStart', 'responseStart', 'responseEnd', 'domLoading', 'domInteractive', 'domContentLoadedEventStart',
  'domContentLoadedEventEnd', 'domComplete', 'loadEventStart', 'loadEventEnd']);
// "Convert a mark to a timestamp".
function timeOf(mark) {
  if (typeof mark === 'number') {
    if (mark < 0) throw new TypeError('Performance.measure: a time is negative');
    return mark;
  }
  if (windowOnly.has(mark)) throw new TypeError(`Performance.measure: '${mark}' is a name of windows only`);
  const found = timeline.findLast((entry) => entry.entryType === 'mark' && entry.name === mark);
  if (found === undefined) throw new internals.DOMException(`there is no mark '${mark}'`, 'SyntaxError');
  return found.startTime;
}
// (DOMString or DOMHighResTimeStamp)
const toMark = (value) => (value === undefined ? undefined
  : typeof value === 'number' ? toTimestamp(value, 'Performance.measure: a time') : `${value}`);
const isDictionary = (value) => value === null || value === undefined || typeof value === 'object' || typeof value === 'function';

// The start, end and detail that the arguments of measure() mean.
function measured(startOrOptions, endMark) {
  let start, duration, end, detail;
  const given = isDictionary(startOrOptions) ? toDictionary(startOrOptions) : undefined;
  if (given !== undefined) {
    detail = given.detail;
    duration = given.duration === undefined ? undefined : toTimestamp(given.duration, 'Performance.measure: duration');
    end = toMark(given.end);
    start = toMark(given.start);
    if (detail !== undefined || duration !== undefined || end !== undefined || start !== undefined) {
      if (endMark !== undefined) throw new TypeError('Performance.measure: give either options or an end mark');
      if (start === undefined && end === undefined) throw new TypeError('Performance.measure: the options have neither start nor end');
      if (start !== undefined && end !== undefined && duration !== undefined) {
        throw new TypeError('Performance.measure: start, end and duration are one too many');
      }
    }
  } else {
    start = `${startOrOptions}`;
  }
  let endTime;
  if (endMark !== undefined) endTime = timeOf(`${endMark}`);
  else if (end !== undefined) endTime = timeOf(end);
  else if (start !== undefined && duration !== undefined) endTime = timeOf(start) + timeOf(duration);
  else endTime = now();
  let startTime = 0;
  if (start !== undefined) startTime = timeOf(start);
  else if (duration !== undefined) startTime = endTime - timeOf(duration);
  return [startTime, endTime, cloneDetail(detail)];
}

class Performance extends EventTarget {
  #isPerformance = true;
  constructor() {
    if (arguments[0] !== kInternal) throw new TypeError('Illegal constructor');
    super();
  }
  now() { this.#isPerformance; return now(); }
  get timeOrigin() { this.#isPerformance; return 0; }
  toJSON() { this.#isPerformance; return { timeOrigin: 0 }; }
  getEntries() { this.#isPerformance; return select(timeline); }
  getEntriesByType(type) {
    this.#isPerformance;
    requireArguments(arguments, 1, 'Performance.getEntriesByType');
    return select(timeline, undefined, `${type}`);
  }
  getEntriesByName(name, type = undefined) {
    this.#isPerformance;
    requireArguments(arguments, 1, 'Performance.getEntriesByName');
    return select(timeline, `${name}`, type === undefined ? undefined : `${type}`);
  }
  mark(markName, markOptions = undefined) {
    this.#isPerformance;
    requireArguments(arguments, 1, 'Performance.mark');
    return addEntry(new PerformanceMark(markName, markOptions));
  }
  measure(measureName, startOrMeasureOptions = undefined, endMark = undefined) {
    this.#isPerformance;
    requireArguments(arguments, 1, 'Performance.measure');
    return addEntry(new PerformanceMeasure(kInternal, `${measureName}`, ...measured(startOrMeasureOptions, endMark)));
  }
  clearMarks(markName = undefined) { this.#isPerformance; clear(markName, 'mark'); }
  clearMeasures(measureName = undefined) { this.#isPerformance; clear(measureName, 'measure'); }
}
internals.finishClass(Performance, 'Performance');

class PerformanceObserverEntryList {
  #entries;
  constructor() {
    if (arguments[0] !== kInternal) throw new TypeError('Illegal constructor');
    this.#entries = arguments[1];
  }
  getEntries() { return select(this.#entries); }
  getEntriesByType(type) {
    requireArguments(arguments, 1, 'PerformanceObserverEntryList.getEntriesByType');
    return select(this.#entries, undefined, `${type}`);
  }
  getEntriesByName(name, type = undefined) {
    requireArguments(arguments, 1, 'PerformanceObserverEntryList.getEntriesByName');
    return select(this.#entries, `${name}`, type === undefined ? undefined : `${type}`);
  }
}
internals.finishClass(PerformanceObserverEntryList, 'PerformanceObserverEntryList');

const observers = new Set();  // {types, queue, call}
let isDelivering = false;
function addEntry(entry) {
  for (const observer of observers) if (observer.types.has(entry.entryType)) observer.queue.push(entry);
  timeline.push(entry);
  if (timeline.length > entriesMax) timeline.shift();
  deliver();
  return entry;
}
// "Queue the PerformanceObserver task".
function deliver() {
  if (isDelivering || ![...observers].some(({ queue }) => queue.length > 0)) return;
  isDelivering = true;
  internals.postTask(() => {
    isDelivering = false;
    for (const observer of [...observers]) {
      const entries = observer.queue.splice(0);
      if (entries.length === 0) continue;
      try {
        observer.call(entries);
      } catch (error) {
        internals.report(error);
      }
    }
  });
}

class PerformanceObserver {
  #state;
  #kind = null;  // 'entryTypes' or 'type', once observing
  constructor(callback) {
    requireArguments(arguments, 1, 'PerformanceObserver');
    if (typeof callback !== 'function') throw new TypeError('PerformanceObserver: the callback is not a function');
    const isFirst = { value: true };
    this.#state = { types: new Set(), queue: [], call: (entries) => {
      const options = isFirst.value ? { droppedEntriesCount: 0 } : {};
      isFirst.value = false;
      apply(callback, this, [new PerformanceObserverEntryList(kInternal, entries), this, options]);
    } };
  }
  static get supportedEntryTypes() { return supportedEntryTypes; }
  observe(options = undefined) {
    const state = this.#state;
    const { buffered, entryTypes, type } = toDictionary(options, 'PerformanceObserver.observe: the options');
    if (entryTypes === undefined && type === undefined) throw new TypeError('PerformanceObserver.observe: needs entryTypes or type');
    if (entryTypes !== undefined && type !== undefined) {
      throw new TypeError('PerformanceObserver.observe: entryTypes and type exclude each other');
    }
    const kind = type === undefined ? 'entryTypes' : 'type';
    if (this.#kind !== null && this.#kind !== kind) {
      throw new internals.DOMException(`this observer is one of ${this.#kind}`, 'InvalidModificationError');
    }
    this.#kind = kind;
    const asked = kind === 'type' ? [`${type}`] : toSequence(entryTypes, 'PerformanceObserver.observe: entryTypes').map(String);
    const types = asked.filter((name) => supportedEntryTypes.includes(name));
    if (types.length === 0) return;
    state.types = new Set(kind === 'type' ? [...state.types, ...types] : types);
    observers.add(state);
    if (!buffered || kind === 'entryTypes') return;
    state.queue.push(...select(timeline, undefined, types[0]));
    deliver();
  }
  disconnect() {
    const state = this.#state;
    observers.delete(state);
    state.queue = [];
    state.types = new Set();
    this.#kind = null;
  }
  takeRecords() { return this.#state.queue.splice(0); }
}
internals.finishClass(PerformanceObserver, 'PerformanceObserver');

return {
  Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceObserver, PerformanceObserverEntryList,
  performance: new Performance(kInternal),
};
