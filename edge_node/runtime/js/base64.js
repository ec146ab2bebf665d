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
  const { transfer } = internals.toDictionary(options, 'structuredClone: the second argument');
  const list = transfer === undefined ? [] : internals.toSequence(transfer, 'structuredClone: transfer');
  return internals.load('structured_clone').cloneWithTransfer(value, list).value;
}
internals.structuredClone = (value) => structuredClone(value);
internals.defineGlobals({ atob, btoa, structuredClone });
