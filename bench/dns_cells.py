"""What a resolver with ECS would keep of each server's answers: cells, and clients who are in the wrong one."""
import ipaddress
import struct

import dns_world
from dns_bench import blast
from harness import Row


def ask(bench, kind, name):
    """(share of known prefixes sent to the nearest PoP, cells a cache holds, prefixes in another's cell)."""
    _, port = bench.servers[kind, name]
    blast("once", port, bench.folder / "known", answers=bench.folder / "known.answers")
    raw, at, found = (bench.folder / "known.answers").read_bytes(), 0, []
    while at < len(raw):
        size = struct.unpack(">H", raw[at:at + 2])[0]
        found.append(dns_world.answer_of(raw[at + 2:at + 2 + size]))
        at += 2 + size
    return judge(bench.world, found)


def judge(world, found):
    right, cells = 0, {}
    for (network, city), (address, scope) in zip(world.prefixes, found):
        nearest = world.pops[world.ranking(city)[0]]["address"]
        right += address == nearest
        if scope is not None:
            cells[ipaddress.ip_network((int(network.network_address), network.max_prefixlen)).supernet(
                new_prefix=min(scope, network.prefixlen))] = address
    # A prefix inside a cell that was given for another answer is a client sent wrong by its resolver.
    wrong = 0
    lengths = {4: set(), 6: set()}
    for cell in cells:
        lengths[cell.version].add(cell.prefixlen)
    for (network, _), (address, _) in zip(world.prefixes, found):
        for bits in lengths[network.version]:
            if bits <= network.prefixlen and cells.get(network.supernet(new_prefix=bits), address) != address:
                wrong += 1
                break
    return right / len(found), len(cells), wrong


def rows(bench):
    out, cells = [], {}
    for name in bench.names("geo"):
        right, cells[name], wrong = ask(bench, "geo", name)
        own = name == "ours"
        out.append(Row(f"{name}: prefixes sent to the nearest", "%", 100 * right, bar=100 if own else None,
                       bigger_is_better=True))
        out.append(Row(f"{name}: cells a resolver's cache needs", "count", cells[name]))
        out.append(Row(f"{name}: prefixes in another answer's cell", "count", wrong, bar=0 if own else None))
    theirs = [v for n, v in cells.items() if n.startswith("gdnsd")]
    if theirs:
        out.append(Row("cells beside the better gdnsd", "count", cells["ours"], min(theirs), "gdnsd",
                       bar=min(theirs) - 1))
    return out
