"""Clauses that one question and its answer can show. Those that need a connection or a key are in dns_rfc_acts.py."""
import struct
import time

import dns.edns

from dns_rfc_table import SILENCE, Ask, Row, Says

DIGEST = "f0" * 32
ZONE = f"""$ORIGIN edge.test.
$TTL 3600
@       SOA   ns1 hostmaster 2000 7200 900 86400 300
@       NS    ns1
@       NS    ns.elsewhere.example.
@       MX    10 mail
@       CAA   0 issue "ca.example"
ns1     A     127.0.0.53
ns1     AAAA  2001:db8::53
mail    A     192.0.2.25
mail    AAAA  2001:db8::25
www     300 A 192.0.2.80
www     300 A 192.0.2.81
uneven  300 A 192.0.2.82
uneven  600 A 192.0.2.83
MixedCase TXT "Kept"
alias   CNAME www
alias2  CNAME alias
outside CNAME www.example.com.
broken  CNAME nothing
tosub   CNAME x.sub
tosteer CNAME hello
loop    CNAME loop2
loop2   CNAME loop
_sip._tcp SRV 1 2 5060 mail
svc     HTTPS 1 . alpn=h2 port=8443 ipv4hint=192.0.2.80
svcalias SVCB 0 www
unknown TYPE4711 \\# 4 01020304
ptr     PTR   www
*.wild  TXT   "any"
*.wild  MX    5 mail
here.wild A   192.0.2.90
a.here.wild A 192.0.2.91
*.cwild CNAME www
deep.er.ent A 192.0.2.92
sub     NS    ns.sub
sub     NS    ns.glueless.example.
sub     DS    4711 13 2 {DIGEST}
ns.sub  A     192.0.2.54
insecure NS   ns1
*.star.star2 A 192.0.2.93
middle  TXT   "{'a' * 120}" "{'b' * 120}"
middle  TXT   "{'c' * 120}" "{'d' * 120}"
bigger  TXT   "{'x' * 250}" "{'y' * 250}" "{'z' * 250}" "{'w' * 250}" "{'v' * 250}" "{'u' * 250}"
mxmany  MX    1 mail
mxmany  MX    2 www
mxmany  MX    3 ns1
"""
SOA = "edge.test. soa ns1.edge.test. hostmaster.edge.test. * 7200 900 86400 300"
DNSPYTHON = ("dnspython",)


def all_rows(reply):
    return reply.answer + reply.authority + reply.additional


def contains(piece):
    def check(reply):
        assert piece in reply.wire, f"{piece} is not in {reply.wire}"
    return check


def ttls_are_positive(reply):
    assert all(0 <= ttl < 2**31 for _, ttl, _, _ in all_rows(reply)), all_rows(reply)


def no_record_twice(reply):
    assert len(set(reply.answer)) == len(reply.answer) == struct.unpack("!H", reply.wire[6:8])[0], reply.answer


def negative_ttl(reply):
    assert [ttl for _, ttl, t, _ in reply.authority if t == "soa"] == [300], reply.authority


def ttl_is(ttl):
    def check(reply):
        assert {t for _, t, _, _ in reply.answer} == {ttl}, reply.answer
    return check


def question_is_copied(reply):
    name = b"\x03wWw\x04EdGe\x04tEsT\x00"
    assert reply.wire[12:12 + len(name)] == name, "the letters of the question changed"


def header_byte(at, mask, value):
    def check(reply):
        assert reply.wire[at] & mask == value, f"byte {at} is {reply.wire[at]:#x}"
    return check


def no_edns(reply):
    assert reply.message.edns == -1, "an OPT that nobody asked for"


def edns(**wanted):
    """An OPT of version 0 with what is wanted: payload, flags."""
    def check(reply):
        assert reply.message.edns == 0, f"EDNS version {reply.message.edns}"
        assert reply.message.payload == wanted.get("payload", 1232), reply.message.payload
        assert reply.message.ednsflags & 0xffff == wanted.get("flags", 0), reply.message.ednsflags
    return check


def has_option(code, data=None):
    def check(reply):
        option = reply.option(code)
        assert option is not None, f"no option {code}"
        found = option.to_wire() if hasattr(option, "to_wire") else option.data
        assert data is None or found == data, found
    return check


def lacks_option(code):
    def check(reply):
        assert reply.message.edns == 0 and reply.option(code) is None, "an option that nobody asked for"
    return check


def error_is(code):
    def check(reply):
        option = reply.option(15)
        assert option is not None and int(option.code) == code, option
    return check


def scope_is(source, scope, address=None):
    def check(reply):
        option = reply.option(8)
        assert option is not None, "no client subnet"
        assert (option.srclen, option.scopelen) == (source, scope) or (scope is None and option.srclen == source and option.scopelen > 0), option
        assert address is None or option.address == address, option
    return check


def cookie_is_renewed(reply):
    """RFC 9018 section 4: version 1, reserved zeros, a time of now, and the client's own part in front."""
    data = reply.option(10).data
    assert len(data) == 24 and data[:8] == b"\1\2\3\4\5\6\7\x08", data
    assert data[8:12] == b"\1\0\0\0", data
    assert abs(struct.unpack("!I", data[12:16])[0] - time.time()) < 60, data


def all_of(*checks):
    def check(reply):
        for one in checks:
            one(reply)
    return check


def srv_target_is_whole(reply):
    """RFC 2782 and RFC 3597 section 4: no compression in the content."""
    assert b"\x04mail\x04edge\x04test\x00" in reply.wire, reply.wire


def owner_is_pointer(reply):
    at = 12 + len(b"\x03www\x04edge\x04test\x00") + 4
    assert reply.wire[at:at + 2] == b"\xc0\x0c", reply.wire


def small(reply):
    assert len(reply.wire) < 100 and len(all_rows(reply)) <= 2, "ANY shall not amplify"


def hint_is_address(reply):
    assert len([c for _, _, t, c in reply.answer if t == "https"]) == 1, reply.answer


# Malformed messages, out of good ones.
def counts(**wanted):
    def change(wire):
        out = bytearray(wire)
        for at, name in ((4, "qd"), (6, "an"), (8, "ns"), (10, "ar")):
            if name in wanted:
                out[at:at + 2] = struct.pack("!H", wanted[name])
        return bytes(out)
    return change


def behind(extra, **wanted):
    return lambda wire: counts(**wanted)(wire + extra)


def flags(high=None, low=None):
    def change(wire):
        out = bytearray(wire)
        out[2], out[3] = wire[2] if high is None else high, wire[3] if low is None else low
        return bytes(out)
    return change


def name_instead(name):
    return lambda wire: wire[:12] + name + b"\0\1\0\1"


OPT = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"


def opt(payload=b"", owner=b"\0", version=0, size=None, flags_word=0):
    return (owner + b"\0\x29\x04\xd0\0" + bytes([version]) + struct.pack("!H", flags_word) +
            struct.pack("!H", len(payload) if size is None else size) + payload)


def option(code, data=b"", size=None):
    return struct.pack("!HH", code, len(data) if size is None else size) + data


def with_options(payload, name="hello.edge.test"):
    """A question with an OPT of exactly these bytes of options."""
    return Ask(name, raw=behind(opt(payload), ar=1))


def subnet(text, source, scope=0):
    return dns.edns.ECSOption(text, source, scope)


FORMERR = Says("FORMERR", answer=[], authority=[])

ROWS = [
    # RFC 1034, 1035: names, the algorithm, the header.
    Row("1034", "4.3.2 (3a)", "own data is answered with authority", Ask(),
        Says(aa=True, answer=["www.edge.test. a 192.0.2.80", "www.edge.test. a 192.0.2.81"], authority=[])),
    Row("1034", "4.3.2 (3a)", "an alias is followed within the zone", Ask("alias.edge.test"),
        Says(aa=True, answer=["alias.edge.test. cname www.edge.test.", "www.edge.test. a *", "www.edge.test. a *"])),
    Row("1034", "3.6.2", "aliases of aliases are followed", Ask("alias2.edge.test"),
        Says(aa=True, answer=["alias2* cname alias.edge.test.", "alias.* cname www.edge.test.", "www* a *", "www* a *"])),
    Row("1034", "3.6.2", "an alias that is asked for itself is not followed", Ask("alias2.edge.test", "CNAME"),
        Says(aa=True, answer=["alias2.edge.test. cname alias.edge.test."])),
    Row("1034", "4.3.2 (3a)", "an alias out of the zone is answered alone", Ask("outside.edge.test"),
        Says(aa=True, answer=["outside.edge.test. cname www.example.com."], authority=[])),
    Row("1034", "3.6.2", "a loop of aliases ends", Ask("loop.edge.test"), Says(aa=True, answer=["loop.* cname loop2*", "loop2.* cname loop.*"])),
    Row("2181", "5", "no record comes twice", Ask("loop2.edge.test", tcp=True), Says(also=no_record_twice), tools=DNSPYTHON),
    Row("1034", "4.3.2 (3a)", "an alias into a delegation is answered with the way on", Ask("tosub.edge.test"),
        Says(aa=True, answer=["tosub* cname x.sub.edge.test."], authority=["sub.edge.test. ns *", "sub.edge.test. ns *"])),
    Row("1034", "4.2.1", "a delegation is not this zone's: no AA, the way on, and its glue", Ask("sub.edge.test"),
        Says(aa=False, answer=[], authority=["sub.edge.test. ns ns.sub.edge.test.", "sub.edge.test. ns ns.glueless.example."],
             additional=["ns.sub.edge.test. a 192.0.2.54"])),
    Row("1034", "4.3.2 (3b)", "the same below it", Ask("a.b.sub.edge.test", "MX"),
        Says(aa=False, answer=[], authority=["sub.edge.test. ns *", "sub.edge.test. ns *"], additional=["ns.sub.edge.test. a 192.0.2.54"])),
    Row("1034", "4.2.1", "glue is no answer: its name is referred to", Ask("ns.sub.edge.test"),
        Says(aa=False, answer=[], authority=["sub.edge.test. ns *", "sub.edge.test. ns *"])),
    Row("1034", "4.3.1", "recursion is not offered: RA clear", Ask(rd=True), Says(aa=True, also=header_byte(3, 0x80, 0))),
    Row("1035", "4.1.1", "RD is copied", Ask(rd=True), Says(also=header_byte(2, 0x01, 1)), tools=DNSPYTHON),
    Row("1035", "4.1.1", "RD is copied when it is clear", Ask(rd=False), Says(also=header_byte(2, 0x01, 0)), tools=DNSPYTHON),
    Row("1035", "4.1.1", "Z is zero in answers", Ask(raw=flags(low=0x40)), Says(also=header_byte(3, 0x40, 0))),
    Row("1035", "4.1.1", "AA and TC of a query mean nothing", Ask(raw=flags(high=0x07)), Says(aa=True, answer=["www* a *", "www* a *"])),
    Row("1035", "4.1.1", "an RCODE in a query means nothing", Ask(raw=flags(low=0x05)), Says(aa=True, answer=["www* a *", "www* a *"])),
    Row("1035", "4.1.1", "STATUS is not implemented", Ask(raw=flags(high=0x10)), Says("NOTIMP")),
    Row("3425", "3", "IQUERY is not implemented", Ask(raw=flags(high=0x08)), Says("NOTIMP")),
    Row("1035", "4.1.1", "an opcode nobody knows is not implemented", Ask(raw=flags(high=0x78)), Says("NOTIMP")),
    Row("1035", "7.3", "a response is never answered", Ask(raw=flags(high=0x81)), SILENCE),
    Row("1035", "4.1.1", "less than a header is not answered", Ask(raw=lambda wire: wire[:11]), SILENCE),
    Row("1035", "4.1.2", "a question that is cut is a format error", Ask(raw=lambda wire: wire[:-3]), FORMERR),
    Row("1035", "4.1.1", "bytes behind the message are a format error", Ask(raw=behind(b"\0")), FORMERR),
    Row("1035", "4.1.1", "records that are counted and not there are a format error", Ask(raw=counts(ar=1)), FORMERR),
    Row("1035", "4.1.1", "an answer in a query is a format error", Ask(raw=behind(b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\1\2\3\4", an=1)), FORMERR),
    Row("1035", "2.3.4", "a label of more than 63 bytes is a format error", Ask(raw=name_instead(b"\x40" + b"a" * 64 + b"\0")), FORMERR),
    Row("1035", "2.3.4", "a name of more than 255 bytes is a format error", Ask(raw=name_instead((b"\x3f" + b"a" * 63) * 4 + b"\0")), FORMERR),
    Row("1035", "2.3.4", "a name of 255 bytes is one",
        Ask(raw=name_instead((b"\x3f" + b"a" * 63) * 3 + b"\x33" + b"a" * 51 + b"\x04edge\x04test\0")), Says("NXDOMAIN", aa=True)),
    Row("1035", "4.1.4", "a pointer to itself is a format error", Ask(raw=behind(b"\xc0\x1f\0\x10\0\1\0\0\0\0\0\0", ar=1)), FORMERR),
    Row("1035", "4.1.4", "a pointer forward is a format error", Ask(raw=behind(b"\xc0\x30\0\x10\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0", ar=1)), FORMERR),
    Row("1035", "4.1.4", "owner names are compressed", Ask(), Says(also=owner_is_pointer), tools=DNSPYTHON),
    Row("1035", "2.3.3", "case means nothing in names", Ask("wWw.EdGe.tEsT"), Says(aa=True, answer=["www* a *", "www* a *"])),
    Row("4343", "4.1", "the question comes back letter by letter", Ask("wWw.EdGe.tEsT"), Says(also=question_is_copied), tools=DNSPYTHON),
    Row("4343", "3", "case of contents is kept", Ask("mixedcase.edge.test", "TXT"),
        Says(answer=["* txt kept"], also=contains(b"Kept"))),
    Row("1035", "4.2.1", "no more than 512 bytes by UDP", Ask("bigger.edge.test", "TXT"), Says(tc=True, aa=True, answer=[])),
    Row("1035", "3.2.5", "class HS is not served", Ask(rdclass="HS"), Says("REFUSED", aa=False, answer=[]), tools=("dnspython", "dig")),
    Row("1035", "3.2.5", "class ANY is not served", Ask(rdclass="ANY"), Says("REFUSED", aa=False, answer=[])),
    Row("1035", "3.3.9", "an MX comes with the addresses of its host", Ask("edge.test", "MX"),
        Says(aa=True, answer=["edge.test. mx 10 mail.edge.test."],
             additional=["mail.edge.test. a 192.0.2.25", "mail.edge.test. aaaa 2001:db8::25"])),
    Row("1035", "3.3.11", "an NS comes with the addresses of its host in the zone", Ask("edge.test", "NS"),
        Says(aa=True, answer=["edge.test. ns ns1.edge.test.", "edge.test. ns ns.elsewhere.example."],
             additional=["ns1* a 127.0.0.53", "ns1* aaaa 2001:db8::53"])),
    Row("1035", "3.3.12", "a PTR is answered", Ask("ptr.edge.test", "PTR"), Says(aa=True, answer=["ptr* ptr www.edge.test."])),
    Row("1035", "3.3.13", "the SOA is at the apex", Ask("edge.test", "SOA"), Says(aa=True, answer=[SOA])),
    Row("1035", "3.2.3", "MAILB is not implemented", Ask("edge.test", "MAILB"), Says("NOTIMP"), tools=DNSPYTHON),
    Row("1034", "3.1", "the root is a name, of another's zone", Ask(".", "NS"), Says("REFUSED", aa=False)),
    Row("1034", "6.2.4", "a parent of the zone is another's", Ask("test", "SOA"), Says("REFUSED", aa=False, answer=[], authority=[])),
    Row("2782", "Target", "an SRV comes with its host's addresses", Ask("_sip._tcp.edge.test", "SRV"),
        Says(aa=True, answer=["_sip* srv 1 2 5060 mail.edge.test."], additional=["mail* a *", "mail* aaaa *"])),
    Row("8659", "4", "a CAA is answered", Ask("edge.test", "CAA"), Says(aa=True, answer=["edge.test. caa 0 issue ca.example"])),
    Row("3596", "2", "AAAA is answered", Ask("mail.edge.test", "AAAA"), Says(aa=True, answer=["mail* aaaa 2001:db8::25"])),
    # RFC 2181: clarifications.
    Row("2181", "5.2", "records of a set have one TTL", Ask("uneven.edge.test"),
        Says(answer=["uneven* a *", "uneven* a *"], also=ttl_is(300))),
    Row("2181", "8", "TTLs are below 2^31", Ask("edge.test", "NS"),
        Says(also=ttls_are_positive), tools=DNSPYTHON),
    Row("2181", "9", "what is only additional is left out without TC", Ask("mxmany.edge.test", "MX", edns=0, payload=512),
        Says(tc=False, aa=True, answer=["mxmany* mx *"] * 3)),
    Row("2181", "9", "a set that does not fit is left out whole, with TC", Ask("middle.edge.test", "TXT"), Says(tc=True, answer=[])),
    Row("2181", "9", "and is whole by TCP", Ask("middle.edge.test", "TXT", tcp=True), Says(tc=False, answer=["middle* txt *"] * 2)),
    Row("2181", "6.1", "the zone's own NS are answered with authority", Ask("edge.test", "NS"), Says(aa=True)),
    Row("2181", "10.1", "an alias has no other types: what is asked is the alias'", Ask("alias.edge.test", "TXT"),
        Says(aa=True, answer=["alias* cname www.edge.test."], authority=[SOA])),
    Row("2181", "11", "any byte may be in a name", Ask("\\000\\255 x.edge.test"), Says("NXDOMAIN", aa=True, authority=[SOA]), tools=DNSPYTHON),
    # RFC 2308, 8020, 6604: what is not there.
    Row("2308", "3", "NXDOMAIN comes with the SOA", Ask("nothing.edge.test"), Says("NXDOMAIN", aa=True, answer=[], authority=[SOA])),
    Row("2308", "3", "no data comes with the SOA", Ask("www.edge.test", "AAAA"), Says(aa=True, answer=[], authority=[SOA])),
    Row("2308", "3", "and may be kept for the lesser of the SOA's TTL and its minimum", Ask("nothing.edge.test"),
        Says("NXDOMAIN", also=negative_ttl), tools=DNSPYTHON),
    Row("2308", "3", "the same for no data", Ask("www.edge.test", "AAAA"), Says(also=negative_ttl), tools=DNSPYTHON),
    Row("2308", "2.2", "no data of an alias' target: the alias and the SOA", Ask("alias.edge.test", "AAAA"),
        Says(aa=True, answer=["alias* cname www.edge.test."], authority=[SOA])),
    Row("2308", "2.2", "no NS beside the SOA, which would be a referral", Ask("www.edge.test", "MX"), Says(authority=[SOA], additional=[])),
    Row("6604", "3", "the code is the last name's", Ask("broken.edge.test"),
        Says("NXDOMAIN", aa=True, answer=["broken* cname nothing.edge.test."], authority=[SOA])),
    Row("8020", "2", "a name with names below exists", Ask("er.ent.edge.test"), Says(aa=True, answer=[], authority=[SOA])),
    Row("8020", "2", "all the way up", Ask("ent.edge.test", "TXT"), Says(aa=True, answer=[], authority=[SOA])),
    Row("8020", "2", "nothing is below what does not exist", Ask("a.b.nothing.edge.test"), Says("NXDOMAIN", aa=True, authority=[SOA])),
    Row("8020", "3", "what is below a name that exists may not", Ask("x.www.edge.test"), Says("NXDOMAIN", aa=True, authority=[SOA])),
    # RFC 4592: wildcards.
    Row("4592", "3.3.1", "a wildcard answers in the name that was asked", Ask("q.wild.edge.test", "TXT"), Says(aa=True, answer=["q.wild.edge.test. txt any"])),
    Row("4592", "3.3.1", "at any depth", Ask("a.b.c.wild.edge.test", "TXT"), Says(aa=True, answer=["a.b.c.wild.edge.test. txt any"])),
    Row("4592", "2.2.1", "a type it has not is no data", Ask("q.wild.edge.test", "AAAA"), Says(aa=True, answer=[], authority=[SOA])),
    Row("4592", "2.2.1", "a name that exists is not covered", Ask("here.wild.edge.test", "TXT"), Says(aa=True, answer=[], authority=[SOA])),
    Row("4592", "3.3.1", "nor is what is below it", Ask("x.here.wild.edge.test", "TXT"), Says("NXDOMAIN", aa=True, authority=[SOA])),
    Row("4592", "2.2.2", "the wildcard's parent exists", Ask("wild.edge.test", "TXT"), Says(aa=True, answer=[], authority=[SOA])),
    Row("4592", "2.1.1", "the asterisk is a name like others", Ask("*.wild.edge.test", "TXT"), Says(aa=True, answer=["[*].wild.edge.test. txt any"])),
    Row("4592", "2.2.1", "an empty name between is not covered by one above", Ask("star.star2.edge.test"), Says(aa=True, answer=[], authority=[SOA])),
    Row("4592", "2.2.1", "a wildcard's host: additional data", Ask("q.wild.edge.test", "MX"),
        Says(aa=True, answer=["q.wild* mx 5 mail.edge.test."], additional=["mail* a *", "mail* aaaa *"])),
    Row("4592", "3.4", "an alias of a wildcard is followed", Ask("q.cwild.edge.test"),
        Says(aa=True, answer=["q.cwild* cname www.edge.test.", "www* a *", "www* a *"])),
    # RFC 6891, 3225, 8906, 9715: EDNS.
    Row("6891", "7", "no OPT without one", Ask(), Says(also=no_edns), tools=DNSPYTHON),
    Row("6891", "6.1.1", "an OPT for an OPT", Ask(edns=0), Says(also=edns()), tools=DNSPYTHON),
    Row("6891", "6.1.3", "a later version is BADVERS, with this one's number", Ask(raw=behind(opt(version=1), ar=1)), Says("BADVERS", answer=[], also=edns())),
    Row("6891", "6.1.3", "whatever that version's options are", Ask(raw=behind(opt(b"\xff\xff\xff", version=9), ar=1)), Says("BADVERS", answer=[])),
    Row("6891", "6.1.1", "two OPTs are a format error", Ask(raw=behind(OPT + OPT, ar=2)), FORMERR),
    Row("6891", "6.1.1", "an OPT of a name is a format error", Ask(raw=behind(opt(owner=b"\1a\0"), ar=1)), FORMERR),
    Row("6891", "6.1.1", "an OPT in the answer section is a format error", Ask(raw=behind(OPT, an=1)), FORMERR),
    Row("6891", "6.1.2", "an option longer than the record is a format error", with_options(option(65001, b"ab", size=9)), FORMERR),
    Row("6891", "6.1.2", "an option nobody knows is passed over", with_options(option(65001, b"ab"), "www.edge.test"),
        Says(answer=["www* a *", "www* a *"], also=lacks_option(65001))),
    Row("6891", "6.1.2", "options come in any order and number", with_options(option(65001) + option(3) + option(65001, b"x"), "www.edge.test"),
        Says(answer=["www* a *", "www* a *"], also=has_option(3, b"rfc-1"))),
    Row("6891", "6.1.4", "flags nobody knows come back clear", Ask(raw=behind(opt(flags_word=0x0f0f), ar=1)), Says(also=edns())),
    Row("3225", "3", "DO comes back", Ask(edns=0, do=True), Says(also=edns(flags=0x8000)), tools=DNSPYTHON),
    Row("6891", "6.2.3", "a size below 512 is 512", Ask("mxmany.edge.test", "MX", raw=behind(b"\0\0\x29\0\x64\0\0\0\0\0\0", ar=1)),
        Says(tc=False, answer=["mxmany* mx *"] * 3)),
    Row("6891", "6.2.4", "what fits the client's size is sent whole", Ask("middle.edge.test", "TXT", edns=0), Says(tc=False, answer=["middle* txt *"] * 2)),
    Row("9715", "3.1 (R5)", "no answer by UDP is longer than passes in one piece", Ask("bigger.edge.test", "TXT", edns=0, payload=4096),
        Says(tc=True, answer=[]), tools=("dnspython", "dig", "kdig")),
    Row("9715", "3.1", "and the size told is that one", Ask(edns=0, payload=4096), Says(also=edns(payload=1232)), tools=DNSPYTHON),
    Row("6891", "7", "a format error of a query with an OPT has an OPT", Ask(raw=behind(opt(option(8, b"\0")), ar=1)), Says("FORMERR", also=edns())),
    Row("8906", "3.1.2", "a type nobody knows is no data", Ask("www.edge.test", "TYPE65300"), Says(aa=True, answer=[], authority=[SOA])),
    Row("8906", "3.1.4", "an opcode nobody knows is answered with an OPT or none, and never with silence", Ask(raw=flags(high=0x30)), Says("NOTIMP")),
    # RFC 7871: client subnets.
    Row("7871", "7.2.1", "family, source and address come back, and a scope", Ask("hello.edge.test", edns=0, options=(subnet("102.89.0.0", 24),)),
        Says(answer=["hello* a 127.16.0.3"], also=scope_is(24, None, "102.89.0.0"))),
    Row("7871", "7.2.1", "the same for IPv6", Ask("hello.edge.test", edns=0, options=(subnet("2003::", 19),)),
        Says(answer=["hello* a 127.16.0.1"], also=scope_is(19, None))),
    Row("7871", "7.1.3", "nobody who did not ask is told", Ask("hello.edge.test", edns=0), Says(also=lacks_option(8)), tools=DNSPYTHON),
    Row("7871", "7.2.1", "what does not vary has scope 0", Ask(edns=0, options=(subnet("102.89.0.0", 24),)), Says(also=scope_is(24, 0))),
    Row("7871", "7.4", "nor does a denial", Ask("nothing.edge.test", edns=0, options=(subnet("102.89.0.0", 24),)),
        Says("NXDOMAIN", also=scope_is(24, 0))),
    Row("7871", "7.1.2", "source 0 asks for privacy: scope 0", Ask("hello.edge.test", edns=0, options=(subnet("0.0.0.0", 0),)),
        Says(answer=["hello* a *"], also=scope_is(0, 0))),
    Row("7871", "7.2.1", "an alias has the scope of what it leads to", Ask("tosteer.edge.test", edns=0, options=(subnet("102.89.0.0", 24),)),
        Says(answer=["tosteer* cname *", "hello* a 127.16.0.3"], also=scope_is(24, None))),
    Row("7871", "6", "a scope in a query is a format error", Ask("hello.edge.test", edns=0, options=(subnet("102.89.0.0", 24, 24),)), FORMERR),
    Row("7871", "6", "a source beyond the address is a format error", with_options(option(8, b"\0\1\x21\0" + b"\1" * 5)), FORMERR),
    Row("7871", "6", "also of IPv6", with_options(option(8, b"\0\2\x81\0" + b"\1" * 17)), FORMERR),
    Row("7871", "6", "an address that is too long is a format error", with_options(option(8, b"\0\1\x18\0\1\2\3\4")), FORMERR),
    Row("7871", "6", "an address that is too short is a format error", with_options(option(8, b"\0\1\x18\0\1\2")), FORMERR),
    Row("7871", "6", "bits past the source are a format error", with_options(option(8, b"\0\1\x14\0\1\2\x0f")), FORMERR),
    Row("7871", "7.1.2", "a family nobody knows is a format error", with_options(option(8, b"\0\7\x08\0\1")), FORMERR),
    Row("7871", "6", "an option that ends early is a format error", with_options(option(8, b"\0\1\x18")), FORMERR),
    Row("7871", "6", "the option twice is a format error", with_options(option(8, b"\0\1\x08\0\1") * 2), FORMERR),
    Row("7871", "7.1.2", "family 0 of an address is a format error", with_options(option(8, b"\0\0\x08\0\1")), FORMERR),
    # RFC 8482: ANY.
    Row("8482", "4.2", "ANY is one HINFO", Ask("www.edge.test", "ANY"), Says(aa=True, answer=["www* hinfo rfc8482*"], also=small), tools=("dnspython", "kdig", "drill")),
    Row("8482", "4.2", "of an alias the alias", Ask("alias.edge.test", "ANY"), Says(aa=True, answer=["alias* cname www.edge.test."]), tools=("dnspython", "kdig", "drill")),
    Row("8482", "4.2", "also by TCP", Ask("edge.test", "ANY", tcp=True), Says(aa=True, answer=["edge.test. hinfo rfc8482*"])),
    Row("8482", "4", "what does not exist does not for ANY", Ask("nothing.edge.test", "ANY"), Says("NXDOMAIN", aa=True, authority=[SOA]), tools=("dnspython", "kdig", "drill")),
    # RFC 7873, 9018: cookies.
    Row("7873", "5.2.3", "a client's cookie comes back with the server's", with_options(option(10, b"\1\2\3\4\5\6\7\x08")), Says(also=cookie_is_renewed)),
    Row("7873", "5.2.2", "a cookie of less than 8 bytes is a format error", with_options(option(10, b"1234567")), FORMERR),
    Row("7873", "5.2.2", "one of 9 to 15 too", with_options(option(10, b"1" * 15)), FORMERR),
    Row("7873", "5.2.2", "one of more than 40 too", with_options(option(10, b"1" * 41)), FORMERR),
    Row("7873", "5.2.4", "a server cookie that is wrong is replaced", with_options(option(10, b"\1\2\3\4\5\6\7\x08" + b"x" * 16)),
        Says(answer=["hello* a *"], also=cookie_is_renewed)),
    Row("7873", "5.1", "no cookie for who has none", Ask(edns=0), Says(also=lacks_option(10)), tools=DNSPYTHON),
    Row("7873", "5.4", "no question but a cookie: one is given", Ask(raw=lambda w: counts(qd=0, ar=1)(w[:12] + opt(option(10, b"\1\2\3\4\5\6\7\x08")))),
        Says(answer=[], also=cookie_is_renewed)),
    # RFC 8914: extended errors.
    Row("8914", "4.21", "a name of another zone: 20", Ask("www.example.com", edns=0), Says("REFUSED", also=error_is(20)), tools=DNSPYTHON),
    Row("8914", "4.19", "a transfer by UDP: 18", Ask("edge.test", "AXFR", edns=0), Says("REFUSED", also=error_is(18)), tools=DNSPYTHON),
    Row("8914", "3", "no error without EDNS", Ask("www.example.com"), Says("REFUSED", also=no_edns), tools=DNSPYTHON),
    Row("8914", "4.24", "no node serves: 23", Ask("hello.edge.test", edns=0), Says(aa=True, answer=[], authority=[SOA], also=error_is(23)), server="nobody", tools=DNSPYTHON),
    Row("9824", "3.5", "NXNAME is no question: format error, 30", Ask("www.edge.test", "TYPE128", edns=0), Says("FORMERR", also=error_is(30)), tools=DNSPYTHON),
    # RFC 9460: HTTPS and SVCB.
    Row("9460", "9", "HTTPS of a steered name has its addresses as hints", Ask("hello.edge.test", "HTTPS", edns=0, options=(subnet("102.89.0.0", 24),)),
        Says(aa=True, answer=["hello* https 1 . alpn=h2,h3 ipv4hint=127.16.0.3"], also=all_of(hint_is_address, scope_is(24, None)))),
    Row("9460", "2.2", "parameters are in ascending order", Ask("svc.edge.test", "HTTPS"),
        Says(answer=["svc* https 1 . alpn=h2 port=8443 ipv4hint=192.0.2.80"])),
    Row("9460", "2.4.2", "alias mode is served", Ask("svcalias.edge.test", "SVCB"), Says(answer=["svcalias* svcb 0 www.edge.test."])),
    Row("9460", "4.1", "the target's addresses come along", Ask("svcalias.edge.test", "SVCB"), Says(additional=["www* a *", "www* a *"])),
    Row("9460", "2.2", "the target is not compressed", Ask("svcalias.edge.test", "SVCB"),
        Says(also=contains(b"\0\0\x03www\x04edge\x04test\0")), tools=DNSPYTHON),
    # RFC 3597: unknown types.
    Row("3597", "3", "content of any type is served as it is", Ask("unknown.edge.test", "TYPE4711"), Says(aa=True, answer=["unknown* type4711 \\# 4 01020304"]), tools=("dnspython", "dig", "kdig")),
    Row("3597", "4", "names in later types are not compressed", Ask("_sip._tcp.edge.test", "SRV"), Says(also=srv_target_is_whole), tools=DNSPYTHON),
    # RFC 4892, 5001: which server.
    Row("4892", "3", "id.server says which instance answered", Ask("id.server", "TXT", "CH"), Says(answer=["id.server. txt rfc-1"])),
    Row("4892", "2", "hostname.bind too", Ask("hostname.bind", "TXT", "CH"), Says(answer=["hostname.bind. txt rfc-1"])),
    Row("4892", "2", "version.bind says which software", Ask("version.bind", "TXT", "CH"), Says(answer=["version.bind. txt terrella*"])),
    Row("4892", "3", "other names of CHAOS are refused", Ask("www.edge.test", "TXT", "CH"), Says("REFUSED", answer=[])),
    Row("4892", "3", "a type they have not is none", Ask("id.server", "A", "CH"), Says(answer=[])),
    Row("5001", "2.2", "NSID for who asks", with_options(option(3), "www.edge.test"), Says(also=has_option(3, b"rfc-1"))),
    Row("5001", "2.1", "whatever the option holds", with_options(option(3, b"xyz"), "www.edge.test"), Says(also=has_option(3, b"rfc-1"))),
    Row("5001", "2.2", "and for nobody else", Ask(edns=0), Says(also=lacks_option(3)), tools=DNSPYTHON),
    # RFC 7828, 7830 by UDP.
    Row("7828", "3.3.2", "no keepalive by UDP", with_options(option(11), "www.edge.test"), Says(also=lacks_option(11))),
    Row("7830", "4", "no padding without encryption", with_options(option(12, b"\0" * 9), "www.edge.test"), Says(also=lacks_option(12))),
    # RFC 9619: one question.
    Row("9619", "4", "two questions are a format error", Ask(raw=behind(b"\x03www\x04edge\x04test\0\0\x1c\0\1", qd=2)), FORMERR),
    Row("9619", "4", "none is a format error", Ask(raw=lambda w: counts(qd=0)(w[:12])), FORMERR),
    # RFC 2136, 1996, 5936, 1995 by UDP.
    Row("2136", "3.8", "UPDATE is not implemented", Ask("edge.test", "SOA", raw=flags(high=0x28)), Says("NOTIMP")),
    Row("1996", "3.10", "NOTIFY is not implemented: this is a primary", Ask("edge.test", "SOA", raw=flags(high=0x24)), Says("NOTIMP")),
    Row("5936", "4.2", "no AXFR by UDP", Ask("edge.test", "AXFR"), Says("REFUSED", answer=[]), tools=DNSPYTHON),
    Row("1995", "2", "IXFR by UDP: the SOA", Ask("edge.test", "IXFR", raw=behind(b"\xc0\x0c\0\6\0\1\0\0\0\0\0\x16\0\0" + struct.pack("!IIIII", 2019, 0, 0, 0, 0), ns=1)),
        Says(aa=True, answer=[SOA])),
    # RFC 4035, 6840, 6891 for servers that do not sign.
    Row("4035", "3.1.6", "CD comes back", Ask(cd=True), Says(also=header_byte(3, 0x10, 0x10)), tools=DNSPYTHON),
    Row("4035", "3.1.6", "and stays clear", Ask(), Says(also=header_byte(3, 0x10, 0)), tools=DNSPYTHON),
    Row("4035", "3.1.4.1", "the DS of a delegation is this side's", Ask("sub.edge.test", "DS"), Says(aa=True, answer=[f"sub* ds 4711 13 2 {DIGEST[:20]}*"])),
    Row("4035", "3.1.4.1", "where there is none, that is this side's too", Ask("insecure.edge.test", "DS"), Says(aa=True, answer=[], authority=[SOA])),
    Row("8945", "5.1", "a TSIG that is not last is a format error", Ask(raw=behind(b"\1k\0\0\xfa\0\xff\0\0\0\0\0\0" + OPT, ar=2)), FORMERR),
    Row("8945", "5.1", "a TSIG of no content is a format error", Ask(raw=behind(b"\1k\0\0\xfa\0\xff\0\0\0\0\0\0", ar=1)), FORMERR),
    Row("2930", "4", "TKEY is no type of a zone", Ask("edge.test", "TKEY"), Says("FORMERR"), tools=DNSPYTHON),
    Row("6895", "3.1", "OPT is no type of a zone", Ask("edge.test", "TYPE41"), Says("FORMERR"), tools=DNSPYTHON),
    # Many addresses.
    Row("2181", "9", "60 addresses do not fit 512 bytes: TC, and none of them", Ask("hello.edge.test"), Says(tc=True, answer=[]), server="many"),
    Row("6891", "6.2.4", "and fit 1232", Ask("hello.edge.test", edns=0), Says(tc=False, answer=["hello* a *"] * 60), server="many"),
    Row("7766", "4", "and are whole by TCP", Ask("hello.edge.test", tcp=True), Says(tc=False, answer=["hello* a *"] * 60), server="many"),
]
