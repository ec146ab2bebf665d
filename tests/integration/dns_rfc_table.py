"""The words of the table of RFC clauses (dns_rfc_rows.py): what is asked, what is demanded, who asks.

A Row is one clause: its RFC and section, the demand in our words, a question, and what the answer must be.
A question that every tool can ask is asked by all of them: the answers are brought to one form, Reply. What
only bytes can say (malformed messages, options, connections) is asked by this file's own socket or by a
function of the row.
"""
import fnmatch
import re
import socket
import struct
import subprocess
from dataclasses import dataclass, field
from typing import Any, Callable, Optional

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from dns_router_test import read_message

TOOLS = ("dnspython", "dig", "kdig", "drill")


@dataclass(frozen=True)
class Ask:
    """A question. `edns`: None for none, else the version; `raw`: the message instead, from its whole bytes."""
    name: str = "www.edge.test"
    rdtype: str = "A"
    rdclass: str = "IN"
    rd: bool = True
    cd: bool = False
    edns: Optional[int] = None
    payload: int = 1232
    do: bool = False
    options: tuple = ()
    tcp: bool = False
    raw: Optional[Callable[[bytes], bytes]] = None

    def message(self):
        query = dns.message.make_query(self.name, self.rdtype, self.rdclass, use_edns=-1 if self.edns is None else self.edns,
                                       payload=self.payload, want_dnssec=False, options=list(self.options), id=0x2a17)
        query.flags = (dns.flags.RD if self.rd else 0) | (dns.flags.CD if self.cd else 0)
        if self.do:
            query.want_dnssec(True)
        return query

    def wire(self):
        wire = self.message().to_wire()
        return self.raw(wire) if self.raw else wire


@dataclass
class Reply:
    """An answer in the form all tools can be brought to. Records: (owner, TTL, type, content), in lower case, unquoted."""
    rcode: str = ""
    flags: set = field(default_factory=set)
    answer: list = field(default_factory=list)
    authority: list = field(default_factory=list)
    additional: list = field(default_factory=list)
    wire: bytes = b""  # by our own socket alone
    message: Any = None  # likewise, when dnspython can read it

    def option(self, code):
        found = [o for o in self.message.options if int(o.otype) == code]
        assert len(found) <= 1, f"option {code} comes {len(found)} times"
        return found[0] if found else None


SILENCE = "silence"


@dataclass(frozen=True)
class Says:
    """What an answer must be. Records are patterns "owner type content"; None: not looked at."""
    rcode: str = "NOERROR"
    aa: Optional[bool] = None
    tc: Optional[bool] = False
    answer: Optional[list] = None
    authority: Optional[list] = None
    additional: Optional[list] = None
    also: Optional[Callable[[Reply], None]] = None  # of our own socket's answer

    def check(self, reply):
        assert reply.rcode == self.rcode, f"code {reply.rcode}, expected {self.rcode}"
        for flag, wanted in (("aa", self.aa), ("tc", self.tc), ("ra", False), ("ad", False)):
            assert wanted is None or (flag in reply.flags) == wanted, f"flag {flag} is {flag in reply.flags}"
        for section in ("answer", "authority", "additional"):
            wanted = getattr(self, section)
            if wanted is not None:
                match(section, wanted, [f"{o} {t} {c}" for o, _, t, c in getattr(reply, section) if t != "opt"])
        if self.also and reply.message is not None:
            self.also(reply)


def match(section, patterns, found):
    """Every record has its pattern, and every pattern its record."""
    left = list(found)
    for pattern in patterns:
        hit = next((item for item in left if fnmatch.fnmatchcase(item, pattern.lower())), None)
        assert hit is not None, f"{section}: no '{pattern}' in {found}"
        left.remove(hit)
    assert not left, f"{section}: {left} was not expected"


@dataclass(frozen=True)
class Row:
    rfc: str
    section: str
    demands: str
    ask: Any  # Ask, or a function of the server that asserts by itself
    says: Any = None  # Says, or SILENCE
    server: str = "plain"
    tools: tuple = TOOLS  # who asks, when the question is an Ask that all can ask

    def askers(self):
        if not isinstance(self.ask, Ask):
            return ("dnspython",) if self.tools is TOOLS else self.tools
        simple = self.ask.raw is None and not self.ask.options and self.ask.edns in (None, 0) and self.says != SILENCE
        return self.tools if simple else ("dnspython",)


def exchange(port, wire, tcp=False, timeout=5.0, source=None):
    """The raw answer; None when there is none."""
    if tcp:
        with socket.create_connection(("127.0.0.1", port), timeout=timeout) as sock:
            sock.sendall(struct.pack("!H", len(wire)) + wire)
            return read_message(sock)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(timeout)
        if source:
            sock.bind((source, 0))
        sock.connect(("127.0.0.1", port))  # what comes from elsewhere is not received (RFC 2181 section 4)
        sock.send(wire)
        try:
            return sock.recv(65535)
        except TimeoutError:
            return None


def normal(text):
    return re.sub(r"\s+", " ", text.replace('"', "")).strip().lower()


def reply_of(wire):
    reply = Reply(wire=wire)
    if wire[2] >> 3 & 0xf not in (0, 4):  # dnspython reads no others
        reply.rcode = dns.rcode.to_text(wire[3] & 0xf)
        return reply
    message = dns.message.from_wire(wire, ignore_trailing=False)
    reply.message = message
    reply.rcode = dns.rcode.to_text(message.rcode())
    reply.flags = set(dns.flags.to_text(message.flags).lower().split())
    for section in ("answer", "authority", "additional"):
        for rrset in getattr(message, section):
            for rdata in rrset:
                getattr(reply, section).append((normal(rrset.name.to_text()), rrset.ttl,
                                                dns.rdatatype.to_text(rrset.rdtype).lower(), normal(rdata.to_text())))
    return reply


def command(tool, port, ask):
    """The tool's way to ask the same."""
    name = ask.name if ask.name.endswith(".") else ask.name + "."
    if tool == "drill":
        out = ["drill", "-p", str(port), "-o", "RD" if ask.rd else "rd", "-o", "CD" if ask.cd else "cd"]
        out += ["-t"] if ask.tcp else ["-u"]
        if ask.edns is not None:
            out += ["-b", str(ask.payload)]
        if ask.do:
            out += ["-D"]
        return out + [name, "@127.0.0.1", ask.rdtype, ask.rdclass]
    out = [tool, "@127.0.0.1", "-p", str(port), "-t", ask.rdtype, "-c", ask.rdclass, "-q", name]
    out += ["+tries=1", "+noadflag", "+nocookie"] if tool == "dig" else ["+retry=0"]
    out += ["+ignore", "+rdflag" if ask.rd else "+nordflag", "+cdflag" if ask.cd else "+nocdflag"]
    out += ["+tcp"] if ask.tcp else ["+notcp"]
    out += ["+noedns"] if ask.edns is None and not ask.do else [f"+edns={ask.edns or 0}", f"+bufsize={ask.payload}"]
    return out + (["+dnssec"] if ask.do else ["+nodnssec"])


HEADER = re.compile(r"opcode: \w+[,;] (?:status|rcode): (\w+)")
FLAGS = re.compile(r";; flags: ([a-z ]*);", re.IGNORECASE)
SECTION = re.compile(r";; (ANSWER|AUTHORITY|ADDITIONAL) SECTION", re.IGNORECASE)


def ask_by_tool(tool, port, ask):
    run = subprocess.run(command(tool, port, ask), capture_output=True, text=True, timeout=30, check=False)
    out = run.stdout
    header, flags = HEADER.search(out), FLAGS.search(out)
    assert header and flags, f"{tool} got no answer: {out or run.stderr}"
    for complaint in ("malformed", "WARNING: Message", "WARNING: unexpected", "Got bad packet"):
        assert complaint not in out, f"{tool}: {complaint}"
    reply = Reply(rcode=header[1].upper(), flags=set(flags[1].lower().split()))
    section = None
    for line in out.splitlines():
        if line.startswith(";"):
            found = SECTION.match(line)
            section = getattr(reply, found[1].lower()) if found else (section if line.startswith("; ") else None)
            continue
        parts = line.split(None, 4)
        if section is not None and len(parts) == 5 and parts[1].isdigit():
            section.append((normal(parts[0]), int(parts[1]), parts[3].lower(), normal(parts[4])))
    return reply


def run_row(row, tool, server):
    """Raises AssertionError with what was wrong."""
    if not isinstance(row.ask, Ask):
        row.ask(server)
        return
    if tool != "dnspython":
        row.says.check(ask_by_tool(tool, server.port, row.ask))
        return
    wire = row.ask.wire()
    if row.says == SILENCE:
        answer = exchange(server.port, wire, timeout=0.5)
        assert answer is None, f"answered {answer.hex()}"
        assert exchange(server.port, Ask().wire()) is not None, "and then to nobody"
        return
    answer = exchange(server.port, wire, tcp=row.ask.tcp)
    assert answer is not None, "no answer"
    assert answer[:2] == wire[:2], "another id"
    assert answer[2] & 0x80, "QR is clear"
    limit = 65535 if row.ask.tcp else 512 if row.ask.edns is None else max(512, min(1232, row.ask.payload))
    assert len(answer) <= limit, f"{len(answer)} bytes, expected {limit} at most"
    row.says.check(reply_of(answer))
