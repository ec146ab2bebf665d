#!/usr/bin/env python3
"""Attacks by HTTP/2: many frames, each allowed or nearly so, that would make a server work or keep memory for nothing.

Each row says what is sent, where the standard (or the advisory) warns of it, and how the connection goes on. After each
the node answers somebody else at once, and its memory has not grown.

Usage: http2_attacks_test.py   (TERRELLA_BIN says where the programs are)
"""
import sys
import time
import unittest

import hpack

from http2_test import CALM, CLOSED, FLOW, GET, INTERNAL, POST, PROTOCOL, WORKER, Raw, data, headers, raw, settings
from one_node import OneNode

GROWTH_BYTES_MAX = 8 << 20
ANSWER_S_MAX = 2  # CI's machine is shared
HUGE = b"\x7f\xff\xff\xff"


def streams(count, make):
    return b"".join(make(2 * i + 1) for i in range(count))


def bomb(references):
    """A field of 3,900 octets put into the table, then named again and again (RFC 7541 section 7.3)."""
    encoder = hpack.Encoder()
    return raw(1, 5, 1, encoder.encode(GET + [("x-bomb", "v" * 3900)]) + b"\xbe" * references)


# name, section of RFC 9113 unless it says otherwise, octets, verdict: ("goaway", code) and the end, ("status", code) of
# the first stream, or ("reset", code) of the first.
ATTACKS = [
    ("requests taken back at once", "10.5 (CVE-2023-44487)",
     streams(4000, lambda i: headers(GET, stream=i) + raw(3, 0, i, b"\0\0\0\x08")), ("goaway", CALM, INTERNAL)),
    ("streams the server must reset: windows", "10.5 (CVE-2025-8671)",
     streams(20000, lambda i: headers(POST, stream=i, end=False) + raw(8, 0, i, HUGE)), ("goaway", CALM)),
    ("streams the server must reset: lengths", "10.5 (CVE-2025-8671)",
     streams(20000, lambda i: headers(POST + [("content-length", "1")], stream=i, end=False) + data(b"abc", stream=i)),
     ("goaway", CALM)),
    ("streams the server must reset: names", "10.5 (CVE-2025-8671)",
     streams(20000, lambda i: headers(GET + [("x:a", "1")], stream=i)), ("goaway", CALM)),
    ("a header block without end", "10.5.1 (CVE-2024-27316)",
     headers(GET, end_headers=False) + raw(9, 0, 1, b"\0\x01a\x01b" * 2000) * 1000, ("goaway", CALM)),
    ("one large field named 3,000 times", "10.5.1; 7.3 of RFC 7541", bomb(3000), ("status", 431)),
    ("empty DATA", "10.5 (CVE-2019-9518)", headers(POST, end=False) + raw(0, 0, 1, b"") * 10000, ("goaway", CALM)),
    ("DATA that is padding", "6.1", headers(POST, end=False) + raw(0, 8, 1, b"\xff" + b"\0" * 255) * 5000,
     ("reset", FLOW)),
    ("PING", "10.5 (CVE-2019-9512)", raw(6, 0, 0, b"12345678") * 20000, ("goaway", CALM)),
    ("SETTINGS", "10.5 (CVE-2019-9515)", settings() * 20000, ("goaway", CALM)),
    ("windows opened and closed", "6.9.2", (settings((4, 0)) + settings((4, 65535))) * 3000, ("goaway", CALM)),
    ("PRIORITY shuffled", "10.5 (CVE-2019-9513)", b"".join(raw(2, 0, 2 * i + 1, b"\0\0\0\0\x10") for i in range(5000)),
     ("goaway", CALM)),
    ("frames of a type nobody knows", "5.5", raw(0x77, 0, 0, b"x" * 1000) * 5000 + headers(GET), ("status", 200)),
    ("windows opened by one octet", "6.9", raw(8, 0, 0, b"\0\0\0\x01") * 20000 + headers(GET), ("status", 200)),
    ("a window that a setting makes too large", "6.9.2",
     headers(POST, end=False) + raw(8, 0, 1, b"\x7f\xfe\xff\xff") + settings((4, 0x7FFFFFFF)), ("reset", FLOW)),
    ("RST_STREAM of a stream that never was", "6.4", raw(3, 0, 1, b"\0\0\0\x08"), ("goaway", PROTOCOL)),
]


class Http2AttacksTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = OneNode(WORKER)
        for _ in range(3):
            cls.answers(cls)

    @classmethod
    def tearDownClass(cls):
        cls.node.__exit__()

    def answers(self):
        """Asks as somebody else; seconds it took."""
        began = time.monotonic()
        peer = Raw(self.node)
        peer.send(headers(GET))
        if (found := peer.verdict()) != ("status", 200):
            raise AssertionError(f"the node answers {found}")
        peer.close()
        return time.monotonic() - began

    def test_attacks(self):
        for name, section, octets, (kind, *codes) in ATTACKS:
            with self.subTest(name=name, section=section):
                before = self.node.rss_bytes()
                peer = Raw(self.node)
                peer.send(octets)
                peer.socket.settimeout(10)
                found = peer.verdict((kind,))
                self.assertIn(found, [(kind, code) for code in codes])
                if kind == "goaway":
                    self.assertEqual(peer.verdict(), ("closed", 0))
                self.assertLess(self.answers(), ANSWER_S_MAX)
                self.assertLess(self.node.rss_bytes() - before, GROWTH_BYTES_MAX)
                peer.close()

    def test_a_stream_that_ended_is_not_used_again(self):
        # Section 5.1: while the answer is under way it is a connection error. Later nothing is kept of the stream,
        # and what may be late trailers is ignored: no second answer comes.
        slow = [(":method", "GET"), (":scheme", "http"), (":path", "/slow"), (":authority", "a")]
        peer = Raw(self.node)
        peer.send(headers(slow) + headers(GET))
        self.assertEqual(peer.verdict(("goaway",)), ("goaway", CLOSED))
        peer.close()
        peer = Raw(self.node)
        peer.send(headers(GET))
        self.assertEqual(peer.verdict(), ("status", 200))
        peer.send(headers(GET) + headers(GET, stream=3))
        answered = []
        while 3 not in answered:
            kind, _, stream, _ = peer.frame()
            answered += [stream] if kind == 1 else []
        self.assertEqual(answered, [3])
        peer.close()

    def test_answers_behind_windows_of_zero_cost_little(self):
        # Section 6.9.2: a window of zero from the beginning; 10 connections of 30 answers of up to 256 MiB.
        before = self.node.rss_bytes()
        endless = [(":method", "GET"), (":scheme", "http"), (":path", "/endless"), (":authority", "a")]
        peers = []
        for _ in range(10):
            peers.append(Raw(self.node, first=settings((4, 0))))
            peers[-1].send(streams(30, lambda i: headers(endless, stream=i)))
        for peer in peers:
            self.assertEqual(peer.verdict(), ("status", 200))
        time.sleep(1)
        self.assertLess(self.answers(), ANSWER_S_MAX)
        # Of each answer there is a queue of at most 64 KiB and a chunk of the worker's.
        self.assertLess(self.node.rss_bytes() - before, 300 * (160 << 10))
        for peer in peers:
            peer.close()


if __name__ == "__main__":
    unittest.main(verbosity=1, argv=[sys.argv[0], *sys.argv[1:]])
