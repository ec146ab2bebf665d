// WebSocket (WebSockets standard section 3) and WebSocketPair (as in Workers: two sockets that are each other's peer).
//
// `new WebSocket(url)` connects by itself. The ends of a pair, and the one of a fetch with `upgrade: websocket`, say
// nothing until accept() is called; until then they can be handed on, with a Response of status 101. A socket belongs to
// the request that it came up in.
const { kInternal, DOMException, Event, fire, requireArguments, then } = internals;
const { MessageEvent, CloseEvent } = internals.load('event_types');
const { usvString } = internals.idl;
const { pair, accept, send, close, buffered, answer } = native.sockets;
const { current } = native.io;
const { encodeUtf8 } = native.encoding;
const CONNECTING = 0, OPEN = 1, CLOSING = 2, CLOSED = 3;
const reasonBytesMax = 123;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const responses = new WeakMap();  // Response -> WebSocket

class WebSocket extends EventTarget {
  #io = 0;
  #id = 0;
  #state = CONNECTING;
  #url = '';
  #protocol = '';
  #binaryType = 'blob';
  #accepted = false;
  #given = false;     // handed on
  #unsent = 0;        // bytes of send() after the close
  #queue = null;      // a promise, while a Blob is being read
  #connection = null; // AbortController of the handshake
  #owner = null;      // of one that a Durable Object accepted: the sockets of that object

  static {
    internals.socketOf = (socket) => {
      if (typeof socket !== 'object' || socket === null || !(#id in socket)) return null;
      return { io: socket.#io, id: socket.#id, free: !socket.#accepted && !socket.#given && socket.#id !== 0,
        give() { socket.#given = true; } };
    };
    // An end that was not accepted.
    internals.newSocket = (io, id, protocol) => {
      const socket = new WebSocket(kInternal);
      socket.#io = io;
      socket.#id = id;
      socket.#protocol = protocol;
      socket.#binaryType = 'arraybuffer';
      socket.#state = OPEN;
      return socket;
    };
  }

  static {
    // The sockets of a Durable Object (actors/actor_sockets.js).
    internals.moveSocket = (socket, io, id, owner) => {
      socket.#io = io;
      socket.#id = id;
      socket.#owner = owner;
      socket.#accepted = true;
    };
    internals.newHibernatingSocket = (io, id, owner) => {
      const socket = internals.newSocket(io, id, '');
      internals.moveSocket(socket, io, id, owner);
      return socket;
    };
    internals.endSocket = (socket) => { socket.#state = CLOSED; };
  }

  constructor(url, protocols = []) {
    super();
    if (url === kInternal) return;
    requireArguments(arguments, 1, 'WebSocket');
    const text = usvString(url);
    const href = internals.resolveUrl(text);
    if (href === undefined) throw new DOMException(`WebSocket: "${text}" is not an absolute URL`, 'SyntaxError');
    const wanted = href.replace(/^http/, 'ws');
    if (!/^wss?:/.test(wanted)) throw new DOMException(`WebSocket: ${text} is neither a ws: nor a wss: URL`, 'SyntaxError');
    if (wanted.includes('#')) throw new DOMException('WebSocket: the URL has a fragment', 'SyntaxError');
    const list = typeof protocols === 'string' || protocols?.[Symbol.iterator] === undefined ? [protocols] : [...protocols];
    const names = list.map((name) => usvString(name));
    if (names.some((name) => !token.test(name)) || new Set(names.map((name) => name.toLowerCase())).size < names.length) {
      throw new DOMException('WebSocket: the protocols are no tokens, or one is there twice', 'SyntaxError');
    }
    this.#url = wanted;
    this.#connect(wanted.replace(/^ws/, 'http'), names);
  }

  async #connect(url, protocols) {
    this.#connection = new AbortController();
    const headers = [['upgrade', 'websocket']];
    if (protocols.length > 0) headers.push(['sec-websocket-protocol', protocols.join(', ')]);
    let inner = null;
    try {
      const response = await internals.fetch(url, { headers, signal: this.#connection.signal, redirect: 'error' });
      inner = responses.get(response) ?? null;
      if (inner === null) response.body?.cancel();
      else this.#protocol = response.headers.get('sec-websocket-protocol') ?? '';
    } catch {
      // Scripts are not told why (WebSockets, "feedback from the protocol").
    }
    if (inner === null || this.#state !== CONNECTING) {
      this.#end(1006, '', false, true);
      return;
    }
    this.#io = inner.#io;
    this.#id = inner.#id;
    this.#accepted = inner.#given = true;
    this.#state = OPEN;
    accept(this.#io, this.#id, (data, code, reason) => this.#deliver(data, code, reason));
    fire(this, new Event('open'));
  }

  accept() {
    if (this.#accepted) return;
    if (this.#given || this.#id === 0) throw new TypeError('WebSocket.accept: the socket was handed on, or connects by itself');
    accept(this.#io, this.#id, (data, code, reason) => this.#deliver(data, code, reason));
    this.#accepted = true;
  }

  #deliver(data, code, reason) {
    if (data === undefined) {
      this.#end(code, reason, code !== 1006, false);
      return;
    }
    if (this.#state !== OPEN) return;
    const origin = this.#url === '' ? '' : this.#url.slice(0, this.#url.indexOf('/', 6));
    if (typeof data !== 'string') data = this.#binaryType === 'blob' ? new Blob([data]) : data.buffer;
    fire(this, new MessageEvent('message', { data, origin }));
  }
  #end(code, reason, wasClean, failed) {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    if (failed || !wasClean) fire(this, new Event('error'));
    fire(this, new CloseEvent('close', { code, reason, wasClean }));
  }

  send(data) {
    requireArguments(arguments, 1, 'WebSocket.send');
    if (this.#state === CONNECTING) throw new DOMException('WebSocket.send: the connection is not open yet', 'InvalidStateError');
    if (this.#url === '' && !this.#accepted) throw new TypeError('WebSocket.send: call accept() first');
    let bytes = data;
    if (data instanceof Blob) {
      const read = data.arrayBuffer();
      const before = this.#queue ?? internals.resolved();
      const turn = then(before, () => then(read, (buffer) => { this.#sendNow(buffer); if (this.#queue === turn) this.#queue = null; }));
      this.#queue = turn;
      return;
    }
    if (!(data instanceof ArrayBuffer) && !ArrayBuffer.isView(data)) bytes = usvString(data);
    if (this.#queue === null) {
      this.#sendNow(bytes);
      return;
    }
    if (typeof bytes !== 'string') bytes = new Uint8Array(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, bytes.byteLength).slice();
    const turn = then(this.#queue, () => { this.#sendNow(bytes); if (this.#queue === turn) this.#queue = null; });
    this.#queue = turn;
  }
  #sendNow(data) {
    if (this.#state === OPEN) send(this.#io, this.#id, data);
    else this.#unsent += typeof data === 'string' ? encodeUtf8(data).byteLength : data.byteLength;
  }

  close(code = undefined, reason = undefined) {
    const own = this.#url !== '';  // as in browsers; a server's end may say more
    if (code !== undefined) {
      code = internals.idl.clampedUnsignedShort?.(code) ?? Math.min(65535, Math.max(0, Math.round(Number(code)) || 0));
      const fine = own ? code === 1000 || (code >= 3000 && code <= 4999)
        : code >= 1000 && code <= 4999 && code !== 1004 && code !== 1005 && code !== 1006 && code !== 1015;
      if (!fine) throw new DOMException(`WebSocket.close: ${code} is no code to close with`, 'InvalidAccessError');
    }
    const text = reason === undefined ? '' : usvString(reason);
    if (encodeUtf8(text).byteLength > reasonBytesMax) {
      throw new DOMException(`WebSocket.close: the reason is longer than ${reasonBytesMax} bytes`, 'SyntaxError');
    }
    if (this.#state === CLOSING || this.#state === CLOSED) return;
    if (this.#state === CONNECTING) {
      this.#state = CLOSING;
      this.#connection?.abort();
      return;
    }
    if (!own && !this.#accepted) throw new TypeError('WebSocket.close: call accept() first');
    this.#state = CLOSING;
    const finish = () => close(this.#io, this.#id, code ?? (text === '' ? 1005 : 1000), text);
    if (this.#queue === null) finish(); else then(this.#queue, finish);
  }

  // What stays with a socket while its Durable Object hibernates.
  serializeAttachment(value) {
    requireArguments(arguments, 1, 'WebSocket.serializeAttachment');
    if (this.#owner === null) throw new TypeError('WebSocket.serializeAttachment: the socket was not accepted by acceptWebSocket()');
    this.#owner.setAttachmentOf(this, value);
  }
  deserializeAttachment() { return this.#owner === null ? null : this.#owner.attachmentOf(this); }

  get url() { return this.#url; }
  get readyState() { return this.#state; }
  get bufferedAmount() { return this.#unsent + (this.#id === 0 ? 0 : buffered(this.#io, this.#id)); }
  get extensions() { return ''; }
  get protocol() { return this.#protocol; }
  get binaryType() { return this.#binaryType; }
  set binaryType(type) {
    type = `${type}`;
    if (type === 'blob' || type === 'arraybuffer') this.#binaryType = type;
  }
}
Object.defineProperty(WebSocket, 'length', { value: 1, configurable: true });
Object.defineProperty(WebSocket.prototype.close, 'length', { value: 0, configurable: true });
internals.finishClass(WebSocket, 'WebSocket');
for (const type of ['open', 'message', 'error', 'close']) internals.eventHandler(WebSocket.prototype, type);
internals.defineConstants(WebSocket, { CONNECTING, OPEN, CLOSING, CLOSED });
// The names Workers had first.
internals.defineConstants(WebSocket, {
  READY_STATE_CONNECTING: CONNECTING, READY_STATE_OPEN: OPEN, READY_STATE_CLOSING: CLOSING, READY_STATE_CLOSED: CLOSED,
});

// { 0: WebSocket, 1: WebSocket }, also by Object.values().
class WebSocketPair {
  constructor() {
    const io = current();
    const [a, b] = pair(io);
    this[0] = internals.newSocket(io, a, '');
    this[1] = internals.newSocket(io, b, '');
  }
}
Object.defineProperty(WebSocketPair.prototype, Symbol.toStringTag, { value: 'WebSocketPair', configurable: true });

// `new Response(null, { status: 101, webSocket })`.
function attach(response, socket) {
  if (internals.socketOf(socket) === null) {
    throw new RangeError('Response: the status 101 goes with a webSocket, and there is none');
  }
  responses.set(response, socket);
}
// What a fetch() that asked for a WebSocket was given.
function attachFetched(response, io, id) {
  responses.set(response, internals.newSocket(io, id, response.headers.get('sec-websocket-protocol') ?? ''));
  return response;
}
// The handler's answer is a socket: the client gets that end.
function answerWith(io, response, flat) {
  const socket = responses.get(response);
  const parts = internals.socketOf(socket);
  if (!parts.free) throw new TypeError('the response\'s WebSocket was accepted, or handed on, already');
  if (parts.io !== io) throw new TypeError('the response\'s WebSocket belongs to another request');
  parts.give();
  answer(io, parts.id, flat);
}
internals.webSocketOf = (response) => responses.get(response) ?? null;
return { WebSocket, WebSocketPair, attach, attachFetched, answerWith };
