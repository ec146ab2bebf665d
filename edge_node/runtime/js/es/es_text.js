// String.prototype.isWellFormed, toWellFormed (ECMA-262 sections 22.1.3.10 and 22.1.3.32), RegExp.escape (section
// 22.2.5.1).
const { toWellFormed } = native.encoding;
const textOf = (value, name) => {
  if (value === undefined || value === null) throw new TypeError(`String.prototype.${name} called on null or undefined`);
  return `${value}`;
};

const syntax = new Set('^$\\.*+?()[]{}|/');
const control = new Map([['\t', 't'], ['\n', 'n'], ['\v', 'v'], ['\f', 'f'], ['\r', 'r']]);
const punctuators = new Set(',-=<>#&!%:;@~\'`"');
const hex = (unit, digits) => unit.toString(16).padStart(digits, '0');
function escaped(character, isFirst) {
  if (isFirst && /[0-9A-Za-z]/.test(character)) return `\\x${hex(character.charCodeAt(0), 2)}`;
  if (syntax.has(character)) return `\\${character}`;
  if (control.has(character)) return `\\${control.get(character)}`;
  if (!punctuators.has(character) && !/^[\s\ufeff\u2028\u2029]$/.test(character) && !/^[\ud800-\udfff]$/.test(character)) return character;
  const unit = character.charCodeAt(0);
  return unit <= 0xff ? `\\x${hex(unit, 2)}` : `\\u${hex(unit, 4)}`;
}

return {
  isWellFormed() {
    const text = textOf(this, 'isWellFormed');
    return toWellFormed(text) === text;
  },
  toWellFormed() { return toWellFormed(textOf(this, 'toWellFormed')); },
  escape(S) {
    if (typeof S !== 'string') throw new TypeError('RegExp.escape: the argument is not a string');
    let result = '';
    for (const character of S) result += escaped(character, result === '');
    return result;
  },
};
