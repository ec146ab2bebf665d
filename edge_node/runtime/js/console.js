// console (Console standard). What formats is a lazy file; a plain text needs none of it.
const { write } = native.console;
const kDebug = 0, kInfo = 1, kWarn = 2, kError = 3;
const textMax = 65536;

// The indentation that console.group() has made, by request: one that does not close its groups leaves others alone.
internals.consoleGroups = new Map();

function print(level, data) {
  const [text] = data;
  if (data.length === 1 && typeof text === 'string' && text.length <= textMax && internals.consoleGroups.size === 0) write(level, text);
  else internals.load('console_methods').print(level, data);
}

// A namespace object has a prototype of its own, and its members are enumerable.
const console = Object.create({}, { [Symbol.toStringTag]: { value: 'console', configurable: true } });
for (const [name, level] of Object.entries({ debug: kDebug, error: kError, info: kInfo, log: kInfo, warn: kWarn })) {
  console[name] = { [name](...data) { print(level, data); } }[name];
}
for (const name of ['assert', 'clear', 'count', 'countReset', 'dir', 'dirxml', 'group', 'groupCollapsed', 'groupEnd', 'table', 'time',
  'timeEnd', 'timeLog', 'trace']) {
  console[name] = { [name](...data) { internals.load('console_methods')[name](data); } }[name];
}
// What inspectors offer; there is none to listen.
for (const name of ['profile', 'profileEnd', 'timeStamp']) console[name] = { [name](...data) {} }[name];
internals.defineGlobals({ console });
