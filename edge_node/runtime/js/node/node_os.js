// node:os: what packages ask before they do something else. A worker runs everywhere, so the answers say nothing of
// the machine it is on.
const kMemoryBytes = 128 * 1024 * 1024;
const signals = { __proto__: null, SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGTERM: 15 };
const os = {
  EOL: '\n', devNull: '/dev/null',
  arch: () => 'x64', platform: () => 'linux', type: () => 'Linux', machine: () => 'x86_64', release: () => '', version: () => '',
  endianness: () => 'LE', hostname: () => 'localhost', homedir: () => '/', tmpdir: () => '/tmp',
  availableParallelism: () => 1, cpus: () => [], loadavg: () => [0, 0, 0], uptime: () => 0, networkInterfaces: () => ({}),
  totalmem: () => kMemoryBytes, freemem: () => kMemoryBytes,
  userInfo: () => ({ uid: -1, gid: -1, username: 'worker', homedir: '/', shell: null }),
  getPriority: () => 0,
  constants: { signals, errno: {}, priority: {}, UV_UDP_REUSEADDR: 4 },
};
const exports = () => ({ ...os, default: os });
return { exports };
