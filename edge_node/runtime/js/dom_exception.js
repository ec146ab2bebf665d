// DOMException (Web IDL section 2.8.1).
const codes = {
  IndexSizeError: 1, HierarchyRequestError: 3, WrongDocumentError: 4, InvalidCharacterError: 5,
  NoModificationAllowedError: 7, NotFoundError: 8, NotSupportedError: 9, InUseAttributeError: 10,
  InvalidStateError: 11, SyntaxError: 12, InvalidModificationError: 13, NamespaceError: 14,
  InvalidAccessError: 15, TypeMismatchError: 17, SecurityError: 18, NetworkError: 19, AbortError: 20,
  URLMismatchError: 21, QuotaExceededError: 22, TimeoutError: 23, InvalidNodeTypeError: 24, DataCloneError: 25,
};
const { captureStackTrace } = Error;

class DOMException {
  #message;
  #name;

  constructor(message = '', name = 'Error') {
    this.#message = `${message}`;
    this.#name = `${name}`;
    captureStackTrace(this, new.target);
  }
  get name() { return this.#name; }
  get message() { return this.#message; }
  get code() { return codes[this.#name] ?? 0; }

  static {
    internals.isDOMException = (value) => typeof value === 'object' && value !== null && #name in value;
  }
}
Object.setPrototypeOf(DOMException.prototype, Error.prototype);
internals.finishClass(DOMException, 'DOMException');
// In the order of their codes: whoever enumerates them sees it.
const constants = [['DOMSTRING_SIZE_ERR', 2], ['NO_DATA_ALLOWED_ERR', 6], ['VALIDATION_ERR', 16]];
for (const [name, code] of Object.entries(codes)) {
  const text = name.replace(/Error$/, '').replace('InUse', 'Inuse').replace('URLM', 'UrlM').replace(/(?<=[a-z])(?=[A-Z])/g, '_');
  constants.push([`${text.toUpperCase()}_ERR`, code]);
}
internals.defineConstants(DOMException, Object.fromEntries(constants.sort(([, a], [, b]) => a - b)));
internals.cloneSteps.set(DOMException.prototype, (exception) => {
  const copy = new DOMException(exception.message, exception.name);
  Object.defineProperty(copy, 'stack', { value: exception.stack, writable: true, configurable: true });
  return copy;
});
internals.DOMException = DOMException;
internals.defineGlobals({ DOMException });
