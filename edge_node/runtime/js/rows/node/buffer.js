// node:buffer. Expected values are those of Node.js 20, which runs these rows too.
import { Buffer, constants, isUtf8, transcode } from 'node:buffer';
import plain from 'buffer';
import { StringDecoder } from 'node:string_decoder';

row('buffer', 'a Buffer is a Uint8Array, global and imported', () => {
  same(globalThis.Buffer === Buffer && plain.Buffer === Buffer, true);
  same([Buffer.from('a') instanceof Uint8Array, Buffer.isBuffer(Buffer.alloc(1)), Buffer.isBuffer(new Uint8Array(1))], [true, true, false]);
  same([Buffer.from('abc').constructor === Buffer, Buffer.from('abc').slice(1) instanceof Buffer, Buffer.from('a').map((x) => x) instanceof Buffer], [true, true, true]);
  same(constants.MAX_STRING_LENGTH, 2 ** 29 - 24);
});
// text, encoding -> hex of its bytes, and back
const encoded = [
  ['héllo€😀', 'utf8', '68c3a96c6c6fe282acf09f9880', 'héllo€😀'], ['hi€', 'utf16le', '68006900ac20', 'hi€'], ['é€', 'latin1', 'e9ac', 'é¬'],
  ['é', 'ascii', 'e9', 'i'], ['00ffzz11', 'hex', '00ff', '00ff'], ['abc', 'hex', 'ab', 'ab'], ['aGk=', 'base64', '6869', 'aGk='],
  ['a-_ /', 'base64', '6befff', 'a+//'], ['_-8', 'base64url', 'ffef', '_-8'], ['\ud800x', 'utf8', 'efbfbd78', '\ufffdx'], ['', 'utf8', '', ''],
];
for (const [text, encoding, hex, back] of encoded) {
  row('buffer', `from and toString: ${JSON.stringify(text)} as ${encoding}`, () => {
    const bytes = Buffer.from(text, encoding);
    same([bytes.toString('hex'), bytes.toString(encoding)], [hex, back]);
    if (encoding !== 'base64') same(Buffer.byteLength(text, encoding) >= bytes.length, true);
  });
}
row('buffer', 'from arrays, buffers, views, objects', () => {
  const memory = new Uint8Array([1, 2, 3]).buffer;
  const over = Buffer.from(memory, 1, 2);
  over[0] = 9;
  same([...new Uint8Array(memory)], [1, 9, 3]);
  same([...Buffer.from([257, -1, 1.9, '5'])], [1, 255, 1, 5]);
  same([...Buffer.from(JSON.parse(JSON.stringify(Buffer.from('hi'))))], [104, 105]);
  same([...Buffer.from(new String('x'))], [120]);
  same(throws(TypeError, () => Buffer.from(5)).code, 'ERR_INVALID_ARG_TYPE');
  same(throws(TypeError, () => Buffer.from('a', 'nope')).code, 'ERR_UNKNOWN_ENCODING');
});
row('buffer', 'alloc, of, concat, compare, equals', () => {
  same([Buffer.alloc(5, 'ab').toString(), [...Buffer.alloc(2)], Buffer.alloc(3, 1).join()], ['ababa', [0, 0], '1,1,1']);
  same(Buffer.concat([Buffer.from('ab'), new Uint8Array([99])]).toString(), 'abc');
  same([...Buffer.concat([Buffer.from('abc')], 2), ...Buffer.concat([Buffer.from('a')], 2)], [97, 98, 97, 0]);
  same([Buffer.compare(Buffer.from('a'), Buffer.from('b')), Buffer.from('b').compare(Buffer.from('a')), Buffer.from('ab').compare(Buffer.from('xab'), 1)], [-1, 1, 0]);
  same([Buffer.from('a').equals(new Uint8Array([97])), Buffer.from('a').equals(Buffer.from('ab'))], [true, false]);
  same(throws(RangeError, () => Buffer.alloc(-1)).code, 'ERR_OUT_OF_RANGE');
});
row('buffer', 'indexOf, lastIndexOf, includes', () => {
  const b = Buffer.from('this is a buffer');
  same([b.indexOf('is'), b.indexOf('is', 3), b.indexOf(97), b.indexOf(Buffer.from('fer')), b.indexOf('x'), b.indexOf('')], [2, 5, 8, 13, -1, 0]);
  same([b.lastIndexOf('is'), b.lastIndexOf('is', 4), b.lastIndexOf('this', -20), b.includes('buff'), b.indexOf('is', -11)], [5, 2, -1, true, 5]);
  same([Buffer.from('a€b', 'utf16le').indexOf('€', 0, 'utf16le'), b.indexOf('6973', 'hex')], [2, 2]);
});
row('buffer', 'fill, write, copy, slice, subarray, swap', () => {
  same([Buffer.alloc(4).fill('é').toString('hex'), Buffer.alloc(4).fill('0102', 1, 3, 'hex').toString('hex'), Buffer.alloc(3).fill(258).join()], ['c3a9c3a9', '00010200', '2,2,2']);
  const b = Buffer.alloc(6);
  same([b.write('a€€'), b.toString('hex'), b.write('ff', 5, 'hex'), b.write('xy', 1, 1), b.toString('hex')], [4, '61e282ac0000', 1, 1, '6178' + '82ac00ff']);
  const target = Buffer.from('......');
  same([Buffer.from('abc').copy(target, 4), Buffer.from('abc').copy(target, 0, 1, 2), target.toString()], [2, 1, 'b...ab']);
  const part = target.slice(-2);
  part[0] = 65;
  same([target.toString(), target.subarray(1, 3).toString(), target.subarray(5, 2).length], ['b...Ab', '..', 0]);
  same([Buffer.from('abcd').swap16().toString(), Buffer.from('abcd').swap32().toString(), Buffer.from('abcdefgh').swap64().toString()], ['badc', 'dcba', 'hgfedcba']);
  same(throws(RangeError, () => Buffer.alloc(3).swap16()).code, 'ERR_INVALID_BUFFER_SIZE');
});
// method, arguments of write, bytes as hex, value of read
const numbers = [
  ['UInt8', 200, 'c8'], ['Int8', -2, 'fe'], ['UInt16LE', 0x1234, '3412'], ['UInt16BE', 0x1234, '1234'], ['Int16BE', -2, 'fffe'], ['Int16LE', -2, 'feff'],
  ['UInt32LE', 0xdeadbeef, 'efbeadde'], ['UInt32BE', 0xdeadbeef, 'deadbeef'], ['Int32LE', -2, 'feffffff'], ['Int32BE', -559038737, 'deadbeef'],
  ['BigInt64LE', -2n, 'feffffffffffffff'], ['BigUInt64BE', 0x0102030405060708n, '0102030405060708'], ['FloatBE', 0.5, '3f000000'],
  ['DoubleLE', 1.5, '000000000000f83f'], ['DoubleBE', -0.25, 'bfd0000000000000'],
];
for (const [name, value, hex] of numbers) {
  row('buffer', `read${name} and write${name}`, () => {
    const b = Buffer.alloc(hex.length / 2 + 1);
    same([b[`write${name}`](value, 1), b.subarray(1).toString('hex'), b[`read${name}`](1)], [b.length, hex, value]);
    same(throws(RangeError, () => b[`read${name}`](2)).code, 'ERR_OUT_OF_RANGE');
    same(throws(TypeError, () => b[`read${name}`]('1')).code, 'ERR_INVALID_ARG_TYPE');
  });
}
row('buffer', 'whole numbers of any width, and what does not fit', () => {
  const b = Buffer.alloc(6);
  same([b.writeUIntBE(0x123456, 0, 3), b.writeIntLE(-2, 3, 3), b.toString('hex'), b.readUIntBE(0, 3), b.readIntLE(3, 3), b.readUintLE(0, 6)], [3, 6, '123456feffff', 0x123456, -2, 0xfffffe563412]);
  same(throws(RangeError, () => b.writeUInt8(256)).code, 'ERR_OUT_OF_RANGE');
  throws(RangeError, () => b.writeInt16BE(40000), 'The value of "value" is out of range. It must be >= -32768 and <= 32767. Received 40000');
});
row('buffer', 'JSON, text of a part, hooks of inspection', () => {
  same(JSON.stringify(Buffer.from('a')), '{"type":"Buffer","data":[97]}');
  same([Buffer.from('hello').toString('utf8', 1, 3), `${Buffer.from('x')}`, Buffer.from('hello').toString('latin1', -3, 2)], ['el', 'x', 'he']);
  same([isUtf8(Buffer.from([0xff])), transcode(Buffer.from('€'), 'utf8', 'utf16le').toString('hex'), Buffer.isEncoding('UTF-8'), Buffer.isEncoding('x')], [false, 'ac20', true, false]);
});
// encoding, pieces in hex, what write gives for each and end
const pieces = [
  ['utf8', ['e2', '82', 'ac61'], ['', '', '€a', '']], ['utf8', ['61e282'], ['a', '\ufffd']], ['utf8', ['f09f', '9880'], ['', '😀', '']],
  ['utf16le', ['61', '003dd8', '00de'], ['', 'a', '😀', '']], ['base64', ['61', '626364'], ['', 'YWJj', 'ZA==']], ['hex', ['61', '62'], ['61', '62', '']],
];
for (const [encoding, given, expected] of pieces) {
  row('string_decoder', `${encoding} ${given}`, () => {
    const decoder = new StringDecoder(encoding);
    same([...given.map((hex) => decoder.write(Buffer.from(hex, 'hex'))), decoder.end()], expected);
  });
}
