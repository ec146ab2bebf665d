#!/usr/bin/env python3
"""What the RFCs demand of an authoritative server, a row a clause, asked by dnspython, dig, kdig, drill and delv.

Usage: dns_rfc_test.py [WORD...]   (TERRELLA_BIN and TERRELLA_SOURCE_DIR say where the program and the data are)

The rows are in dns_rfc_rows.py and dns_rfc_acts.py; with words, those alone whose RFC, section or demand has one.
Prints what failed and a table of rows and passes by tool; exits with 1 when anything failed.
"""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from dns_rfc_acts import ACTS  # noqa: E402
from dns_rfc_rows import ROWS, ZONE  # noqa: E402
from dns_rfc_table import TOOLS, run_row  # noqa: E402
from dns_router_test import NODES, Router, view_json  # noqa: E402

SECRET = base64.b64encode(b"a secret of thirty-two bytes !!!").decode()


class Server:
    """One router in one of its guises: plain, signed, keyed (transfers by TSIG), nobody (no node serves) and many (60 addresses)."""

    def __init__(self, folder, guise):
        self.folder = os.path.join(folder, guise)
        os.makedirs(self.folder)
        self.guise = guise
        self.secret = SECRET
        zone = self.write("edge.zone", ZONE)
        flags = ["--zone-file", zone, "--instance", "rfc-1", "--cookie-secrets", self.write("cookies", "e5e973e5a6b2a43f48e7dc849e37bfcf\n")]
        view = None
        if guise == "plain":
            self.certificate, key = (os.path.join(self.folder, name) for name in ("cert.pem", "key.pem"))
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-keyout", key, "-out", self.certificate, "-days", "2", "-subj", "/CN=dns.test", "-addext",
                            "subjectAltName=DNS:dns.test"], check=True, capture_output=True, timeout=60)
            flags += ["--https-alpn", "h2,h3", "--allow-transfer", "127.0.0.1", "--listen-tls", "127.0.0.1:0", "--listen-https", "127.0.0.1:0",
                      "--tls-certificate", self.certificate, "--tls-key", key]
            view = view_json({}, 20)
        elif guise == "signed":
            self.keys = os.path.join(self.folder, "keys.pem")
            flags += ["--dnssec-keys", self.keys]
        elif guise == "keyed":
            flags += ["--tsig-keys", self.write("tsig", f"hmac-sha256:xfr.key:{SECRET}\n")]
        elif guise == "nobody":
            view = view_json({name: "DOWN" for name, *_ in NODES})
        elif guise == "many":
            flags += ["--addresses", "60"]
            view = json.dumps({"zone": "edge.test", "serial": 1, "hostnames": ["hello.edge.test"], "nodes": [
                {"state": "NODE_STATE_READY", "info": {"id": f"N{i:02}", "address": f"127.16.0.{i + 1}"}} for i in range(60)]})
        self.router = Router(self.folder, *flags, view=view)
        self.port = self.router.port
        with open(self.router.ready, encoding="utf-8") as file:
            ready = json.load(file)
        self.tls_port, self.https_port = (int(ready[name].rsplit(":", 1)[1]) if name in ready else None for name in ("tls", "https"))

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def close(self):
        return self.router.close()


def main():
    rows = [row for row in ROWS + ACTS
            if not sys.argv[1:] or any(word in f"{row.rfc} {row.section} {row.demands}" for word in sys.argv[1:])]
    missing = [tool for tool in TOOLS[1:] + ("delv",) if shutil.which(tool) is None]
    if missing:
        print(f"not asked by {', '.join(missing)}: not installed (scripts/setup --test)")
    asked, passed, failed_rows = {}, {}, []
    servers = {}
    with tempfile.TemporaryDirectory() as folder:
        for row in rows:
            if row.server not in servers:
                servers[row.server] = Server(folder, row.server)
            ok = True
            for tool in row.askers():
                if tool in missing:
                    continue
                asked[tool] = asked.get(tool, 0) + 1
                try:
                    run_row(row, tool, servers[row.server])
                    passed[tool] = passed.get(tool, 0) + 1
                except Exception as error:  # whatever a row meets is its failure, and the next one's turn
                    ok = False
                    print(f"FAILED  RFC {row.rfc} section {row.section}: {row.demands}\n        {tool}: {type(error).__name__}: {error}")
            if not ok:
                failed_rows.append(row)
        for server in servers.values():
            code, log = server.close()
            if code != 0:
                print(f"FAILED  the {server.guise} server ended with {code}: {log}")
                failed_rows.append(None)
    print(f"{'asked by':12} {'rows':>6} {'passed':>6}")
    for tool in asked:
        print(f"{tool:12} {asked[tool]:6} {passed.get(tool, 0):6}")
    print(f"{'rows':12} {len(rows):6} {len(rows) - len([r for r in failed_rows if r]):6}   of {len({row.rfc for row in rows})} RFCs")
    sys.exit(1 if failed_rows else 0)


if __name__ == "__main__":
    main()
