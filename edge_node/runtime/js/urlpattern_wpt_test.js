// Runs the URLPattern cases of web-platform-tests (urlpatterntestdata.json, given as internals.cases); run by
// bindings/web_api_test.cc. What a case means is said in urlpattern/resources/ of that project.
const COMPONENTS = ['protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash'];
const PRECEDING = {
  protocol: [], username: [], password: [], hostname: ['protocol'], port: ['protocol', 'hostname'],
  pathname: ['protocol', 'hostname', 'port'], search: ['protocol', 'hostname', 'port', 'pathname'],
  hash: ['protocol', 'hostname', 'port', 'pathname', 'search'],
};

const sorted = (object) => JSON.stringify(object, (_, value) =>
  (value === undefined ? null : value === null || typeof value !== 'object' || Array.isArray(value) ? value
    : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))));

const baseOf = ([first, second]) => {
  if (first?.baseURL) return new URL(first.baseURL);
  return typeof second === 'string' ? new URL(second) : null;
};
const expectedPattern = (entry, name) => {
  const [first] = entry.pattern;
  if (entry.expected_obj?.[name] !== undefined) return entry.expected_obj[name];
  if (entry.exactly_empty_components?.includes(name)) return '';
  if (typeof first === 'object' && first[name]) return first[name];
  if (typeof first === 'object' && PRECEDING[name].some((other) => other in first)) return '*';
  const base = baseOf(entry.pattern);
  if (base === null || name === 'username' || name === 'password') return '*';
  const value = base[name];
  return name === 'protocol' ? value.slice(0, -1) : name === 'search' || name === 'hash' ? value.slice(1) : value;
};
const check = (entry) => {
  let pattern;
  try {
    pattern = new URLPattern(...entry.pattern);
  } catch (error) {
    if (entry.expected_obj === 'error' && error instanceof TypeError) return '';
    return `threw ${error}`;
  }
  if (entry.expected_obj === 'error') return 'nothing thrown';
  for (const name of COMPONENTS) {
    const expected = expectedPattern(entry, name);
    if (pattern[name] !== expected) return `${name} is ${pattern[name]}, expected ${expected}`;
  }
  if (entry.inputs === undefined) return '';
  const { inputs, expected_match: expected } = entry;
  let match;
  try {
    match = pattern.exec(...inputs);
    if (pattern.test(...inputs) !== (match !== null)) return 'test and exec differ';
  } catch (error) {
    return expected === 'error' ? '' : `exec threw ${error}`;
  }
  if (expected === 'error') return 'exec threw nothing';
  if (!expected) return match === null ? '' : 'matches';
  if (match === null) return 'does not match';
  if (sorted(match.inputs) !== sorted(expected.inputs ?? inputs)) return `inputs are ${sorted(match.inputs)}`;
  for (const name of COMPONENTS) {
    const groups = entry.exactly_empty_components?.includes(name) ? {} : { 0: '' };
    const part = expected[name] ?? { input: '', groups };
    if (sorted(match[name]) !== sorted(part)) return `${name} gives ${sorted(match[name])}, expected ${sorted(part)}`;
  }
  return '';
};
return internals.cases.flatMap((entry) => [sorted(entry.pattern) + sorted(entry.inputs ?? []), check(entry)]);
