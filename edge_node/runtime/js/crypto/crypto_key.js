// CryptoKey (Web Cryptography API section 13): an object of a worker's over slots that no worker sees.
//
// The slots of a key are {type, extractable, algorithm, usages, handle}. `algorithm` is what its attribute shows, with
// the name of a hash in place of a dictionary; `usages` is a number, the sum of kUsages; `handle` is a held object of
// native code. A handle in the hands of a worker would be its way into the memory of the process: it goes into no
// array that is iterated over, no promise, and no object with a prototype.
const { DOMException, cloneSteps, finishClass, isObject, kInternal } = internals;
const { Promise, TypeError, Uint8Array } = internals.primordials;

const usageNames = ['encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey'];
const kUsages = { __proto__: null };
for (let i = 0; i < usageNames.length; ++i) kUsages[usageNames[i]] = 1 << i;

// In the order of the standard's list.
function namesOfUsages(usages) {
  const names = [];
  for (let i = 0; i < usageNames.length; ++i) if (usages & (1 << i)) names[names.length] = usageNames[i];
  return names;
}

// The dictionary as an object of the worker's: KeyAlgorithm and those derived from it.
function showAlgorithm({ name, length, namedCurve, modulusLength, publicExponent, hash }) {
  const shown = { name };
  if (modulusLength !== undefined) {
    shown.modulusLength = modulusLength;
    shown.publicExponent = new Uint8Array(publicExponent);
  }
  if (hash !== undefined) shown.hash = { name: hash };
  if (length !== undefined) shown.length = length;
  if (namedCurve !== undefined) shown.namedCurve = namedCurve;
  return shown;
}

let slotsOf;
class CryptoKey {
  #slots;
  #algorithm = undefined;
  #usages = undefined;
  constructor() {
    if (arguments[0] !== kInternal) throw new TypeError('Illegal constructor');
    this.#slots = arguments[1];
  }
  get type() { return this.#slots.type; }
  get extractable() { return this.#slots.extractable; }
  get algorithm() { return this.#algorithm ??= showAlgorithm(this.#slots.algorithm); }
  get usages() { return this.#usages ??= namesOfUsages(this.#slots.usages); }

  static {
    slotsOf = (value, what) => {
      if (!isObject(value) || !(#slots in value)) throw new TypeError(`${what} is no CryptoKey`);
      return value.#slots;
    };
  }
}
finishClass(CryptoKey, 'CryptoKey');
// The copy shares the key's material, which never changes.
cloneSteps.set(CryptoKey.prototype, (key) => new CryptoKey(kInternal, slotsOf(key, 'the value')));

const newKey = (slots) => new CryptoKey(kInternal, { __proto__: null, ...slots });

function fail(name, message) { throw new DOMException(message, name); }
// What native code gave: the message of an error, or a result.
function operationResult(result) {
  return typeof result === 'string' ? fail('OperationError', result) : result;
}
function dataResult(result) {
  return typeof result === 'string' ? fail('DataError', result) : result;
}
function checkUsages(usages, allowed, what) {
  if (usages & ~allowed) {
    fail('SyntaxError', `${what}: the usage "${namesOfUsages(usages & ~allowed)[0]}" is not for such a key`);
  }
}

// A result of native code that is there in a later turn. `begin(done)` gives the result, or undefined and calls
// done(result) later; `finish` makes of it what was asked for. No promise carries the result: a worker's patches could
// look into that.
class Later {
  #begin;
  #finish;
  #result = undefined;
  constructor(begin, finish) {
    this.#begin = begin;
    this.#finish = finish;
  }
  // A promise of nothing, for when it is there to be taken.
  arrival() {
    return new Promise((resolve) => {
      const now = this.#begin((result) => {
        this.#result = result;
        resolve();
      });
      if (now === undefined) return;
      this.#result = now;
      resolve();
    });
  }
  take() {
    const finish = this.#finish;
    return this.#result === undefined ? fail('OperationError', 'the result is not there yet') : finish(this.#result);
  }
}

return {
  CryptoKey, Later, checkUsages, dataResult, fail, kUsages, namesOfUsages, newKey, operationResult, slotsOf, usageNames,
};
