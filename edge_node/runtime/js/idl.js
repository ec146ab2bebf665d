// Conversions of JavaScript values to Web IDL types (Web IDL section 3.2), besides those in base.js.
const { toWellFormed } = native.encoding;
const { ReflectApply, MathMax, MathMin, MathTrunc, NumberIsNaN, SymbolIterator, TypeError, bufferByteLength, isView } = internals.primordials;
const { isFinite } = Number;
const { floor } = Math;
const SURROGATE = /[\ud800-\udfff]/;
const NOT_LATIN1 = /[^\x00-\xff]/;
const SAFE_MAX = Number.MAX_SAFE_INTEGER;

internals.isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

internals.idl = {
  // requireArguments of base.js for methods that are called often: an object of arguments costs more than its length.
  need(count, given, what) {
    if (given < count) internals.requireArguments({ length: given }, count, what);
  },
  usvString(value) {
    const text = `${value}`;
    return SURROGATE.test(text) ? toWellFormed(text) : text;
  },
  byteString(value, what) {
    const text = `${value}`;
    if (NOT_LATIN1.test(text)) throw new TypeError(`${what}: '${text}' has a character above U+00FF`);
    return text;
  },
  // `allowed`: an array of strings.
  enumeration(value, allowed, what) {
    const text = `${value}`;
    if (!allowed.includes(text)) throw new TypeError(`${what} is '${text}'; expected '${allowed.join("', '")}'`);
    return text;
  },
  // The items of a sequence, each through `convert` as it comes.
  sequence(value, convert, what) {
    const method = internals.isObject(value) ? value[SymbolIterator] : undefined;
    if (typeof method !== 'function') throw new TypeError(`${what} is no sequence`);
    const items = [];
    for (const item of { [SymbolIterator]: () => ReflectApply(method, value, []) }) items.push(convert(item));
    return items;
  },
  unsignedShort(value) {
    const n = MathTrunc(+value);
    return isFinite(n) ? ((n % 65536) + 65536) % 65536 : 0;
  },
  // long long, as far as a double is exact.
  longLong(value) {
    const n = MathTrunc(+value);
    return isFinite(n) ? n + 0 : 0;
  },
  // [Clamp] long long: halves go to the even neighbour.
  clampedLongLong(value) {
    const n = +value;
    if (NumberIsNaN(n)) return 0;
    const clamped = MathMin(MathMax(n, -SAFE_MAX), SAFE_MAX);
    const below = floor(clamped);
    const rest = clamped - below;
    return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
  },
  isView,
  // An ArrayBuffer, not a shared one.
  isBuffer(value) {
    if (typeof value !== 'object' || value === null) return false;
    try {
      bufferByteLength(value);
      return true;
    } catch {
      return false;
    }
  },
};
