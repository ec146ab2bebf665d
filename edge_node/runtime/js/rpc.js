// Method calls on service bindings and Durable Objects. Arguments and result are copied: whatever structuredClone takes
// of the language itself. Functions, streams, Requests and other objects of this runtime do not travel.
const { serialize, deserialize } = native.actors;
const { startFetch, current, bodyGather, bodyCancel, requestBody, respond } = native.io;
const { hasOwn, getPrototypeOf } = Object;
const { apply } = Reflect;
const wantBytes = 1, messageMax = 2000;
const kError = 'terrella-actor-error', kMessage = 'terrella-actor-message';
// What a class has for others than its callers.
const reserved = new Set(['constructor', 'fetch', 'connect', 'alarm', 'webSocketMessage', 'webSocketClose', 'webSocketError',
  'scheduled', 'queue', 'email', 'tail', 'tailStream', 'trace', 'test', 'dup', 'then']);

// A value that the engine can write down: objects of this runtime are refused, primitives are what they are.
function plain(value) {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function' && typeof value !== 'symbol') return value;
  return internals.load('structured_clone').cloneOfLanguage(value);
}

const encodeText = (text) => encodeURIComponent(internals.idl.usvString(text));
// The exception as the answer to a call: its name and message travel in two fields.
function answerError(io, error) {
  let name = 'Error', message;
  try {
    if (typeof error === 'object' && error !== null && typeof error.message === 'string') {
      ({ message } = error);
      if (typeof error.name === 'string') ({ name } = error);
    } else {
      message = String(error);
    }
  } catch {
    message = 'an exception that cannot be shown';
  }
  respond(io, 500, '', null, false, kError, encodeText(name.slice(0, 100)), kMessage, encodeText(message.slice(0, messageMax)));
}
const errorTypes = { __proto__: null, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
// Throws what `flat` headers say that was thrown at the other side.
function rethrow(flat) {
  let name, message = '';
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i] === kError) name = flat[i + 1];
    if (flat[i] === kMessage) message = flat[i + 1];
  }
  if (name === undefined) return;
  const decoded = decodeURIComponent(name);
  const error = new (errorTypes[decoded] ?? Error)(decodeURIComponent(message));
  if (error.name !== decoded) error.name = decoded;
  error.remote = true;
  throw error;
}

// `target`: [script, entrypoint, props] or, of an object, [script, '', '', namespace, id, name, hint].
async function call(target, method, args) {
  const io = current();
  if (io === 0) throw new Error('methods can only be called while a request is handled, not in the global scope');
  const bytes = serialize(plain(args));
  const full = [target[0], target[1], target[2], target[3] ?? '', target[4] ?? '', target[5] ?? '', target[6] ?? '', method];
  const [, , flat, id] = await startFetch(io, internals.nextFetchKey(), full, 'http://rpc/', 'POST', [], bytes);
  try {
    rethrow(flat);
  } catch (error) {
    if (id !== null) bodyCancel(io, id);
    throw error;
  }
  const answer = id === null ? new Uint8Array(0) : await bodyGather(io, id, wantBytes);
  return deserialize(answer);
}
const methodOf = (target, name) => (...args) => call(target, name, args);

// What the object behind a call has by that name: a method of its class.
function findMethod(instance, name) {
  for (let p = getPrototypeOf(instance); p !== null && p !== Object.prototype; p = getPrototypeOf(p)) {
    if (!hasOwn(p, name)) continue;
    const method = p[name];
    if (!reserved.has(name) && typeof method === 'function') return method;
    break;
  }
  throw new TypeError(`the object has no method "${name}" to call from outside`);
}
// Calls it and answers with what it gives.
async function answerCall(io, instance, name, bytes) {
  try {
    const method = findMethod(instance, name);
    const result = await apply(method, instance, deserialize(bytes));
    respond(io, 200, '', serialize(plain(result)), true);
  } catch (error) {
    answerError(io, error);
  }
}
// A call of an entrypoint's method; its arguments are the request's body.
async function dispatch(io, entrypoint, name) {
  try {
    const { instance, more } = internals.load('entrypoints').resolve(io, entrypoint);
    if (more.length > 0) throw new TypeError('methods can be called of classes that extend WorkerEntrypoint only');
    const bytes = await bodyGather(io, requestBody(io), wantBytes);
    await answerCall(io, instance, name, bytes);
  } catch (error) {
    answerError(io, error);
  }
}

return { plain, answerError, rethrow, methodOf, answerCall, dispatch };
