// The module "terrella:wasi": WASI preview 1 for programs compiled to wasm32-wasi.
//
// A program runs to its end within one turn: what it reads has to be there, what it writes is there afterwards. It has
// arguments, an environment, standard streams, clocks, randomness and files in memory, and no sockets. Sleeping does not
// take time; the program's clocks only say so.
const { Errno, FileTable, addFile, directoryAt, directoryOf, kDirectory, resolve, toBytes } = internals.load('wasi_files');
const { Exit, GuestMemory, importsOf } = internals.load('wasi_calls');
const { decodeUtf8, encodeUtf8 } = native.encoding;
const { toDictionary } = internals;
const now = Date.now;

// Standard streams.
class InputStream {
  #bytes;
  constructor(bytes) { this.#bytes = bytes; }
  read(target) {
    const part = this.#bytes.subarray(0, target.length);
    target.set(part);
    this.#bytes = this.#bytes.subarray(part.length);
    return part.length;
  }
}
class OutputStream {
  #chunks = [];
  #size = 0;
  #sink;
  constructor(sink) { this.#sink = sink; }
  write(source) {
    const copy = source.slice();
    if (this.#sink !== null) {
      this.#sink(copy);
    } else if (copy.length > 0) {
      this.#chunks.push(copy);
      this.#size += copy.length;
    }
    return copy.length;
  }
  take() {
    const all = new Uint8Array(this.#size);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    if (this.#chunks.length > 1) this.#chunks = [all];
    return all;
  }
}
// Standard error by default: lines of the console.
function consoleSink() {
  let rest = '';
  return {
    write(bytes) {
      const lines = (rest + decodeUtf8(bytes)).split('\n');
      rest = lines.pop();
      for (const line of lines) console.error(line);
    },
    end() {
      if (rest !== '') console.error(rest);
      rest = '';
    },
  };
}

class WASI {
  #args;
  #env;
  #files;
  #memory = null;
  #stdin;
  #stdout;
  #stderr;
  #console = null;
  #root = null;
  #slept = 0n;  // nanoseconds
  #hasStarted = false;
  wasiImport;

  constructor(options = undefined) {
    const { args = [], env = {}, fs, preopens, stderr, stdin, stdout } = toDictionary(options, 'WASI: the options');
    this.#args = [...args].map(cString);
    this.#env = Object.entries(env).map(([name, value]) => cString(`${name}=${value}`));
    this.#stdin = { source: stdin, stream: null };
    this.#stdout = this.#output(stdout, () => null);
    this.#stderr = this.#output(stderr, () => (this.#console = consoleSink()).write);
    this.#files = new FileTable(() => this.#time());
    this.#files.addStream({ read: (target) => this.#input().read(target) }, true);
    this.#files.addStream(this.#stdout.stream, false);
    this.#files.addStream(this.#stderr.stream, false);
    this.#preopen(fs, preopens);
    this.wasiImport = importsOf({
      memory: () => this.#memory, files: this.#files, args: this.#args, env: this.#env,
      time: () => this.#time(), sleep: (nanoseconds) => { this.#slept += nanoseconds; },
    });
  }

  #output(given, makeDefault) {
    if (given === undefined) return { stream: new OutputStream(makeDefault()), target: null };
    if (typeof given === 'function') return { stream: new OutputStream(given), target: null };
    if (typeof given?.getWriter === 'function') return { stream: new OutputStream(null), target: given };
    throw new TypeError('WASI: stdout and stderr are WritableStreams or functions that take bytes');
  }
  #input() {
    if (this.#stdin.stream !== null) return this.#stdin.stream;
    const { source } = this.#stdin;
    if (typeof source?.getReader === 'function') throw new TypeError('WASI: standard input is a stream: use start(), which reads it first');
    return this.#stdin.stream = new InputStream(source === undefined || source === null ? new Uint8Array(0) : toBytes(source, 'stdin'));
  }
  // `preopens` gives directories by path, {'/': {'a.txt': 'text', sub: {...}}}, or names those of `fs`, a flat list of
  // files {'/sub/b.txt': 'text'}.
  #preopen(fs, preopens) {
    const time = this.#time();
    this.#root = directoryOf({}, time);
    for (const [path, content] of Object.entries(fs ?? {})) addFile(this.#root, path, content, time);
    if (preopens === undefined) {
      if (fs !== undefined) this.#files.addPreopened('/', this.#root);
    } else if (Array.isArray(preopens)) {
      for (const path of preopens) this.#files.addPreopened(`${path}`, directoryAt(this.#root, `${path}`));
    } else {
      for (const [path, tree] of Object.entries(preopens)) this.#files.addPreopened(path, directoryOf(tree, time));
    }
  }

  getImportObject() { return { wasi_snapshot_preview1: this.wasiImport }; }
  // What the program wrote, when nothing else took it.
  get stdout() { return this.#stdout.stream.take(); }
  get stderr() { return this.#stderr.stream.take(); }
  // A file's content after the run; `fd` is that of a preopened directory, the first of which is 3. Undefined: no file.
  readFile(path, fd = 3) {
    try {
      const { node } = resolve(this.#files.directory(fd), `${path}`.replace(/^\/+/, ''), true);
      return node === undefined || node.type === kDirectory ? undefined : node.content.slice();
    } catch (error) {
      if (error instanceof Errno) return undefined;
      throw error;
    }
  }

  // Runs a command to its end; the promise of its exit code. Streams are read before and written after.
  async start(instance) {
    const { source } = this.#stdin;
    if (typeof source?.getReader === 'function') {
      this.#stdin.stream = new InputStream(new Uint8Array(await new Response(source).arrayBuffer()));
    }
    let code;
    try {
      code = this.startSync(instance);
    } finally {
      for (const { stream, target } of [this.#stdout, this.#stderr]) {
        if (target === null) continue;
        const writer = target.getWriter();
        const bytes = stream.take();
        if (bytes.length > 0) await writer.write(bytes);
        await writer.close();
      }
    }
    return code;
  }
  startSync(instance) {
    const exports = this.#enter(instance);
    if (typeof exports._start !== 'function') throw new TypeError('WASI: the instance exports no _start: it is no command');
    if (exports._initialize !== undefined) throw new TypeError('WASI: the instance exports both _start and _initialize');
    try {
      exports._start();
      return 0;
    } catch (error) {
      if (error instanceof Exit) return error.code;
      throw error;
    } finally {
      this.#console?.end();
    }
  }
  // Prepares a reactor, whose other exports may be called afterwards.
  initialize(instance) {
    const exports = this.#enter(instance);
    if (exports._start !== undefined) throw new TypeError('WASI: the instance exports _start: it is a command');
    exports._initialize?.();
  }
  #enter(instance) {
    if (!(instance instanceof WebAssembly.Instance)) throw new TypeError('WASI: expected a WebAssembly.Instance');
    if (this.#hasStarted) throw new Error('WASI: an instance was started already');
    const { exports } = instance;
    if (!(exports.memory instanceof WebAssembly.Memory)) throw new TypeError('WASI: the instance exports no memory');
    this.#memory = new GuestMemory(exports.memory);
    this.#hasStarted = true;
    return exports;
  }

  #time() { return BigInt(now()) * 1_000_000n + this.#slept; }
}

function cString(value) {
  const text = `${value}`;
  if (text.includes('\0')) throw new TypeError('WASI: arguments and environment have no NUL characters');
  return encodeUtf8(`${text}\0`);
}

return { exports: () => ({ WASI, cgi: internals.load('wasi_cgi').cgi }), WASI };
