// atob, btoa (HTML section 8.3) and structuredClone (HTML section 2.7.5).
const { DOMException } = internals;
const { encode, decode } = native.base64;

function btoa(data) {
  if (arguments.length === 0) throw new TypeError('btoa: needs a string');
  const result = encode(`${data}`);
  if (result === undefined) {
    throw new DOMException('btoa: the string has characters outside of the Latin1 range', 'InvalidCharacterError');
  }
  return result;
}
function atob(data) {
  if (arguments.length === 0) throw new TypeError('atob: needs a string');
  const result = decode(`${data}`);
  if (result === undefined) throw new DOMException('atob: the string is not base64', 'InvalidCharacterError');
  return result;
}
function structuredClone(value, options) {
  if (arguments.length === 0) throw new TypeError('structuredClone: needs a value');
  const transfer = [...(options?.transfer ?? [])];
  for (const item of transfer) {
    if (!(item instanceof ArrayBuffer)) {
      throw new DOMException('structuredClone: only ArrayBuffers can be transferred', 'DataCloneError');
    }
  }
  try {
    return native.clone.clone(value, transfer);
  } catch (error) {
    if (error instanceof TypeError && error.message.startsWith('DataCloneError: ')) {
      throw new DOMException(error.message.slice('DataCloneError: '.length), 'DataCloneError');
    }
    throw error;
  }
}
internals.defineGlobals({ atob, btoa, structuredClone });
