// Errors as Node.js throws them: with a code that programs compare.
const { inspect } = internals.load('inspect');

const messages = {
  __proto__: null,
  ERR_INVALID_ARG_TYPE: [TypeError, (name, expected, value) => {
    const noun = name.endsWith(' argument') || name.includes('.') ? name : `"${name}" argument`;
    return `The ${name.includes('.') ? `"${name}" property` : noun} must be ${describe(expected)}. Received ${received(value)}`;
  }],
  ERR_INVALID_ARG_VALUE: [TypeError, (name, value, reason = 'is invalid') =>
    `The ${name.includes('.') ? 'property' : 'argument'} '${name}' ${reason}. Received ${shown(value)}`],
  ERR_OUT_OF_RANGE: [RangeError, (name, range, value) => `The value of "${name}" is out of range. It must be ${range}. Received ${number(value)}`],
  ERR_UNKNOWN_ENCODING: [TypeError, (encoding) => `Unknown encoding: ${encoding}`],
  ERR_BROTLI_INVALID_PARAM: [RangeError, (key) => `${key} is not a valid Brotli parameter`],
  ERR_BUFFER_OUT_OF_BOUNDS: [RangeError, (name) => (name ? `"${name}" is outside of buffer bounds` : 'Attempt to access memory outside buffer bounds')],
  ERR_BUFFER_TOO_LARGE: [RangeError, (bytes) => `Cannot create a Buffer larger than ${bytes} bytes`],
  ERR_INVALID_BUFFER_SIZE: [RangeError, (bits) => `Buffer size must be a multiple of ${bits}`],
  ERR_MISSING_ARGS: [TypeError, (...names) => `The ${names.map((name) => `"${name}"`).join(', ')} argument${names.length > 1 ? 's' : ''} must be specified`],
  ERR_UNHANDLED_ERROR: [Error, (value) => `Unhandled error.${value === undefined ? '' : ` (${shown(value)})`}`],
  ERR_INVALID_URL_SCHEME: [TypeError, (expected) => `The URL must be of scheme ${expected}`],
  ERR_INVALID_FILE_URL_PATH: [TypeError, (why) => `File URL path ${why}`],
  ERR_INVALID_FILE_URL_HOST: [TypeError, (platform) => `File URL host must be "localhost" or empty on ${platform}`],
  ERR_METHOD_NOT_IMPLEMENTED: [Error, (name) => `The ${name} method is not implemented`],
  ERR_MULTIPLE_CALLBACK: [Error, () => 'Callback called multiple times'],
  ERR_STREAM_DESTROYED: [Error, (name) => `Cannot call ${name} after a stream was destroyed`],
  ERR_STREAM_NULL_VALUES: [TypeError, () => 'May not write null values to stream'],
  ERR_STREAM_PREMATURE_CLOSE: [Error, () => 'Premature close'],
  ERR_STREAM_PUSH_AFTER_EOF: [Error, () => 'stream.push() after EOF'],
  ERR_STREAM_UNSHIFT_AFTER_END_EVENT: [Error, () => 'stream.unshift() after end event'],
  ERR_STREAM_WRITE_AFTER_END: [Error, () => 'write after end'],
  ERR_FALSY_VALUE_REJECTION: [Error, () => 'Promise was rejected with falsy value'],
  ERR_CRYPTO_HASH_FINALIZED: [Error, () => 'Digest already called'],
  ERR_CRYPTO_INVALID_DIGEST: [TypeError, (name) => `Invalid digest: ${name}`],
  ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH: [RangeError, () => 'Input buffers must have the same byte length'],
};

function shown(value) {
  const text = inspect(value);
  return text.length > 128 ? `${text.slice(0, 128)}...` : text;
}
function number(value) {
  if (typeof value !== 'number' && typeof value !== 'bigint') return shown(value);
  const text = `${value}`;
  const grouped = Number.isInteger(Number(value)) && Math.abs(Number(value)) > 2 ** 32 ? text.replace(/\B(?=(\d{3})+(?!\d))/g, '_') : text;
  return typeof value === 'bigint' ? `${grouped}n` : grouped;
}
// "of type string or an instance of Buffer": names in lower case are types, others classes, the rest words.
function describe(expected) {
  const list = Array.isArray(expected) ? expected : [expected];
  const types = list.filter((name) => /^[a-z]/.test(name)).map((name) => (name === 'function' ? 'function' : name));
  const classes = list.filter((name) => /^[A-Z]/.test(name));
  const join = (names) => (names.length < 3 ? names.join(' or ') : `${names.slice(0, -1).join(', ')}, or ${names.at(-1)}`);
  const parts = [];
  if (types.length > 0) parts.push(types.length > 1 ? `one of type ${join(types)}` : `of type ${types[0]}`);
  if (classes.length > 0) parts.push(`an instance of ${join(classes)}`);
  return parts.join(' or ');
}
function received(value) {
  if (value === null || value === undefined) return `${value}`;
  if (typeof value === 'function') return value.name ? `function ${value.name}` : `function ${value}`;
  if (typeof value === 'object') {
    return value.constructor?.name ? `an instance of ${value.constructor.name}` : inspect(value, { depth: -1 });
  }
  const text = inspect(value);
  return `type ${typeof value} (${text.length > 28 ? `${text.slice(0, 25)}...` : text})`;
}

// An error of Node.js by its code.
function nodeError(code, ...details) {
  const [Base, text] = messages[code];
  const error = new Base(text(...details));
  Error.captureStackTrace?.(error, nodeError);
  Object.defineProperty(error, 'code', { value: code, enumerable: true, writable: true, configurable: true });
  Object.defineProperty(error, 'toString', {
    value() { return `${this.name} [${code}]: ${this.message}`; }, writable: true, configurable: true, enumerable: false,
  });
  return error;
}

const check = {
  string(value, name) { if (typeof value !== 'string') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'string', value); },
  object(value, name) { if (value === null || typeof value !== 'object') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'Object', value); },
  function(value, name) { if (typeof value !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'function', value); },
  array(value, name) { if (!Array.isArray(value)) throw nodeError('ERR_INVALID_ARG_TYPE', name, 'Array', value); },
  number(value, name, min = -Infinity, max = Infinity) {
    if (typeof value !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'number', value);
    if (!(value >= min && value <= max)) {
      throw nodeError('ERR_OUT_OF_RANGE', name, max === Infinity ? `>= ${min}` : `>= ${min} && <= ${max}`, value);
    }
  },
  integer(value, name, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) {
    if (typeof value !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'number', value);
    if (!Number.isInteger(value)) throw nodeError('ERR_OUT_OF_RANGE', name, 'an integer', value);
    if (value < min || value > max) throw nodeError('ERR_OUT_OF_RANGE', name, `>= ${min} && <= ${max}`, value);
  },
  signal(signal, name) {
    if (signal !== undefined && (signal === null || typeof signal !== 'object' || !('aborted' in signal))) {
      throw nodeError('ERR_INVALID_ARG_TYPE', name, 'AbortSignal', signal);
    }
  },
};

class AbortError extends Error {
  constructor(message = 'The operation was aborted', options = undefined) {
    super(message, options);
    this.code = 'ABORT_ERR';
    this.name = 'AbortError';
  }
}

return { nodeError, check, AbortError };
