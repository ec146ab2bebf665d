#!/usr/bin/env python3
"""tidy.py must catch what it is there to catch: each rule is shown a tree that breaks it."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TIDY = Path(__file__).with_name("tidy.py")


def run(files, *rules):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        subprocess.run(["git", "init", "-q", folder], check=True)
        subprocess.run(["git", "-C", folder, "add", "."], check=True)
        done = subprocess.run([sys.executable, TIDY, folder, *rules], capture_output=True, text=True)
        return done.returncode, done.stdout


class TidyTest(unittest.TestCase):
    def test_an_upward_include_is_refused_and_a_downward_one_is_not(self):
        code, out = run({"base/a.h": '#include "http/b.h"\n', "http/b.h": '#include "base/c.h"\n', "base/c.h": ""},
                        "layers")
        self.assertEqual(code, 1)
        self.assertEqual(out, "base/a.h:1: the layer base may not include http/b.h\n")

    def test_services_never_include_each_other(self):
        code, out = run({"dns_router/a.cc": '#include "control_plane/b.h"\n', "control_plane/b.h": ""}, "layers")
        self.assertEqual(code, 1)

    def test_v8_stays_in_the_runtime(self):
        code, out = run({"edge_node/shard/a.cc": "#include <v8.h>\n", "edge_node/runtime/b.cc": "#include <v8.h>\n"},
                        "layers")
        self.assertEqual(code, 1)
        self.assertIn("edge_node/shard/a.cc:1", out)
        self.assertNotIn("edge_node/runtime", out.split(":")[0])

    def test_long_files_and_functions_are_refused(self):
        body = "".join(f"  Step{i}();\n" for i in range(71))
        self.assertEqual(run({"base/a.cc": "void F() {\n" + body + "}\n"}, "functions")[0], 1)
        self.assertEqual(run({"base/a.cc": "\n" * 901}, "sizes")[0], 1)
        self.assertEqual(run({"base/a.cc": "\n" * 900}, "sizes")[0], 0)

    def test_headers_define_their_noun(self):
        self.assertEqual(run({"base/a.h": "#pragma once\n"}, "headers")[0], 1)
        self.assertEqual(run({"base/a.h": "// A: what it is.\n#pragma once\n"}, "headers")[0], 0)

    def test_words_that_do_not_belong_are_refused(self):
        self.assertEqual(run({"a.md": "see /ro" + "ot/x\n"}, "words")[0], 1)


if __name__ == "__main__":
    unittest.main()
