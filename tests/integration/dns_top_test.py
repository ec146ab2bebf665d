#!/usr/bin/env python3
"""terrella dns top against a router under load: the numbers, and a terminal that is given back as it was.

Usage: dns_top_test.py   (TERRELLA_BIN and TERRELLA_SOURCE_DIR say where the programs and the data are)
"""
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest
from pathlib import Path

from dns_router_test import Router

TERRELLA = os.path.join(os.environ["TERRELLA_BIN"], "terrella")


class TopTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.router = Router(cls.folder.name)
        cls.admin = json.loads((Path(cls.folder.name) / "ready.json").read_text(encoding="utf-8"))["admin"]
        cls.stop = threading.Event()
        cls.load = threading.Thread(target=cls.ask)
        cls.load.start()

    @classmethod
    def tearDownClass(cls):
        cls.stop.set()
        cls.load.join()
        code, log = cls.router.close()
        cls.folder.cleanup()
        assert code == 0, log

    @classmethod
    def ask(cls):
        while not cls.stop.is_set():
            for _ in range(3):
                cls.router.ask("hello.edge.test", subnet="91.0.0.0/24")
            cls.router.ask("missing.edge.test")
            time.sleep(0.01)

    def top(self, *args, **more):
        return subprocess.run([TERRELLA, "dns", "top", "--router", self.admin, *args], capture_output=True, text=True,
                              timeout=60, check=False, **more)

    def test_tells_what_is_asked_as_json(self):
        done = self.top("--once", "--json", "--interval", "500ms")
        self.assertEqual(done.returncode, 0, done.stderr)
        rates = json.loads(done.stdout)
        self.assertEqual(rates["zone"], "edge.test")
        self.assertEqual(rates["routers"], ["dns-1"])
        self.assertGreater(rates["queries_per_s"], 0)
        self.assertAlmostEqual(rates["rcodes"]["NOERROR"], 3 * rates["rcodes"]["NXDOMAIN"],
                               delta=0.5 * rates["rcodes"]["NOERROR"])
        self.assertEqual([row["what"] for row in rates["names"]], ["hello.edge.test", "missing.edge.test"])
        self.assertEqual([row["what"] for row in rates["networks"]], ["127.0.0.0/24"])
        self.assertEqual(len(rates["cells"]), 1)
        self.assertEqual({node["node"] for node in rates["nodes"] if node["answers_per_s"] > 0}, {"FRA"})
        self.assertEqual({node["state"] for node in rates["nodes"]}, {"ready"})

    def test_prints_once_where_there_is_no_terminal(self):
        done = self.top("--interval", "300ms")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("\033", done.stdout)
        self.assertRegex(done.stdout, r"hello\.edge\.test +\d")
        self.assertRegex(done.stdout, r"FRA +0 % busy +\d")

    def test_json_is_an_object_a_line_until_interrupted(self):
        process = subprocess.Popen([TERRELLA, "dns", "top", "--router", self.admin, "--json", "-i", "100ms"],
                                   stdout=subprocess.PIPE, text=True)
        lines = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0)
        self.assertTrue(all(line["queries_per_s"] > 0 for line in lines))

    def on_terminal(self, columns, lines, act):
        """Runs it on a terminal of that size, and returns what it wrote before and after `act(pid, fd)`."""
        pid, fd = pty.fork()
        if pid == 0:
            os.environ["TERM"] = "xterm-256color"
            os.execv(TERRELLA, [TERRELLA, "dns", "top", "--router", self.admin, "--interval", "200ms"])
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        before = termios.tcgetattr(fd)
        text = self.read_until(fd, "hello.edge.test")
        self.assertNotEqual(termios.tcgetattr(fd)[3], before[3], "keys come one by one")
        act(pid, fd)
        rest = self.read_until(fd, None)
        _, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)
        os.close(fd)
        return text, rest

    @staticmethod
    def read_until(fd, word):
        text, deadline = "", time.monotonic() + 20
        while time.monotonic() < deadline and (word is None or word not in text):
            try:
                chunk = os.read(fd, 65536)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            text += chunk.decode(errors="replace")
        return text

    def test_gives_the_terminal_back(self):
        def resize(pid, fd):
            fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
            os.kill(pid, signal.SIGWINCH)
            self.assertIn("█", self.read_until(fd, "█"), "120 columns have bars")
            os.write(fd, b"q")

        ways = {"q": lambda pid, fd: os.write(fd, b"q"), "Ctrl-C": lambda pid, fd: os.write(fd, b"\x03"),
                "SIGTERM": lambda pid, fd: os.kill(pid, signal.SIGTERM), "resize": resize}
        for way, act in ways.items():
            with self.subTest(way):
                text, rest = self.on_terminal(80, 24, act)
                self.assertIn("\033[?1049h", text)
                self.assertIn("\033[?25l", text)
                self.assertTrue(rest.endswith("\033[?25h\033[?1049l"), rest[-40:])

    def test_says_what_is_wrong(self):
        for args, code, words in [(["--interval", "1ms"], 2, "100ms"), (["--router", "nowhere"], 2, "--router"),
                                  (["--router", "127.0.0.1:1"], 0, "1 of 2 routers do not answer")]:
            done = self.top(*args)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            self.assertIn(words, done.stdout + done.stderr)
        alone = subprocess.run([TERRELLA, "dns", "top", "--router", "127.0.0.1:1"], capture_output=True, text=True,
                               timeout=60, check=False)
        self.assertEqual(alone.returncode, 7, alone.stderr)


if __name__ == "__main__":
    unittest.main()
