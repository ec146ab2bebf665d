#!/usr/bin/env python3
"""HTTP/2 as an edge node speaks it, asked by two peers: python3-h2 as a client that keeps the rules, and frames
made by python3-hyperframe that break them one by one.

Usage: http2_test.py   (TERRELLA_BIN says where the programs are)
"""
import signal
import socket
import struct
import sys
import time
import unittest

import h2.config
import h2.connection
import h2.events
import hpack
from hyperframe import frame as hf

from one_node import OneNode

WORKER = """
export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === '/echo') return new Response(request.body);
    if (url.pathname === '/length') return new Response(String((await request.arrayBuffer()).byteLength));
    if (url.pathname === '/ignore') return new Response('ignored');
    if (url.pathname === '/slow') { await scheduler_wait(400); return new Response('slow'); }
    if (url.pathname === '/endless') {
      let sent = 0;
      return new Response(new ReadableStream({
        pull(c) { c.enqueue(new Uint8Array(65536)); sent += 65536; if (sent >= 256 << 20) c.close(); },
      }));
    }
    return new Response(`${request.method} ${request.url} ${request.headers.get('cookie')} ${request.cf.httpProtocol}`);
  },
};
function scheduler_wait(ms) { return new Promise((resolve) => setTimeout(resolve, ms)); }
"""
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
NO_ERROR, PROTOCOL, INTERNAL, FLOW, SETTINGS_TIMEOUT, CLOSED, SIZE, REFUSED, CANCEL, COMPRESSION = range(10)
CALM = 11
GET = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a.test")]
# Its worker waits for the whole body: the stream is open as long as a case sends on it.
POST = [(":method", "POST"), (":scheme", "http"), (":path", "/length"), (":authority", "a.test")]


def without(fields, name):
    return [f for f in fields if f[0] != name]


def headers(fields, stream=1, end=True, raw=None, end_headers=True):
    f = hf.HeadersFrame(stream)
    f.data = raw if raw is not None else hpack.Encoder().encode(fields, huffman=False)
    if end_headers:
        f.flags.add("END_HEADERS")
    if end:
        f.flags.add("END_STREAM")
    return f.serialize()


def data(payload, stream=1, end=True):
    f = hf.DataFrame(stream, payload)
    if end:
        f.flags.add("END_STREAM")
    return f.serialize()


def raw(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def settings(*pairs, ack=False):
    return raw(4, 1 if ack else 0, 0, b"".join(struct.pack(">HI", k, v) for k, v in pairs))


# What a connection that began properly is sent next, and what must come of it: ("goaway", code), ("reset", code)
# of the first stream, ("status", code) of it, or "closed" for a connection that ends without a frame.
# name, section of RFC 9113 unless it says otherwise, bytes, verdict
CASES = [
    ("a plain request", "8.1", headers(GET), ("status", 200)),
    ("an unknown frame type", "4.1", raw(0x77, 0, 0, b"abc") + headers(GET), ("status", 200)),
    ("an unknown setting", "6.5.2", settings((0x7777, 1)) + headers(GET), ("status", 200)),
    ("a frame larger than announced", "4.2", raw(0, 0, 1, b"x" * 16385), ("goaway", SIZE)),
    ("DATA on the connection", "6.1", raw(0, 0, 0, b"x"), ("goaway", PROTOCOL)),
    ("DATA on an idle stream", "6.1", data(b"x"), ("goaway", PROTOCOL)),
    ("DATA with too much padding", "6.1", headers(POST, end=False) + raw(0, 8, 1, b"\xffx"), ("goaway", PROTOCOL)),
    ("HEADERS on the connection", "6.2", raw(1, 4, 0, b"\x82"), ("goaway", PROTOCOL)),
    ("HEADERS on an even stream", "5.1.1", headers(GET, stream=2), ("goaway", PROTOCOL)),
    ("HEADERS with a lower stream", "5.1.1", headers(GET, stream=5) + headers(GET, stream=3),
     # Taken for a late frame of a stream that was reset, and ignored: nothing is kept of closed streams.
     ("silence", 0)),
    ("HEADERS with too much padding", "6.2", raw(1, 0xD, 1, b"\xff\x82"), ("goaway", PROTOCOL)),
    ("a stream that depends on itself", "5.3.1 of RFC 7540", raw(1, 0x25, 1, struct.pack(">IB", 1, 0) + b"\x82"),
     ("goaway", PROTOCOL)),
    ("a broken header block", "4.3", headers(GET, raw=b"\xff\xff\xff\xff\xff\xff"), ("goaway", COMPRESSION)),
    ("an index beyond the table", "2.3.3 of RFC 7541", headers(GET, raw=b"\xff\x80\x01"), ("goaway", COMPRESSION)),
    ("a table size beyond the setting", "6.3 of RFC 7541", headers(GET, raw=b"\x3f\xe2\x1f\x82"),
     ("goaway", COMPRESSION)),
    ("a frame between HEADERS and CONTINUATION", "6.2", headers(GET, end_headers=False) + raw(6, 0, 0, b"12345678"),
     ("goaway", PROTOCOL)),
    ("CONTINUATION of nothing", "6.10", raw(9, 4, 1, b"\x82"), ("goaway", PROTOCOL)),
    ("CONTINUATION on another stream", "6.10", headers(GET, end_headers=False) + raw(9, 4, 3, b""),
     ("goaway", PROTOCOL)),
    ("too many CONTINUATION frames", "10.5.1 (CVE-2024-28182)",
     headers(GET, end_headers=False) + raw(9, 0, 1, b"") * 16, ("goaway", CALM)),
    ("PRIORITY of a wrong size", "6.3", raw(2, 0, 1, b"1234"), ("goaway", SIZE)),
    ("RST_STREAM of a wrong size", "6.4", headers(POST, end=False) + raw(3, 0, 1, b"123"), ("goaway", SIZE)),
    ("RST_STREAM on the connection", "6.4", raw(3, 0, 0, b"1234"), ("goaway", PROTOCOL)),
    ("RST_STREAM on an idle stream", "6.4", raw(3, 0, 1, b"\0\0\0\x08"), ("goaway", PROTOCOL)),
    ("SETTINGS on a stream", "6.5", raw(4, 0, 1, b""), ("goaway", PROTOCOL)),
    ("SETTINGS of a wrong size", "6.5", raw(4, 0, 0, b"12345"), ("goaway", SIZE)),
    ("SETTINGS ACK with a payload", "6.5", raw(4, 1, 0, b"123456"), ("goaway", SIZE)),
    ("SETTINGS of too many entries", "10.5", settings(*[(0x7777, 1)] * 64), ("goaway", CALM)),
    ("ENABLE_PUSH of 2", "6.5.2", settings((2, 2)), ("goaway", PROTOCOL)),
    ("a window beyond 2^31 - 1", "6.5.2", settings((4, 1 << 31)), ("goaway", FLOW)),
    ("a frame size below 2^14", "6.5.2", settings((5, 1000)), ("goaway", PROTOCOL)),
    ("a frame size beyond 2^24 - 1", "6.5.2", settings((5, 1 << 24)), ("goaway", PROTOCOL)),
    ("PUSH_PROMISE from a client", "8.4", raw(5, 4, 1, b"\0\0\0\x02\x82"), ("goaway", PROTOCOL)),
    ("PING on a stream", "6.7", raw(6, 0, 1, b"12345678"), ("goaway", PROTOCOL)),
    ("PING of a wrong size", "6.7", raw(6, 0, 0, b"1234567"), ("goaway", SIZE)),
    ("GOAWAY on a stream", "6.8", raw(7, 0, 1, b"\0" * 8), ("goaway", PROTOCOL)),
    ("WINDOW_UPDATE of a wrong size", "6.9", raw(8, 0, 0, b"123"), ("goaway", SIZE)),
    ("WINDOW_UPDATE by 0", "6.9", raw(8, 0, 0, b"\0\0\0\0"), ("goaway", PROTOCOL)),
    ("WINDOW_UPDATE by 0 on a stream", "6.9", headers(POST, end=False) + raw(8, 0, 1, b"\0\0\0\0"),
     ("goaway", PROTOCOL)),
    ("WINDOW_UPDATE on an idle stream", "6.9", raw(8, 0, 1, b"\0\0\0\x01"), ("goaway", PROTOCOL)),
    ("a window that overflows", "6.9.1", raw(8, 0, 0, b"\x7f\xff\xff\xff"), ("goaway", FLOW)),
    ("a stream's window that overflows", "6.9.1",
     headers(POST[:2] + [(":path", "/length"), (":authority", "a.test")], end=False) + raw(8, 0, 1, b"\x7f\xff\xff\xff"),
     ("reset", FLOW)),
    ("DATA after the end of the request", "5.1",
     headers([(":method", "POST"), (":scheme", "http"), (":path", "/slow"), (":authority", "a.test")]) + data(b"x"),
     ("reset|goaway", CLOSED)),
    ("an upper-case name", "8.2.1", headers(GET + [("X-A", "1")]), ("reset", PROTOCOL)),
    ("a name with a space", "8.2.1", headers(GET + [("x a", "1")]), ("reset", PROTOCOL)),
    ("a name with a colon", "8.2.1", headers(GET + [("x:a", "1")]), ("reset", PROTOCOL)),
    ("an empty name", "8.2.1", headers(GET + [("", "1")]), ("reset", PROTOCOL)),
    ("a value with CR LF", "8.2.1", headers(GET + [("x-a", "1\r\nx-b: 2")]), ("reset", PROTOCOL)),
    ("a value with a NUL", "8.2.1", headers(GET + [("x-a", "1\x002")]), ("reset", PROTOCOL)),
    ("a value that begins with a space", "8.2.1", headers(GET + [("x-a", " 1")]), ("reset", PROTOCOL)),
    ("a connection field", "8.2.2", headers(GET + [("connection", "close")]), ("reset", PROTOCOL)),
    ("keep-alive", "8.2.2", headers(GET + [("keep-alive", "1")]), ("reset", PROTOCOL)),
    ("transfer-encoding", "8.2.2", headers(POST + [("transfer-encoding", "chunked")]), ("reset", PROTOCOL)),
    ("upgrade", "8.2.2", headers(GET + [("upgrade", "h2c")]), ("reset", PROTOCOL)),
    ("te that is not trailers", "8.2.2", headers(GET + [("te", "gzip")]), ("reset", PROTOCOL)),
    ("te: trailers", "8.2.2", headers(GET + [("te", "trailers")]), ("status", 200)),
    ("no :method", "8.3.1", headers(without(GET, ":method")), ("reset", PROTOCOL)),
    ("no :scheme", "8.3.1", headers(without(GET, ":scheme")), ("reset", PROTOCOL)),
    ("no :path", "8.3.1", headers(without(GET, ":path")), ("reset", PROTOCOL)),
    ("an empty :path", "8.3.1", headers(without(GET, ":path") + [(":path", "")]), ("reset", PROTOCOL)),
    ("two :path", "8.3.1", headers(GET + [(":path", "/b")]), ("reset", PROTOCOL)),
    ("a pseudo-field nobody knows", "8.3", headers(GET + [(":x", "1")]), ("reset", PROTOCOL)),
    ("a response's pseudo-field", "8.3", headers(GET + [(":status", "200")]), ("reset", PROTOCOL)),
    ("a pseudo-field after a field", "8.3", headers([("x-a", "1")] + GET), ("reset", PROTOCOL)),
    ("a relative :path", "8.3.1", headers(without(GET, ":path") + [(":path", "a")]), ("reset", PROTOCOL)),
    ("* for another method", "8.3.1", headers(without(GET, ":path") + [(":path", "*")]), ("reset", PROTOCOL)),
    ("OPTIONS *", "8.3.1",
     headers([(":method", "OPTIONS"), (":path", "*"), (":scheme", "http"), (":authority", "a")]), ("status", 200)),
    ("a space in :path", "8.3.1", headers(without(GET, ":path") + [(":path", "/a b")]), ("reset", PROTOCOL)),
    ("a fragment in :path", "8.3.1", headers(without(GET, ":path") + [(":path", "/a#b")]), ("status", 400)),
    ("a :path over the limit", "RFC 9110 15.5.15",
     headers(without(GET, ":path") + [(":path", "/" + "a" * 16384)], raw=None)[:0] or
     b"".join([headers([], end_headers=False, raw=(block := hpack.Encoder().encode(
         without(GET, ":path") + [(":path", "/" + "a" * 16384)], huffman=False))[:16000]), raw(9, 4, 1, block[16000:])]),
     ("status", 414)),
    ("user information in :authority", "8.3.1", headers(without(GET, ":authority") + [(":authority", "u@a")]),
     ("status", 400)),
    ("a list as :authority", "8.3.1", headers(without(GET, ":authority") + [(":authority", "a,b")]), ("status", 400)),
    ("host in place of :authority", "8.3.1", headers(without(GET, ":authority") + [("host", "a.test")]),
     ("status", 200)),
    ("neither :authority nor host", "8.3.1", headers(without(GET, ":authority")), ("reset", PROTOCOL)),
    ("host that differs", "8.3.1", headers(GET + [("host", "b.test")]), ("status", 400)),
    ("two hosts", "8.3.1", headers(GET + [("host", "a.test"), ("host", "a.test")]), ("reset", PROTOCOL)),
    ("CONNECT", "8.5", headers([(":method", "CONNECT"), (":authority", "a.test:443")]), ("status", 501)),
    ("CONNECT with a :path", "8.5", headers([(":method", "CONNECT")] + GET[1:]), ("reset", PROTOCOL)),
    ("TRACE", "RFC 9110 9.3.8", headers([(":method", "TRACE")] + GET[1:]), ("status", 501)),
    ("an unknown method", "RFC 9110 9.1", headers([(":method", "BREW")] + GET[1:]), ("status", 501)),
    ("two content-lengths", "8.1.1", headers(POST + [("content-length", "1"), ("content-length", "1")], end=False),
     ("reset", PROTOCOL)),
    ("a content-length with a sign", "8.1.1", headers(POST + [("content-length", "+1")], end=False) + data(b"x"),
     ("reset", PROTOCOL)),
    ("a body shorter than content-length", "8.1.1",
     headers([(":method", "POST"), (":scheme", "http"), (":path", "/length"), (":authority", "a"),
              ("content-length", "5")], end=False) + data(b"abc"), ("reset", PROTOCOL)),
    ("a body longer than content-length", "8.1.1",
     headers([(":method", "POST"), (":scheme", "http"), (":path", "/length"), (":authority", "a"),
              ("content-length", "1")], end=False) + data(b"abc"), ("reset", PROTOCOL)),
    ("a content-length and no body", "8.1.1", headers(POST + [("content-length", "5")]), ("reset", PROTOCOL)),
    ("a declared body over the limit", "RFC 9110 15.5.14",
     headers(POST + [("content-length", str(1 << 40))], end=False), ("status", 413)),
    ("a pseudo-field in trailers", "8.1",
     headers(without(POST, ":path") + [(":path", "/length")], end=False)[:0] or
     headers([(":method", "POST"), (":scheme", "http"), (":path", "/length"), (":authority", "a")], end=False)
     + headers([(":path", "/x")]), ("reset", PROTOCOL)),
    ("trailers that do not end the stream", "8.1",
     headers([(":method", "POST"), (":scheme", "http"), (":path", "/length"), (":authority", "a")], end=False)
     + headers([("x-a", "1")], end=False), ("reset", PROTOCOL)),
    ("trailers", "8.1", headers([(":method", "POST"), (":scheme", "http"), (":path", "/length"), (":authority", "a")],
                                end=False) + data(b"abc", end=False) + headers([("x-a", "1")]), ("status", 200)),
    ("an expectation nobody knows", "RFC 9110 10.1.1", headers(POST + [("expect", "magic")], end=False),
     ("status", 417)),
    ("300 fields", "10.5.1", headers(GET + [(f"x{i}", "1") for i in range(300)]), ("status", 431)),
]


class Raw:
    """A connection that began properly, and the frames it hears."""

    def __init__(self, node, preface=PREFACE, first=settings()):
        self.socket = node.connect()
        self.buffer = b""
        self.decoder = hpack.Decoder()
        self.decoder.max_allowed_table_size = 65536
        self.send(preface + first)

    def send(self, octets):
        try:
            self.socket.sendall(octets)
        except OSError:
            pass

    def frame(self):
        """(type, flags, stream, payload), or None at the end."""
        try:
            while len(self.buffer) < 9 or len(self.buffer) < 9 + int.from_bytes(self.buffer[:3], "big"):
                more = self.socket.recv(65536)
                if not more:
                    return None
                self.buffer += more
        except ConnectionError:
            return None
        size = int.from_bytes(self.buffer[:3], "big")
        kind, flags = self.buffer[3], self.buffer[4]
        stream = int.from_bytes(self.buffer[5:9], "big") & 0x7FFFFFFF
        payload, self.buffer = self.buffer[9:9 + size], self.buffer[9 + size:]
        return kind, flags, stream, payload

    def verdict(self, wanted=("status",)):
        """The first thing of the wanted kinds that says how the request went, or how the connection ended."""
        while (f := self.frame()) is not None:
            kind, flags, stream, payload = f
            if kind == 7:
                return "goaway", int.from_bytes(payload[4:8], "big")
            if kind == 3 and "reset" in wanted:
                return "reset", int.from_bytes(payload, "big")
            if kind == 1 and "status" in wanted:
                fields = dict(self.decoder.decode(payload))
                if fields[":status"] != "100":
                    return "status", int(fields[":status"])
        return "closed", 0

    def close(self):
        self.socket.close()


class Polite:
    """A client by python3-h2."""

    def __init__(self, node):
        self.socket = node.connect()
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.flush()

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def request(self, fields, body=None, trailers=None):
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, fields, end_stream=body is None and trailers is None)
        self.flush()
        if body is not None:
            self.send_body(stream, body, end=trailers is None)
        if trailers is not None:
            self.h2.send_headers(stream, trailers, end_stream=True)
            self.flush()
        return stream

    def send_body(self, stream, body, end):
        while body:
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(body))
            if room == 0:
                self.pump()
                continue
            self.h2.send_data(stream, body[:room], end_stream=end and room == len(body))
            body = body[room:]
            self.flush()
        if not body and end is True and room == 0:
            self.h2.end_stream(stream)

    events = None

    def pump(self, acknowledge=True):
        """Reads once and returns what happened; keeps it, too."""
        octets = self.socket.recv(1 << 18)
        if not octets:
            raise EOFError
        events = self.h2.receive_data(octets)
        for event in events:
            if acknowledge and isinstance(event, h2.events.DataReceived) and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        self.flush()
        self.events = (self.events or []) + events
        return events

    def response(self, stream):
        """(status, fields, body, trailers)"""
        while not any(isinstance(e, (h2.events.StreamEnded, h2.events.StreamReset)) and e.stream_id == stream
                      for e in self.events or []):
            self.pump()
        mine = [e for e in self.events if getattr(e, "stream_id", None) == stream]
        fields = next(dict(e.headers) for e in mine if isinstance(e, h2.events.ResponseReceived))
        body = b"".join(e.data for e in mine if isinstance(e, h2.events.DataReceived))
        return int(fields[":status"]), fields, body


class Http2Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = OneNode(WORKER)

    @classmethod
    def tearDownClass(cls):
        cls.node.__exit__()

    def check(self, peer, verdict):
        kinds = verdict[0].split("|")
        peer.socket.settimeout(2 if "silence" in kinds else 20)
        try:
            kind, code = peer.verdict(kinds)
        except TimeoutError:
            kind, code = "silence", 0
        self.assertIn(kind, kinds)
        self.assertEqual(code, verdict[1])

    def test_refusals(self):
        self.assertGreaterEqual(len(CASES), 80)
        for name, section, octets, verdict in CASES:
            with self.subTest(name=name, section=section):
                peer = Raw(self.node)
                peer.send(octets)
                self.check(peer, verdict)
                peer.close()

    def test_refusals_byte_by_byte(self):
        for name, section, octets, verdict in CASES:
            if len(octets) > 400:
                continue
            with self.subTest(name=name, section=section):
                peer = Raw(self.node)
                peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for octet in octets:
                    peer.send(bytes([octet]))
                self.check(peer, verdict)
                peer.close()

    def test_a_broken_preface_is_http1_or_nothing(self):
        # Section 3.4: what does not begin with the preface is HTTP/1.1, which refuses it.
        peer = Raw(self.node, preface=b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", first=b"")
        self.assertTrue(peer.socket.recv(100).startswith(b"HTTP/1.1 505"))
        peer.close()
        peer = Raw(self.node, first=headers(GET))  # section 3.4: SETTINGS come first
        self.assertEqual(peer.verdict(), ("goaway", PROTOCOL))
        peer.close()

    def test_resets_without_end_end_the_connection(self):
        # CVE-2023-44487: requests that are taken back as soon as they are made.
        peer = Raw(self.node)
        storm = b"".join(headers(GET, stream=2 * i + 1) + raw(3, 0, 2 * i + 1, b"\0\0\0\x08") for i in range(4000))
        peer.send(storm)
        kinds = []
        while (f := peer.frame()) is not None:
            kinds.append((f[0], f[3]))
        goaways = [int.from_bytes(p[4:8], "big") for k, p in kinds if k == 7]
        self.assertIn(goaways[-1], (CALM, INTERNAL))
        peer.close()

    def test_frames_that_carry_nothing_end_the_connection(self):
        for name, frame in (("PING", raw(6, 0, 0, b"12345678")), ("SETTINGS", settings()),
                            ("PRIORITY", raw(2, 0, 1, b"\0\0\0\0\0"))):
            with self.subTest(name=name):
                peer = Raw(self.node)
                peer.send(frame * 5000)
                codes = []
                while (f := peer.frame()) is not None:
                    if f[0] == 7:
                        codes.append(int.from_bytes(f[3][4:8], "big"))
                self.assertEqual(codes, [CALM])
                peer.close()

    def test_more_streams_than_allowed_are_refused(self):
        peer = Raw(self.node)
        fields = [(":method", "POST"), (":scheme", "http"), (":path", "/length"), (":authority", "a")]
        encoder = hpack.Encoder()
        for i in range(140):
            peer.send(headers(fields, stream=2 * i + 1, end=False, raw=encoder.encode(fields)))
        refused = 0
        peer.socket.settimeout(1)
        try:
            while (f := peer.frame()) is not None:
                refused += f[0] == 3 and int.from_bytes(f[3], "big") == REFUSED
        except TimeoutError:
            pass
        self.assertEqual(refused, 12)  # 128 may be open (section 5.1.2)
        peer.close()

    def test_a_request_and_its_answer(self):
        client = Polite(self.node)
        status, fields, body = client.response(client.request(GET + [("cookie", "a=1"), ("cookie", "b=2")]))
        self.assertEqual(status, 200)
        self.assertEqual(body, b"GET http://a.test/ a=1; b=2 HTTP/2")  # section 8.2.3
        self.assertEqual(fields["content-length"], str(len(body)))
        self.assertNotIn("connection", fields)

    def test_head_has_no_body(self):
        client = Polite(self.node)
        status, fields, body = client.response(client.request([(":method", "HEAD")] + GET[1:]))
        self.assertEqual((status, body), (200, b""))
        self.assertGreater(int(fields["content-length"]), 0)

    def test_many_streams_side_by_side(self):
        client = Polite(self.node)
        slow = client.request([(":method", "GET"), (":scheme", "http"), (":path", "/slow"), (":authority", "a")])
        quick = [client.request(GET) for _ in range(50)]
        for stream in quick:
            self.assertEqual(client.response(stream)[0], 200)
        self.assertFalse(any(getattr(e, "stream_id", 0) == slow for e in client.events))
        self.assertEqual(client.response(slow)[2], b"slow")

    def test_a_large_body_both_ways(self):
        client = Polite(self.node)
        body = bytes(range(256)) * (4096 * 5)  # 5 MiB: many windows
        fields = [(":method", "POST"), (":scheme", "http"), (":path", "/echo"), (":authority", "a")]
        self.assertEqual(client.response(client.request(fields, body))[2], body)

    def test_a_body_nobody_reads_does_not_block_others(self):
        client = Polite(self.node)
        fields = [(":method", "POST"), (":scheme", "http"), (":path", "/ignore"), (":authority", "a")]
        stream = client.request(fields)  # headers only so far
        client.response(stream)
        self.assertEqual(client.response(client.request(GET))[0], 200)

    def test_continue_is_sent_when_the_body_is_wanted(self):
        client = Polite(self.node)
        fields = [(":method", "POST"), (":scheme", "http"), (":path", "/length"), (":authority", "a"),
                  ("expect", "100-continue"), ("content-length", "3")]
        stream = client.h2.get_next_available_stream_id()
        client.h2.send_headers(stream, fields)
        client.flush()
        while not any(isinstance(e, h2.events.InformationalResponseReceived) for e in client.events or []):
            client.pump()
        client.send_body(stream, b"abc", end=True)
        self.assertEqual(client.response(stream)[2], b"3")

    def test_a_client_that_does_not_take_its_answer_costs_little(self):
        client = Polite(self.node)
        client.response(client.request(GET))
        before = self.node.rss_bytes()
        for _ in range(20):
            client.request([(":method", "GET"), (":scheme", "http"), (":path", "/endless"), (":authority", "a")])
        until = time.monotonic() + 1.5
        client.socket.settimeout(0.2)
        while time.monotonic() < until:
            try:
                client.pump(acknowledge=False)
            except TimeoutError:
                pass
        # 20 streams of 256 MiB each are held at a window and a queue apiece.
        self.assertLess(self.node.rss_bytes() - before, 24 << 20)
        client.socket.close()

    def test_ping_is_answered(self):
        client = Polite(self.node)
        client.h2.ping(b"12345678")
        client.flush()
        while not any(isinstance(e, h2.events.PingAckReceived) for e in client.events or []):
            client.pump()

    def test_drain_finishes_what_is_under_way(self):
        with OneNode(WORKER) as node:
            peer = Raw(node)
            peer.send(headers(GET))
            self.assertEqual(peer.verdict(), ("status", 200))
            slow = [(":method", "GET"), (":scheme", "http"), (":path", "/slow"), (":authority", "a")]
            peer.send(headers(slow, stream=3))
            time.sleep(0.1)
            node.process.send_signal(signal.SIGTERM)
            goaways, body = [], b""
            while (f := peer.frame()) is not None:
                kind, flags, stream, payload = f
                if kind == 6 and not flags:  # a PING finds out when the peer has heard the warning
                    peer.send(raw(6, 1, 0, payload))
                if kind == 7:
                    goaways.append((int.from_bytes(payload[:4], "big"), int.from_bytes(payload[4:8], "big")))
                if kind == 0 and stream == 3:
                    body += payload
            self.assertEqual(body, b"slow")
            self.assertEqual(goaways, [(2**31 - 1, NO_ERROR), (3, NO_ERROR)])  # section 6.8
            self.assertEqual(node.process.wait(timeout=10), 0)
            peer.close()


if __name__ == "__main__":
    unittest.main(verbosity=1, argv=[sys.argv[0], *sys.argv[1:]])
