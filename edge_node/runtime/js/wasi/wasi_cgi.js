// cgi(): answers a request by running a program that speaks CGI (RFC 3875).
//
// The request's head is in the environment and its body on standard input; what the program writes is a header, an empty
// line and the body of the response.
const { decodeUtf8 } = native.encoding;
const { toDictionary } = internals;
const { Response, Headers, WebAssembly } = globalThis;
const kNewline = 10, kReturn = 13;
const headMax = 65536;

// RFC 3875 section 4.1.
function environmentOf(request, scriptName, bodyLength) {
  const url = new URL(request.url);
  const path = decodeURIComponentOrSame(url.pathname);
  const env = {
    GATEWAY_INTERFACE: 'CGI/1.1', SERVER_PROTOCOL: 'HTTP/1.1', SERVER_SOFTWARE: 'terrella', REQUEST_METHOD: request.method,
    REQUEST_URI: url.pathname + url.search, SCRIPT_NAME: scriptName, QUERY_STRING: url.search.slice(1), SERVER_NAME: url.hostname,
    SERVER_PORT: url.port !== '' ? url.port : url.protocol === 'https:' ? '443' : '80',
    PATH_INFO: path.startsWith(scriptName) ? path.slice(scriptName.length) : path,
    REMOTE_ADDR: request.headers.get('cf-connecting-ip') ?? '',
  };
  if (url.protocol === 'https:') env.HTTPS = 'on';
  const type = request.headers.get('content-type');
  if (type !== null) env.CONTENT_TYPE = type;
  if (bodyLength > 0 || request.body !== null) env.CONTENT_LENGTH = `${bodyLength}`;
  for (const [name, value] of request.headers) {
    // A Proxy field would look like the variable that clients read their proxy from.
    if (name === 'content-type' || name === 'content-length' || name === 'proxy' || name === 'authorization') continue;
    env[`HTTP_${name.toUpperCase().replace(/-/g, '_')}`] = value;
  }
  return env;
}
function decodeURIComponentOrSame(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// [lines of the head, place of the body]; null when there is no empty line.
function splitHead(bytes) {
  let start = 0;
  const lines = [];
  for (let i = 0; i < Math.min(bytes.length, headMax); ++i) {
    if (bytes[i] !== kNewline) continue;
    const end = i > start && bytes[i - 1] === kReturn ? i - 1 : i;
    if (end === start) return [lines, i + 1];
    lines.push(decodeUtf8(bytes.subarray(start, end)));
    start = i + 1;
  }
  return null;
}
// RFC 3875 section 6.
function responseOf(bytes) {
  const split = splitHead(bytes);
  if (split === null) throw new Error('cgi: the program wrote no header: fields and an empty line before the body');
  const [lines, bodyStart] = split;
  const headers = new Headers();
  let status = 0, statusText = '';
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error(`cgi: '${line.slice(0, 80)}' is no field of a header`);
    const [name, value] = [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    if (name.toLowerCase() !== 'status') {
      headers.append(name, value);
      continue;
    }
    const match = /^(\d{3})(?:\s+(.*))?$/.exec(value);
    if (match === null) throw new Error(`cgi: '${value}' is no status`);
    status = Number(match[1]);
    statusText = match[2] ?? '';
  }
  if (status === 0) status = headers.has('location') ? 302 : 200;
  const body = bytes.subarray(bodyStart);
  const hasBody = status !== 204 && status !== 205 && status !== 304;
  return new Response(hasBody ? body : null, { status, statusText, headers });
}

async function cgi(module, request, options = undefined) {
  const { args, env, scriptName = '', ...rest } = toDictionary(options, 'cgi: the options');
  const { WASI } = internals.load('wasi');
  const stdin = new Uint8Array(await request.arrayBuffer());
  const wasi = new WASI({
    ...rest, args: args ?? [scriptName === '' ? 'cgi' : scriptName], stdin, env: { ...environmentOf(request, `${scriptName}`, stdin.length), ...env },
  });
  const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
  const code = wasi.startSync(instance);
  const { stdout } = wasi;
  if (code !== 0 && splitHead(stdout) === null) throw new Error(`cgi: the program ended with exit code ${code}`);
  return responseOf(stdout);
}

return { cgi };
