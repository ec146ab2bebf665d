"""Clauses that need more than a question by UDP: connections, TLS, transfers, keys, signatures."""
import base64
import http.client
import os
import socket
import ssl
import struct
import subprocess
import time

import dns.dnssec
import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsigkeyring
import dns.zone

from dns_rfc_rows import behind, error_is, header_byte, opt, option, with_options
from dns_rfc_table import Ask, Row, Says, exchange, reply_of
from dns_router_test import read_message

ZONE = dns.name.from_text("edge.test")
CO = 0x4000  # compact answers OK (RFC 9824 section 5.1)


def framed(wire):
    return struct.pack("!H", len(wire)) + wire


def numbered(i, name="www.edge.test", rdtype="A"):
    return dns.message.make_query(name, rdtype, id=i).to_wire()


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


# TCP (RFC 7766, 7828).
def pipelines(server):
    with connect(server) as sock:
        sock.sendall(b"".join(framed(numbered(i)) for i in range(1, 33)))
        assert sorted(struct.unpack("!H", read_message(sock)[:2])[0] for _ in range(32)) == list(range(1, 33))


def takes_pieces(server):
    with connect(server) as sock:
        for byte in framed(numbered(7)):
            sock.send(bytes([byte]))
        assert read_message(sock)[:2] == b"\0\7"


def stays_open(server):
    with connect(server) as sock:
        for i in (1, 2, 3):
            sock.sendall(framed(numbered(i)))
            assert read_message(sock)[:2] == struct.pack("!H", i)
            time.sleep(0.2)


def answers_after_half_close(server):
    with connect(server) as sock:
        sock.sendall(framed(numbered(9)))
        sock.shutdown(socket.SHUT_WR)
        assert read_message(sock)[:2] == b"\0\x09"
        assert sock.recv(1) == b""


def answers_the_next_after_an_error(server):
    with connect(server) as sock:
        sock.sendall(framed(numbered(1) + b"junk") + framed(numbered(2)))
        assert read_message(sock)[3] & 0xf == dns.rcode.FORMERR
        assert read_message(sock)[:2] == b"\0\2"


def same_by_both(server):
    for name, rdtype in (("www.edge.test", "A"), ("nothing.edge.test", "A"), ("sub.edge.test", "A"), ("edge.test", "MX")):
        wire = numbered(5, name, rdtype)
        assert exchange(server.port, wire) == exchange(server.port, wire, tcp=True), name


def keepalive_is(reply):
    data = reply.option(11).data
    assert len(data) == 2 and struct.unpack("!H", data)[0] == 100, data  # 10 s in units of 100 ms


def tcp(ask):
    return Ask(ask.name, ask.rdtype, raw=ask.raw, tcp=True)


# Client subnets that dnspython does not read (RFC 7871).
def family_zero(server):
    content = b"\0\x08\0\4\0\0\0\0"
    answer = exchange(server.port, with_options(content).wire())
    assert answer[3] & 0xf == 0 and content in answer and answer[6:8] == b"\0\1", answer


# TLS (RFC 7858, 8467).
def tls(server, alpn=("dot",)):
    context = ssl.create_default_context(cafile=server.certificate)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    plain = socket.create_connection(("127.0.0.1", server.tls_port), timeout=10)
    return context.wrap_socket(plain, server_hostname="dns.test")


def over_tls(server, wire, alpn=("dot",)):
    with tls(server, alpn) as sock:
        sock.sendall(framed(wire))
        return read_message(sock)


def tls_of_1_2_fails(server):
    """No connection that a transfer could be asked for on."""
    context = ssl.create_default_context(cafile=server.certificate)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", server.tls_port), timeout=10) as plain:
        try:
            with context.wrap_socket(plain, server_hostname="dns.test") as sock:
                raise AssertionError(sock.version())
        except ssl.SSLError as error:
            assert "PROTOCOL_VERSION" in str(error), error
    with tls(server) as sock:
        assert sock.version() == "TLSv1.3", sock.version()


def tls_answers(server):
    assert reply_of(over_tls(server, numbered(3))).rcode == "NOERROR"


def tls_says_dot(server):
    with tls(server) as sock:
        assert sock.selected_alpn_protocol() == "dot"
        assert sock.version() in ("TLSv1.2", "TLSv1.3")


def tls_without_alpn(server):
    assert reply_of(over_tls(server, numbered(3), alpn=())).rcode == "NOERROR"


def tls_goes_on(server):
    with tls(server) as sock:
        sock.sendall(b"".join(framed(numbered(i)) for i in range(1, 9)))
        for i in range(1, 9):
            assert read_message(sock)[:2] == struct.pack("!H", i)


def tls_pads(server):
    for name in ("www.edge.test", "nothing.edge.test", "bigger.edge.test"):
        query = dns.message.make_query(name, "TXT", use_edns=0, options=[dns.edns.GenericOption(12, b"\0" * 20)])
        size = len(over_tls(server, query.to_wire()))
        assert size % 468 == 0, (name, size)


def tls_of_kdig(server):
    out = subprocess.run(["kdig", "@127.0.0.1", "-p", str(server.tls_port), "+tls-ca=" + server.certificate, "+tls-hostname=dns.test",
                          "+padding", "+nsid", "www.edge.test"], capture_output=True, text=True, timeout=30, check=True).stdout
    assert "192.0.2.80" in out and "PADDING" in out and "rfc-1" in out, out


def tls_pads_not(server):
    answer = reply_of(over_tls(server, dns.message.make_query("www.edge.test", "A", use_edns=0).to_wire()))
    assert answer.option(12) is None


# HTTPS (RFC 8484).
MEDIA_TYPE = "application/dns-message"


def over_https(server, wire, method="GET", media_type=MEDIA_TYPE, address=None, host="dns.test"):
    """(status, headers, body) of one request."""
    context = ssl.create_default_context(cafile=server.certificate)
    with socket.create_connection(("127.0.0.1", server.https_port), timeout=10) as plain, \
         context.wrap_socket(plain, server_hostname=host) as sock:
        connection = http.client.HTTPConnection("127.0.0.1", server.https_port)
        connection.sock = sock
        if method == "GET":
            text = base64.urlsafe_b64encode(wire).rstrip(b"=").decode()
            connection.request("GET", address or f"/dns-query?dns={text}", headers={"accept": MEDIA_TYPE, "host": host})
        else:
            connection.request(method, address or "/dns-query", body=wire, headers={"content-type": media_type, "host": host})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def https_answers(method):
    def act(server):
        status, headers, body = over_https(server, numbered(0), method)
        assert status == 200 and headers["content-type"] == MEDIA_TYPE, (status, headers)
        reply = reply_of(body)
        assert reply.rcode == "NOERROR" and len(reply.answer) == 2 and body[:2] == b"\0\0"
    return act


def https_is_fresh_for_the_ttl(server):
    for name, rdtype, ttl in (("www.edge.test", "A", 300), ("hello.edge.test", "A", 5), ("nothing.edge.test", "A", 300)):
        status, headers, _ = over_https(server, numbered(0, name, rdtype))
        assert status == 200 and f"max-age={ttl}" in headers["cache-control"].split(", "), (name, headers)


def https_answers_are_whole(server):
    _, _, body = over_https(server, numbered(0, "bigger.edge.test", "TXT"))
    reply = reply_of(body)
    assert "tc" not in reply.flags and len(reply.answer) == 1 and len(body) > 1232


def https_error_of_dns_is_200(server):
    status, headers, body = over_https(server, numbered(0, "www.example.com"))
    assert status == 200 and reply_of(body).rcode == "REFUSED"


def https_says(status, **how):
    def act(server):
        found = over_https(server, numbered(0), **how)[0]
        assert found == status, found
    return act


def https_of_kdig(server):
    out = subprocess.run(["kdig", "@127.0.0.1", "-p", str(server.https_port), "+https", "+tls-ca=" + server.certificate,
                          "+tls-hostname=dns.test", "www.edge.test"], capture_output=True, text=True, timeout=30, check=True).stdout
    assert "192.0.2.80" in out and "HTTP/2" in out, out


# Transfers (RFC 5936, 1995, 1996, 1982, 9103).
def transfer(server, rdtype="AXFR", serial=None, name="edge.test", use_edns=None, send=None):
    """All messages of one transfer, until the SOA closes it."""
    query = dns.message.make_query(name, rdtype, id=0x77, use_edns=use_edns)
    if serial is not None:
        query.authority.append(dns.rrset.from_text(name + ".", 0, "IN", "SOA", f". . {serial} 0 0 0 0"))
    messages, soas = [], 0
    with connect(server) as sock:
        (send or sock.sendall)(framed(query.to_wire()))
        while soas < 2:
            wire = read_message(sock)
            messages.append(dns.message.from_wire(wire, one_rr_per_rrset=True, xfr=True))
            assert messages[-1].id == 0x77
            records = [rrset for rrset in messages[-1].answer]
            soas += sum(1 for rrset in records if rrset.rdtype == dns.rdatatype.SOA)
            if messages[-1].rcode() != 0 or len(records) <= 1:
                break
    return messages


def records_of(messages):
    return [rrset for message in messages for rrset in message.answer]


def axfr_is_between_soas(server):
    records = records_of(transfer(server))
    assert records[0].rdtype == records[-1].rdtype == dns.rdatatype.SOA and records[0] == records[-1]
    assert sum(1 for r in records if r.rdtype == dns.rdatatype.SOA) == 2
    texts = [r.to_text() for r in records[1:]]
    assert len(set(texts)) == len(texts), "a record comes twice"


def axfr_has_glue_and_cuts(server):
    texts = {f"{r.name} {dns.rdatatype.to_text(r.rdtype)}" for r in records_of(transfer(server))}
    for wanted in ("sub.edge.test. NS", "sub.edge.test. DS", "ns.sub.edge.test. A", "*.wild.edge.test. TXT", "alias.edge.test. CNAME",
                   "unknown.edge.test. TYPE4711", "hello.edge.test. A"):
        assert wanted in texts, wanted


def axfr_has_its_header(server):
    first = transfer(server)[0]
    assert first.flags & dns.flags.AA and first.flags & dns.flags.QR and not first.flags & (dns.flags.TC | dns.flags.RA)
    assert first.question and first.question[0].rdtype == dns.rdatatype.AXFR
    assert not first.authority


def axfr_has_an_opt(server):
    assert transfer(server, use_edns=0)[0].edns == 0
    assert transfer(server)[0].edns == -1


def axfr_of_a_name_below(server):
    assert transfer(server, name="www.edge.test")[0].rcode() == dns.rcode.NOTAUTH


def axfr_for_others(server):
    wire = dns.message.make_query("edge.test", "AXFR", use_edns=0).to_wire()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10, source_address=("127.0.0.2", 0)) as sock:
        sock.sendall(framed(wire))
        reply = reply_of(read_message(sock))
    assert reply.rcode == "REFUSED"
    error_is(18)(reply)


def axfr_and_then_a_question(server):
    with connect(server) as sock:
        sock.sendall(framed(dns.message.make_query("edge.test", "AXFR", id=1).to_wire()) + framed(numbered(2)))
        ids = [struct.unpack("!H", read_message(sock)[:2])[0] for _ in range(2)]
    assert ids == [1, 2], ids


def axfr_keeps_case(server):
    """The question's letters are the client's, the zone's are its own."""
    query = dns.message.make_query("EDGE.test", "AXFR", id=0x77)
    with connect(server) as sock:
        sock.sendall(framed(query.to_wire()))
        message = dns.message.from_wire(read_message(sock), xfr=True, one_rr_per_rrset=True)
    assert message.question[0].name.to_text() == "EDGE.test."
    assert all("EDGE" not in rrset.name.to_text() for rrset in message.answer)


def axfr_over_tls(server):
    answer = dns.message.from_wire(over_tls(server, dns.message.make_query("edge.test", "AXFR").to_wire()), xfr=True)
    assert answer.rcode() == 0 and answer.answer


def ixfr_sends(serial, count):
    def act(server):
        records = records_of(transfer(server, "IXFR", serial))
        if count == 1:
            assert len(records) == 1 and records[0].rdtype == dns.rdatatype.SOA, records
        else:
            assert len(records) > 10 and records[0] == records[-1] and records[1].rdtype != dns.rdatatype.SOA
    return act


def ixfr_without_soa(server):
    assert transfer(server, "IXFR")[0].rcode() == dns.rcode.FORMERR


def zone_of(server, **keys):
    return dns.zone.from_xfr(dns.query.xfr("127.0.0.1", ZONE, port=server.port, relativize=False, lifetime=20, **keys), relativize=False)


def axfr_is_the_zone(server):
    """Every record of a transfer is what a question for it is answered, but for what is steered or delegated."""
    compared = 0
    for name, rdataset in zone_of(server).iterate_rdatasets():
        text = name.to_text()
        if ".sub.edge.test." in "." + text or text.startswith(("hello", "insecure", "*.")) or "*.wild" in text:
            continue
        query = dns.message.make_query(name, rdataset.rdtype)
        answer = dns.query.tcp(query, "127.0.0.1", port=server.port, timeout=10)
        assert any(rrset.rdtype == rdataset.rdtype and rrset.to_rdataset() == rdataset and rrset.ttl == rdataset.ttl
                   for rrset in answer.answer), (text, rdataset)
        compared += 1
    assert compared > 25, compared


# TSIG (RFC 8945).
def keyring(server, name="xfr.key", secret=None, algorithm="hmac-sha256"):
    return dns.tsigkeyring.from_text({name: (algorithm, secret or server.secret)})


def signed(server, rdtype="SOA", now=None, mac_bytes=None, fudge=300, edns=None, **key):
    """The answer to a signed question, as it is."""
    query = dns.message.make_query("edge.test", rdtype, id=0x55, use_edns=edns)
    query.use_tsig(keyring(server, **key), fudge=fudge)
    real = time.time
    try:
        if now is not None:
            time.time = lambda: now
        wire = bytearray(query.to_wire())
    finally:
        time.time = real
    if mac_bytes is not None:  # cut, with every length set right
        at = wire.index(b"\x0bhmac-sha256\0") + 13 + 8
        old = struct.unpack("!H", wire[at:at + 2])[0]
        wire[at:at + 2] = struct.pack("!H", mac_bytes)
        del wire[at + 2 + mac_bytes:at + 2 + old]
        length = wire.index(b"\x0bhmac-sha256\0") - 2
        wire[length:length + 2] = struct.pack("!H", len(wire) - length - 2)
    return exchange(server.port, bytes(wire), tcp=rdtype == "AXFR")


def tsig_of(wire):
    """Code and TSIG error of an answer, and the size of its MAC, by hand."""
    at = wire.rindex(b"\x0bhmac-sha256\0") + 13
    mac = struct.unpack("!H", wire[at + 8:at + 10])[0]
    error, other = struct.unpack("!HH", wire[at + 12 + mac:at + 16 + mac])
    return wire[3] & 0xf, error, mac, other


def tsig_says(rcode, error, mac, other=0, **how):
    def act(server):
        found = tsig_of(signed(server, **how))
        assert found == (rcode, error, mac, other), found
    return act


def tsig_echoes_the_fudge(server):
    wire = signed(server, now=time.time() - 100, fudge=30)
    assert tsig_of(wire) == (9, 18, 32, 6), tsig_of(wire)
    at = wire.rindex(b"\x0bhmac-sha256\0") + 13
    assert struct.unpack("!H", wire[at + 6:at + 8])[0] == 30


def tsig_error_has_opt(server):
    wire = signed(server, edns=0, name="no.key")
    assert wire[10:12] == b"\0\2" and b"\0\0\x29" in wire, wire
    assert signed(server, name="no.key")[10:12] == b"\0\1"


def tsig_is_signed(server):
    query = dns.message.make_query("edge.test", "SOA")
    query.use_tsig(keyring(server))
    for how in (dns.query.udp, dns.query.tcp):
        answer = how(query, "127.0.0.1", port=server.port, timeout=10)  # raises when the answer is not signed right
        assert answer.had_tsig and answer.answer[0].rdtype == dns.rdatatype.SOA


def tsig_signs_transfers(server):
    assert len(list(zone_of(server, keyring=keyring(server)).iterate_rdatas())) > 20


def tsig_is_needed(server):
    assert transfer(server)[0].rcode() == dns.rcode.REFUSED


def tsig_of_dig(server):
    out = subprocess.run(["dig", "@127.0.0.1", "-p", str(server.port), "-y", f"hmac-sha256:xfr.key:{server.secret}", "+tcp", "edge.test", "AXFR"],
                         capture_output=True, text=True, timeout=30, check=True).stdout
    assert "Couldn't verify" not in out and "hello.edge.test." in out, out


def tsig_of_kdig(server):
    out = subprocess.run(["kdig", "@127.0.0.1", "-p", str(server.port), "-y", f"hmac-sha256:xfr.key:{server.secret}", "edge.test", "AXFR"],
                         capture_output=True, text=True, timeout=30, check=True)
    assert "hello.edge.test." in out.stdout and "WARNING" not in out.stdout + out.stderr, out


def tsig_error_is_malformed(server):
    """A MAC shorter than half the digest is a format error (section 5.2.2.1)."""
    assert signed(server, mac_bytes=12)[3] & 0xf == dns.rcode.FORMERR


# Signatures (RFC 4034, 4035, 9824).
def ask(server, name, rdtype, do=True, ednsflags=0, **more):
    query = dns.message.make_query(name, rdtype, use_edns=0, payload=1232, **more)
    query.ednsflags = (dns.flags.DO if do else 0) | ednsflags
    return dns.message.from_wire(exchange(server.port, query.to_wire()))


def keys_of(server):
    answer = ask(server, "edge.test", "DNSKEY")
    return {ZONE: next(rrset for rrset in answer.answer if rrset.rdtype == dns.rdatatype.DNSKEY)}


def signed_sets(server, name, rdtype, section="answer", **more):
    """The sets of a section, each with its valid signature."""
    rrsets = getattr(ask(server, name, rdtype, **more), section)
    out = []
    for rrset in rrsets:
        if rrset.rdtype == dns.rdatatype.RRSIG:
            continue
        rrsig = next((r for r in rrsets if r.rdtype == dns.rdatatype.RRSIG and r.covers == rrset.rdtype and r.name == rrset.name), None)
        assert rrsig is not None, f"{rrset.name} {rrset.rdtype} is not signed"
        dns.dnssec.validate(rrset, rrsig, keys_of(server))
        out.append((rrset, rrsig[0], rrsig))
    assert out, "nothing to check"
    return out


def validates(name, rdtype, section="answer"):
    def act(server):
        signed_sets(server, name, rdtype, section)
    return act


def rrsig_has_its_fields(server):
    rrset, rrsig, sigs = signed_sets(server, "www.edge.test", "A")[0]
    now = time.time()
    assert rrsig.signer == ZONE and rrsig.algorithm == 13 and rrsig.labels == 3
    assert rrsig.original_ttl == rrset.ttl == sigs.ttl
    assert rrsig.inception < now < rrsig.expiration


def wildcard_counts_as_it_is_signed(server):
    """What is synthesized is signed as a name of its own: as many labels as the name has (section 3.1.3)."""
    for rrset, rrsig, _ in signed_sets(server, "q.wild.edge.test", "TXT"):
        assert rrsig.labels == len(rrset.name.labels) - 1


def no_signatures_without_do(server):
    answer = ask(server, "www.edge.test", "A", do=False)
    assert all(rrset.rdtype != dns.rdatatype.RRSIG for rrset in answer.answer + answer.authority + answer.additional)


def nsec_of(server, name, rdtype, **more):
    answer = ask(server, name, rdtype, **more)
    nsec = next(rrset for rrset in answer.authority if rrset.rdtype == dns.rdatatype.NSEC)
    types = {window * 256 + byte * 8 + bit for window, bitmap in nsec[0].windows for byte, value in enumerate(bitmap)
             for bit in range(8) if value & 0x80 >> bit}
    return answer, nsec, types


def nsec_denies_the_type(server):
    answer, nsec, types = nsec_of(server, "www.edge.test", "AAAA")
    assert answer.rcode() == 0 and nsec.name == dns.name.from_text("www.edge.test")
    assert dns.rdatatype.A in types and dns.rdatatype.AAAA not in types and dns.rdatatype.CNAME not in types
    assert nsec[0].next == dns.name.from_text("\\000.www.edge.test")


def nsec_denies_the_name(server):
    answer, nsec, types = nsec_of(server, "nothing.edge.test", "A")
    assert answer.rcode() == dns.rcode.NOERROR
    assert types == {dns.rdatatype.RRSIG, dns.rdatatype.NSEC, 128}, types
    assert nsec.name == dns.name.from_text("nothing.edge.test")


def nxdomain_for_who_takes_it(server):
    assert ask(server, "nothing.edge.test", "A", ednsflags=CO).rcode() == dns.rcode.NXDOMAIN
    assert ask(server, "nothing.edge.test", "A", do=False).rcode() == dns.rcode.NXDOMAIN


def empty_name_has_no_types(server):
    _, _, types = nsec_of(server, "ent.edge.test", "A")
    assert types == {dns.rdatatype.RRSIG, dns.rdatatype.NSEC}, types


def nsec_ttl_is_the_negative_one(server):
    _, nsec, _ = nsec_of(server, "nothing.edge.test", "A")
    assert nsec.ttl == 300, nsec.ttl


def delegation_is_proven_insecure(server):
    answer, nsec, types = nsec_of(server, "x.insecure.edge.test", "A")
    assert not answer.flags & dns.flags.AA
    assert nsec.name == dns.name.from_text("insecure.edge.test")
    assert types == {dns.rdatatype.NS, dns.rdatatype.RRSIG, dns.rdatatype.NSEC}, types
    assert all(r.covers != dns.rdatatype.NS for r in answer.authority if r.rdtype == dns.rdatatype.RRSIG), "NS of a delegation is not signed"


def delegation_has_its_ds(server):
    answer = ask(server, "x.sub.edge.test", "A")
    covered = {r.covers for r in answer.authority if r.rdtype == dns.rdatatype.RRSIG}
    assert covered == {dns.rdatatype.DS}, covered
    assert any(r.rdtype == dns.rdatatype.DS for r in answer.authority)
    assert all(r.rdtype != dns.rdatatype.RRSIG for r in answer.additional), "glue is not signed"


def rrsig_for_who_asks(server):
    """Asked for by name, a signature comes without DO; one set's is enough, as for ANY."""
    for do in (True, False):
        answer = ask(server, "www.edge.test", "RRSIG", do=do)
        assert [rrset.rdtype for rrset in answer.answer] == [dns.rdatatype.RRSIG], answer
        assert answer.answer[0].name == dns.name.from_text("www.edge.test") and not answer.authority


def nsec_for_who_asks(server):
    answer = ask(server, "www.edge.test", "NSEC", do=False)
    assert [rrset.rdtype for rrset in answer.answer] == [dns.rdatatype.NSEC], answer
    signed_sets(server, "www.edge.test", "NSEC")


def nsec_of_a_signed_name_has_rrsig(server):
    for name in ("www.edge.test", "nothing.edge.test", "ent.edge.test", "edge.test"):
        for rdtype in ("TYPE65300", "DS", "NSEC3PARAM", "HINFO"):
            types = nsec_of(server, name, rdtype)[2]
            assert {dns.rdatatype.RRSIG, dns.rdatatype.NSEC} <= types, (name, rdtype, types)


def answers_fit(server):
    for name, rdtype in (("edge.test", "DNSKEY"), ("www.edge.test", "A"), ("nothing.edge.test", "A"), ("alias2.edge.test", "A")):
        query = dns.message.make_query(name, rdtype, use_edns=0, payload=512, want_dnssec=True)
        wire = exchange(server.port, query.to_wire())
        assert len(wire) <= 512, len(wire)
        answer = dns.message.from_wire(wire)
        if not answer.flags & dns.flags.TC:
            signed_sets(server, name, rdtype, "answer" if answer.answer else "authority")


def delv(*args, says):
    def act(server):
        anchor = os.path.join(server.folder, "anchor")
        key = next(iter(keys_of(server).values()))[0]
        with open(anchor, "w", encoding="utf-8") as file:
            file.write(f'trust-anchors {{ "edge.test." static-key {key.flags} {key.protocol} {key.algorithm} "{key.to_text().split(" ", 3)[3].replace(" ", "")}"; }};\n')
        run = subprocess.run(["delv", "@127.0.0.1", "-p", str(server.port), "-a", anchor, "+root=edge.test", *args],
                             capture_output=True, text=True, timeout=30, check=False)
        assert says in run.stdout + run.stderr, run.stdout + run.stderr
    return act


ACTS = [
    Row("7766", "6.2.1.1", "queries may come one behind the other", pipelines),
    Row("7766", "8", "a query may come in any pieces", takes_pieces),
    Row("7766", "6.2.3", "the connection stays open for more", stays_open),
    Row("7766", "6.2.4", "what came before the client's end is answered", answers_after_half_close),
    Row("7766", "7", "an error ends its message and not the connection", answers_the_next_after_an_error),
    Row("7766", "4", "answers by TCP are those by UDP", same_by_both),
    Row("7766", "5", "what is too long for UDP is whole by TCP", Ask("bigger.edge.test", "TXT", tcp=True), Says(aa=True, tc=False, answer=["bigger* txt *"])),
    Row("7828", "3.3.2", "the idle time for who asks by TCP", tcp(with_options(option(11), "www.edge.test")), Says(also=keepalive_is)),
    Row("7828", "3.2.1", "a client tells no time: format error", tcp(with_options(option(11, b"\0\1"), "www.edge.test")), Says("FORMERR")),
    Row("7871", "7.1.2", "family 0 of source 0 asks for no address' answer", family_zero),
    Row("7858", "3", "answers over TLS", tls_answers),
    Row("7858", "3.1", "the protocol is called dot", tls_says_dot),
    Row("7858", "3.1", "and need not be called", tls_without_alpn),
    Row("7858", "3.3", "queries follow each other there too", tls_goes_on),
    Row("8310", "8.1", "a client that checks the certificate's name is content", tls_of_kdig, tools=("kdig",)),
    Row("8467", "4.1", "who pads gets multiples of 468 bytes", tls_pads),
    Row("7830", "4", "who does not gets none", tls_pads_not),
    Row("8484", "4.1", "a GET is answered", https_answers("GET")),
    Row("8484", "4.1", "a POST is answered", https_answers("POST")),
    Row("8484", "5.1", "an answer is fresh for its least TTL, a denial for the negative one", https_is_fresh_for_the_ttl),
    Row("8484", "6", "answers are not cut", https_answers_are_whole),
    Row("8484", "4.2.1", "an error of DNS is no error of HTTP", https_error_of_dns_is_200),
    Row("8484", "4.2.1", "another media type: 415", https_says(415, method="POST", media_type="text/plain")),
    Row("8484", "4.1", "no message in the address: 400", https_says(400, address="/dns-query?dns=!")),
    Row("8484", "5.2", "kdig asks by HTTP/2", https_of_kdig, tools=("kdig",)),
    Row("5936", "2.2", "a transfer begins and ends with the SOA, and has every record once", axfr_is_between_soas),
    Row("5936", "3.2", "delegations, glue and wildcards are in it", axfr_has_glue_and_cuts),
    Row("5936", "2.2.1", "the first message has AA and the question", axfr_has_its_header),
    Row("5936", "2.2.5", "and an OPT for an OPT", axfr_has_an_opt),
    Row("5936", "2.2.1", "a name that is no zone of this server: NOTAUTH", axfr_of_a_name_below),
    Row("5936", "5", "others are refused", axfr_for_others),
    Row("5936", "4.1", "the connection is good for more afterwards", axfr_and_then_a_question),
    Row("5936", "3.4", "names have the zone's letters", axfr_keeps_case),
    Row("5936", "3", "the zone is what questions are answered from", axfr_is_the_zone),
    Row("9103", "7", "transfers go over TLS", axfr_over_tls),
    Row("9103", "7.2", "of no version below 1.3", tls_of_1_2_fails),
    Row("1995", "2", "who has the newest gets its SOA", ixfr_sends(2020, 1)),
    Row("1995", "4", "who has one that is not known gets the zone", ixfr_sends(1, 2)),
    Row("1982", "3.2", "a serial beyond ours is newer", ixfr_sends(2021, 1)),
    Row("1982", "3.2", "also beyond the end of 32 bits", ixfr_sends(2**31 - 1, 1)),
    Row("1982", "3.2", "one that is so far behind that it is ahead is not", ixfr_sends(2**32 - 1, 2)),
    Row("1995", "3", "an IXFR without a version is a format error", ixfr_without_soa),
    Row("8945", "5.3", "an answer to a signed question is signed", tsig_is_signed, server="keyed"),
    Row("8945", "5.3.1", "every message of a transfer is signed", tsig_signs_transfers, server="keyed"),
    Row("8945", "5.2", "without a key nothing is transferred", tsig_is_needed, server="keyed"),
    Row("8945", "5.2.1", "a key nobody knows: BADKEY, unsigned", tsig_says(9, 17, 0, name="no.key"), server="keyed"),
    Row("8945", "5.2.1", "and so where no keys are", tsig_says(9, 17, 0)),
    Row("8945", "5.2.2", "a wrong MAC: BADSIG, unsigned", tsig_says(9, 16, 0, secret="YW5vdGhlcg=="), server="keyed"),
    Row("8945", "5.2.2.1", "a MAC that is cut more than policy takes: BADTRUNC", tsig_says(9, 22, 32, mac_bytes=16), server="keyed"),
    Row("8945", "5.2.2.1", "a MAC that is cut too much: format error", tsig_error_is_malformed, server="keyed"),
    Row("8945", "5.2.3", "a time too far off: BADTIME, signed, with the server's", lambda server: tsig_says(9, 18, 32, other=6, now=time.time() - 400)(server), server="keyed"),
    Row("8945", "5.2.3", "BADTIME comes with the fudge of the client", tsig_echoes_the_fudge, server="keyed"),
    Row("8945", "5.2", "the time is looked at before the policy on cut MACs", lambda server: tsig_says(9, 18, 32, other=6, mac_bytes=16, now=time.time() - 400)(server), server="keyed"),
    Row("6891", "6.1.1", "a refused TSIG too is answered with OPT when it came with one", tsig_error_has_opt, server="keyed"),
    Row("8945", "5.2.3", "a time a little off is none", lambda server: tsig_says(0, 0, 32, now=time.time() - 200)(server), server="keyed"),
    Row("8945", "6", "dig takes a signed transfer", tsig_of_dig, server="keyed", tools=("dig",)),
    Row("8945", "6", "kdig takes a signed transfer", tsig_of_kdig, server="keyed", tools=("kdig",)),
    Row("4034", "3.1", "a signature says algorithm, labels, TTL, times and signer", rrsig_has_its_fields, server="signed"),
    Row("4034", "3.1.3", "labels of a wildcard's answer are its name's", wildcard_counts_as_it_is_signed, server="signed"),
    Row("4035", "3.1.1", "data is signed for who asks", validates("www.edge.test", "A"), server="signed"),
    Row("4035", "3.1.1", "for who does not ask it is not", no_signatures_without_do, server="signed"),
    Row("4035", "3.1.1", "an alias and its target are both signed", validates("alias.edge.test", "A"), server="signed"),
    Row("4035", "3.1.1", "steered addresses are signed", validates("hello.edge.test", "A"), server="signed"),
    Row("4035", "2.1", "the DNSKEY set is signed by its key", validates("edge.test", "DNSKEY"), server="signed"),
    Row("4035", "2.2", "the SOA and NS of the zone are signed", validates("edge.test", "NS"), server="signed"),
    Row("4035", "3.1.1", "a signature for who asks for one", rrsig_for_who_asks, server="signed"),
    Row("4035", "3.1.3", "an NSEC for who asks for one", nsec_for_who_asks, server="signed"),
    Row("4034", "4.1.2", "every NSEC says that RRSIG and NSEC are there", nsec_of_a_signed_name_has_rrsig, server="signed"),
    Row("4035", "3.1.3", "denials are signed", validates("nothing.edge.test", "A", "authority"), server="signed"),
    Row("4035", "3.1.3.1", "NSEC denies the type and shows the others", nsec_denies_the_type, server="signed"),
    Row("4035", "3.1.4", "a delegation without DS is proven to have none", delegation_is_proven_insecure, server="signed"),
    Row("4035", "3.1.4", "one with DS has it, signed, and its glue not", delegation_has_its_ds, server="signed"),
    Row("4035", "3.1.6", "AD is a validator's: it stays clear", Ask("www.edge.test", raw=behind(opt(flags_word=0x8000), ar=1)), Says(also=header_byte(3, 0x20, 0)), server="signed"),
    Row("4035", "3.1.1", "what does not fit is cut, never sent without its signature", answers_fit, server="signed"),
    Row("9824", "3.1", "a name that does not exist has one type, NXNAME", nsec_denies_the_name, server="signed"),
    Row("9824", "5.1", "NXDOMAIN for who sets CO, and for who does not ask for signatures", nxdomain_for_who_takes_it, server="signed"),
    Row("9824", "3.3", "an empty name between has no types", empty_name_has_no_types, server="signed"),
    Row("9077", "3", "an NSEC lives as long as the denial", nsec_ttl_is_the_negative_one, server="signed"),
    Row("4035", "5", "delv validates data", delv("www.edge.test", "A", says="; fully validated"), server="signed", tools=("delv",)),
    Row("4035", "5", "delv validates what is steered", delv("hello.edge.test", "A", says="; fully validated"), server="signed", tools=("delv",)),
    Row("4035", "5", "delv validates an alias", delv("alias2.edge.test", "A", says="; fully validated"), server="signed", tools=("delv",)),
    Row("4035", "5", "delv validates a wildcard's answer", delv("q.wild.edge.test", "TXT", says="; fully validated"), server="signed", tools=("delv",)),
    Row("4035", "5.4", "delv validates no data", delv("www.edge.test", "AAAA", says="; negative response, fully validated"), server="signed", tools=("delv",)),
    Row("4035", "5.4", "delv validates an empty name", delv("ent.edge.test", "A", says="; negative response, fully validated"), server="signed", tools=("delv",)),
    Row("9824", "4", "delv validates that a name does not exist", delv("nothing.edge.test", "A", says="; negative response, fully validated"), server="signed", tools=("delv",)),
]
