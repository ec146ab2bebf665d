// Object.groupBy, Map.groupBy (ECMA-262 sections 20.1.2.13 and 24.1.2.1); Map.prototype.getOrInsert and its kin (the
// upsert proposal).
const { uncurryThis } = internals.primordials;
const [get, set, has] = [Map.prototype.get, Map.prototype.set, Map.prototype.has].map((f) => uncurryThis(f));
const [weakGet, weakSet, weakHas] = [WeakMap.prototype.get, WeakMap.prototype.set, WeakMap.prototype.has].map((f) => uncurryThis(f));

// A Map of arrays, in the order of the keys' first appearance.
function groupBy(items, callback, coerce) {
  if (items === undefined || items === null) throw new TypeError(`${items} is not iterable`);
  if (typeof callback !== 'function') throw new TypeError('groupBy: the callback is not a function');
  const groups = new Map();
  let k = 0;
  for (const value of items) {
    const key = coerce((0, callback)(value, k));
    const group = get(groups, key);
    if (group === undefined) set(groups, key, [value]);
    else group[group.length] = value;
    ++k;
  }
  return groups;
}
// ToPropertyKey, by way of what it becomes as a key.
const toPropertyKey = (value) => (typeof value === 'symbol' ? value : Reflect.ownKeys({ [value]: 0 })[0]);

const object = {
  groupBy(items, callback) {
    const result = { __proto__: null };
    Map.prototype.forEach.call(groupBy(items, callback, toPropertyKey), (group, key) => { result[key] = group; });
    return result;
  },
};
const map = { groupBy(items, callback) { return groupBy(items, callback, (key) => key); } };

function checkCallback(callback) {
  if (typeof callback !== 'function') throw new TypeError('getOrInsertComputed: the callback is not a function');
}
const mapPrototype = {
  getOrInsert(key, value) {
    if (has(this, key)) return get(this, key);
    set(this, key, value);
    return value;
  },
  getOrInsertComputed(key, callback) {
    const isThere = has(this, key);
    checkCallback(callback);
    if (isThere) return get(this, key);
    const value = (0, callback)(key === 0 ? 0 : key);
    set(this, key, value);
    return value;
  },
};
const weakMapPrototype = {
  getOrInsert(key, value) {
    if (weakHas(this, key)) return weakGet(this, key);
    weakSet(this, key, value);
    return value;
  },
  getOrInsertComputed(key, callback) {
    const isThere = weakHas(this, key);
    if ((typeof key !== 'object' && typeof key !== 'function') || key === null) throw new TypeError('Invalid value used as weak map key');
    checkCallback(callback);
    if (isThere) return weakGet(this, key);
    const value = (0, callback)(key);
    weakSet(this, key, value);
    return value;
  },
};

return { object, map, mapPrototype, weakMapPrototype };
