// Durable Objects where they live: their ctx, and the events that their class answers.
const { then, resolved, kInternal, Request, answer, newExecutionContext } = internals;
const { block, unblock, reset, callArguments, alarmDone } = native.actors;
const { answerError, answerCall } = internals.load('rpc');
const { makeId } = internals.load('actor_namespace');
const { respond } = native.io;
const { apply } = Reflect;

const messageOf = (error) => {
  try {
    return `${error?.message ?? error}`;
  } catch {
    return 'an exception';
  }
};

class DurableObjectState {
  #actor;
  #storage;
  #sockets;
  constructor(token, actor, id) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#actor = actor;
    this.id = id;
    this.props = {};
  }
  get storage() { return this.#storage ??= internals.load('actor_storage').make(this.#actor); }
  get exports() { return internals.load('entrypoints').ownEntrypoints(); }
  // What an object has begun goes on by itself.
  waitUntil(promise) { then(resolved(promise), () => {}, (error) => internals.report(error)); }
  blockConcurrencyWhile(callback) {
    const actor = this.#actor;
    const blocking = block(actor);
    let result;
    try {
      result = resolved(callback());
    } catch (error) {
      result = Promise.reject(error);
    }
    return then(result, (value) => { unblock(actor, blocking); return value; }, (error) => {
      reset(actor, `blockConcurrencyWhile(): ${messageOf(error)}`);
      throw error;
    });
  }
  abort(reason) {
    reset(this.#actor, reason === undefined ? 'the Durable Object called abort()' : messageOf(reason));
    throw reason instanceof Error ? reason : new Error(messageOf(reason ?? 'abort()'));
  }
  get #webSockets() { return this.#sockets ??= internals.load('actor_sockets').make(this.#actor); }
  acceptWebSocket(socket, tags) { this.#webSockets.accept(socket, tags); }
  getWebSockets(tag) { return this.#webSockets.all(tag); }
  getTags(socket) { return this.#webSockets.tagsOf(socket); }
  setWebSocketAutoResponse(pair) { this.#webSockets.setAutoResponse(pair); }
  getWebSocketAutoResponse() { return this.#webSockets.autoResponse(); }
  getWebSocketAutoResponseTimestamp(socket) { return this.#webSockets.autoResponseTimestamp(socket); }
  static { internals.socketsOfActor = (ctx) => ctx.#webSockets; }
}
internals.finishClass(DurableObjectState, 'DurableObjectState');

// The instance and what goes with it; undefined when its constructor threw, which then is the event's answer.
function make(io, actor, className, digits, name) {
  try {
    const type = internals.exports?.[className];
    if (typeof type !== 'function') throw new TypeError(`the worker exports no class "${className}"`);
    const ctx = new DurableObjectState(kInternal, actor, makeId(digits, name === '' ? undefined : name));
    return { actor, ctx, instance: new type(ctx, internals.env) };
  } catch (error) {
    answerError(io, error);
    return undefined;
  }
}

function callMethod(instance, name, args) {
  const method = instance[name];
  if (typeof method !== 'function') throw new TypeError(`the Durable Object has no ${name}()`);
  return apply(method, instance, args);
}
function run(io, call, finish, failed) {
  let result;
  try {
    result = call();
  } catch (error) {
    failed(io, error);
    return;
  }
  then(resolved(result), finish, (error) => failed(io, error));
}

const events = {
  __proto__: null,
  fetch(io, { instance }, method, url, hasBody) {
    const request = new Request(kInternal, io, method, url, hasBody);
    run(io, () => callMethod(instance, 'fetch', [request]), (response) => answer(io, response), answerError);
  },
  rpc(io, { instance }, name) { answerCall(io, instance, name, callArguments(io)); },
  alarm(io, { actor, instance }, retryCount) {
    const info = { retryCount, isRetry: retryCount > 0 };
    const done = () => {
      alarmDone(actor);
      respond(io, 204, '', null, false);
    };
    run(io, () => callMethod(instance, 'alarm', [info]), done, (_, error) => {
      internals.report(error);
      answerError(io, error);
    });
  },
  webSocketMessage(io, { ctx, instance }, id, data) {
    const socket = internals.socketsOfActor(ctx).find(id);
    const message = typeof data === 'string' ? data : data.buffer;
    run(io, () => callMethod(instance, 'webSocketMessage', [socket, message]), () => {}, (_, error) => internals.report(error));
  },
  webSocketClose(io, { ctx, instance }, id, code, reason) {
    const sockets = internals.socketsOfActor(ctx);
    const socket = sockets.closed(id);
    const wasClean = code !== 1006;
    const failed = (_, error) => internals.report(error);
    if (!wasClean && typeof instance.webSocketError === 'function') {
      run(io, () => instance.webSocketError(socket, new Error('the connection was lost')), () => {}, failed);
    } else if (typeof instance.webSocketClose === 'function') {
      run(io, () => instance.webSocketClose(socket, code, reason, wasClean), () => {}, failed);
    }
  },
};

function dispatch(io, entry, [type, ...details]) {
  if (type === 'make') return make(io, ...details);
  events[type](io, entry, ...details);
  return undefined;
}
return { dispatch };
