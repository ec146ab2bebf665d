// HTMLRewriter, as Workers has it: handlers on the elements, comments and text of a response's HTML, while it streams
// through. The work is C++ (html/rewriter.h); it stops at each token somebody asked for. A lazy file.
const { html } = native;
const { kInternal, then, resolved } = internals;
const { label } = native.encoding;
const IllegalConstructor = 'Illegal constructor';

// Numbers of bindings/html_binding.cc.
const ELEMENT = 0, END_TAG = 1, TEXT = 2, COMMENT = 3, DOCTYPE = 4;
const BEFORE = 0, AFTER = 1, REPLACE = 2, REMOVE = 3, ELEMENT_AFTER = 4, ELEMENT_REPLACE = 5, ELEMENT_REMOVE = 6,
  KEEP_CONTENT = 7, PREPEND = 8, APPEND = 9, INNER = 10;
const IS_DOCUMENT = 1, WANTS_ELEMENT = 2, WANTS_COMMENTS = 4, WANTS_TEXT = 8, WANTS_END = 16;

// A token is only good while its handler runs: afterwards its bytes are gone. `turn` is the rewriting it belongs to.
class Token {
  #turn;
  #number;
  constructor(token, turn) {
    if (token !== kInternal) throw new TypeError(IllegalConstructor);
    this.#turn = turn;
    this.#number = turn.number;
  }
  static session(token) {
    if (token.#turn.number !== token.#number) throw new TypeError('this token of the HTML is not being handled any more');
    return token.#turn.session;
  }
  static turn(token) { Token.session(token); return token.#turn; }
}
const sessionOf = Token.session;

const edit = (token, number, content, options) => {
  if (typeof content !== 'string') throw new TypeError('HTMLRewriter: the content must be a string');
  html.edit(sessionOf(token), number, content, options?.html === true);
  return token;
};

class Element extends Token {
  #namespace;
  constructor(token, turn, namespace) { super(token, turn); this.#namespace = namespace; }
  get tagName() { return html.name(sessionOf(this)); }
  set tagName(name) { html.setName(sessionOf(this), `${name}`); }
  get namespaceURI() { sessionOf(this); return this.#namespace; }
  get removed() { return html.isRemoved(sessionOf(this)); }
  get attributes() {
    const flat = html.attributes(sessionOf(this));
    const pairs = [];
    for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i], flat[i + 1]]);
    return pairs[Symbol.iterator]();
  }
  getAttribute(name) { return html.getAttribute(sessionOf(this), `${name}`); }
  hasAttribute(name) { return html.getAttribute(sessionOf(this), `${name}`) !== null; }
  setAttribute(name, value) { html.setAttribute(sessionOf(this), `${name}`, `${value}`); return this; }
  removeAttribute(name) { html.removeAttribute(sessionOf(this), `${name}`); return this; }
  before(content, options) { return edit(this, BEFORE, content, options); }
  after(content, options) { return edit(this, ELEMENT_AFTER, content, options); }
  prepend(content, options) { return edit(this, PREPEND, content, options); }
  append(content, options) { return edit(this, APPEND, content, options); }
  replace(content, options) { return edit(this, ELEMENT_REPLACE, content, options); }
  setInnerContent(content, options) { return edit(this, INNER, content, options); }
  remove() { return edit(this, ELEMENT_REMOVE, ''); }
  removeAndKeepContent() { return edit(this, KEEP_CONTENT, ''); }
  onEndTag(handler) {
    if (typeof handler !== 'function') throw new TypeError('onEndTag: the handler must be a function');
    const { session, endHandlers } = Token.turn(this);
    const number = endHandlers.length;
    if (!html.onEndTag(session, number)) throw new TypeError(`onEndTag: <${this.tagName}> has no end tag`);
    endHandlers.push(handler);
  }
}

class EndTag extends Token {
  get name() { return html.endTagName(sessionOf(this)); }
  set name(name) { html.setEndTagName(sessionOf(this), `${name}`); }
  before(content, options) { return edit(this, BEFORE, content, options); }
  after(content, options) { return edit(this, AFTER, content, options); }
  remove() { return edit(this, REMOVE, ''); }
}

class Text extends Token {
  #text;
  #last;
  constructor(token, turn, text, last) { super(token, turn); this.#text = text; this.#last = last; }
  get text() { sessionOf(this); return this.#text; }
  get lastInTextNode() { sessionOf(this); return this.#last; }
  get removed() { return html.isRemoved(sessionOf(this)); }
  before(content, options) { return edit(this, BEFORE, content, options); }
  after(content, options) { return edit(this, AFTER, content, options); }
  replace(content, options) { return edit(this, REPLACE, content, options); }
  remove() { return edit(this, REMOVE, ''); }
}

class Comment extends Token {
  get text() { return html.comment(sessionOf(this)); }
  set text(text) { html.setComment(sessionOf(this), `${text}`); }
  get removed() { return html.isRemoved(sessionOf(this)); }
  before(content, options) { return edit(this, BEFORE, content, options); }
  after(content, options) { return edit(this, AFTER, content, options); }
  replace(content, options) { return edit(this, REPLACE, content, options); }
  remove() { return edit(this, REMOVE, ''); }
}

class Doctype extends Token {
  #name;
  #publicId;
  #systemId;
  constructor(token, turn, name, publicId, systemId) {
    super(token, turn);
    this.#name = name;
    this.#publicId = publicId;
    this.#systemId = systemId;
  }
  get name() { sessionOf(this); return this.#name; }
  get publicId() { sessionOf(this); return this.#publicId; }
  get systemId() { sessionOf(this); return this.#systemId; }
}

class DocumentEnd extends Token {
  append(content, options) { return edit(this, BEFORE, content, options); }
}

// By kind: the class of the token, and the handler it is for.
const kinds = [
  [Element, 'element'], [EndTag, null], [Text, 'text'], [Comment, 'comments'], [Doctype, 'doctype'], [DocumentEnd, 'end'],
];

// Runs the handlers of one event, one after another; a promise when one of them gave one.
function handle(turn, [kind, numbers, ...details]) {
  turn.number++;
  const [TokenClass, member] = kinds[kind];
  const token = new TokenClass(kInternal, turn, ...details);
  const call = (number) => {
    if (member === null) return turn.endHandlers[number](token);
    const handlers = turn.handlers[number];
    return handlers[member](token);
  };
  const from = (i) => {
    for (; i < numbers.length; i++) {
      const result = call(numbers[i]);
      if (typeof result?.then === 'function') return then(resolved(result), () => from(i + 1));
    }
    return undefined;
  };
  return from(0);
}

// Everything up to the next need for input; a promise when a handler gave one.
function run(turn) {
  for (;;) {
    const event = html.next(turn.session);
    turn.number++;
    if (event === undefined) return undefined;
    const result = handle(turn, event);
    if (result !== undefined) return then(result, () => run(turn));
  }
}

// The encoding of a response, as far as bytes can be rewritten in it.
function encodingOf(response) {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(response.headers.get('content-type') ?? '');
  const name = charset === null ? 'utf-8' : label(charset[1]) ?? 'utf-8';
  if (/^(utf-16|iso-2022-jp)/i.test(name)) {
    throw new TypeError(`HTMLRewriter: ${name} cannot be rewritten, its bytes do not keep ASCII`);
  }
  return name;
}

class HTMLRewriter {
  #specs = [];  // [selector or null, flags, ...]
  #handlers = [];

  #add(selector, handlers, members) {
    if (typeof handlers !== 'object' || handlers === null) throw new TypeError('HTMLRewriter: the handlers must be an object');
    let flags = selector === null ? IS_DOCUMENT : 0;
    for (const [member, flag] of members) {
      const handler = handlers[member];
      if (handler === undefined) continue;
      if (typeof handler !== 'function') throw new TypeError(`HTMLRewriter: the handler ${member} must be a function`);
      flags |= flag;
    }
    if (selector !== null) html.open([selector, flags], 'utf-8');  // throws when the selector is wrong
    this.#specs.push(selector, flags);
    this.#handlers.push(handlers);
    return this;
  }
  on(selector, handlers) {
    return this.#add(`${selector}`, handlers, [['element', WANTS_ELEMENT], ['comments', WANTS_COMMENTS], ['text', WANTS_TEXT]]);
  }
  onDocument(handlers) {
    return this.#add(null, handlers, [
      ['doctype', WANTS_ELEMENT], ['comments', WANTS_COMMENTS], ['text', WANTS_TEXT], ['end', WANTS_END]]);
  }
  transform(response) {
    if (!internals.isResponse(response)) throw new TypeError('HTMLRewriter.transform: the argument must be a Response');
    if (response.body === null) return new Response(null, response);
    const turn = {
      session: html.open(this.#specs, encodingOf(response)), handlers: this.#handlers.slice(), endHandlers: [], number: 0,
    };
    const reader = response.body.getReader();
    const pull = async (controller) => {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) html.finish(turn.session);
        else if (value instanceof Uint8Array) html.write(turn.session, value);
        else throw new TypeError('HTMLRewriter: the body\'s stream must give Uint8Arrays');
        const pending = run(turn);
        if (pending !== undefined) await pending;
        const output = html.takeOutput(turn.session);
        if (output.byteLength > 0) controller.enqueue(output);
        if (done) controller.close();
        if (done || output.byteLength > 0) return;
      }
    };
    const stream = new ReadableStream({
      pull: (controller) => pull(controller).catch((error) => {
        reader.cancel(error).catch(() => {});
        throw error;
      }),
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 });
    const rewritten = new Response(stream, response);
    rewritten.headers.delete('content-length');
    return rewritten;
  }
}

for (const [TokenClass] of kinds) internals.finishClass(TokenClass, TokenClass.name);
return { HTMLRewriter: internals.finishClass(HTMLRewriter, 'HTMLRewriter') };
