// terrella:wasi: each row runs a program that does nothing but call back, with a memory that the row reads and writes.
//
// (module (import "e" "run" (func)) (memory (export "memory") 2) (export "_start" (func 0)))
const program = new WebAssembly.Module(new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 9, 1, 1, 101, 3, 114, 117, 110, 0, 0, 5, 3, 1, 0, 2,
  7, 19, 2, 6, 109, 101, 109, 111, 114, 121, 2, 0, 6, 95, 115, 116, 97, 114, 116, 0, 0]));
const text = (bytes) => new TextDecoder().decode(bytes);
const E = { success: 0, badf: 8, exist: 20, fault: 21, inval: 28, isdir: 31, loop: 32, noent: 44, nosys: 52, notdir: 54, notempty: 55, notsup: 58, spipe: 70, notcapable: 76 };
const allRights = (1n << 30n) - 1n;

// Runs body(call, memory): call.NAME(...) is the system call; memory has helpers. Gives the WASI and the exit code.
async function run(options, body) {
  const { WASI } = await import('terrella:wasi');
  const wasi = new WASI(options);
  let failure;
  const instance = new WebAssembly.Instance(program, { ...wasi.getImportObject(), e: { run() {
    const { buffer } = instance.exports.memory;
    const view = new DataView(buffer);
    let free = 1024;
    const m = {
      view, u32: (at) => view.getUint32(at, true), u64: (at) => view.getBigUint64(at, true), u8: (at) => view.getUint8(at), u16: (at) => view.getUint16(at, true),
      put(string) {
        const bytes = new TextEncoder().encode(string);
        const at = free;
        new Uint8Array(buffer, at, bytes.length).set(bytes);
        free += bytes.length + 8 - (bytes.length % 8);
        return [at, bytes.length];
      },
      get: (at, length) => text(new Uint8Array(buffer, at, length)),
      // An iovec array over pieces of memory.
      vectors(...pieces) {
        const at = free;
        pieces.forEach(([address, length], i) => { view.setUint32(at + 8 * i, address, true); view.setUint32(at + 8 * i + 4, length, true); });
        free += 8 * pieces.length;
        return [at, pieces.length];
      },
    };
    try { body(wasi.wasiImport, m); } catch (error) { failure = error; throw error; }
  } } });
  const code = await wasi.start(instance);
  if (failure !== undefined && code === 0) throw failure;
  return { wasi, code };
}
const open = (call, m, path, { flags = 0, rights = allRights, fdflags = 0, follow = 1, fd = 3 } = {}) => {
  const result = call.path_open(fd, follow, ...m.put(path), flags, rights, 0n, fdflags, 64);
  return result === 0 ? m.u32(64) : -result;
};
const write = (call, m, fd, string) => [call.fd_write(fd, ...m.vectors(m.put(string)), 72), m.u32(72)];
const read = (call, m, fd, length = 100) => {
  const result = call.fd_read(fd, ...m.vectors([4096, length]), 72);
  return result === 0 ? m.get(4096, m.u32(72)) : -result;
};

row('WASI preview 1', 'arguments and environment', async () => {
  await run({ args: ['a', 'b\u00e9'], env: { K: 'v', N: 1 } }, (call, m) => {
    same([call.args_sizes_get(0, 4), m.u32(0), m.u32(4)], [0, 2, 6]);
    same(call.args_get(8, 100), 0);
    same([m.u32(8), m.u32(12), m.get(100, 6)], [100, 102, 'a\0b\u00e9\0']);
    same([call.environ_sizes_get(0, 4), m.u32(0), m.u32(4), call.environ_get(8, 200), m.get(200, 8)], [0, 2, 8, 0, 'K=v\0N=1\0']);
  });
  const { WASI } = await import('terrella:wasi');
  throws(TypeError, () => new WASI({ args: ['a\0b'] }));
  throws(TypeError, () => new WASI({ stdout: 5 }));
});
row('WASI preview 1', 'standard streams', async () => {
  const errors = [];
  const { wasi, code } = await run({ stdin: 'input', stderr: (bytes) => errors.push(text(bytes)) }, (call, m) => {
    same([read(call, m, 0, 3), read(call, m, 0), read(call, m, 0)], ['inp', 'ut', '']);
    same(call.fd_write(1, ...m.vectors(m.put('one '), m.put('two')), 72), 0);
    same(m.u32(72), 7);
    same(write(call, m, 2, 'oops'), [0, 4]);
    same([write(call, m, 0, 'x')[0], read(call, m, 1)], [E.badf, -E.badf]);
    same([call.fd_seek(1, 0n, 0, 0), call.fd_fdstat_get(1, 0), m.u8(0)], [E.spipe, 0, 2]);
  });
  same([text(wasi.stdout), errors, code], ['one two', ['oops'], 0]);
});
row('WASI preview 1', 'standard streams that are streams', async () => {
  const { readable, writable } = new TransformStream();
  const output = new Response(readable).text();
  await run({ stdin: new Blob(['from a stream']).stream(), stdout: writable }, (call, m) => {
    same(read(call, m, 0), 'from a stream');
    write(call, m, 1, 'to a stream');
  });
  same(await output, 'to a stream');
});
row('WASI preview 1', 'proc_exit ends with a code, an error goes on', async () => {
  same((await run({}, (call) => call.proc_exit(7))).code, 7);
  await rejects(RangeError, run({}, () => { throw new RangeError('mine'); }), 'mine');
});
row('WASI preview 1', 'addresses out of bounds are EFAULT', async () => {
  await run({ args: ['x'] }, (call, m) => {
    same([call.args_sizes_get(2 ** 20, 0), call.args_get(131070, 0), call.random_get(131000, 1000), call.clock_time_get(0, 0n, -8)], [E.fault, E.fault, E.fault, E.fault]);
    same(call.fd_write(1, ...m.vectors([131000, 100000]), 72), E.fault);
    same(call.fd_write(1, 0, 2 ** 20, 72), E.inval);
  });
});
row('WASI preview 1', 'clocks, and sleep that only the clocks notice', async () => {
  await run({}, (call, m) => {
    same([call.clock_time_get(0, 0n, 0), call.clock_res_get(1, 8), call.clock_time_get(9, 0n, 0)], [0, 0, E.inval]);
    const before = m.u64(0);
    same(before > 1_600_000_000_000_000_000n && m.u64(8) > 0n, true);
    m.view.setBigUint64(200, 99n, true);           // userdata
    m.view.setUint8(208, 0);                       // a clock
    m.view.setUint32(216, 1, true);
    m.view.setBigUint64(224, 5_000_000_000n, true);  // five seconds
    const started = Date.now();
    same([call.poll_oneoff(200, 300, 1, 64), m.u32(64), m.u64(300), m.u16(308), m.u8(310)], [0, 1, 99n, 0, 0]);
    call.clock_time_get(1, 0n, 0);
    same(m.u64(0) - before >= 5_000_000_000n && Date.now() - started < 1000, true);
    same(call.poll_oneoff(200, 300, 0, 64), E.inval);
  });
});
row('WASI preview 1', 'randomness', async () => {
  await run({}, (call, m) => {
    same(call.random_get(0, 70000), 0);
    same(new Set(Array.from({ length: 16 }, (_, i) => m.u64(8 * i))).size, 16);
  });
});
row('WASI preview 1', 'directories opened before', async () => {
  await run({ preopens: { '/data': { f: 'x' }, '/other': {} } }, (call, m) => {
    same([call.fd_prestat_get(3, 0), m.u8(0), m.u32(4), call.fd_prestat_dir_name(3, 8, 5), m.get(8, 5)], [0, 0, 5, 0, '/data']);
    same([call.fd_prestat_get(4, 0), call.fd_prestat_get(5, 0), call.fd_prestat_get(1, 0)], [0, E.badf, E.badf]);
  });
  await run({ fs: { '/a/b.txt': 'flat' }, preopens: ['/a'] }, (call, m) => same(read(call, m, open(call, m, 'b.txt')), 'flat'));
  await rejects(TypeError, run({ fs: {}, preopens: ['/nope'] }, () => {}));
});
row('WASI preview 1', 'files: create, write, seek, append, truncate', async () => {
  const given = new Uint8Array([65, 66, 67]);
  const { wasi } = await run({ preopens: { '/': { given, dir: {} } } }, (call, m) => {
    const fd = open(call, m, 'new.txt', { flags: 1 });
    same(write(call, m, fd, 'hello world'), [0, 11]);
    same([call.fd_seek(fd, -5n, 2, 0), m.u64(0), read(call, m, fd), call.fd_tell(fd, 0), m.u64(0)], [0, 6n, 'world', 0, 11n]);
    same([call.fd_seek(fd, -1n, 0, 0), call.fd_seek(fd, 20n, 0, 0)], [E.inval, 0]);
    write(call, m, fd, '!');
    same([call.fd_filestat_get(fd, 256), m.u64(256 + 32), m.u8(256 + 16)], [0, 21n, 4]);
    same([call.fd_pwrite(fd, ...m.vectors(m.put('J')), 0n, 72), call.fd_pread(fd, ...m.vectors([4096, 5]), 0n, 72), m.get(4096, 5)], [0, 0, 'Jello']);
    same([call.fd_filestat_set_size(fd, 5n), call.fd_filestat_set_size(fd, 2n ** 40n), call.fd_close(fd), call.fd_close(fd)], [0, 22, 0, E.badf]);
    const append = open(call, m, 'new.txt', { fdflags: 1 });
    write(call, m, append, '+');
    same(read(call, m, open(call, m, 'new.txt')), 'Jello+');
    const readOnly = open(call, m, 'given', { rights: 2n });
    same([write(call, m, readOnly, 'x')[0], read(call, m, readOnly)], [E.badf, 'ABC']);
    write(call, m, open(call, m, 'given'), 'z');
    same([open(call, m, 'given', { flags: 5 }), open(call, m, 'dir', { flags: 8 }), open(call, m, 'nope'), open(call, m, 'given', { flags: 2 })], [-E.exist, -E.isdir, -E.noent, -E.notdir]);
  });
  same([text(wasi.readFile('/new.txt')), text(wasi.readFile('given')), wasi.readFile('nope'), [...given]], ['Jello+', 'zBC', undefined, [65, 66, 67]]);
});
row('WASI preview 1', 'no path leaves its directory', async () => {
  await run({ preopens: { '/': { dir: { f: 'inner' }, f: 'outer' } } }, (call, m) => {
    for (const path of ['../f', '/f', 'dir/../../f', '..']) same(open(call, m, path), -E.notcapable, path);
    same([read(call, m, open(call, m, 'dir/../f')), read(call, m, open(call, m, './/dir/./f'))], ['outer', 'inner']);
    const dir = open(call, m, 'dir', { flags: 2 });
    same([open(call, m, '../f', { fd: dir }), read(call, m, open(call, m, 'f', { fd: dir }))], [-E.notcapable, 'inner']);
    call.path_symlink(...m.put('../f'), 3, ...m.put('dir/up'));
    call.path_symlink(...m.put('/f'), 3, ...m.put('absolute'));
    same([read(call, m, open(call, m, 'dir/up')), open(call, m, 'up', { fd: dir }), open(call, m, 'absolute')], ['outer', -E.notcapable, -E.notcapable]);
    same([open(call, m, ''), open(call, m, 'f/'), open(call, m, 'f/x'), open(call, m, 'a\0b'), open(call, m, 'x'.repeat(300))], [-E.noent, -E.notdir, -E.notdir, -E.inval, -37]);
  });
});
row('WASI preview 1', 'links', async () => {
  await run({ preopens: { '/': { f: 'content' } } }, (call, m) => {
    same([call.path_symlink(...m.put('f'), 3, ...m.put('l')), call.path_readlink(3, ...m.put('l'), 4096, 100, 64), m.get(4096, m.u32(64)), read(call, m, open(call, m, 'l'))], [0, 0, 'f', 'content']);
    same([open(call, m, 'l', { follow: 0 }), call.path_readlink(3, ...m.put('f'), 0, 0, 64), call.path_symlink(...m.put('f'), 3, ...m.put('l'))], [-E.loop, E.inval, E.exist]);
    call.path_symlink(...m.put('b'), 3, ...m.put('a'));
    call.path_symlink(...m.put('a'), 3, ...m.put('b'));
    same(open(call, m, 'a'), -E.loop);
    same([call.path_link(3, 0, ...m.put('f'), 3, ...m.put('hard')), call.path_filestat_get(3, 1, ...m.put('hard'), 256), m.u64(256 + 24)], [0, 0, 2n]);
    same([call.path_unlink_file(3, ...m.put('f')), read(call, m, open(call, m, 'hard'))], [0, 'content']);
  });
});
row('WASI preview 1', 'directories: make, list, rename, remove', async () => {
  await run({ preopens: { '/': { full: { x: '1' }, file: '2' } } }, (call, m) => {
    same([call.path_create_directory(3, ...m.put('d')), call.path_create_directory(3, ...m.put('d')), call.path_create_directory(3, ...m.put('no/d'))], [0, E.exist, E.noent]);
    same([call.path_remove_directory(3, ...m.put('full')), call.path_unlink_file(3, ...m.put('full')), call.path_remove_directory(3, ...m.put('file')), call.path_remove_directory(3, ...m.put('d'))], [E.notempty, E.isdir, E.notdir, 0]);
    same([call.path_rename(3, ...m.put('full'), 3, ...m.put('full/below')), call.path_rename(3, ...m.put('file'), 3, ...m.put('full')), call.path_rename(3, ...m.put('file'), 3, ...m.put('full/y'))], [E.inval, E.isdir, 0]);
    const fd = open(call, m, 'full', { flags: 2 });
    const names = [];
    for (let cookie = 0n; ;) {
      same(call.fd_readdir(fd, 8192, 60, cookie, 64), 0);
      const used = m.u32(64);
      let at = 8192;
      for (; at + 24 <= 8192 + used && at + 24 + m.u32(at + 16) <= 8192 + used; at += 24 + m.u32(at + 16)) {
        names.push(m.get(at + 24, m.u32(at + 16)), m.u8(at + 20));
        cookie = m.u64(at);
      }
      if (used < 60) break;
    }
    same(names, ['.', 3, '..', 3, 'x', 4, 'y', 4]);
    same(call.fd_readdir(1, 0, 10, 0n, 64), E.notdir);
  });
});
row('WASI preview 1', 'descriptors', async () => {
  await run({ preopens: { '/': { f: 'x' } } }, (call, m) => {
    const fd = open(call, m, 'f');
    same([call.fd_renumber(fd, 1), write(call, m, 1, 'y'), call.fd_close(fd)], [0, [0, 1], E.badf]);
    const all = [];
    for (;;) {
      const next = open(call, m, 'f');
      if (next < 0) { same(next, -33); break; }
      all.push(next);
    }
    same(all.length > 1000 && all.length < 1100, true);
    same([call.sock_recv(), call.proc_raise(1), call.sched_yield(), call.fd_datasync(5000)], [E.notsup, E.nosys, 0, E.badf]);
  });
});
row('terrella', 'one instance a WASI, of the right kind', async () => {
  const { WASI } = await import('terrella:wasi');
  const wasi = new WASI();
  throws(TypeError, () => wasi.startSync({}));
  await rejects(TypeError, wasi.start({ exports: {} }));
  const instance = new WebAssembly.Instance(program, { e: { run() {} } });
  same(wasi.startSync(instance), 0);
  throws(Error, () => wasi.startSync(instance), 'already');
  throws(TypeError, () => new WASI().initialize(instance), 'command');
});
row('RFC 3875 4.1 and 6', 'cgi', async () => {
  const { cgi, WASI } = await import('terrella:wasi');
  same([typeof cgi, cgi.length, typeof WASI], ['function', 2, 'function']);
});
