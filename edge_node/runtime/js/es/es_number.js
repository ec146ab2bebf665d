// Math.sumPrecise (ECMA-262 section 21.3.2.33), Math.f16round and the Float16 methods of DataView (sections 21.3.2.16,
// 25.3.4.7 and 25.3.4.18).
const { uncurryThis } = internals.primordials;
const [getUint16, setUint16] = [DataView.prototype.getUint16, DataView.prototype.setUint16].map((f) => uncurryThis(f));
const bits = new DataView(new ArrayBuffer(8));
const fractionBits = 52n, exponentAll = 0x7ffn;

// A finite number as a multiple of 2^-1074.
function toUnits(number) {
  bits.setFloat64(0, number);
  const raw = bits.getBigUint64(0);
  const exponent = (raw >> fractionBits) & exponentAll;
  const fraction = raw & ((1n << fractionBits) - 1n);
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << fractionBits)) << (exponent - 1n);
  return number < 0 ? -magnitude : magnitude;
}
const bitLength = (n) => {
  const digits = n.toString(16);
  return 4 * (digits.length - 1) + (32 - Math.clz32(parseInt(digits[0], 16)));
};
// The number nearest to a multiple of 2^-1074, ties to even.
function fromUnits(units) {
  const magnitude = units < 0n ? -units : units;
  const excess = bitLength(magnitude) - 53;
  let value;
  if (excess <= 0) {
    value = Number(magnitude) * Number.MIN_VALUE;
  } else {
    const shift = BigInt(excess);
    let kept = magnitude >> shift;
    const rest = magnitude - (kept << shift);
    const half = 1n << (shift - 1n);
    if (rest > half || (rest === half && (kept & 1n) === 1n)) kept += 1n;
    // The rounded number is a multiple of 2^excess units: no step loses bits.
    value = Number(kept) * Number.MIN_VALUE;
    for (let rest = excess; rest > 0; rest -= 1000) value *= 2 ** Math.min(rest, 1000);
  }
  return units < 0n ? -value : value;
}

// The nearest 16-bit float, as its bits.
function toHalfBits(number) {
  if (number !== number) return 0x7e00;
  const sign = number < 0 || Object.is(number, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(number);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundEven(magnitude * 2 ** 24);
  let exponent = Math.floor(Math.log2(magnitude));
  if (2 ** exponent > magnitude) --exponent;
  else if (2 ** (exponent + 1) <= magnitude) ++exponent;
  // The fraction may round up to the next exponent: then the sum is right, too.
  return sign | (((exponent + 15) << 10) + roundEven((magnitude / 2 ** exponent - 1) * 1024));
}
function roundEven(number) {
  const floor = Math.floor(number);
  const rest = number - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
function fromHalfBits(half) {
  const sign = (half & 0x8000) !== 0 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f, fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

// A brand check before the arguments are converted; a detached buffer is found out by setUint16, after that.
const dataViewBuffer = uncurryThis(Object.getOwnPropertyDescriptor(DataView.prototype, 'buffer').get);

return {
  sumPrecise(items) {
    if (items === undefined || items === null) throw new TypeError(`${items} is not iterable`);
    let units = 0n, isEmptyOrZero = true, special = 0, isSpecial = false, count = 0;
    for (const value of items) {
      if (++count > 2 ** 53 - 1) throw new RangeError('Math.sumPrecise: too many items');
      if (typeof value !== 'number') throw new TypeError('Math.sumPrecise: an item is not a number');
      if (!Number.isFinite(value)) {
        special += value;
        isSpecial = true;
      } else if (!Object.is(value, -0)) {
        isEmptyOrZero = false;
        if (!isSpecial) units += toUnits(value);
      }
    }
    if (isSpecial) return special;
    return isEmptyOrZero ? -0 : fromUnits(units);
  },
  f16round(x) { return fromHalfBits(toHalfBits(+x)); },
  getFloat16(byteOffset, littleEndian = undefined) { return fromHalfBits(getUint16(this, byteOffset, littleEndian)); },
  setFloat16(byteOffset, value, littleEndian = undefined) {
    dataViewBuffer(this);
    const offset = Math.trunc(+byteOffset) || 0;
    if (offset < 0 || offset > Number.MAX_SAFE_INTEGER) throw new RangeError('Offset is outside the bounds of the DataView');
    setUint16(this, offset, toHalfBits(+value), littleEndian);
  },
};
