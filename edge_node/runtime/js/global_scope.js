// The global object as an interface: ServiceWorkerGlobalScope over WorkerGlobalScope over EventTarget (HTML section
// 10.2.1), its attributes, and the events of errors nobody caught (HTML section 8.1.4.6).
const { checkGlobal, defineGlobalAttribute, eventHandler, fire, hasListeners, load, requireArguments } = internals;
const { setPrototypeOf } = Object;

class WorkerGlobalScope extends EventTarget {
  constructor() { throw new TypeError('Illegal constructor'); }
}
class ServiceWorkerGlobalScope extends WorkerGlobalScope {
  constructor() { throw new TypeError('Illegal constructor'); }
}
internals.finishClass(WorkerGlobalScope, 'WorkerGlobalScope');
internals.finishClass(ServiceWorkerGlobalScope, 'ServiceWorkerGlobalScope');
setPrototypeOf(globalThis, ServiceWorkerGlobalScope.prototype);
internals.scopePrototype = WorkerGlobalScope.prototype;
internals.defineGlobals({ WorkerGlobalScope, ServiceWorkerGlobalScope });

for (const type of ['error', 'languagechange', 'offline', 'online', 'rejectionhandled', 'unhandledrejection']) {
  eventHandler(WorkerGlobalScope.prototype, type);
}
defineGlobalAttribute('self', () => globalThis, { replaceable: true });
defineGlobalAttribute('origin', () => 'null', { replaceable: true });
defineGlobalAttribute('isSecureContext', () => true);
defineGlobalAttribute('navigator', () => load('navigator').navigator, { replaceable: true });
defineGlobalAttribute('performance', () => load('performance').performance, { replaceable: true });
defineGlobalAttribute('scheduler', () => load('scheduler').scheduler, { replaceable: true });

function reportError(error) {
  checkGlobal(this);
  requireArguments(arguments, 1, 'reportError');
  internals.report(error);
}
internals.defineGlobals({ reportError });

// "Report an exception": true when a listener took care of it. An error of such a listener is not for listeners.
let isReporting = false;
internals.entry.report = (error, message, filename, lineno, colno) => {
  if (isReporting || !hasListeners(globalThis, 'error')) return false;
  isReporting = true;
  try {
    const { ErrorEvent } = load('event_types');
    return !fire(globalThis, new ErrorEvent('error', { cancelable: true, error, message, filename, lineno, colno }));
  } finally {
    isReporting = false;
  }
};
// True when a listener said that the rejection is no error.
internals.entry.rejection = (type, promise, reason) => {
  if (!hasListeners(globalThis, type)) return false;
  const { PromiseRejectionEvent } = load('event_types');
  return !fire(globalThis, new PromiseRejectionEvent(type, { cancelable: type === 'unhandledrejection', promise, reason }));
};
// A script run is no service worker: what tells harnesses and libraries so must be absent. Unlike one it may eval.
internals.entry.becomeScript = () => {
  internals.mayEval = true;
  delete globalThis.ServiceWorkerGlobalScope;
  delete globalThis.WorkerGlobalScope;
};
