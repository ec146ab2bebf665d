// Navigator (HTML section 8.9.1), as far as it says something in a worker.
const { kInternal, requireArguments } = internals;
const { fetch, Request } = globalThis;

// What libraries look for when they want to know whether they run in a worker of this kind; a name of our own would
// send them down the path for browsers (docs/decisions says more).
const userAgent = 'Cloudflare-Workers';
const languages = Object.freeze(['en']);

class Navigator {
  #isNavigator = true;
  constructor() {
    if (arguments[0] !== kInternal) throw new TypeError('Illegal constructor');
  }
  // NavigatorID
  get appCodeName() { this.#isNavigator; return 'Mozilla'; }
  get appName() { this.#isNavigator; return 'Netscape'; }
  get appVersion() { this.#isNavigator; return '5.0'; }
  get platform() { this.#isNavigator; return 'Linux x86_64'; }
  get product() { this.#isNavigator; return 'Gecko'; }
  get userAgent() { this.#isNavigator; return userAgent; }
  // NavigatorLanguage, NavigatorOnLine, NavigatorConcurrentHardware
  get language() { this.#isNavigator; return languages[0]; }
  get languages() { this.#isNavigator; return languages; }
  get onLine() { this.#isNavigator; return true; }
  get hardwareConcurrency() { this.#isNavigator; return 1; }
  // Beacon: sent without waiting for an answer, also when the response is out before.
  sendBeacon(url, data = undefined) {
    this.#isNavigator;
    requireArguments(arguments, 1, 'Navigator.sendBeacon');
    const io = native.io.current();
    if (io === 0) throw new Error('sendBeacon() is only possible while a request is handled, not in the global scope');
    const sent = fetch(new Request(url, { method: 'POST', body: data, keepalive: true }));
    const done = () => native.io.waitDone(io);
    native.io.waitUntil(io);
    internals.then(sent, done, done);
    return true;
  }
}
internals.finishClass(Navigator, 'Navigator');

return { Navigator, navigator: new Navigator(kInternal) };
