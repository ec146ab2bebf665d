// Set methods (ECMA-262 section 24.2.4), which follow changes that their callbacks make to the set.
const { uncurryThis } = internals.primordials;
const { getOwnPropertyDescriptor, getPrototypeOf } = Object;
const sizeOf = uncurryThis(getOwnPropertyDescriptor(Set.prototype, 'size').get);
const [has, add, remove, values] = [Set.prototype.has, Set.prototype.add, Set.prototype.delete, Set.prototype.values].map((f) => uncurryThis(f));
const nextOf = uncurryThis(getPrototypeOf(new Set().values()).next);
const { apply } = Reflect;
const { trunc } = Math;

// What the methods ask of their argument.
class SetRecord {
  constructor(other) {
    if ((typeof other !== 'object' && typeof other !== 'function') || other === null) throw new TypeError('the argument is not a set-like object');
    const size = +other.size;
    if (size !== size) throw new TypeError("the argument's size is not a number");
    this.size = trunc(size);
    if (this.size < 0) throw new RangeError(`'${this.size}' is an invalid size`);
    this.other = other;
    this.hasMethod = other.has;
    if (typeof this.hasMethod !== 'function') throw new TypeError("the argument's has is not a function");
    this.keysMethod = other.keys;
    if (typeof this.keysMethod !== 'function') throw new TypeError("the argument's keys is not a function");
  }
  has(value) { return !!apply(this.hasMethod, this.other, [value]); }
  // Calls visit(key) for each key; when that gives true, closes the iterator and stops.
  keys() {
    const iterator = apply(this.keysMethod, this.other, []);
    if ((typeof iterator !== 'object' && typeof iterator !== 'function') || iterator === null) throw new TypeError('keys() did not give an object');
    return { iterator, next: iterator.next };
  }
}
function eachKey({ iterator, next }, visit) {
  for (;;) {
    const result = apply(next, iterator, []);
    if ((typeof result !== 'object' && typeof result !== 'function') || result === null) throw new TypeError(`Iterator result ${String(result)} is not an object`);
    if (result.done) return;
    if (visit(result.value) !== true) continue;
    const close = iterator.return;
    if (close !== undefined && close !== null) {
      const closed = apply(close, iterator, []);
      if ((typeof closed !== 'object' && typeof closed !== 'function') || closed === null) throw new TypeError('return() did not give an object');
    }
    return;
  }
}
// The elements of a set as it is at each step; stops when visit gives true.
function eachElement(set, visit) {
  const iterator = values(set);
  for (let { done, value } = nextOf(iterator); !done; { done, value } = nextOf(iterator)) if (visit(value) === true) return;
}
function copyOf(set) {
  const copy = new Set();
  eachElement(set, (value) => { add(copy, value); });
  return copy;
}

return {
  union(other) {
    sizeOf(this);
    const keys = new SetRecord(other).keys();
    const result = copyOf(this);
    eachKey(keys, (key) => { add(result, key); });
    return result;
  },
  intersection(other) {
    const size = sizeOf(this);
    const record = new SetRecord(other);
    const result = new Set();
    if (size <= record.size) eachElement(this, (value) => { if (record.has(value)) add(result, value); });
    else eachKey(record.keys(), (key) => { if (has(this, key)) add(result, key); });
    return result;
  },
  difference(other) {
    const size = sizeOf(this);
    const record = new SetRecord(other);
    const result = copyOf(this);
    if (size <= record.size) eachElement(this, (value) => { if (record.has(value)) remove(result, value); });
    else eachKey(record.keys(), (key) => { remove(result, key); });
    return result;
  },
  symmetricDifference(other) {
    sizeOf(this);
    const keys = new SetRecord(other).keys();
    const result = copyOf(this);
    eachKey(keys, (key) => {
      if (has(this, key)) remove(result, key);
      else add(result, key);
    });
    return result;
  },
  isSubsetOf(other) {
    const size = sizeOf(this);
    const record = new SetRecord(other);
    if (size > record.size) return false;
    let isSubset = true;
    eachElement(this, (value) => !(isSubset = record.has(value)));
    return isSubset;
  },
  isSupersetOf(other) {
    const size = sizeOf(this);
    const record = new SetRecord(other);
    if (size < record.size) return false;
    let isSuperset = true;
    eachKey(record.keys(), (key) => !(isSuperset = has(this, key)));
    return isSuperset;
  },
  isDisjointFrom(other) {
    const size = sizeOf(this);
    const record = new SetRecord(other);
    let isDisjoint = true;
    if (size <= record.size) eachElement(this, (value) => !(isDisjoint = !record.has(value)));
    else eachKey(record.keys(), (key) => !(isDisjoint = !has(this, key)));
    return isDisjoint;
  },
};
