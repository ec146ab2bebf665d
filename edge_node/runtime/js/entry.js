// What C++ calls: setting up a worker's env and handler, and answering one request.
const { then, Request, kInternal, takeBody, responseParts, isResponse, isErrorResponse } = internals;
const { respond, fail, waitUntil, waitDone, passThrough } = native.io;
const kException = 0, kRejected = 1, kBadResponse = 2;

class ExecutionContext {
  #io;
  constructor(token, io) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#io = io;
  }
  waitUntil(promise) {
    const io = this.#io;
    waitUntil(io);
    then(internals.resolved(promise), () => waitDone(io), (error) => { waitDone(io); internals.report(error); });
  }
  passThroughOnException() { passThrough(this.#io); }
}
internals.finishClass(ExecutionContext, 'ExecutionContext');
internals.defineGlobals({ ExecutionContext });

let handler;
let handlerFetch;
let env;

// `bindings`: [name, kind, value, ...], kind 0 text, 1 JSON, 2 service. True when there is a fetch handler.
internals.entry.setUp = (exported, bindings) => {
  env = {};
  for (let i = 0; i < bindings.length; i += 3) {
    const value = bindings[i + 2];
    let bound = value;
    if (bindings[i + 1] === 1) bound = JSON.parse(value);
    if (bindings[i + 1] === 2) bound = new internals.Fetcher(kInternal, value);
    Object.defineProperty(env, bindings[i], { value: bound, enumerable: true, writable: true, configurable: true });
  }
  handler = exported;
  handlerFetch = exported?.fetch;
  return typeof handlerFetch === 'function';
};

function describe(value) {
  if (value === null || typeof value !== 'object') return `${typeof value === 'string' ? 'a string' : String(value)}`;
  return `an object of type ${value.constructor?.name ?? 'null prototype'}`;
}
function answer(io, response) {
  if (!isResponse(response)) {
    fail(io, kBadResponse, new TypeError(`the handler must return a Response, but it returned ${describe(response)}`));
    return;
  }
  if (isErrorResponse(response)) {
    fail(io, kBadResponse, new TypeError('the handler returned Response.error()'));
    return;
  }
  const [status, statusText, flat, state, isEncoded] = responseParts(response);
  let body;
  try {
    body = takeBody(state, io);
  } catch (error) {
    fail(io, kBadResponse, error);
    return;
  }
  respond(io, status, statusText, flat, body, isEncoded);
}

internals.entry.dispatch = (io, method, url, hasBody) => {
  let result;
  try {
    const request = new Request(kInternal, io, method, url, hasBody);
    result = handlerFetch.call(handler, request, env, new ExecutionContext(kInternal, io));
  } catch (error) {
    fail(io, kException, error);
    return;
  }
  if (isResponse(result)) {
    answer(io, result);
    return;
  }
  then(internals.resolved(result), (response) => answer(io, response), (error) => fail(io, kRejected, error));
};
