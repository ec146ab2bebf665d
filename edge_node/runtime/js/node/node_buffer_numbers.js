// The numbers in a Buffer: read*, write* of every width and byte order.
const { nodeError } = internals.load('node_errors');
const { defineProperty } = Object;

const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
function checkOffset(buffer, offset, width) {
  if (typeof offset !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', 'offset', 'number', offset);
  if (offset >= 0 && offset + width <= buffer.length && Number.isInteger(offset)) return;
  if (!Number.isInteger(offset)) throw nodeError('ERR_OUT_OF_RANGE', 'offset', 'an integer', offset);
  if (buffer.length < width) throw nodeError('ERR_BUFFER_OUT_OF_BOUNDS');
  throw nodeError('ERR_OUT_OF_RANGE', 'offset', `>= 0 and <= ${buffer.length - width}`, offset);
}
function checkWidth(width) {
  if (typeof width !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', 'byteLength', 'number', width);
  if (!Number.isInteger(width)) throw nodeError('ERR_OUT_OF_RANGE', 'byteLength', 'an integer', width);
  if (width < 1 || width > 6) throw nodeError('ERR_OUT_OF_RANGE', 'byteLength', '>= 1 and <= 6', width);
}
function checkValue(value, bits, isSigned, isBig) {
  const one = isBig ? 1n : 1, power = (n) => (isBig ? 2n ** BigInt(n) : 2 ** n);
  const min = isSigned ? -power(bits - 1) : 0 * (isBig ? 0 : 1), max = (isSigned ? power(bits - 1) : power(bits)) - one;
  if (value >= min && value <= max) return;
  const n = isBig ? 'n' : '';
  let range = isSigned ? `>= -(2${n} ** ${bits - 1}${n}) and < 2${n} ** ${bits - 1}${n}` : `>= 0${n} and < 2${n} ** ${bits}${n}`;
  if (!isBig && bits <= 24) range = `>= ${min} and <= ${max}`;
  throw nodeError('ERR_OUT_OF_RANGE', 'value', range, value);
}

function readWhole(buffer, offset, width, isSigned, isLittle) {
  let value = 0;
  for (let i = 0; i < width; i++) value = value * 256 + buffer[isLittle ? offset + width - 1 - i : offset + i];
  return isSigned && value >= 2 ** (width * 8 - 1) ? value - 2 ** (width * 8) : value;
}
function writeWhole(buffer, value, offset, width, isLittle) {
  let rest = Math.trunc(value) || 0;
  if (rest < 0) rest += 2 ** (width * 8);
  for (let i = 0; i < width; i++) {
    buffer[isLittle ? offset + i : offset + width - 1 - i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return offset + width;
}

function install(prototype) {
  const define = (names, value) => {
    for (const name of names) defineProperty(prototype, name, { value, writable: true, configurable: true });
  };
  const both = (name) => (name.includes('UInt') ? [name, name.replace('UInt', 'Uint')] : [name]);
  const fixed = (name, method, width, isLittle, range = undefined) => {
    const get = DataView.prototype[`get${method}`], set = DataView.prototype[`set${method}`];
    define(both(`read${name}`), function read(offset = 0) {
      checkOffset(this, offset, width);
      return get.call(viewOf(this), offset, isLittle);
    });
    define(both(`write${name}`), function write(value, offset = 0) {
      if (range !== 'big') value = +value;
      if (range !== undefined) checkValue(value, width * 8, method.includes('Int') && !method.includes('Uint'), range === 'big');
      checkOffset(this, offset, width);
      set.call(viewOf(this), offset, value, isLittle);
      return offset + width;
    });
  };
  fixed('UInt8', 'Uint8', 1, false, 'whole');
  fixed('Int8', 'Int8', 1, false, 'whole');
  for (const [end, isLittle] of [['LE', true], ['BE', false]]) {
    for (const width of [2, 4]) {
      fixed(`UInt${width * 8}${end}`, `Uint${width * 8}`, width, isLittle, 'whole');
      fixed(`Int${width * 8}${end}`, `Int${width * 8}`, width, isLittle, 'whole');
    }
    fixed(`BigInt64${end}`, 'BigInt64', 8, isLittle, 'big');
    fixed(`BigUInt64${end}`, 'BigUint64', 8, isLittle, 'big');
    fixed(`Float${end}`, 'Float32', 4, isLittle);
    fixed(`Double${end}`, 'Float64', 8, isLittle);
    for (const [kind, isSigned] of [['UInt', false], ['Int', true]]) {
      define(both(`read${kind}${end}`), function read(offset, width) {
        checkWidth(width);
        checkOffset(this, offset, width);
        return readWhole(this, offset, width, isSigned, isLittle);
      });
      define(both(`write${kind}${end}`), function write(value, offset, width) {
        checkWidth(width);
        value = +value;
        checkValue(value, width * 8, isSigned, false);
        checkOffset(this, offset, width);
        return writeWhole(this, value, offset, width, isLittle);
      });
    }
  }
}
return { install };
