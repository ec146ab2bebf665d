// node:util.
const { nodeError, check } = internals.load('node_errors');
const { inspect, format: formatValues } = internals.load('inspect');
const format = (...values) => formatValues(values);
const { isDeepEqual } = internals.load('node_equal');
const { kind } = native.values;
const kinds = native.values.kinds();
const { apply } = Reflect;
const { getOwnPropertyDescriptors, getPrototypeOf, setPrototypeOf, defineProperty, defineProperties } = Object;
const customPromisify = Symbol.for('nodejs.util.promisify.custom');

function promisify(original) {
  check.function(original, 'original');
  const own = original[customPromisify];
  if (own !== undefined) {
    check.function(own, 'util.promisify.custom');
    return defineProperty(own, customPromisify, { value: own, configurable: true });
  }
  function promised(...args) {
    return new Promise((resolve, reject) => {
      apply(original, this, [...args, (error, value) => (error ? reject(error) : resolve(value))]);
    });
  }
  setPrototypeOf(promised, getPrototypeOf(original));
  defineProperty(promised, customPromisify, { value: promised, configurable: true });
  return defineProperties(promised, getOwnPropertyDescriptors(original));
}
promisify.custom = customPromisify;

function callbackify(original) {
  check.function(original, 'original');
  function callbackified(...args) {
    const callback = args.pop();
    check.function(callback, 'last argument');
    const call = (...results) => queueMicrotask(() => apply(callback, this, results));
    apply(original, this, args).then((value) => call(null, value), (error) => {
      if (error) {
        call(error);
        return;
      }
      const wrapped = nodeError('ERR_FALSY_VALUE_REJECTION');
      wrapped.reason = error;
      call(wrapped);
    });
  }
  return defineProperty(callbackified, 'name', { value: `${original.name}Callbackified`, configurable: true });
}
function inherits(child, parent) {
  check.function(child, 'ctor');
  check.function(parent, 'superCtor');
  if (parent.prototype === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', 'superCtor.prototype', 'Object', parent.prototype);
  defineProperty(child, 'super_', { value: parent, writable: true, configurable: true });
  setPrototypeOf(child.prototype, parent.prototype);
}
const warned = new Set();
function deprecate(original, message, code = undefined) {
  let done = false;
  function deprecated(...args) {
    if (!done && !(code !== undefined && warned.has(code))) console.warn(`DeprecationWarning: ${message}`);
    done = true;
    if (code !== undefined) warned.add(code);
    return new.target ? Reflect.construct(original, args, new.target) : apply(original, this, args);
  }
  setPrototypeOf(deprecated, original);
  if (original.prototype) deprecated.prototype = original.prototype;
  return deprecated;
}
function debuglog() {
  const silent = () => {};
  silent.enabled = false;
  return silent;
}
// eslint-disable-next-line no-control-regex
const stripVTControlCharacters = (text) => (check.string(text, 'str'), text.replace(/\u001B\[[0-?]*[ -/]*[@-~]|\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\)/g, ''));
function aborted(signal, resource) {
  check.signal(signal, 'signal');
  check.object(resource, 'resource');
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => { signal.addEventListener('abort', () => resolve(), { once: true }); });
}
const styles = { bold: [1, 22], dim: [2, 22], italic: [3, 23], underline: [4, 24], inverse: [7, 27], red: [31, 39], green: [32, 39],
  yellow: [33, 39], blue: [34, 39], magenta: [35, 39], cyan: [36, 39], white: [37, 39], gray: [90, 39], grey: [90, 39] };
function styleText(names, text) {
  check.string(text, 'text');
  return [names].flat().reduceRight((inner, name) => {
    if (!Object.hasOwn(styles, name)) throw nodeError('ERR_INVALID_ARG_VALUE', 'format', name, `must be one of: ${Object.keys(styles).join(', ')}`);
    return `\u001B[${styles[name][0]}m${inner}\u001B[${styles[name][1]}m`;
  }, text);
}

const isKind = (...types) => (value) => ((typeof value === 'object' && value !== null) || typeof value === 'function') && types.includes(kind(value));
const typedTag = Object.getOwnPropertyDescriptor(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;
const functionTag = (value) => (typeof value === 'function' ? Object.prototype.toString.call(value) : '');
const isShared = (value) => typeof SharedArrayBuffer === 'function' && value instanceof SharedArrayBuffer;
const types = {
  isAnyArrayBuffer: (value) => isKind(kinds.ArrayBuffer)(value) || isShared(value),
  isArrayBuffer: isKind(kinds.ArrayBuffer), isSharedArrayBuffer: isShared, isArrayBufferView: ArrayBuffer.isView,
  isArgumentsObject: isKind(kinds.Arguments),
  isAsyncFunction: (value) => /^\[object Async/.test(functionTag(value)),
  isGeneratorFunction: (value) => /GeneratorFunction\]$/.test(functionTag(value)),
  isGeneratorObject: isKind(kinds.Generator), isBigIntObject: isKind(kinds.BigInt), isBooleanObject: isKind(kinds.Boolean),
  isNumberObject: isKind(kinds.Number), isStringObject: isKind(kinds.String), isSymbolObject: isKind(kinds.Symbol),
  isBoxedPrimitive: isKind(kinds.BigInt, kinds.Boolean, kinds.Number, kinds.String, kinds.Symbol),
  isCryptoKey: (value) => value instanceof globalThis.CryptoKey, isDataView: isKind(kinds.DataView), isDate: isKind(kinds.Date),
  isExternal: isKind(kinds.External), isMap: isKind(kinds.Map), isMapIterator: isKind(kinds.MapIterator),
  isModuleNamespaceObject: isKind(kinds.Namespace), isNativeError: isKind(kinds.Error), isPromise: isKind(kinds.Promise),
  isProxy: isKind(kinds.Proxy), isRegExp: isKind(kinds.RegExp), isSet: isKind(kinds.Set), isSetIterator: isKind(kinds.SetIterator),
  isTypedArray: isKind(kinds.TypedArray), isWeakMap: isKind(kinds.WeakMap), isWeakSet: isKind(kinds.WeakSet),
};
for (const name of ['Int8', 'Uint8', 'Uint8Clamped', 'Int16', 'Uint16', 'Int32', 'Uint32', 'Float32', 'Float64', 'BigInt64', 'BigUint64']) {
  types[`is${name}Array`] = (value) => ArrayBuffer.isView(value) && apply(typedTag, value, []) === `${name}Array`;
}

const isObject = (value) => value !== null && typeof value === 'object';
const legacy = {
  isArray: Array.isArray, isBoolean: (v) => typeof v === 'boolean', isBuffer: (v) => internals.load('node_buffer').isBuffer(v),
  isDate: types.isDate, isError: (v) => types.isNativeError(v) || v instanceof Error, isFunction: (v) => typeof v === 'function',
  isNull: (v) => v === null, isNullOrUndefined: (v) => v === null || v === undefined, isNumber: (v) => typeof v === 'number', isObject,
  isPrimitive: (v) => !isObject(v) && typeof v !== 'function', isRegExp: types.isRegExp, isString: (v) => typeof v === 'string',
  isSymbol: (v) => typeof v === 'symbol', isUndefined: (v) => v === undefined,
  _extend: (target, source) => (isObject(source) ? Object.assign(target, source) : target),
};
inspect.custom ??= Symbol.for('nodejs.util.inspect.custom');
const util = {
  ...legacy, aborted, callbackify, debug: debuglog, debuglog, deprecate, format, inherits, inspect, promisify, stripVTControlCharacters,
  formatWithOptions: (options, first = '', ...rest) => (typeof first === 'string' ? format(first, ...rest.map((value) => (isObject(value) ? { [inspect.custom]: () => inspect(value, options) } : value)))
    : [first, ...rest].map((value) => (typeof value === 'string' ? value : inspect(value, options))).join(' ')),
  isDeepStrictEqual: (a, b) => isDeepEqual(a, b, true), styleText, toUSVString: (text) => `${text}`.replace(/\p{Surrogate}/gu, '\ufffd'),
  types, TextDecoder: globalThis.TextDecoder, TextEncoder: globalThis.TextEncoder,
};

const exports = () => ({ ...util, default: util });
const typeExports = () => ({ ...types, default: types });
return { exports, typeExports };
