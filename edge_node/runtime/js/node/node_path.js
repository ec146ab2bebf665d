// node:path, for POSIX.
const { check } = internals.load('node_errors');

// Without empty and "." segments and with ".." taken back; above the root of an absolute path there is nothing.
function segments(path, isAbsolute) {
  const kept = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') kept.push(segment);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!isAbsolute) kept.push('..');
  }
  return kept;
}
function normalize(path) {
  check.string(path, 'path');
  if (path === '') return '.';
  const isAbsolute = path[0] === '/';
  let text = segments(path, isAbsolute).join('/');
  if (text === '' && !isAbsolute) text = '.';
  if (text !== '' && path.endsWith('/')) text += '/';
  return isAbsolute ? `/${text}` : text;
}
function isAbsolute(path) {
  check.string(path, 'path');
  return path[0] === '/';
}
function join(...parts) {
  parts.forEach((part) => check.string(part, 'path'));
  return normalize(parts.filter((part) => part !== '').join('/'));
}
function resolve(...parts) {
  let whole = '';
  for (let i = parts.length - 1; i >= 0 && whole[0] !== '/'; i--) {
    check.string(parts[i], `paths[${i}]`);
    if (parts[i] !== '') whole = whole === '' ? parts[i] : `${parts[i]}/${whole}`;
  }
  return `/${segments(`/${whole}`, true).join('/')}`;  // the working directory is the root
}
function relative(from, to) {
  check.string(from, 'from');
  check.string(to, 'to');
  const a = segments(resolve(from), true), b = segments(resolve(to), true);
  let common = 0;
  while (common < a.length && common < b.length && a[common] === b[common]) common++;
  return [...a.slice(common).fill('..'), ...b.slice(common)].join('/');
}
const trimmed = (path) => path.replace(/(?<=.)\/+$/s, '');
function dirname(path) {
  check.string(path, 'path');
  if (path === '') return '.';
  const whole = trimmed(path), at = whole.lastIndexOf('/');
  if (at === -1) return '.';
  if (at === 0) return '/';
  const head = whole.slice(0, at);
  return path.startsWith('//') && head === '/' ? '//' : trimmed(head);
}
function basename(path, suffix = undefined) {
  if (suffix !== undefined) check.string(suffix, 'suffix');
  check.string(path, 'path');
  const whole = path.replace(/\/+$/, '');
  const base = whole.slice(whole.lastIndexOf('/') + 1);
  return suffix && suffix !== base && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base;
}
function extname(path) {
  const base = basename(path), at = base.lastIndexOf('.');
  return at <= 0 || base === '..' ? '' : base.slice(at);
}
function parse(path) {
  check.string(path, 'path');
  const root = path[0] === '/' ? '/' : '', base = basename(path), ext = extname(path);
  const stem = trimmed(path), at = stem.lastIndexOf('/');
  return { root, dir: at > 0 ? stem.slice(0, at) : at === 0 ? '/' : '', base, ext, name: ext === '' ? base : base.slice(0, -ext.length) };
}
function format(parts) {
  check.object(parts, 'pathObject');
  const dir = parts.dir || parts.root;
  const ext = parts.ext ? `${parts.ext[0] === '.' ? '' : '.'}${parts.ext}` : '';
  const base = parts.base || `${parts.name || ''}${ext}`;
  return !dir ? base : dir === parts.root ? `${dir}${base}` : `${dir}/${base}`;
}
const path = {
  resolve, normalize, isAbsolute, join, relative, toNamespacedPath: (value) => value, dirname, basename, extname, format, parse,
  sep: '/', delimiter: ':',
};
path.posix = path;

const exports = () => ({ ...path, default: path });
return { exports };
