// EventSource (HTML section 9.2): events out of a text/event-stream, with reconnection.
//
// As in Workers, `init.fetcher` may be a service binding to fetch through, and EventSource.from(stream) takes the
// bytes from anywhere. The connection belongs to the request that opened it and ends with it.
const { kInternal, DOMException, Event, fire, readable, requireArguments, then, toDictionary } = internals;
const { MessageEvent } = internals.load('event_types');
const { usvString } = internals.idl;
const { open, feed, lastId } = native.events;
const { extractMime, latin1 } = native.body;
const { encodeUtf8 } = native.encoding;
const { setTimeout } = globalThis;
const CONNECTING = 0, OPEN = 1, CLOSED = 2;
const reconnectionMs = 3000;  // until the server says otherwise

class EventSource extends EventTarget {
  #url = '';
  #withCredentials = false;
  #state = CONNECTING;
  #fetcher = null;
  #connection = null;  // AbortController of the fetch under way
  #reconnectionMs = reconnectionMs;
  #lastId = '';

  constructor(url, init = undefined) {
    super();
    if (url === kInternal) return;
    requireArguments(arguments, 1, 'EventSource');
    const text = usvString(url);
    const { fetcher, withCredentials = false } = toDictionary(init, 'EventSource: the second argument');
    this.#withCredentials = Boolean(withCredentials);
    if (fetcher !== undefined) {
      if (!internals.isFetcher(fetcher)) throw new TypeError('EventSource: fetcher is no service binding');
      this.#fetcher = fetcher;
    }
    const href = internals.resolveUrl(text);
    if (href === undefined) throw new DOMException(`EventSource: "${text}" is not an absolute URL`, 'SyntaxError');
    this.#url = href;
    this.#connect();
  }
  static from(stream) {
    if (!readable.is(stream)) throw new TypeError('EventSource.from: expected a ReadableStream');
    if (stream.locked) throw new TypeError('EventSource.from: the stream is locked to a reader');
    const source = new EventSource(kInternal);
    const reader = readable.acquire(stream);
    source.#connection = { abort: () => then(readable.cancel(stream), undefined, () => {}) };
    then(internals.resolved(), () => {
      source.#announce();
      then(source.#read(reader, ''), () => source.#fail(), () => source.#fail());
    });
    return source;
  }

  async #connect() {
    const connection = this.#connection = new AbortController();
    const headers = [['accept', 'text/event-stream'], ['cache-control', 'no-cache']];
    if (this.#lastId !== '') headers.push(['last-event-id', latin1(encodeUtf8(this.#lastId))]);
    const init = { headers, signal: connection.signal, cache: 'no-store' };
    let again = true;
    try {
      const response = await (this.#fetcher === null ? internals.fetch(this.#url, init)
        : this.#fetcher.fetch(this.#url, init));
      again = isEventStream(response) && this.#state !== CLOSED;
      if (again) {
        this.#announce();
        const reader = readable.acquire(response.body);
        await this.#read(reader, new URL(response.url || this.#url).origin);
      }
    } catch (error) {
      // What is no failure of the network will not go away by trying.
      if (!(error instanceof TypeError)) again = false;
    }
    if (connection !== this.#connection || this.#state === CLOSED) return;
    if (again) this.#reconnect(); else this.#fail();
  }
  #announce() {
    if (this.#state === CLOSED) return;
    this.#state = OPEN;
    fire(this, new Event('open'));
  }
  #reconnect() {
    this.#state = CONNECTING;
    fire(this, new Event('error'));
    setTimeout(() => { if (this.#state === CONNECTING) this.#connect(); }, this.#reconnectionMs);
  }
  #fail() {
    if (this.#state === CLOSED) return;
    this.close();
    fire(this, new Event('error'));
  }

  // Until the stream ends or the source is closed.
  async #read(reader, origin) {
    const parser = open(this.#lastId);
    while (this.#state !== CLOSED) {
      const { value, done } = await readable.read(reader);
      if (done) return;
      if (!(value instanceof Uint8Array)) throw new TypeError('EventSource: the stream must give Uint8Arrays');
      const events = feed(parser, value);
      for (let i = 0; i < events.length && this.#state !== CLOSED; i += 3) {
        const type = events[i], data = events[i + 1], id = events[i + 2];
        if (type === null) {
          this.#reconnectionMs = data;
          continue;
        }
        this.#lastId = id;
        fire(this, new MessageEvent(type === '' ? 'message' : type, { data, origin, lastEventId: id }));
      }
      this.#lastId = lastId(parser);
    }
  }

  close() {
    this.#state = CLOSED;
    const connection = this.#connection;
    this.#connection = null;
    connection?.abort();
  }
  get url() { return this.#url; }
  get withCredentials() { return this.#withCredentials; }
  get readyState() { return this.#state; }
}
function isEventStream(response) {
  if (response.status !== 200 || response.body === null) return false;
  const type = extractMime(response.headers.get('content-type') ?? '');
  return type?.split(';', 1)[0] === 'text/event-stream';
}
Object.defineProperty(EventSource, 'length', { value: 1, configurable: true });
internals.finishClass(EventSource, 'EventSource');
for (const type of ['open', 'message', 'error']) internals.eventHandler(EventSource.prototype, type);
internals.defineConstants(EventSource, { CONNECTING, OPEN, CLOSED });
return { EventSource };
