// Iterator and the iterator helpers (ECMA-262 sections 27.1.3 and 27.1.4).
const { apply } = Reflect;
const { defineProperty, getPrototypeOf, setPrototypeOf } = Object;
const iteratorPrototype = getPrototypeOf(getPrototypeOf([][Symbol.iterator]()));
const { trunc } = Math;
const done = Symbol('done');

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';
function checkObject(value, name) {
  if (!isObject(value)) throw new TypeError(`Iterator.prototype.${name} called on non-object`);
}
// [[Iterator]] and [[NextMethod]] of a record.
const direct = (iterator) => ({ iterator, next: iterator.next });

function step({ iterator, next }) {
  const result = apply(next, iterator, []);
  if (!isObject(result)) throw new TypeError(`Iterator result ${String(result)} is not an object`);
  return result.done ? done : result;
}
function stepValue(record) {
  const result = step(record);
  return result === done ? done : result.value;
}
// IteratorClose with a normal completion: errors of return() count.
function close(iterator) {
  const method = iterator.return;
  if (method === undefined || method === null) return;
  const result = apply(method, iterator, []);
  if (!isObject(result)) throw new TypeError(`${String(result)} is not an object`);
}
// IteratorClose with a throw completion: the error is the one thrown first.
function closeAndThrow(iterator, error) {
  try {
    const method = iterator.return;
    if (method !== undefined && method !== null) apply(method, iterator, []);
  } catch {
    // Less important than `error`.
  }
  throw error;
}
function checkCallable(iterator, callback, name) {
  if (typeof callback === 'function') return;
  closeAndThrow(iterator, new TypeError(`Iterator.prototype.${name}: the argument is not a function`));
}
// Calls back with up to three arguments; an error closes the iterator.
function callOrClose({ iterator }, callback, a, b, ...rest) {
  try {
    return rest.length === 0 ? callback(a, b) : callback(a, b, rest[0]);
  } catch (error) {
    return closeAndThrow(iterator, error);
  }
}
function limitOf(iterator, limit, name) {
  let number;
  try {
    number = +limit;
  } catch (error) {
    closeAndThrow(iterator, error);
  }
  const integer = trunc(number);
  if (number !== number || integer < 0) {
    closeAndThrow(iterator, new RangeError(`Iterator.prototype.${name}: ${String(limit)} must be positive`));
  }
  return integer;
}
function flattenable(value, takesStrings) {
  if (!isObject(value) && !(takesStrings && typeof value === 'string')) throw new TypeError(`${String(value)} is not an object`);
  const method = value[Symbol.iterator];
  let iterator = value;
  if (method !== undefined && method !== null) {
    if (typeof method !== 'function') throw new TypeError('Symbol.iterator is not a function');
    iterator = apply(method, value, []);
  }
  if (!isObject(iterator)) throw new TypeError(`${String(iterator)} is not an object`);
  return direct(iterator);
}

// What the helpers return: a generator in the standard's words. `advance` gives the next value or `done`; `finish`
// closes what is under it.
const kStart = 0, kYielded = 1, kRunning = 2, kCompleted = 3;
class IteratorHelper {
  #state = kStart;
  #advance;
  #finish;
  constructor(advance, finish) {
    this.#advance = advance;
    this.#finish = finish;
  }
  next() {
    if (this.#state === kRunning) throw new TypeError('Generator is already running');
    if (this.#state === kCompleted) return { value: undefined, done: true };
    this.#state = kRunning;
    let value = done;
    try {
      value = this.#advance();
    } finally {
      this.#state = value === done ? kCompleted : kYielded;
    }
    return value === done ? { value: undefined, done: true } : { value, done: false };
  }
  return() {
    if (this.#state === kRunning) throw new TypeError('Generator is already running');
    if (this.#state === kCompleted) return { value: undefined, done: true };
    this.#state = this.#state === kStart ? kCompleted : kRunning;
    try {
      this.#finish();
    } finally {
      this.#state = kCompleted;
    }
    return { value: undefined, done: true };
  }
}
function makePrototype(type, tag) {
  delete type.prototype.constructor;
  setPrototypeOf(type.prototype, iteratorPrototype);
  if (tag !== undefined) defineProperty(type.prototype, Symbol.toStringTag, { value: tag, configurable: true });
}
makePrototype(IteratorHelper, 'Iterator Helper');
const helper = (record, advance, finish = () => close(record.iterator)) => new IteratorHelper(advance, finish);

const helpers = {
  map(mapper) {
    checkObject(this, 'map');
    checkCallable(this, mapper, 'map');
    const record = direct(this);
    let counter = 0;
    return helper(record, () => {
      const value = stepValue(record);
      return value === done ? done : callOrClose(record, mapper, value, counter++);
    });
  },
  filter(predicate) {
    checkObject(this, 'filter');
    checkCallable(this, predicate, 'filter');
    const record = direct(this);
    let counter = 0;
    return helper(record, () => {
      for (;;) {
        const value = stepValue(record);
        if (value === done || callOrClose(record, predicate, value, counter++)) return value;
      }
    });
  },
  take(limit) {
    checkObject(this, 'take');
    let remaining = limitOf(this, limit, 'take');
    const record = direct(this);
    return helper(record, () => {
      if (remaining === 0) {
        close(record.iterator);
        return done;
      }
      --remaining;
      return stepValue(record);
    });
  },
  drop(limit) {
    checkObject(this, 'drop');
    let remaining = limitOf(this, limit, 'drop');
    const record = direct(this);
    return helper(record, () => {
      for (; remaining > 0; --remaining) if (step(record) === done) return done;
      return stepValue(record);
    });
  },
  flatMap(mapper) {
    checkObject(this, 'flatMap');
    checkCallable(this, mapper, 'flatMap');
    const record = direct(this);
    let counter = 0, inner = null;
    const advance = () => {
      for (;;) {
        if (inner === null) {
          const value = stepValue(record);
          if (value === done) return done;
          inner = callOrClose(record, () => flattenable(mapper(value, counter++), false));
        }
        const value = callOrClose(record, () => stepValue(inner));
        if (value !== done) return value;
        inner = null;
      }
    };
    return helper(record, advance, () => {
      if (inner !== null) callOrClose(record, () => close(inner.iterator));
      close(record.iterator);
    });
  },
  reduce(reducer, ...initial) {
    checkObject(this, 'reduce');
    checkCallable(this, reducer, 'reduce');
    const record = direct(this);
    let counter = 0, accumulator;
    if (initial.length > 0) {
      [accumulator] = initial;
    } else {
      accumulator = stepValue(record);
      if (accumulator === done) throw new TypeError('Reduce of a done iterator with no initial value');
      counter = 1;
    }
    for (let value; (value = stepValue(record)) !== done; ++counter) {
      accumulator = callOrClose(record, reducer, accumulator, value, counter);
    }
    return accumulator;
  },
  toArray() {
    checkObject(this, 'toArray');
    const record = direct(this);
    const items = [];
    for (let value; (value = stepValue(record)) !== done;) items[items.length] = value;
    return items;
  },
  forEach(callback) {
    checkObject(this, 'forEach');
    checkCallable(this, callback, 'forEach');
    const record = direct(this);
    let counter = 0;
    for (let value; (value = stepValue(record)) !== done; ++counter) callOrClose(record, callback, value, counter);
  },
  some(predicate) {
    checkObject(this, 'some');
    checkCallable(this, predicate, 'some');
    return search(direct(this), predicate, true) !== done;
  },
  every(predicate) {
    checkObject(this, 'every');
    checkCallable(this, predicate, 'every');
    return search(direct(this), predicate, false) === done;
  },
  find(predicate) {
    checkObject(this, 'find');
    checkCallable(this, predicate, 'find');
    const value = search(direct(this), predicate, true);
    return value === done ? undefined : value;
  },
  includes(searchElement, skippedElements = undefined) {
    checkObject(this, 'includes');
    let skip = 0;
    if (skippedElements !== undefined) {
      if (typeof skippedElements !== 'number' || (!Number.isInteger(skippedElements) && Math.abs(skippedElements) !== Infinity)) {
        closeAndThrow(this, new TypeError('Iterator.prototype.includes: the second argument is no whole number'));
      }
      if (skippedElements < 0) closeAndThrow(this, new RangeError('Iterator.prototype.includes: the second argument is negative'));
      skip = skippedElements;
    }
    const record = direct(this);
    for (let value; (value = stepValue(record)) !== done;) {
      if (skip > 0) {
        --skip;
      } else if (value === searchElement || (value !== value && searchElement !== searchElement)) {
        close(record.iterator);
        return true;
      }
    }
    return false;
  },
  join(separator) {
    checkObject(this, 'join');
    const between = separator === undefined ? ',' : callOrClose({ iterator: this }, () => `${separator}`);
    const record = direct(this);
    let text = '', isFirst = true;
    for (let value; (value = stepValue(record)) !== done; isFirst = false) {
      if (!isFirst) text += between;
      if (value !== undefined && value !== null) text += callOrClose(record, () => `${value}`);
    }
    return text;
  },
};
// The first value the predicate answers with `wanted` for, with the iterator closed; or `done`.
function search(record, predicate, wanted) {
  let counter = 0;
  for (let value; (value = stepValue(record)) !== done; ++counter) {
    if (!!callOrClose(record, predicate, value, counter) !== wanted) continue;
    close(record.iterator);
    return value;
  }
  return done;
}

// What Iterator.from makes of an object that is no Iterator.
class WrapForValidIterator {
  #record;
  constructor(record) { this.#record = record; }
  next() { return apply(this.#record.next, this.#record.iterator, []); }
  return() {
    const { iterator } = this.#record;
    const method = iterator.return;
    return method === undefined || method === null ? { value: undefined, done: true } : apply(method, iterator, []);
  }
}
makePrototype(WrapForValidIterator);

function Iterator() {
  if (new.target === undefined || new.target === Iterator) throw new TypeError('Abstract class Iterator not directly constructable');
}
defineProperty(Iterator, 'prototype', { value: iteratorPrototype, writable: false });
const statics = {
  from(O) {
    const record = flattenable(O, true);
    for (let p = getPrototypeOf(record.iterator); p !== null; p = getPrototypeOf(p)) if (p === iteratorPrototype) return record.iterator;
    return new WrapForValidIterator(record);
  },
  concat(...items) {
    const iterables = items.map((item) => {
      if (!isObject(item)) throw new TypeError('Iterator.concat: an argument is not an object');
      const method = item[Symbol.iterator];
      if (typeof method !== 'function') throw new TypeError('Iterator.concat: an argument is not iterable');
      return { item, method };
    });
    let next = 0, inner = null;
    return new IteratorHelper(() => {
      for (;;) {
        if (inner === null) {
          if (next === iterables.length) return done;
          const { item, method } = iterables[next++];
          const iterator = apply(method, item, []);
          if (!isObject(iterator)) throw new TypeError(`${String(iterator)} is not an object`);
          inner = direct(iterator);
        }
        const value = stepValue(inner);
        if (value !== done) return value;
        inner = null;
      }
    }, () => { if (inner !== null) close(inner.iterator); });
  },
};
for (const [name, value] of Object.entries(statics)) defineProperty(Iterator, name, { value, writable: true, configurable: true });

return { Iterator, helpers };
