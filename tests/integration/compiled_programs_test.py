#!/usr/bin/env python3
"""The examples that are compiled to WebAssembly, on a real node: a C function, and a C program with WASI.

Usage: compiled_programs_test.py   (TERRELLA_BIN says where the programs are)
"""
import os
import sys
import unittest
import urllib.error
import urllib.request
from pathlib import Path

from one_node import OneNode

EXAMPLES = Path(os.environ["TERRELLA_SOURCE_DIR"]) / "examples"


def ask(node, path="/", body=None):
    """(status, headers, bytes)"""
    request = urllib.request.Request(f"http://127.0.0.1:{node.port}{path}", data=body)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


class CompiledPrograms(unittest.TestCase):
    def test_a_program_with_wasi_reads_the_request_and_writes_the_response(self):
        with OneNode(EXAMPLES / "wasi") as node:
            status, headers, body = ask(node, "/?top=1", b"alpha beta alpha " * 10000)
            self.assertEqual((status, headers["x-words"], body), (200, "2", b"20000  alpha\n"))
            self.assertEqual(ask(node, "/", b"123")[0], 422)
            self.assertIn(b"curl -d @file", ask(node)[2])

    def test_a_function_draws(self):
        with OneNode(EXAMPLES / "wasm") as node:
            status, headers, body = ask(node, "/?width=32&height=24")
            self.assertEqual((status, headers["content-type"], len(body)), (200, "image/x-portable-graymap", 13 + 32 * 24))


if __name__ == "__main__":
    sys.exit(unittest.main())
