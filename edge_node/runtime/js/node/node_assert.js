// node:assert.
const { nodeError, check } = internals.load('node_errors');
const { inspect } = internals.load('inspect');
const { isDeepEqual } = internals.load('node_equal');
const { is, keys } = Object;

class AssertionError extends Error {
  constructor(options) {
    check.object(options, 'options');
    const { message, actual, expected, operator } = options;
    super(message === undefined ? `${inspect(actual)} ${operator} ${inspect(expected)}` : String(message));
    this.generatedMessage = message === undefined;
    this.code = 'ERR_ASSERTION';
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    Error.captureStackTrace?.(this, options.stackStartFn ?? options.stackStartFunction);
  }
  get name() { return 'AssertionError'; }
  toString() { return `${this.name} [${this.code}]: ${this.message}`; }
}

function failWith(details, generated) {
  if (details.message instanceof Error) throw details.message;
  const error = new AssertionError({ ...details, message: details.message ?? generated });
  error.generatedMessage = details.message === undefined;
  throw error;
}
const sides = (actual, expected) => `\n\n${inspect(actual)} !== ${inspect(expected)}\n`;

function ok(...args) {
  const [value, message] = args;
  if (value) return;
  failWith({ actual: value, expected: true, message, operator: '==', stackStartFn: ok },
    args.length === 0 ? 'No value argument passed to `assert.ok()`' : 'The expression evaluated to a falsy value');
}
// A comparison of two values as an assertion.
function comparison(name, operator, holds, text) {
  const assertion = { [name](actual, expected, message) {
    if (arguments.length < 2) throw nodeError('ERR_MISSING_ARGS', 'actual', 'expected');
    if (!holds(actual, expected)) failWith({ actual, expected, message, operator, stackStartFn: assertion }, text(actual, expected));
  } }[name];
  return assertion;
}
// eslint-disable-next-line eqeqeq
const loose = (a, b) => a == b || (a !== a && b !== b);
const equal = comparison('equal', '==', loose, (a, b) => `${inspect(a)} == ${inspect(b)}`);
const notEqual = comparison('notEqual', '!=', (a, b) => !loose(a, b), (a, b) => `${inspect(a)} != ${inspect(b)}`);
const strictEqual = comparison('strictEqual', 'strictEqual', is, (a, b) => `Expected values to be strictly equal:${sides(a, b)}`);
const notStrictEqual = comparison('notStrictEqual', 'notStrictEqual', (a, b) => !is(a, b),
  (a) => `Expected "actual" to be strictly unequal to: ${inspect(a)}`);
const shownBoth = (a, b) => `\n\n${inspect(a)}\n\nshould equal\n\n${inspect(b)}`;
const deepEqual = comparison('deepEqual', 'deepEqual', (a, b) => isDeepEqual(a, b, false),
  (a, b) => `Expected values to be loosely deep-equal:${shownBoth(a, b)}`);
const deepStrictEqual = comparison('deepStrictEqual', 'deepStrictEqual', (a, b) => isDeepEqual(a, b, true),
  (a, b) => `Expected values to be strictly deep-equal:${shownBoth(a, b)}`);
const notDeepEqual = comparison('notDeepEqual', 'notDeepEqual', (a, b) => !isDeepEqual(a, b, false),
  (a) => `Expected "actual" not to be loosely deep-equal to: ${inspect(a)}`);
const notDeepStrictEqual = comparison('notDeepStrictEqual', 'notDeepStrictEqual', (a, b) => !isDeepEqual(a, b, true),
  (a) => `Expected "actual" not to be strictly deep-equal to: ${inspect(a)}`);

function fail(message = 'Failed') {
  failWith({ message, operator: 'fail', stackStartFn: fail });
}
function ifError(value) {
  if (value === null || value === undefined) return;
  failWith({ actual: value, expected: null, operator: 'ifError', stackStartFn: ifError },
    `ifError got unwanted exception: ${value?.message ?? inspect(value)}`);
}
function checkText(text, pattern) {
  if (!(pattern instanceof RegExp)) throw nodeError('ERR_INVALID_ARG_TYPE', 'regexp', 'RegExp', pattern);
  return typeof text === 'string' && pattern.test(text);
}
function match(text, pattern, message) {
  if (!checkText(text, pattern)) {
    failWith({ actual: text, expected: pattern, message, operator: 'match', stackStartFn: match },
      `The input did not match the regular expression ${inspect(pattern)}. Input:\n\n${inspect(text)}\n`);
  }
}
function doesNotMatch(text, pattern, message) {
  if (checkText(text, pattern)) {
    failWith({ actual: text, expected: pattern, message, operator: 'doesNotMatch', stackStartFn: doesNotMatch },
      `The input was expected to not match the regular expression ${inspect(pattern)}. Input:\n\n${inspect(text)}\n`);
  }
}

const isClass = (f) => f.prototype !== undefined && (f === Error || Error.isPrototypeOf(f) || f.prototype.constructor === f && `${f}`.startsWith('class'));
// What was thrown against what was expected: nothing, a class, a pattern, an object, or a function that judges it.
function checkThrown(error, expected, message, operator) {
  const refuse = (text) => failWith({ actual: error, expected, message, operator }, text);
  if (expected === undefined) return;
  if (typeof expected === 'function') {
    if (expected.prototype !== undefined && error instanceof expected) return;
    if (isClass(expected)) {
      refuse(`The error is expected to be an instance of "${expected.name}". Received ${error?.constructor?.name ? `"${error.constructor.name}"` : inspect(error)}\n\nError message:\n\n${error?.message}`);
    }
    if (expected.call({}, error) !== true) {
      refuse(`The ${expected.name ? `"${expected.name}" ` : ''}validation function is expected to return "true". Received ${inspect(false)}\n\nCaught error:\n\n${inspect(error)}`);
    }
  } else if (expected instanceof RegExp) {
    if (!expected.test(String(error))) refuse(`The input did not match the regular expression ${inspect(expected)}. Input:\n\n${inspect(String(error))}\n`);
  } else {
    const names = keys(expected);
    if (expected instanceof Error) names.push('name', 'message');
    for (const name of names) {
      const isMatched = expected[name] instanceof RegExp && typeof error?.[name] === 'string'
        ? expected[name].test(error[name]) : isDeepEqual(error?.[name], expected[name], true);
      if (!isMatched) refuse(`The error's ${name} is ${inspect(error?.[name])}, expected ${inspect(expected[name])}`);
    }
  }
}
function judge(thrown, expected, message, operator) {
  if (typeof expected === 'string') [expected, message] = [undefined, expected];
  if (thrown === undefined) {
    const what = operator === 'rejects' ? 'rejection' : 'exception';
    failWith({ actual: undefined, expected, message, operator }, `Missing expected ${what}${expected?.name ? ` (${expected.name})` : ''}.`);
  }
  checkThrown(thrown.error, expected, message, operator);
}
function unwanted({ error }, expected, message, operator) {
  if (typeof expected === 'string') [expected, message] = [undefined, expected];
  if (typeof expected === 'function' && !(error instanceof expected)) throw error;
  const what = operator === 'doesNotReject' ? 'rejection' : 'exception';
  failWith({ actual: error, expected, message, operator }, `Got unwanted ${what}.\nActual message: "${error?.message}"`);
}
function thrownBy(body) {
  check.function(body, 'fn');
  try { body(); } catch (error) { return { error }; }
  return undefined;
}
async function rejectionOf(promise) {
  const started = typeof promise === 'function' ? promise() : promise;
  if (typeof started?.then !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', 'promiseFn', ['function', 'Promise'], promise);
  try { await started; } catch (error) { return { error }; }
  return undefined;
}
const throws = (body, expected, message) => judge(thrownBy(body), expected, message, 'throws');
const rejects = async (promise, expected, message) => judge(await rejectionOf(promise), expected, message, 'rejects');
const doesNotThrow = (body, expected, message) => {
  const thrown = thrownBy(body);
  if (thrown !== undefined) unwanted(thrown, expected, message, 'doesNotThrow');
};
const doesNotReject = async (promise, expected, message) => {
  const thrown = await rejectionOf(promise);
  if (thrown !== undefined) unwanted(thrown, expected, message, 'doesNotReject');
};

const shared = {
  AssertionError, fail, ifError, match, doesNotMatch, throws, rejects, doesNotThrow, doesNotReject, ok,
  strictEqual, notStrictEqual, deepStrictEqual, notDeepStrictEqual,
};
const assert = Object.assign(function assert(...args) { ok(...args); }, shared, { equal, notEqual, deepEqual, notDeepEqual });
const strict = Object.assign(function strict(...args) { ok(...args); }, shared, {
  equal: strictEqual, notEqual: notStrictEqual, deepEqual: deepStrictEqual, notDeepEqual: notDeepStrictEqual,
});
assert.strict = strict;
strict.strict = strict;

const exports = () => ({ ...assert, default: assert });
const strictExports = () => ({ ...strict, default: strict });
return { exports, strictExports };
