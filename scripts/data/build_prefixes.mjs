// Writes prefixes.bin: which country announces an address, from @ip-location-db/asn-country.
//
//   node build_prefixes.mjs MODULES_DIR OUTPUT_DIR
//
// Format, all integers little-endian:
//   0   8 bytes "TERRPFX1"
//   8   uint32 country_count, uint32 v4_count, uint32 v6_count, uint32 zero
//   24  country_count x 2 bytes: ISO codes; entry 0 is "--", no country
//       v4_count x 3 bytes: first /24 of a range, ascending, the first is 0
//       v4_count x 1 byte:  its country
//       v6_count x 6 bytes: first /48 of a range, ascending, the first is 0
//       v6_count x 1 byte:  its country
// A range ends where the next begins. Boundaries inside a /24 or /48 (0.1 % of all) move up to the next
// one. An unannounced gap between two ranges of one country is given to it (a quarter of all
// boundaries), unless the addresses are set aside for a purpose (RFC 6890 and successors).
import {readFileSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';

const [modulesDir, outDir] = process.argv.slice(2);

// First and last /24 or /48 of special-purpose blocks.
const kSpecialV4 = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12',
  '192.0.0.0/24', '192.0.2.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24',
  '203.0.113.0/24', '224.0.0.0/3',
].map((text) => {
  const [address, length] = text.split('/');
  const [a, b, c] = address.split('.').map(Number);
  const first = (a * 256 + b) * 256 + c;
  return [first, first + 2 ** (24 - length) - 1];
});
const kSpecialV6 = [[0x20010db80000, 0x20010db8ffff], [0x3fff00000000, 0x3fff0fffffff]];

// Ranges as [[first, country], ...] in units of 2^dropBits addresses, closed by a "--" range.
function readRanges(family, dropBits, special) {
  const file = join(resolve(modulesDir), `node_modules/@ip-location-db/asn-country/asn-country-${family}-num.csv`);
  const unit = 1n << BigInt(dropBits);
  const up = (address) => Number((address + unit - 1n) / unit);
  const ranges = [[0, '--']];
  const push = (first, country) => {
    while (ranges.length > 0 && ranges.at(-1)[0] >= first) ranges.pop();  // emptied by rounding
    if (ranges.at(-1)?.[1] !== country) ranges.push([first, country]);
  };
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const [first, last, country] = line.split(',');
    const start = up(BigInt(first)), end = up(BigInt(last) + 1n);
    const [gapStart, gapCountry] = ranges.at(-1);
    if (gapCountry === '--' && gapStart < start && ranges.at(-2)?.[1] === country &&
        !special.some(([from, to]) => from < start && to >= gapStart)) {
      ranges.pop();  // a gap inside one country
    } else {
      push(start, country);
    }
    if (end > start) push(end, '--');
  }
  return ranges;
}

function pack(ranges, keyBytes, countryIndex) {
  const keys = Buffer.alloc(ranges.length * keyBytes);
  const countries = Buffer.alloc(ranges.length);
  ranges.forEach(([first, country], i) => {
    keys.writeUIntLE(first, i * keyBytes, keyBytes);
    countries[i] = countryIndex.get(country);
  });
  return [keys, countries];
}

const v4 = readRanges('ipv4', 8, kSpecialV4);
const v6 = readRanges('ipv6', 80, kSpecialV6);
const codes = ['--', ...[...new Set([...v4, ...v6].map(([, c]) => c))].filter((c) => c !== '--').sort()];
if (codes.length > 255) throw new Error(`${codes.length} countries do not fit a byte`);
const countryIndex = new Map(codes.map((code, i) => [code, i]));

const head = Buffer.alloc(24);
head.write('TERRPFX1', 'latin1');
[codes.length, v4.length, v6.length, 0].forEach((n, i) => head.writeUInt32LE(n, 8 + 4 * i));
const bytes = Buffer.concat([head, Buffer.from(codes.join(''), 'latin1'),
                             ...pack(v4, 3, countryIndex), ...pack(v6, 6, countryIndex)]);
writeFileSync(join(outDir, 'prefixes.bin'), bytes);
console.log(`prefixes.bin: ${v4.length} IPv4 and ${v6.length} IPv6 ranges, ${bytes.length} bytes`);
