// MessageChannel, MessagePort (HTML section 9.4) and BroadcastChannel (HTML section 9.5), within one isolate.
//
// A message arrives in a turn of the request that posted it. A channel's two ends live apart from the port objects,
// since transferring a port gives its end to another object.
const { DOMException, requireArguments, toDictionary, toSequence, fire, kInternal } = internals;
const { cloneWithTransfer } = internals.load('structured_clone');
const { MessageEvent } = internals.load('event_types');

class ChannelEnd {
  peer = null;       // null once either end was closed
  port = null;       // who has it
  queue = [];        // [{value, ports}]
  isEnabled = false;

  send(message) {
    this.queue.push(message);
    if (this.isEnabled) internals.postTask(() => this.deliver());
  }
  enable() {
    if (this.isEnabled) return;
    this.isEnabled = true;
    for (let i = 0; i < this.queue.length; ++i) internals.postTask(() => this.deliver());
  }
  deliver() {
    if (!this.isEnabled || this.queue.length === 0) return;
    const { value: data, ports } = this.queue.shift();
    fire(this.port, new MessageEvent('message', { data, ports }));
  }
  close() {
    const { peer } = this;
    if (peer === null) return;
    this.peer = peer.peer = null;
    internals.postTask(() => { if (peer.port !== null) fire(peer.port, new internals.Event('close')); });
  }
}

// The second argument of postMessage: a sequence or a dictionary.
function transferOf(value, what) {
  const isSequence = (typeof value === 'object' || typeof value === 'function') && value !== null && value[Symbol.iterator] != null;
  const list = isSequence ? value : toDictionary(value, `${what}: the second argument`).transfer;
  if (list === undefined) return [];
  const items = toSequence(list, `${what}: transfer`);
  for (const item of items) {
    if ((typeof item !== 'object' && typeof item !== 'function') || item === null) throw new TypeError(`${what}: only objects can be transferred`);
  }
  return items;
}

let entangle;
class MessagePort extends EventTarget {
  #end = null;  // null when transferred or closed
  constructor() {
    if (arguments[0] !== kInternal) throw new TypeError('Illegal constructor');
    super();
  }
  postMessage(message, transferOrOptions = undefined) {
    requireArguments(arguments, 1, 'MessagePort.postMessage');
    const end = this.#end;
    const list = transferOf(transferOrOptions, 'MessagePort.postMessage');
    if (list.includes(this)) throw new DOMException('a port cannot be transferred through itself', 'DataCloneError');
    const peer = end?.peer ?? null;
    const isDoomed = peer !== null && list.includes(peer.port);
    const { value, transferred } = cloneWithTransfer(message, list);
    if (peer !== null && !isDoomed) peer.send({ value, ports: transferred.filter(internals.isMessagePort) });
  }
  start() { this.#end?.enable(); }
  close() {
    const end = this.#end;
    this.#end = null;
    end?.close();
  }
  static {
    internals.isMessagePort = (value) => typeof value === 'object' && value !== null && #end in value;
    entangle = (end) => {
      const port = new MessagePort(kInternal);
      port.#end = end;
      end.port = port;
      return port;
    };
    internals.transferSteps.set(MessagePort.prototype, (port) => {
      const end = port.#end;
      const received = new MessagePort(kInternal);
      const receive = () => {
        if (end === null) return undefined;
        received.#end = end;
        return received;
      };
      const finish = () => {
        port.#end = null;
        end.isEnabled = false;
        end.port = received;
      };
      return [finish, receive];
    });
  }
}
internals.finishClass(MessagePort, 'MessagePort');
for (const type of ['message', 'messageerror', 'close']) internals.eventHandler(MessagePort.prototype, type);
// Setting onmessage starts the port.
const onmessage = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
const { start } = MessagePort.prototype;
const accessor = {
  set onmessage(value) {
    Reflect.apply(onmessage.set, this, [value]);
    Reflect.apply(start, this, []);
  },
};
Object.defineProperty(MessagePort.prototype, 'onmessage', {
  ...onmessage, set: Object.getOwnPropertyDescriptor(accessor, 'onmessage').set,
});

class MessageChannel {
  #port1;
  #port2;
  constructor() {
    const [a, b] = [new ChannelEnd(), new ChannelEnd()];
    a.peer = b;
    b.peer = a;
    this.#port1 = entangle(a);
    this.#port2 = entangle(b);
  }
  get port1() { return this.#port1; }
  get port2() { return this.#port2; }
}
internals.finishClass(MessageChannel, 'MessageChannel');

const channels = new Set();  // the open ones, in the order of their making
class BroadcastChannel extends EventTarget {
  #name;
  constructor(name) {
    requireArguments(arguments, 1, 'BroadcastChannel');
    super();
    this.#name = `${name}`;
    channels.add(this);
  }
  get name() { return this.#name; }
  postMessage(message) {
    requireArguments(arguments, 1, 'BroadcastChannel.postMessage');
    if (this.#name === undefined || !channels.has(this)) throw new DOMException('the channel is closed', 'InvalidStateError');
    const { value } = cloneWithTransfer(message, []);
    const others = [...channels].filter((channel) => channel !== this && channel.#name === this.#name);
    for (const channel of others) {
      const { value: data } = cloneWithTransfer(value, []);
      internals.postTask(() => {
        if (channels.has(channel)) fire(channel, new MessageEvent('message', { data, origin: globalThis.origin }));
      });
    }
  }
  close() {
    this.#name;  // of this class?
    channels.delete(this);
  }
}
internals.finishClass(BroadcastChannel, 'BroadcastChannel');
for (const type of ['message', 'messageerror']) internals.eventHandler(BroadcastChannel.prototype, type);

return { MessageChannel, MessagePort, BroadcastChannel };
