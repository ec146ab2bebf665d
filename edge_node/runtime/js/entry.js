// What C++ calls: setting up a worker's env and handler, and answering one request.
const { then, Request, kInternal, takeBody, responseParts, isResponse, isErrorResponse } = internals;
const { respond, fail, waitUntil, waitDone, passThrough } = native.io;
const kException = 0, kRejected = 1, kBadResponse = 2;
const fieldsMax = 1000;  // of one answer
const { apply } = Reflect;

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
  get props() {
    const value = internals.load('entrypoints').propsOf(this.#io);
    Object.defineProperty(this, 'props', { value, enumerable: true, configurable: true });
    return value;
  }
  get exports() { return internals.load('entrypoints').ownEntrypoints(); }
}
internals.finishClass(ExecutionContext, 'ExecutionContext');
internals.defineGlobals({ ExecutionContext });

internals.newExecutionContext = (io) => new ExecutionContext(kInternal, io);

let handler;
let handlerFetch;
let env;

// What a worker asked for, see WorkerImpl::SetEnv.
const kScript = 1, kNodeModules = 2;

// `bindings`: [name, kind, value, ...] with the kinds of BindingKind. Runs before the worker's own code.
internals.entry.setEnv = (bindings, flags, script) => {
  env = {};
  internals.env = env;
  internals.flags = flags;
  internals.script = script;
  for (let i = 0; i < bindings.length; i += 3) {
    const name = bindings[i], kind = bindings[i + 1];
    let value = bindings[i + 2];
    if (kind === 1) value = JSON.parse(value);
    if (kind === 2) value = internals.bindService(value);
    if (kind === 4) value = internals.load('entrypoints').unsupported(name, value);
    if (kind === 5) value = internals.load('kv').make(value);
    if (kind === 7) value = internals.load('rate_limit').make(value);
    if (kind === 6) value = internals.load('site_content').open(value);
    if (kind === 8) value = internals.load('actor_namespace').make(value);
    Object.defineProperty(env, name, { value, enumerable: true, writable: true, configurable: true });
  }
  if (flags & kNodeModules) internals.load('node_globals');
  if (flags & kScript) internals.load('service_worker').install(env);
};

// `exports` is the main module's namespace, undefined for a script. 1 when the default export answers fetch
// events, else 2 when there is any handler, else 0.
internals.entry.setUp = (exports) => {
  internals.exports = exports;
  handler = exports?.default;
  if (typeof handler === 'object' && typeof handler?.fetch === 'function') {
    handlerFetch = handler.fetch;
    return 1;
  }
  const { fetch, any } = internals.load('entrypoints').survey(exports);
  handlerFetch = fetch;
  return fetch !== undefined ? 1 : any ? 2 : 0;
};
internals.entry.builtin = (name) => internals.load('builtin_modules').find(name);

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
    if (status === 101) {
      internals.load('websocket').answerWith(io, response, flat);
      return;
    }
    body = takeBody(state, io);
  } catch (error) {
    fail(io, kBadResponse, error);
    return;
  }
  // Native code reads arguments for a fraction of what an array's elements cost it.
  if (flat.length === 2) {
    respond(io, status, statusText, body, isEncoded, flat[0], flat[1]);
    return;
  }
  if (flat.length > 2 * fieldsMax) {
    fail(io, kBadResponse, new RangeError(`the response has more than ${fieldsMax} headers`));
    return;
  }
  const parts = [io, status, statusText, body, isEncoded];
  for (let i = 0; i < flat.length; i++) parts[i + 5] = flat[i];
  apply(respond, undefined, parts);
}

internals.answer = answer;

// Any event but a fetch that the default export answers; `target` is an entrypoint's name or a Durable Object.
internals.entry.dispatchEvent = (io, type, target, ...details) => {
  if (type === 'actor') return internals.load('actor_host').dispatch(io, target, details);
  return internals.load('entrypoints').dispatch(io, type, target, details);
};

internals.entry.dispatch = (io, url, hasBody, method = 'GET') => {
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
