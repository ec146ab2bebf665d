#!/usr/bin/env python3
"""Applications as npm has them (tests/apps), unchanged, each on a real node.

The packages are fetched once into the build folder. Exit code 77, "skipped", when npm cannot fetch them.
"""
import http.client
import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from one_node import BIN, OneNode

SOURCES = Path(os.environ["TERRELLA_SOURCE_DIR"]) / "tests" / "apps"
HOME = BIN.parent / "npm_apps"
SKIPPED = 77


def install():
    """The applications beside their packages; fetches only when package.json changed."""
    wanted = (SOURCES / "package.json").read_text()
    done = HOME / "installed.json"
    if not done.exists() or done.read_text() != wanted:
        shutil.rmtree(HOME, ignore_errors=True)
        HOME.mkdir(parents=True)
        shutil.copy(SOURCES / "package.json", HOME)
        words = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
        try:
            ran = subprocess.run(words, cwd=HOME, capture_output=True, text=True, timeout=240)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        if ran.returncode != 0:
            return ran.stderr
        done.write_text(wanted)
    shutil.copytree(SOURCES, HOME, dirs_exist_ok=True)
    return ""


def ask(node, path, method="GET", body=None, headers=None):
    connection = http.client.HTTPConnection(*node.address, timeout=20)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        response.text = response.read().decode()
        return response
    finally:
        connection.close()


class NpmApps(unittest.TestCase):
    def test_hono_with_jwt_and_middleware(self):
        with OneNode(HOME / "hono") as node:
            home = ask(node, "/")
            self.assertEqual((home.status, home.text), (200, "Hello Hono"))
            self.assertEqual(home.headers["access-control-allow-origin"], "*")
            again = ask(node, "/", headers={"if-none-match": home.headers["etag"]})
            self.assertEqual((again.status, again.text), (304, ""))
            token = ask(node, "/token").text
            me = ask(node, "/auth/me", headers={"authorization": f"Bearer {token}"})
            self.assertEqual(json.loads(me.text), {"sub": "ada"})
            self.assertEqual(ask(node, "/auth/me").status, 401)
            forged = token[:-4] + ("AAAA" if not token.endswith("AAAA") else "BBBB")
            self.assertEqual(ask(node, "/auth/me", headers={"authorization": f"Bearer {forged}"}).status, 401)
            self.assertEqual(ask(node, "/stream").text, "0;1;2;")
            self.assertEqual(ask(node, "/nowhere").status, 404)

    def test_hono_reads_a_form_with_a_file(self):
        form = ('--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nAda\r\n'
                '--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
                'Content-Type: text/plain\r\n\r\nhello\r\n--x--\r\n')
        with OneNode(HOME / "hono") as node:
            answer = ask(node, "/form", "POST", form, {"content-type": "multipart/form-data; boundary=x"})
            self.assertEqual(json.loads(answer.text), {"name": "Ada", "file": ["a.txt", "text/plain", "hello"]})

    def test_itty_router(self):
        with OneNode(HOME / "itty") as node:
            self.assertEqual(json.loads(ask(node, "/hello/Ada").text), {"hello": "Ada"})
            self.assertEqual(json.loads(ask(node, "/echo", "POST", '{"a":[1]}').text), {"a": [1]})
            tea = ask(node, "/tea")
            self.assertEqual((tea.status, json.loads(tea.text)["error"]), (418, "tea"))
            self.assertEqual(ask(node, "/nowhere").status, 404)

    def test_jose_signs_and_encrypts(self):
        with OneNode(HOME / "jose") as node:
            answer = ask(node, "/")
            self.assertEqual(json.loads(answer.text), [
                "HS256", "RS256", "PS256", "ES256", "ES384", "EdDSA", "RSA-OAEP-256", "ECDH-ES+A128KW", "dir", 43])

    def test_a_page_that_react_renders_as_a_stream(self):
        with OneNode(HOME / "react") as node:
            page = ask(node, "/shop")
            self.assertEqual(page.status, 200)
            self.assertIn("<h1>/shop</h1>", page.text)
            self.assertLess(page.text.index("<i>wait</i>"), page.text.index("<b>slow part</b>"))

    def test_zod_in_typescript(self):
        with OneNode(HOME / "zod") as node:
            good = ask(node, "/", "POST", '{"name":"Ada","age":36,"more":1}')
            self.assertEqual((good.status, json.loads(good.text)), (200, {"name": "Ada", "age": 36}))
            bad = ask(node, "/", "POST", '{"name":"A","age":-1}')
            self.assertEqual((bad.status, [i["path"] for i in json.loads(bad.text)]), (400, [["name"], ["age"]]))

    def test_a_static_site_by_kv_asset_handler(self):
        with OneNode(HOME / "site") as node:
            home = ask(node, "/")
            self.assertEqual((home.status, home.text), (200, "<h1>Home</h1>\n"))
            self.assertTrue(home.headers["content-type"].startswith("text/html"), home.headers["content-type"])
            css = ask(node, "/css/main.css")
            self.assertEqual((css.status, css.headers["content-type"].split(";")[0]), (200, "text/css"))
            self.assertEqual(ask(node, "/nowhere").status, 404)


if __name__ == "__main__":
    why = install()
    if why:
        print(f"SKIPPED: npm could not fetch what tests/apps/package.json names:\n{why}")
        sys.exit(SKIPPED)
    unittest.main()
