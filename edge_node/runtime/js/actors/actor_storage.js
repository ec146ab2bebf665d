// ctx.storage of a Durable Object. The answers are there at once: what is a promise here is one because Workers has it
// so. Writes of one turn are kept together, before anything of that turn is seen outside (actor_storage.h).
const { get, put, remove, removeAll, list, alarm, setAlarm, begin, end, hold, release, block, unblock } = native.actors;
const { kInternal } = internals;
const { encodeUtf8 } = native.encoding;
const { isArray } = Array;
const { entries } = Object;
const keyBytesMax = 2048, keysMax = 128;

function checkKey(key, what) {
  if (typeof key !== 'string') throw new TypeError(`storage.${what}: a key is a string`);
  if (key.length > keyBytesMax / 3 && encodeUtf8(key).byteLength > keyBytesMax) {
    throw new RangeError(`storage.${what}: the key has more than ${keyBytesMax} bytes`);
  }
  return key;
}
function checkCount(count, what) {
  if (count > keysMax) throw new RangeError(`storage.${what}: ${count} keys; at most ${keysMax} are allowed`);
}
function putOne(actor, key, value) {
  if (value === undefined) throw new TypeError(`storage.put: the value of "${checkKey(key, 'put')}" is undefined`);
  put(actor, checkKey(key, 'put'), internals.load('rpc').plain(value));
}
function readRange(options, what) {
  const { start, startAfter, end: before, prefix, reverse, limit } = options ?? {};
  if (start !== undefined && startAfter !== undefined) throw new TypeError(`storage.${what}: start and startAfter exclude each other`);
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
    throw new TypeError(`storage.${what}: the limit is ${limit}; expected a whole number above 0`);
  }
  const text = (value) => (value === undefined || value === null ? undefined : `${value}`);
  return [text(start), text(startAfter), text(before), text(prefix), !!reverse, limit];
}
function listAll(actor, options, what) {
  const flat = list(actor, ...readRange(options, what));
  const pairs = [];
  for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i], flat[i + 1]]);
  return pairs;
}

// What storage and a transaction's closure have in common.
class Values {
  #actor;
  constructor(token, actor) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#actor = actor;
  }
  async get(key) {
    if (!isArray(key)) return get(this.#actor, checkKey(key, 'get'));
    checkCount(key.length, 'get');
    const found = new Map();
    for (const one of key) {
      const value = get(this.#actor, checkKey(one, 'get'));
      if (value !== undefined) found.set(one, value);
    }
    return found;
  }
  async put(key, value) {
    if (typeof key !== 'object' || key === null) {
      putOne(this.#actor, key, value);
      return;
    }
    const pairs = entries(key);
    checkCount(pairs.length, 'put');
    for (const [name, one] of pairs) putOne(this.#actor, name, one);
  }
  async delete(key) {
    if (!isArray(key)) return remove(this.#actor, checkKey(key, 'delete'));
    checkCount(key.length, 'delete');
    return key.filter((one) => remove(this.#actor, checkKey(one, 'delete'))).length;
  }
  async list(options) { return new Map(listAll(this.#actor, options, 'list')); }
  async getAlarm() { return alarm(this.#actor); }
  async setAlarm(time) {
    const at = time instanceof Date ? time.getTime() : Number(time);
    if (!Number.isFinite(at) || at < 0) throw new TypeError('storage.setAlarm: expected a Date or milliseconds since 1970');
    setAlarm(this.#actor, Math.max(Math.floor(at), Date.now()));
  }
  async deleteAlarm() { setAlarm(this.#actor, null); }
}

class DurableObjectTransaction extends Values {
  #rolledBack = false;
  static { internals.wasRolledBack = (transaction) => transaction.#rolledBack; }
  rollback() { this.#rolledBack = true; }
}

// The same keys and values without promises.
class SyncKvStorage {
  #actor;
  constructor(token, actor) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#actor = actor;
  }
  get(key) { return get(this.#actor, checkKey(key, 'kv.get')); }
  put(key, value) { putOne(this.#actor, key, value); }
  delete(key) { return remove(this.#actor, checkKey(key, 'kv.delete')); }
  list(options) { return listAll(this.#actor, options, 'kv.list')[Symbol.iterator](); }
}

class DurableObjectStorage extends Values {
  #actor;
  #kv;
  #sql;
  constructor(token, actor) {
    super(token, actor);
    this.#actor = actor;
  }
  async deleteAll() { removeAll(this.#actor); }
  async sync() {}
  // No other event is delivered until it is over, and nothing is kept until then.
  async transaction(closure) {
    const actor = this.#actor;
    const blocking = block(actor);
    hold(actor);
    try {
      begin(actor);
      const transaction = new DurableObjectTransaction(kInternal, actor);
      let done = false;
      try {
        const result = await closure(transaction);
        done = !internals.wasRolledBack(transaction);
        return result;
      } finally {
        end(actor, done);
      }
    } finally {
      release(actor);
      unblock(actor, blocking);
    }
  }
  transactionSync(closure) {
    begin(this.#actor);
    let done = false;
    try {
      const result = closure();
      done = true;
      return result;
    } finally {
      end(this.#actor, done);
    }
  }
  get kv() { return this.#kv ??= new SyncKvStorage(kInternal, this.#actor); }
  get sql() { return this.#sql ??= internals.load('actor_sql').make(this.#actor); }
}
for (const [type, name] of [[DurableObjectTransaction, 'DurableObjectTransaction'], [SyncKvStorage, 'SyncKvStorage'],
  [DurableObjectStorage, 'DurableObjectStorage']]) internals.finishClass(type, name);
return { make: (actor) => new DurableObjectStorage(kInternal, actor) };
