// The system calls of WASI preview 1: between the program's memory and its files, clocks and arguments. A call gives an
// error number; addresses outside of the memory are EFAULT.
const { Errno, errno, fail, kDirectory } = internals.load('wasi_files');
const { decodeUtf8, encodeUtf8 } = native.encoding;
const getRandomValues = globalThis.crypto.getRandomValues.bind(globalThis.crypto);
const randomMax = 65536, vectorsMax = 1024, ioMax = 2 ** 31 - 1;
const kSeekSet = 0, kSeekCurrent = 1, kSeekEnd = 2;
const kClockEvent = 0, kReadEvent = 1, kAbsolute = 1;
const clocksCount = 4, clockResolution = 1_000_000n;
const allRights = (1n << 30n) - 1n;
const kAccessed = 1, kAccessedNow = 2, kModified = 4, kModifiedNow = 8;

// Leaves the program from proc_exit.
class Exit {
  constructor(code) { this.code = code; }
}

// The program's memory. Its buffer changes when it grows, so views are made anew. Addresses come as signed numbers.
class GuestMemory {
  #memory;
  #view = new DataView(new ArrayBuffer(0));
  constructor(memory) { this.#memory = memory; }
  get view() {
    const { buffer } = this.#memory;
    return this.#view.buffer === buffer ? this.#view : (this.#view = new DataView(buffer));
  }
  bytes(address, length) {
    const { buffer } = this.#memory;
    if ((address >>> 0) + (length >>> 0) > buffer.byteLength) fail('fault');
    return new Uint8Array(buffer, address >>> 0, length >>> 0);
  }
  text(address, length) { return decodeUtf8(this.bytes(address, length), true); }
  // The buffers of an iovec array.
  vectors(address, count) {
    if (count >>> 0 > vectorsMax) fail('inval');
    const list = [];
    for (let i = 0, at = address >>> 0; i < count; ++i, at += 8) list.push(this.bytes(this.getU32(at), this.getU32(at + 4)));
    return list;
  }
  setU8(address, value) { this.view.setUint8(address >>> 0, value); }
  setU16(address, value) { this.view.setUint16(address >>> 0, value, true); }
  setU32(address, value) { this.view.setUint32(address >>> 0, value, true); }
  setU64(address, value) { this.view.setBigUint64(address >>> 0, BigInt(value), true); }
  getU16(address) { return this.view.getUint16(address >>> 0, true); }
  getU32(address) { return this.view.getUint32(address >>> 0, true); }
  getU64(address) { return this.view.getBigUint64(address >>> 0, true); }
}

// A file offset or size as a number.
function toOffset(value) {
  if (value < 0n || value > BigInt(ioMax)) fail(value < 0n ? 'inval' : 'fbig');
  return Number(value);
}
function putStat(memory, address, node) {
  memory.bytes(address, 64).fill(0);
  memory.setU64(address + 8, node.inode);
  memory.setU8(address + 16, node.type);
  memory.setU64(address + 24, node.links);
  memory.setU64(address + 32, node.size);
  memory.setU64(address + 40, node.accessed);
  memory.setU64(address + 48, node.modified);
  memory.setU64(address + 56, node.modified);
}
function setTimes(node, accessed, modified, flags, time) {
  const both = (a, b) => (flags & a) !== 0 && (flags & b) !== 0;
  if (both(kAccessed, kAccessedNow) || both(kModified, kModifiedNow)) fail('inval');
  if ((flags & kAccessed) !== 0) node.accessed = BigInt.asUintN(64, accessed);
  if ((flags & kAccessedNow) !== 0) node.accessed = time;
  if ((flags & kModified) !== 0) node.modified = BigInt.asUintN(64, modified);
  if ((flags & kModifiedNow) !== 0) node.modified = time;
}
// Reads or writes one buffer after the other until one is not done whole.
function eachVector(vectors, action) {
  let total = 0;
  for (const vector of vectors) {
    const count = action(vector, total);
    total += count;
    if (count < vector.length) break;
  }
  return total;
}

// `system`: memory(), files, args, env, time(), sleep(nanoseconds).
function makeCalls(system) {
  const { files, args, env, time } = system;
  const memory = () => system.memory() ?? fail('fault');
  const path = (address, length) => memory().text(address, length);

  const putStrings = (list, addresses, bytes) => {
    const m = memory();
    for (const text of list) {
      m.setU32(addresses, bytes);
      m.bytes(bytes, text.length).set(text);
      addresses += 4;
      bytes += text.length;
    }
  };
  const putSizes = (list, count, size) => {
    memory().setU32(count, list.length);
    memory().setU32(size, list.reduce((sum, text) => sum + text.length, 0));
  };
  const preopened = (fd) => encodeUtf8(files.get(fd).preopened ?? fail('badf'));
  const checkClock = (id) => { if (id >>> 0 >= clocksCount) fail('inval'); };

  return {
    args_get(addresses, bytes) { putStrings(args, addresses, bytes); },
    args_sizes_get(count, size) { putSizes(args, count, size); },
    environ_get(addresses, bytes) { putStrings(env, addresses, bytes); },
    environ_sizes_get(count, size) { putSizes(env, count, size); },
    clock_res_get(id, out) { checkClock(id); memory().setU64(out, clockResolution); },
    clock_time_get(id, precision, out) { checkClock(id); memory().setU64(out, time()); },

    fd_advise(fd) { files.file(fd); },
    fd_allocate(fd, offset, length) {
      const { node } = files.file(fd);
      const end = toOffset(offset) + toOffset(length);
      if (end > node.size) node.resize(end);
    },
    fd_close(fd) { files.close(fd); },
    fd_datasync(fd) { files.get(fd); },
    fd_sync(fd) { files.get(fd); },
    fd_fdstat_get(fd, out) {
      const { node, flags, canRead, canWrite, stream } = files.get(fd);
      const m = memory();
      m.bytes(out, 24).fill(0);
      m.setU8(out, node.type);
      m.setU16(out + 2, flags);
      // A terminal is what can do neither seek nor tell: a program that asks then flushes each line.
      const seeks = stream === null ? 0n : (1n << 2n) | (1n << 5n);
      const none = (canRead ? 0n : 1n << 1n) | (canWrite ? 0n : 1n << 6n);
      m.setU64(out + 8, allRights & ~seeks & ~none);
      m.setU64(out + 16, node.type === kDirectory ? allRights : 0n);
    },
    fd_fdstat_set_flags(fd, flags) { files.get(fd).flags = flags & 0x1f; },
    fd_fdstat_set_rights(fd) { files.get(fd); },
    fd_filestat_get(fd, out) { putStat(memory(), out, files.get(fd).node); },
    fd_filestat_set_size(fd, size) {
      const descriptor = files.file(fd);
      if (!descriptor.canWrite) fail('badf');
      descriptor.node.resize(toOffset(size));
    },
    fd_filestat_set_times(fd, accessed, modified, flags) { setTimes(files.get(fd).node, accessed, modified, flags, time()); },
    fd_read(fd, vectors, count, out) {
      const descriptor = files.get(fd);
      memory().setU32(out, eachVector(memory().vectors(vectors, count), (vector) => descriptor.read(vector)));
    },
    fd_write(fd, vectors, count, out) {
      const descriptor = files.get(fd);
      memory().setU32(out, eachVector(memory().vectors(vectors, count), (vector) => descriptor.write(vector, time())));
    },
    fd_pread(fd, vectors, count, offset, out) {
      const descriptor = files.file(fd);
      if (!descriptor.canRead) fail('badf');
      const from = toOffset(offset);
      memory().setU32(out, eachVector(memory().vectors(vectors, count), (vector, total) => descriptor.node.read(from + total, vector)));
    },
    fd_pwrite(fd, vectors, count, offset, out) {
      const descriptor = files.file(fd);
      if (!descriptor.canWrite) fail('badf');
      const from = toOffset(offset);
      memory().setU32(out, eachVector(memory().vectors(vectors, count), (vector, total) => descriptor.node.write(from + total, vector)));
      descriptor.node.modified = time();
    },
    fd_prestat_get(fd, out) {
      const name = preopened(fd);
      memory().setU32(out, 0);
      memory().setU32(out + 4, name.length);
    },
    fd_prestat_dir_name(fd, address, length) {
      const name = preopened(fd);
      if (length >>> 0 < name.length) fail('nametoolong');
      memory().bytes(address, name.length).set(name);
    },
    fd_readdir(fd, address, length, cookie, out) {
      const target = memory().bytes(address, length);
      let used = 0;
      for (const { name, node, next } of files.directory(fd).list(BigInt.asUintN(64, cookie))) {
        const text = encodeUtf8(name);
        const entry = new Uint8Array(24 + text.length);
        const view = new DataView(entry.buffer);
        view.setBigUint64(0, next, true);
        view.setBigUint64(8, node.inode, true);
        view.setUint32(16, text.length, true);
        view.setUint8(20, node.type);
        entry.set(text, 24);
        // The last entry may be cut: a full buffer says that there is more.
        const part = entry.subarray(0, target.length - used);
        target.set(part, used);
        used += part.length;
        if (part.length < entry.length) break;
      }
      memory().setU32(out, used);
    },
    fd_renumber(from, to) { files.renumber(from, to); },
    fd_seek(fd, offset, whence, out) {
      const descriptor = files.file(fd);
      const bases = { [kSeekSet]: 0, [kSeekCurrent]: descriptor.position, [kSeekEnd]: descriptor.node.size };
      const base = bases[whence] ?? fail('inval');
      const position = BigInt(base) + offset;
      if (position < 0n || position > BigInt(Number.MAX_SAFE_INTEGER)) fail('inval');
      descriptor.position = Number(position);
      memory().setU64(out, position);
    },
    fd_tell(fd, out) { memory().setU64(out, files.file(fd).position); },

    path_create_directory(fd, name, length) { files.makeDirectory(fd, path(name, length)); },
    path_filestat_get(fd, flags, name, length, out) { putStat(memory(), out, files.stat(fd, path(name, length), (flags & 1) !== 0)); },
    path_filestat_set_times(fd, flags, name, length, accessed, modified, which) {
      setTimes(files.stat(fd, path(name, length), (flags & 1) !== 0), accessed, modified, which, time());
    },
    path_link(from, flags, name, length, to, toName, toLength) {
      files.link(from, path(name, length), (flags & 1) !== 0, to, path(toName, toLength));
    },
    path_open(fd, dirflags, name, length, flags, base, inheriting, fdflags, out) {
      memory().setU32(out, files.openPath(fd, { path: path(name, length), follow: (dirflags & 1) !== 0, flags, base, fdflags }));
    },
    path_readlink(fd, name, length, address, room, out) {
      const target = encodeUtf8(files.readLink(fd, path(name, length)));
      const part = target.subarray(0, room >>> 0);
      memory().bytes(address, part.length).set(part);
      memory().setU32(out, part.length);
    },
    path_remove_directory(fd, name, length) { files.remove(fd, path(name, length), true); },
    path_rename(from, name, length, to, toName, toLength) { files.rename(from, path(name, length), to, path(toName, toLength)); },
    path_symlink(target, targetLength, fd, name, length) { files.makeLink(fd, path(name, length), path(target, targetLength)); },
    path_unlink_file(fd, name, length) { files.remove(fd, path(name, length), false); },

    // Files and streams are always ready. Where only clocks are waited for, the nearest moment is now: the clocks say so
    // from then on.
    poll_oneoff(input, output, count, out) {
      if (count === 0) fail('inval');
      const m = memory();
      const events = [];
      let nearest = null;
      for (let i = 0; i < count >>> 0; ++i, input += 48) {
        const type = m.view.getUint8((input >>> 0) + 8);
        const event = { userdata: m.getU64(input), error: errno.success, type, size: 0n };
        if (type === kClockEvent) {
          const timeout = m.getU64(input + 24);
          const span = (m.getU16(input + 40) & kAbsolute) !== 0 ? BigInt.asIntN(64, timeout - time()) : BigInt.asUintN(63, timeout);
          if (nearest === null || span < nearest.span) nearest = { event, span };
          continue;
        }
        try {
          const { node, canRead } = files.get(m.getU32(input + 16));
          if (type === kReadEvent && canRead) event.size = BigInt(node.size);
        } catch (error) {
          event.error = error.code;
        }
        events.push(event);
      }
      if (events.length === 0) {
        if (nearest.span > 0n) system.sleep(nearest.span);
        events.push(nearest.event);
      }
      for (const { userdata, error, type, size } of events) {
        m.bytes(output, 32).fill(0);
        m.setU64(output, userdata);
        m.setU16(output + 8, error);
        m.setU8(output + 10, type);
        m.setU64(output + 16, size);
        output += 32;
      }
      m.setU32(out, events.length);
    },
    proc_exit(code) { throw new Exit(code >>> 0); },
    proc_raise() { fail('nosys'); },
    sched_yield() {},
    random_get(address, length) {
      const target = memory().bytes(address, length);
      for (let at = 0; at < target.length; at += randomMax) getRandomValues(target.subarray(at, at + randomMax));
    },
    sock_accept() { fail('notsup'); },
    sock_recv() { fail('notsup'); },
    sock_send() { fail('notsup'); },
    sock_shutdown() { fail('notsup'); },
  };
}

// The calls as the program imports them: with error numbers for results.
function importsOf(system) {
  const imports = {};
  for (const [name, call] of Object.entries(makeCalls(system))) {
    imports[name] = (...args) => {
      try {
        call(...args);
        return errno.success;
      } catch (error) {
        if (error instanceof Errno) return error.code;
        if (error instanceof RangeError) return errno.fault;
        throw error;
      }
    };
  }
  return imports;
}

return { Exit, GuestMemory, importsOf };
