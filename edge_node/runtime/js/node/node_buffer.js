// Buffer, as Node.js 20 documents it: a Uint8Array that knows encodings. Whatever touches every byte is native.
const { nodeError, check } = internals.load('node_errors');
const codec = native.buffer;
const { defineProperty, setPrototypeOf } = Object;
const { isView } = ArrayBuffer;
const { set: setBytes, subarray: bytesOf } = Uint8Array.prototype;
const kMaxLength = 2 ** 32 - 1, kStringMaxLength = 2 ** 29 - 24;
const custom = Symbol.for('nodejs.util.inspect.custom');

// The numbers of NodeEncoding (encoding/node_text.h).
const encodings = {
  __proto__: null, utf8: 0, 'utf-8': 0, ucs2: 1, 'ucs-2': 1, utf16le: 1, 'utf-16le': 1, latin1: 2, binary: 2, ascii: 3, hex: 4,
  base64: 5, base64url: 6,
};
const kUtf8 = 0, kUcs2 = 1;
const find = (name) => encodings[name] ?? encodings[`${name}`.toLowerCase()];
function encodingOf(name) {
  if (name === undefined || name === null || name === '') return kUtf8;
  const found = typeof name === 'string' ? find(name) : undefined;
  if (found === undefined) throw nodeError('ERR_UNKNOWN_ENCODING', name);
  return found;
}

const isBytes = (value) => value instanceof Uint8Array;
function checkBytes(value, name) {
  if (!isBytes(value)) throw nodeError('ERR_INVALID_ARG_TYPE', name, ['Buffer', 'Uint8Array'], value);
}
// The same memory as a Buffer.
const wrap = (bytes) => setPrototypeOf(bytes, Buffer.prototype);
const fromText = (text, encoding) => wrap(codec.fromText(text, encoding));
const isBuffer = (value) => value instanceof Buffer;

function allocate(size) {
  check.number(size, 'size', 0, kMaxLength);
  return wrap(new Uint8Array(size));
}
function copyOf(list) {
  return wrap(new Uint8Array(list));
}
function overBuffer(buffer, offset = undefined, length = undefined) {
  offset = offset === undefined ? 0 : +offset || 0;
  const most = buffer.byteLength - offset;
  if (most < 0) throw nodeError('ERR_BUFFER_OUT_OF_BOUNDS', 'offset');
  length = length === undefined ? most : Math.max(+length || 0, 0);
  if (length > most) throw nodeError('ERR_BUFFER_OUT_OF_BOUNDS', 'length');
  return wrap(new Uint8Array(buffer, offset, length));
}
const isAnyBuffer = (value) => value instanceof ArrayBuffer || (typeof SharedArrayBuffer === 'function' && value instanceof SharedArrayBuffer);

function fromObject(value) {
  if (value.length !== undefined || isAnyBuffer(value.buffer)) return typeof value.length === 'number' ? copyOf(value) : copyOf(0);
  if (value.type === 'Buffer' && Array.isArray(value.data)) return copyOf(value.data);
  return undefined;
}
function from(value, encodingOrOffset = undefined, length = undefined) {
  if (typeof value === 'string') return fromText(value, encodingOf(encodingOrOffset));
  if (typeof value === 'object' && value !== null) {
    if (isAnyBuffer(value)) return overBuffer(value, encodingOrOffset, length);
    const plain = value.valueOf?.();
    if (plain !== undefined && plain !== null && plain !== value && (typeof plain === 'string' || typeof plain === 'object')) {
      return from(plain, encodingOrOffset, length);
    }
    const made = fromObject(value);
    if (made !== undefined) return made;
    if (typeof value[Symbol.toPrimitive] === 'function') {
      const primitive = value[Symbol.toPrimitive]('string');
      if (typeof primitive === 'string') return fromText(primitive, encodingOf(encodingOrOffset));
    }
  }
  throw nodeError('ERR_INVALID_ARG_TYPE', 'first argument', ['string', 'Buffer', 'ArrayBuffer', 'Array', 'Array-like Object'], value);
}

function byteLength(value, encoding = undefined) {
  if (typeof value === 'string') return codec.length(value, find(encoding ?? 'utf8') ?? kUtf8);
  if (isView(value) || isAnyBuffer(value)) return value.byteLength;
  throw nodeError('ERR_INVALID_ARG_TYPE', 'string', ['string', 'Buffer', 'ArrayBuffer'], value);
}
function compare(a, b) {
  checkBytes(a, 'buf1');
  checkBytes(b, 'buf2');
  return codec.compare(a, b);
}
function concat(list, length = undefined) {
  check.array(list, 'list');
  list.forEach((item, i) => checkBytes(item, `list[${i}]`));
  if (length === undefined) length = list.reduce((sum, item) => sum + item.length, 0);
  else check.integer(length, 'length', 0, kMaxLength);
  const all = allocate(length);
  let at = 0;
  for (const item of list) {
    if (at >= length) break;
    setBytes.call(all, item.length > length - at ? bytesOf.call(item, 0, length - at) : item, at);
    at += item.length;
  }
  return all;
}

const whole = (value, fallback) => (value === undefined ? fallback : Math.trunc(+value) || 0);
// Counted from the end when negative, then clamped.
function place(value, length, fallback) {
  const n = whole(value, fallback);
  return n < 0 ? Math.max(length + n, 0) : Math.min(n, length);
}

function search(buffer, value, offset, encoding, forward) {
  if (typeof offset === 'string') [encoding, offset] = [offset, undefined];
  let from = +offset;
  if (Number.isNaN(from)) from = forward ? 0 : buffer.length;
  from = Math.trunc(Math.min(Math.max(from, -0x80000000), 0x7fffffff));
  if (from < 0) from += buffer.length;
  if (from < 0) {
    if (!forward) return -1;
    from = 0;
  }
  const number = encodingOf(encoding);
  let needle = value;
  if (typeof value === 'number') needle = new Uint8Array([value & 255]);
  else if (typeof value === 'string') needle = codec.fromText(value, number);
  else if (!isBytes(value)) throw nodeError('ERR_INVALID_ARG_TYPE', 'value', ['number', 'string', 'Buffer', 'Uint8Array'], value);
  if (needle.length === 0) return Math.min(from, buffer.length);
  return codec.indexOf(buffer, needle, from, forward, typeof value !== 'number' && number === kUcs2 ? 2 : 1);
}

class Buffer extends Uint8Array {
  constructor(...args) { super(...args); }
  static get [Symbol.species]() { return Buffer; }

  get parent() { return this.buffer; }
  get offset() { return this.byteOffset; }

  toString(encoding = undefined, start = 0, end = this.length) {
    if (arguments.length === 0) return codec.text(this, kUtf8, 0, this.length);
    return codec.text(this, encodingOf(encoding), Math.max(whole(start, 0), 0), whole(end, this.length));
  }
  toLocaleString(...args) { return this.toString(...args); }
  toJSON() { return { type: 'Buffer', data: Array.from(this) }; }
  equals(other) {
    checkBytes(other, 'otherBuffer');
    return this === other || (this.byteLength === other.byteLength && codec.compare(this, other) === 0);
  }
  compare(target, targetStart = 0, targetEnd = target.length, start = 0, end = this.length) {
    checkBytes(target, 'target');
    check.integer(targetStart, 'targetStart', 0);
    check.integer(targetEnd, 'targetEnd', 0, target.length);
    check.integer(start, 'sourceStart', 0);
    check.integer(end, 'sourceEnd', 0, this.length);
    if (start >= end) return targetStart >= targetEnd ? 0 : -1;
    if (targetStart >= targetEnd) return 1;
    return codec.compare(bytesOf.call(this, start, end), bytesOf.call(target, targetStart, targetEnd));
  }
  indexOf(value, offset = undefined, encoding = undefined) { return search(this, value, offset, encoding, true); }
  lastIndexOf(value, offset = undefined, encoding = undefined) { return search(this, value, offset, encoding, false); }
  includes(value, offset = undefined, encoding = undefined) { return this.indexOf(value, offset, encoding) !== -1; }

  fill(value = 0, offset = undefined, end = undefined, encoding = undefined) {
    if (typeof offset === 'string') [encoding, offset, end] = [offset, undefined, undefined];
    else if (typeof end === 'string') [encoding, end] = [end, undefined];
    if (offset !== undefined) check.integer(offset, 'offset', 0, this.length);
    if (end !== undefined) check.integer(end, 'end', 0, this.length);
    let pattern = value;
    if (typeof value === 'string') {
      pattern = value === '' ? new Uint8Array(1) : codec.fromText(value, encodingOf(encoding));
    } else if (!isBytes(value)) {
      pattern = new Uint8Array([isView(value) ? 0 : +value & 255]);
    }
    if (pattern.length === 0) throw nodeError('ERR_INVALID_ARG_VALUE', 'value', value);
    codec.fill(this, pattern, offset ?? 0, end ?? this.length);
    return this;
  }
  write(text, offset = undefined, length = undefined, encoding = undefined) {
    if (typeof offset === 'string') [encoding, offset, length] = [offset, undefined, undefined];
    else if (typeof length === 'string') [encoding, length] = [length, undefined];
    check.string(text, 'argument');
    if (offset !== undefined) check.integer(offset, 'offset', 0, this.length);
    const rest = this.length - (offset ?? 0);
    if (length !== undefined) check.integer(length, 'length', 0, this.length);
    return codec.write(this, text, offset ?? 0, Math.min(length ?? rest, rest), encodingOf(encoding));
  }
  copy(target, targetStart = 0, start = 0, end = this.length) {
    checkBytes(target, 'target');
    targetStart = whole(targetStart, 0);
    start = whole(start, 0);
    end = whole(end, this.length);
    if (targetStart < 0) throw nodeError('ERR_OUT_OF_RANGE', 'targetStart', '>= 0', targetStart);
    if (start < 0 || start > this.length) throw nodeError('ERR_OUT_OF_RANGE', 'sourceStart', `>= 0 && <= ${this.length}`, start);
    if (end < 0) throw nodeError('ERR_OUT_OF_RANGE', 'sourceEnd', '>= 0', end);
    const count = Math.min(end - start, this.length - start, target.length - targetStart);
    if (count <= 0) return 0;
    setBytes.call(target, bytesOf.call(this, start, start + count), targetStart);
    return count;
  }
  subarray(start = undefined, end = undefined) {
    const first = place(start, this.length, 0), last = place(end, this.length, this.length);
    return wrap(new Uint8Array(this.buffer, this.byteOffset + first, Math.max(last - first, 0)));
  }
  slice(start = undefined, end = undefined) { return this.subarray(start, end); }
  [custom](_, options, inspect) {
    const most = 50;
    let text = codec.text(this, encodings.hex, 0, Math.min(most, this.length)).replace(/(..)(?!$)/g, '$1 ');
    if (this.length > most) text += ` ... ${this.length - most} more byte${this.length - most > 1 ? 's' : ''}`;
    for (const key of Object.keys(this).slice(this.length)) text += `${text === '' ? '' : ', '}${key}: ${inspect(this[key], options)}`;
    return `<${this.constructor.name}${text === '' ? '' : ' '}${text}>`;
  }
}
for (const [name, width] of [['swap16', 2], ['swap32', 4], ['swap64', 8]]) {
  defineProperty(Buffer.prototype, name, { writable: true, configurable: true, value() {
    if (this.length % width !== 0) throw nodeError('ERR_INVALID_BUFFER_SIZE', `${width * 8}-bits`);
    codec.swap(this, width);
    return this;
  } });
}
for (const name of ['utf8', 'ucs2', 'latin1', 'ascii', 'hex', 'base64', 'base64url']) {
  defineProperty(Buffer.prototype, `${name}Slice`, { writable: true, configurable: true, value(start, end) { return this.toString(name, start, end); } });
  defineProperty(Buffer.prototype, `${name}Write`, { writable: true, configurable: true, value(text, offset, length) { return this.write(text, offset, length, name); } });
}
internals.load('node_buffer_numbers').install(Buffer.prototype);

// Callable without new, as old code does.
function legacy(value, encodingOrOffset, length) {
  if (typeof value === 'number') {
    if (typeof encodingOrOffset === 'string') throw nodeError('ERR_INVALID_ARG_TYPE', 'string', 'string', value);
    return allocate(value);
  }
  return from(value, encodingOrOffset, length);
}
const statics = {
  poolSize: 8192, from, byteLength, compare, concat, isBuffer,
  of: (...items) => copyOf(items),
  alloc(size, fill = undefined, encoding = undefined) {
    const made = allocate(size);
    return fill !== undefined && fill !== 0 && size > 0 ? made.fill(fill, encoding) : made;
  },
  allocUnsafe: allocate,
  allocUnsafeSlow: allocate,
  isEncoding: (name) => typeof name === 'string' && name !== '' && find(name) !== undefined,
  copyBytesFrom(view, offset = 0, length = undefined) {
    if (!isView(view) || view instanceof DataView) throw nodeError('ERR_INVALID_ARG_TYPE', 'view', 'TypedArray', view);
    check.integer(offset, 'offset', 0);
    if (length !== undefined) check.integer(length, 'length', 0);
    const part = view.subarray(offset, length === undefined ? undefined : offset + length);
    return copyOf(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  },
};
for (const [name, value] of Object.entries(statics)) defineProperty(Buffer, name, { value, writable: true, configurable: true, enumerable: true });

const Callable = new Proxy(Buffer, {
  apply: (_, self, args) => legacy(...args),
  construct: (_, args, target) => {
    const made = legacy(...args);
    return target === Callable || target === Buffer ? made : setPrototypeOf(made, target.prototype);
  },
});
defineProperty(Buffer.prototype, 'constructor', { value: Callable, writable: true, configurable: true });

function transcode(source, fromName, toName) {
  checkBytes(source, 'source');
  return fromText(codec.text(source, encodingOf(fromName), 0, source.length), encodingOf(toName));
}
const bytesIn = (value) => (isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value));

const exports = () => {
  const named = {
    Buffer: Callable, SlowBuffer: statics.allocUnsafeSlow, transcode, kMaxLength, kStringMaxLength, INSPECT_MAX_BYTES: 50,
    constants: { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: kStringMaxLength },
    isUtf8: (value) => codec.isUtf8(bytesIn(value)), isAscii: (value) => codec.isAscii(bytesIn(value)),
    Blob: globalThis.Blob, File: globalThis.File, atob: globalThis.atob, btoa: globalThis.btoa,
  };
  return { ...named, default: named };
};
return { Buffer: Callable, isBytes, bytesIn, wrap, isBuffer, find, exports };
