// ReadableStream.tee (Streams standard sections 4.9.1, 4.9.5): one stream becomes two.
const { Deferred, kDone, then, bufferOf, lengthOf, offsetOf } = internals.load('stream_base');
const { acquire, cancel, controllerOf, create, createBytes, readInto, release } = internals.load('stream_readable');
const { cloneBytes } = native.streams;

// What both kinds share: a source read for two branches, which is canceled when both are.
class Tee {
  s;
  reader;
  reading = false;
  canceled = [false, false];
  reasons = [undefined, undefined];
  branches = [null, null];
  done = new Deferred();  // of cancel(), of either branch
  constructor(s) {
    this.s = s;
    this.reader = acquire(s);
  }
  cancelBranch(i, reason) {
    this.canceled[i] = true;
    this.reasons[i] = reason;
    if (this.canceled[1 - i]) this.done.resolve(cancel(this.s, this.reasons));
    return this.done.promise;
  }
  controller(i) { return this.branches[i].controller; }
  fail(error) {
    this.controller(0).error(error);
    this.controller(1).error(error);
  }
  resolveUnlessBothCanceled() {
    if (!this.canceled[0] || !this.canceled[1]) this.done.resolve(undefined);
  }
  // Errors of the source while `reader` is the one that reads.
  forwardErrors(reader) {
    then(reader.closed.promise, undefined, (error) => {
      if (reader !== this.reader) return;
      this.fail(error);
      this.resolveUnlessBothCanceled();
    });
  }
}

// ---- chunks of any kind

class DefaultTee extends Tee {
  readAgain = false;
  cloning;  // the second branch gets copies
  constructor(s, cloning) {
    super(s);
    this.cloning = cloning;
    for (let i = 0; i < 2; ++i) {
      this.branches[i] = create(() => this.pull(), (reason) => this.cancelBranch(i, reason), 1);
    }
    this.forwardErrors(this.reader);
  }
  pull() {
    if (this.reading) {
      this.readAgain = true;
      return;
    }
    this.reading = true;
    readInto(this.reader, new DefaultTeeRead(this));
  }
}
class DefaultTeeRead {
  next = null;
  tee;
  constructor(tee) { this.tee = tee; }
  // Later, so that reactions to what the chunk did come first (the standard's note on this).
  chunk(chunk) {
    const { tee } = this;
    then(kDone, () => {
      tee.readAgain = false;
      let second = chunk;
      if (tee.cloning && !tee.canceled[1]) {
        try { second = internals.structuredClone(chunk); } catch (error) {
          tee.fail(error);
          tee.done.resolve(cancel(tee.s, error));
          return;
        }
      }
      if (!tee.canceled[0]) tee.controller(0).enqueue(chunk);
      if (!tee.canceled[1]) tee.controller(1).enqueue(second);
      tee.reading = false;
      if (tee.readAgain) tee.pull();
    });
  }
  close() {
    const { tee } = this;
    tee.reading = false;
    for (let i = 0; i < 2; ++i) if (!tee.canceled[i]) tee.controller(i).close();
    tee.resolveUnlessBothCanceled();
  }
  error() { this.tee.reading = false; }
}

// ---- bytes: whichever branch asks with a view has the source read into it

class ByteTee extends Tee {
  readAgain = [false, false];
  constructor(s) {
    super(s);
    for (let i = 0; i < 2; ++i) {
      this.branches[i] = createBytes(() => this.pull(i), (reason) => this.cancelBranch(i, reason));
    }
    this.forwardErrors(this.reader);
  }
  pull(i) {
    if (this.reading) {
      this.readAgain[i] = true;
      return;
    }
    this.reading = true;
    const request = this.controller(i).requestOfFirst;
    if (request === null) {
      this.readDefault();
    } else {
      this.readByob(request.view, i);
    }
  }
  use(byob) {
    if (this.reader.byob === byob) return;
    release(this.reader);
    this.reader = acquire(this.s, byob);
    this.forwardErrors(this.reader);
  }
  readDefault() {
    this.use(false);
    readInto(this.reader, new ByteTeeRead(this));
  }
  readByob(view, i) {
    this.use(true);
    internals.load('stream_bytes').readBytesInto(this.reader, view, 1, new ByteTeeReadInto(this, i));
  }
  // The other branch's own bytes; undefined when there is no memory for them, which ends the tee.
  clone(chunk) {
    try {
      return cloneBytes(bufferOf(chunk), offsetOf(chunk), lengthOf(chunk));
    } catch (error) {
      this.fail(error);
      this.done.resolve(cancel(this.s, error));
      return undefined;
    }
  }
  goOn() {
    this.reading = false;
    if (this.readAgain[0]) this.pull(0);
    else if (this.readAgain[1]) this.pull(1);
  }
}
class ByteTeeRead {
  next = null;
  tee;
  constructor(tee) { this.tee = tee; }
  chunk(chunk) {
    const { tee } = this;
    then(kDone, () => {
      tee.readAgain[0] = tee.readAgain[1] = false;
      let second = chunk;
      if (!tee.canceled[0] && !tee.canceled[1]) {
        second = tee.clone(chunk);
        if (second === undefined) return;
      }
      if (!tee.canceled[0]) tee.controller(0).enqueue(chunk);
      if (!tee.canceled[1]) tee.controller(1).enqueue(second);
      tee.goOn();
    });
  }
  close() {
    const { tee } = this;
    tee.reading = false;
    for (let i = 0; i < 2; ++i) if (!tee.canceled[i]) tee.controller(i).close();
    for (let i = 0; i < 2; ++i) if (tee.controller(i).pendingPullIntos.length > 0) tee.controller(i).respond(0);
    tee.resolveUnlessBothCanceled();
  }
  error() { this.tee.reading = false; }
}
class ByteTeeReadInto {
  next = null;
  tee;
  branch;
  constructor(tee, branch) {
    this.tee = tee;
    this.branch = branch;
  }
  chunk(chunk) {
    const { tee, branch } = this;
    const other = 1 - branch;
    then(kDone, () => {
      tee.readAgain[0] = tee.readAgain[1] = false;
      if (!tee.canceled[other]) {
        const clone = tee.clone(chunk);
        if (clone === undefined) return;
        if (!tee.canceled[branch]) tee.controller(branch).respondWithNewView(chunk);
        tee.controller(other).enqueue(clone);
      } else if (!tee.canceled[branch]) {
        tee.controller(branch).respondWithNewView(chunk);
      }
      tee.goOn();
    });
  }
  close(chunk) {
    const { tee, branch } = this;
    const other = 1 - branch;
    tee.reading = false;
    if (!tee.canceled[branch]) tee.controller(branch).close();
    if (!tee.canceled[other]) tee.controller(other).close();
    if (chunk !== undefined) {
      if (!tee.canceled[branch]) tee.controller(branch).respondWithNewView(chunk);
      if (!tee.canceled[other] && tee.controller(other).pendingPullIntos.length > 0) tee.controller(other).respond(0);
    }
    tee.resolveUnlessBothCanceled();
  }
  error() { this.tee.reading = false; }
}

// The states of the two branches.
function tee(s, cloning) {
  const c = controllerOf(s);
  return (c.pendingPullIntos === undefined ? new DefaultTee(s, cloning) : new ByteTee(s)).branches;
}

return { tee };
