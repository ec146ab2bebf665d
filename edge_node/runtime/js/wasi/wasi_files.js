// The files of a WASI program: a tree in memory, and what descriptors and paths do to it (WASI preview 1).
//
// Nothing here knows the program's memory: functions take and give JavaScript values and throw an Errno. A path never
// leaves the directory that it starts from.
const { encodeUtf8 } = native.encoding;
const nameMax = 255, pathMax = 4096, linksMax = 40, descriptorsMax = 1024, fileBytesMax = 2 ** 31 - 1;

const errno = {
  success: 0, badf: 8, exist: 20, fault: 21, fbig: 22, inval: 28, io: 29, isdir: 31, loop: 32, mfile: 33, nametoolong: 37,
  noent: 44, nosys: 52, notdir: 54, notempty: 55, notsup: 58, perm: 63, spipe: 70, notcapable: 76,
};
class Errno {
  constructor(code) { this.code = code; }
}
const fail = (name) => { throw new Errno(errno[name]); };

const kCharacterDevice = 2, kDirectory = 3, kRegularFile = 4, kSymbolicLink = 7;
const oflags = { create: 1, directory: 2, exclusive: 4, truncate: 8 };
const kAppend = 1;
const rights = { read: 1n << 1n, write: 1n << 6n };

let inodes = 0n;
class Node {
  inode = ++inodes;
  links = 1n;
  accessed;
  modified;
  constructor(type, now) {
    this.type = type;
    this.accessed = this.modified = now;
  }
  get size() { return 0; }
}

class FileNode extends Node {
  #bytes;         // may be longer than the file
  #size;
  #isOwn = false; // else the bytes are the worker's, and not for writing
  constructor(bytes, now) {
    super(kRegularFile, now);
    this.#bytes = bytes;
    this.#size = bytes.length;
  }
  get size() { return this.#size; }
  get content() { return this.#bytes.subarray(0, this.#size); }
  resize(size) {
    if (size > fileBytesMax) fail('fbig');
    if (!this.#isOwn || size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.#isOwn ? 2 * this.#bytes.length : this.#size));
      grown.set(this.content);
      this.#bytes = grown;
      this.#isOwn = true;
    }
    if (size < this.#size) this.#bytes.fill(0, size, this.#size);
    this.#size = size;
  }
  read(position, target) {
    const part = this.content.subarray(position, position + target.length);
    target.set(part);
    return part.length;
  }
  write(position, source) {
    const end = position + source.length;
    if (end > this.#size || !this.#isOwn) this.resize(Math.max(end, this.#size));
    this.#bytes.set(source, position);
    return source.length;
  }
}

class DirectoryNode extends Node {
  #cookies = 2n;            // of the entry that was added last; 1 and 2 are "." and ".."
  entries = new Map();      // name -> {node, cookie}
  constructor(parent, now) {
    super(kDirectory, now);
    this.parent = parent ?? this;
  }
  get(name) { return this.entries.get(name)?.node; }
  add(name, node) { this.entries.set(name, { node, cookie: ++this.#cookies }); }
  // {name, node, next} of the entries behind `cookie`.
  *list(cookie) {
    if (cookie < 1n) yield { name: '.', node: this, next: 1n };
    if (cookie < 2n) yield { name: '..', node: this.parent, next: 2n };
    for (const [name, { node, cookie: next }] of this.entries) if (next > cookie) yield { name, node, next };
  }
}

class LinkNode extends Node {
  constructor(target, now) {
    super(kSymbolicLink, now);
    this.target = target;
  }
  get size() { return encodeUtf8(this.target).length; }
}

function toBytes(content, what) {
  if (typeof content === 'string') return encodeUtf8(content);
  if (content instanceof ArrayBuffer) return new Uint8Array(content);
  if (ArrayBuffer.isView(content)) return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  throw new TypeError(`WASI: ${what} is neither a string nor bytes`);
}

// A tree out of an object: names with strings, bytes, or objects of the same kind.
function directoryOf(tree, now, parent = null) {
  const directory = new DirectoryNode(parent, now);
  for (const [name, content] of Object.entries(tree)) {
    if (name === '' || name === '.' || name === '..' || name.includes('/')) throw new TypeError(`WASI: '${name}' is no name of a file`);
    const isTree = typeof content === 'object' && content !== null && !(content instanceof ArrayBuffer) && !ArrayBuffer.isView(content);
    directory.add(name, isTree ? directoryOf(content, now, directory) : new FileNode(toBytes(content, name), now));
  }
  return directory;
}
// Puts a file at a path like "/a/b.txt", with the directories above it.
function addFile(root, path, content, now) {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  const last = names.pop();
  if (last === undefined || names.includes('..') || last === '..') throw new TypeError(`WASI: '${path}' is no path of a file`);
  let directory = root;
  for (const name of names) {
    let next = directory.get(name);
    if (next === undefined) directory.add(name, next = new DirectoryNode(directory, now));
    if (next.type !== kDirectory) throw new TypeError(`WASI: a file is in the way of '${path}'`);
    directory = next;
  }
  directory.add(last, new FileNode(toBytes(content, path), now));
}
function directoryAt(root, path) {
  let directory = root;
  for (const name of path.split('/').filter((part) => part !== '' && part !== '.')) {
    const next = directory?.get(name);
    directory = next?.type === kDirectory ? next : undefined;
  }
  if (directory === undefined) throw new TypeError(`WASI: there is no directory '${path}' to open before`);
  return directory;
}

// Where a path leads: {directory, name, node}, `node` undefined when there is nothing; `name` is "" for `start` itself.
function resolve(start, path, followLast) {
  if (path.length > pathMax) fail('nametoolong');
  if (path === '') fail('noent');
  if (path.startsWith('/') || path.includes('\0')) fail(path.includes('\0') ? 'inval' : 'notcapable');
  let links = 0;
  let directory = start;
  let last = { directory: start, name: '', node: start };
  const parts = path.split('/').reverse();
  const mustBeDirectory = parts[0] === '' || parts[0] === '.';
  while (parts.length > 0) {
    const name = parts.pop();
    if (name === '' || name === '.') continue;
    if (name.length > nameMax) fail('nametoolong');
    if (last.node?.type !== kDirectory) fail(last.node === undefined ? 'noent' : 'notdir');
    directory = last.node;
    if (name === '..') {
      if (directory === start) fail('notcapable');
      last = { directory: directory.parent, name: '', node: directory.parent };
      continue;
    }
    const node = directory.get(name);
    const isLast = !parts.some((part) => part !== '' && part !== '.');
    if (node?.type === kSymbolicLink && (!isLast || followLast || mustBeDirectory)) {
      if (++links > linksMax) fail('loop');
      if (node.target.startsWith('/')) fail('notcapable');
      parts.push(...node.target.split('/').reverse());
      last = { directory, name: '', node: directory };
      continue;
    }
    last = { directory, name, node };
  }
  if (mustBeDirectory && last.node !== undefined && last.node.type !== kDirectory) fail('notdir');
  return { ...last, mustBeDirectory };
}

class Descriptor {
  position = 0;
  constructor(node, { canRead = true, canWrite = true, flags = 0, preopened = null, stream = null } = {}) {
    Object.assign(this, { node, canRead, canWrite, flags, preopened, stream });
  }
  get isSeekable() { return this.stream === null && this.node.type === kRegularFile; }
  read(target) {
    if (!this.canRead) fail('badf');
    if (this.stream !== null) return this.stream.read(target);
    if (this.node.type === kDirectory) fail('isdir');
    const count = this.node.read(this.position, target);
    this.position += count;
    return count;
  }
  write(source, now) {
    if (!this.canWrite) fail('badf');
    if (this.stream !== null) return this.stream.write(source);
    if (this.node.type === kDirectory) fail('isdir');
    if ((this.flags & kAppend) !== 0) this.position = this.node.size;
    const count = this.node.write(this.position, source);
    this.position += count;
    this.node.modified = now;
    return count;
  }
}

class FileTable {
  #descriptors = new Map();
  #now;
  constructor(now) { this.#now = now; }

  get(fd) { return this.#descriptors.get(fd) ?? fail('badf'); }
  directory(fd) {
    const { node } = this.get(fd);
    return node.type === kDirectory ? node : fail('notdir');
  }
  file(fd) {
    const descriptor = this.get(fd);
    return descriptor.isSeekable ? descriptor : fail(descriptor.node.type === kDirectory ? 'isdir' : 'spipe');
  }
  open(descriptor) {
    if (this.#descriptors.size >= descriptorsMax) fail('mfile');
    let fd = 0;
    while (this.#descriptors.has(fd)) ++fd;
    this.#descriptors.set(fd, descriptor);
    return fd;
  }
  addStream(stream, canRead) {
    return this.open(new Descriptor(new Node(kCharacterDevice, this.#now()), { canRead, canWrite: !canRead, stream }));
  }
  addPreopened(path, node) { return this.open(new Descriptor(node, { preopened: path })); }
  close(fd) { if (!this.#descriptors.delete(fd)) fail('badf'); }
  renumber(from, to) {
    const descriptor = this.get(from);
    this.get(to);
    this.#descriptors.delete(from);
    this.#descriptors.set(to, descriptor);
  }

  openPath(fd, { path, follow, flags, base, fdflags }) {
    const { directory, name, node: found, mustBeDirectory } = resolve(this.directory(fd), path, follow && (flags & oflags.exclusive) === 0);
    let node = found;
    const canWrite = (base & rights.write) !== 0n;
    if (node === undefined) {
      if ((flags & oflags.create) === 0) fail('noent');
      if (mustBeDirectory || (flags & oflags.directory) !== 0) fail('isdir');
      directory.add(name, node = new FileNode(new Uint8Array(0), this.#now()));
    } else if ((flags & oflags.create) !== 0 && (flags & oflags.exclusive) !== 0) {
      fail('exist');
    }
    if (node.type === kSymbolicLink) fail('loop');
    if ((flags & oflags.directory) !== 0 && node.type !== kDirectory) fail('notdir');
    if (node.type === kDirectory && (flags & oflags.truncate) !== 0) fail('isdir');
    if ((flags & oflags.truncate) !== 0) node.resize(0);
    return this.open(new Descriptor(node, { canRead: (base & rights.read) !== 0n, canWrite, flags: fdflags }));
  }
  makeDirectory(fd, path) {
    const { directory, name, node } = resolve(this.directory(fd), path, false);
    if (node !== undefined) fail('exist');
    directory.add(name, new DirectoryNode(directory, this.#now()));
  }
  makeLink(fd, path, target) {
    const { directory, name, node, mustBeDirectory } = resolve(this.directory(fd), path, false);
    if (node !== undefined) fail('exist');
    if (mustBeDirectory) fail('noent');
    directory.add(name, new LinkNode(target, this.#now()));
  }
  readLink(fd, path) {
    const { node } = resolve(this.directory(fd), path, false);
    if (node === undefined) fail('noent');
    return node.type === kSymbolicLink ? node.target : fail('inval');
  }
  link(from, fromPath, follow, to, toPath) {
    const { node } = resolve(this.directory(from), fromPath, follow);
    if (node === undefined) fail('noent');
    if (node.type === kDirectory) fail('perm');
    const place = resolve(this.directory(to), toPath, false);
    if (place.node !== undefined) fail('exist');
    if (place.mustBeDirectory) fail('noent');
    place.directory.add(place.name, node);
    ++node.links;
  }
  remove(fd, path, isDirectory) {
    const { directory, name, node } = resolve(this.directory(fd), path, false);
    if (node === undefined) fail('noent');
    if (isDirectory && node.type !== kDirectory) fail('notdir');
    if (!isDirectory && node.type === kDirectory) fail('isdir');
    if (name === '') fail('inval');
    if (isDirectory && node.entries.size > 0) fail('notempty');
    directory.entries.delete(name);
    --node.links;
  }
  rename(from, fromPath, to, toPath) {
    const source = resolve(this.directory(from), fromPath, false);
    const target = resolve(this.directory(to), toPath, false);
    if (source.node === undefined) fail('noent');
    if (source.name === '' || (target.name === '' && target.node !== undefined)) fail('inval');
    if (source.node === target.node) return;
    const isDirectory = source.node.type === kDirectory;
    if (target.node !== undefined) {
      if (isDirectory && target.node.type !== kDirectory) fail('notdir');
      if (!isDirectory && target.node.type === kDirectory) fail('isdir');
      if (isDirectory && target.node.entries.size > 0) fail('notempty');
      --target.node.links;
    } else if (!isDirectory && target.mustBeDirectory) {
      fail('notdir');
    }
    // A directory does not go below itself.
    for (let d = target.directory; ; d = d.parent) {
      if (d === source.node) fail('inval');
      if (d === d.parent) break;
    }
    source.directory.entries.delete(source.name);
    target.directory.add(target.name, source.node);
    if (isDirectory) source.node.parent = target.directory;
  }
  stat(fd, path, follow) {
    const { node } = resolve(this.directory(fd), path, follow);
    return node ?? fail('noent');
  }
}

return { Errno, FileTable, addFile, directoryAt, directoryOf, errno, fail, kDirectory, resolve, toBytes };
