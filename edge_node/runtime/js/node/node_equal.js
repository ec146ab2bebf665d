// Whether two values are alike in depth, as assert.deepEqual and util.isDeepStrictEqual ask.
const { kind } = native.values;
const kinds = native.values.kinds();
const { getOwnPropertySymbols, getPrototypeOf, is, keys, hasOwn } = Object;
const isEnumerable = Object.prototype.propertyIsEnumerable;
const tagOf = Object.prototype.toString;

const symbolsOf = (object) => getOwnPropertySymbols(object).filter((symbol) => isEnumerable.call(object, symbol));
const boxes = new Set([kinds.String, kinds.Number, kinds.Boolean, kinds.BigInt, kinds.Symbol]);
const bytesOf = (value) => (ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value));
const isObject = (value) => typeof value === 'object' && value !== null;

class Comparison {
  #isStrict;
  #open = [];  // pairs of objects being compared: met again they are taken as equal
  constructor(isStrict) { this.#isStrict = isStrict; }

  equal(a, b) {
    if (a === b) return a !== 0 || !this.#isStrict || is(a, b);
    if (!isObject(a) || !isObject(b)) {
      if (this.#isStrict) return is(a, b);
      // eslint-disable-next-line eqeqeq
      return !isObject(a) && !isObject(b) && (a == b || (a !== a && b !== b));
    }
    if (this.#isStrict && getPrototypeOf(a) !== getPrototypeOf(b)) return false;
    const type = kind(a);
    if (type !== kind(b) || tagOf.call(a) !== tagOf.call(b)) return false;
    if (this.#open.some(([x, y]) => x === a && y === b)) return true;
    this.#open.push([a, b]);
    const result = this.#sameContent(a, b, type) && this.#sameProperties(a, b, type);
    this.#open.pop();
    return result;
  }
  #sameContent(a, b, type) {
    switch (type) {
      case kinds.Array: return a.length === b.length;
      case kinds.Date: return is(a.getTime(), b.getTime());
      case kinds.RegExp: return String(a) === String(b) && a.lastIndex === b.lastIndex;
      case kinds.Error: return a.message === b.message && a.name === b.name && this.equal(a.cause, b.cause) && this.equal(a.errors, b.errors);
      case kinds.TypedArray: return this.#sameNumbers(a, b);
      case kinds.ArrayBuffer: case kinds.DataView: return native.buffer.compare(bytesOf(a), bytesOf(b)) === 0;
      case kinds.Set: return a.size === b.size && this.#sameMembers([...a].map((item) => [item]), [...b].map((item) => [item]));
      case kinds.Map: return a.size === b.size && this.#sameMembers([...a], [...b]);
      case kinds.Promise: case kinds.WeakMap: case kinds.WeakSet: return false;
      default: return !boxes.has(type) || is(a.valueOf(), b.valueOf());
    }
  }
  #sameNumbers(a, b) {
    if (a.length !== b.length) return false;
    return this.#isStrict || !(a instanceof Float32Array || a instanceof Float64Array)
      ? native.buffer.compare(bytesOf(a), bytesOf(b)) === 0 : a.every((item, i) => item === b[i]);
  }
  // In any order; what is the same value is paired off first.
  #sameMembers(a, b) {
    const rest = new Map(b.map((member) => [member[0], member]));
    const open = [];
    for (const member of a) {
      const other = rest.get(member[0]);
      if (other !== undefined && this.#sameParts(member, other)) rest.delete(member[0]);
      else open.push(member);
    }
    for (const member of open) {
      const found = [...rest.values()].find((other) => this.#sameParts(member, other));
      if (found === undefined) return false;
      rest.delete(found[0]);
    }
    return true;
  }
  #sameParts(a, b) { return a.every((part, i) => this.equal(part, b[i])); }
  #sameProperties(a, b, type) {
    const isIndexed = type === kinds.TypedArray;
    const own = (object) => (isIndexed ? keys(object).slice(object.length) : keys(object));
    const names = own(a);
    if (names.length !== own(b).length || !names.every((name) => hasOwn(b, name))) return false;
    if (this.#isStrict) {
      const symbols = symbolsOf(a);
      if (symbols.length !== symbolsOf(b).length || !symbols.every((symbol) => isEnumerable.call(b, symbol))) return false;
      names.push(...symbols);
    }
    return names.every((name) => this.equal(a[name], b[name]));
  }
}
const isDeepEqual = (a, b, isStrict) => new Comparison(isStrict).equal(a, b);
return { isDeepEqual };
