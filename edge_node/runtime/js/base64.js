// atob, btoa (HTML section 8.3) and structuredClone (HTML section 2.7.5).
const { DOMException, checkGlobal, requireArguments } = internals;
const { encode, decode } = native.base64;

function btoa(data) {
  checkGlobal(this);
  requireArguments(arguments, 1, 'btoa');
  const result = encode(`${data}`);
  if (result === undefined) {
    throw new DOMException('btoa: the string has characters outside of the Latin1 range', 'InvalidCharacterError');
  }
  return result;
}
function atob(data) {
  checkGlobal(this);
  requireArguments(arguments, 1, 'atob');
  const result = decode(`${data}`);
  if (result === undefined) throw new DOMException('atob: the string is not base64', 'InvalidCharacterError');
  return result;
}
function structuredClone(value, options = undefined) {
  checkGlobal(this);
  requireArguments(arguments, 1, 'structuredClone');
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
internals.structuredClone = (value) => structuredClone(value);
internals.defineGlobals({ atob, btoa, structuredClone });
