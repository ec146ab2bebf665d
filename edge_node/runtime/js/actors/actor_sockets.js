// The WebSocket hibernation API of a Durable Object: sockets that outlive its instance. They belong to a context of the
// object's own; what is known of each (tags, attachment) is kept by native code.
const { acceptSocket, socketIds, socketTags, attachment, setAttachment, autoResponse, setAutoResponse, socketContext } = native.actors;
const { usvString } = internals.idl;
const { isArray } = Array;
const tagsMax = 10, tagLengthMax = 256, attachmentBytesMax = 2048, responseLengthMax = 2048;
internals.load('websocket');

class WebSocketRequestResponsePair {
  #request;
  #response;
  constructor(request, response) {
    internals.requireArguments(arguments, 2, 'WebSocketRequestResponsePair');
    this.#request = usvString(request);
    this.#response = usvString(response);
    for (const text of [this.#request, this.#response]) {
      if (text.length > responseLengthMax) throw new RangeError(`WebSocketRequestResponsePair: at most ${responseLengthMax} characters are allowed`);
    }
  }
  get request() { return this.#request; }
  get response() { return this.#response; }
}
internals.finishClass(WebSocketRequestResponsePair, 'WebSocketRequestResponsePair');

class ActorSockets {
  #actor;
  #known = new Map();  // id -> WebSocket, while the instance lives
  constructor(actor) { this.#actor = actor; }

  find(id) {
    let socket = this.#known.get(id);
    if (socket === undefined) {
      socket = internals.newHibernatingSocket(socketContext(this.#actor), id, this);
      this.#known.set(id, socket);
    }
    return socket;
  }
  closed(id) {
    const socket = this.find(id);
    internals.endSocket(socket);
    this.#known.delete(id);
    return socket;
  }
  #idOf(socket) {
    const id = internals.socketOf(socket)?.id;
    if (id === undefined || this.#known.get(id) !== socket) throw new TypeError('the WebSocket was not accepted by acceptWebSocket()');
    return id;
  }
  accept(socket, tags = []) {
    const parts = internals.socketOf(socket);
    if (parts === null || !parts.free) throw new TypeError('acceptWebSocket: expected an end of a WebSocketPair that was not accepted');
    if (!isArray(tags) || tags.length > tagsMax) throw new TypeError(`acceptWebSocket: expected a list of at most ${tagsMax} tags`);
    const names = [...new Set(tags.map((tag) => usvString(tag)))];
    if (names.some((name) => name.length > tagLengthMax)) throw new TypeError(`acceptWebSocket: a tag has at most ${tagLengthMax} characters`);
    const id = acceptSocket(this.#actor, parts.io, parts.id, names);
    internals.moveSocket(socket, socketContext(this.#actor), id, this);
    this.#known.set(id, socket);
  }
  all(tag) { return socketIds(this.#actor, tag === undefined ? undefined : usvString(tag)).map((id) => this.find(id)); }
  tagsOf(socket) { return socketTags(this.#actor, this.#idOf(socket)); }
  attachmentOf(socket) { return attachment(this.#actor, this.#idOf(socket)) ?? null; }
  setAttachmentOf(socket, value) {
    setAttachment(this.#actor, this.#idOf(socket), internals.load('rpc').plain(value), attachmentBytesMax);
  }
  setAutoResponse(pair) {
    if (pair === undefined || pair === null) setAutoResponse(this.#actor);
    else setAutoResponse(this.#actor, pair.request, pair.response);
  }
  autoResponse() {
    const pair = autoResponse(this.#actor);
    return pair === undefined ? null : new WebSocketRequestResponsePair(...pair);
  }
  autoResponseTimestamp(socket) {
    const at = autoResponse(this.#actor, this.#idOf(socket));
    return at === 0 ? null : new Date(at);
  }
}

return {
  WebSocketRequestResponsePair,
  make: (actor) => new ActorSockets(actor),
};
