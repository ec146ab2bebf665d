"""The DNS servers of the bench, each set up for the same world. Peers are Debian's packages, unpacked privately.

A set-up is a function (world, folder, port) -> Server, or None when its package cannot be had.
"""
import ipaddress
import os
import shutil
import subprocess

import mmdb
from dns_world import NAMES, ZONE, answer_of
from harness import BIN, CACHE, Server, talk, wait_ready

PACKAGES = ["knot", "knot-module-geoip", "gdnsd", "nsd", "pdns-server", "pdns-backend-bind", "pdns-backend-geoip"]
LIB = "usr/lib/x86_64-linux-gnu"


def _unpack():
    """The folder with the packages' files; nothing is installed, so no daemon starts on port 53."""
    root = CACHE / "dns-peers"
    if (root / "complete").exists():
        return root
    if shutil.which("apt-get") is None:
        return root
    talk("fetching the peers from Debian ...")
    root.mkdir(parents=True, exist_ok=True)
    plan = subprocess.run(["apt-get", "install", "-s", "--no-install-recommends", *PACKAGES], capture_output=True,
                          text=True)
    missing = [line.split()[1] for line in plan.stdout.splitlines() if line.startswith("Inst ")]
    if not missing or subprocess.run(["apt-get", "download", "-qq", *missing], cwd=root).returncode != 0:
        talk("apt-get could not download the peers: they are left out\n" + plan.stderr.strip())
        return root
    for package in root.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, root], check=True)
    (root / "complete").touch()
    return root


ROOT_DIR = _unpack()


def _peer(binary, *arguments, cwd):
    for path in (ROOT_DIR / "usr/sbin" / binary, f"/usr/sbin/{binary}"):
        if os.path.exists(path):
            env = {**os.environ, "LD_LIBRARY_PATH": str(ROOT_DIR / LIB)}
            return Server([path, *arguments], cpu=0, cwd=cwd, env=env)
    return None


def zone_text(world, steered):
    """The zone with 1,000 names; `steered(i)` gives the record of name i."""
    del world
    lines = [f"$ORIGIN {ZONE}.", "$TTL 3600", "@ SOA ns1 hostmaster 1 3600 600 86400 5", "@ NS ns1", "ns1 A 127.0.0.1"]
    return "\n".join(lines + [f"w{i} 5 {steered(i)}" for i in range(NAMES)]) + "\n"


def _static(world):
    return zone_text(world, lambda i: f"A {world.pops[i % len(world.pops)]['address']}")


def _world_mmdb(world, path):
    def record(place, city):
        return {"city": {"names": {"en": city}}, "country": {"iso_code": place["country"]},
                "location": {"accuracy_radius": 10, "latitude": float(place["latitude"]),
                             "longitude": float(place["longitude"])}}

    entries = [(network, record(world.cities[c], f"city{c}")) for network, c in world.prefixes]
    entries += [(p["address"] + "/32", record(p, p["iata"])) for p in world.pops]
    mmdb.write(path, entries)


def ours(world, folder, port, *flags):
    (folder / "view.json").write_text(world.view())
    lines = [f"{network},\"{world.cities[c]['latitude']},{world.cities[c]['longitude']}\"\n"
             for network, c in world.prefixes]
    (folder / "prefixes.csv").write_text("prefix,place\n" + "".join(lines))
    server = Server([BIN / "dns_router", "--listen", f"127.0.0.1:{port}", "--static-view", folder / "view.json",
                     "--prefixes", folder / "prefixes.csv", "--nobuiltin-prefixes", "--ready-file",
                     folder / "ready.json", *flags], cpu=0)
    wait_ready(folder / "ready.json")
    return server


def ours_guarded(world, folder, port):
    """With the rate limiter counting every answer, at a limit that a load from one machine does not reach. Flaps are
    forgotten: views here take a PoP out and back every second, and each of them has to change answers."""
    return ours(world, folder, port, "--rate-limit", "1000000", "--flap-out-max-s", "0")


def ours_signed(world, folder, port):
    return ours(world, folder, port, "--rate-limit", "1000000", "--dnssec-keys", folder / "keys.pem")


def ours_in_full(world, folder, port):
    """With everything on, and a rate limit that an attacker meets: honest clients have cookies of ours."""
    return ours(world, folder, port, "--rate-limit", "100000", "--dnssec-keys", folder / "keys.pem", "--query-log",
                folder / "queries.log")


def _knot(folder, port, zone, module="", signed=False):
    (folder / "zone").write_text(zone)
    (folder / "knot.conf").write_text(f"""server:
  rundir: {folder}
  listen: 127.0.0.1@{port}
  edns-client-subnet: on
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: {folder}
{module}policy:
  - id: plain
    algorithm: ecdsap256sha256
    single-type-signing: on
zone:
  - domain: {ZONE}
    storage: {folder}
    file: zone
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
    {'module: mod-geoip/geo' if module else ''}
    {'dnssec-signing: on' if signed else ''}
    {'dnssec-policy: plain' if signed else ''}
""")
    return _peer("knotd", "-c", folder / "knot.conf", cwd=folder)


def knot_static(world, folder, port):
    return _knot(folder, port, _static(world))


def knot_signed(world, folder, port):
    return _knot(folder, port, _static(world), signed=True)


def _knot_module(folder, keys, entries):
    lines = "".join(f"  - {key}\n    A: {address}\n" for key, address in entries)
    (folder / "geo.conf").write_text(f"w0.{ZONE}:\n{lines}")
    library = ROOT_DIR / LIB / "knot/modules-3.2/geoip.so"
    return (f"module:\n  - id: mod-geoip\n    file: {library}\nmod-geoip:\n  - id: geo\n    ttl: 5\n"
            f"    config-file: {folder}/geo.conf\n{keys}")


def knot_subnet(world, folder, port):
    entries = [(f"net: {n}", world.pops[world.ranking(c)[0]]["address"]) for n, c in world.prefixes]
    return _knot(folder, port, _static(world), _knot_module(folder, "    mode: subnet\n", entries))


def knot_geodb(world, folder, port):
    _world_mmdb(world, folder / "world.mmdb")
    entries = [(f"geo: \"city{c}\"", world.pops[world.ranking(c)[0]]["address"]) for c in range(len(world.cities))]
    keys = f"    mode: geodb\n    geodb-file: {folder}/world.mmdb\n    geodb-key: city/names/en\n"
    return _knot(folder, port, _static(world), _knot_module(folder, keys, entries))


def _gdnsd(world, folder, port, zone, plugin=""):
    (folder / "zones").mkdir()
    (folder / "zones" / ZONE).write_text(zone)
    (folder / "config").write_text(f"""options => {{
  listen => 127.0.0.1:{port}
  udp_threads => 1
  tcp_threads => 1
  run_dir => {folder}/run
  state_dir => {folder}/state
}}
{plugin}""")
    for name in ("run", "state"):
        (folder / name).mkdir()
    del world
    return _peer("gdnsd", "-c", folder, "-RD", "start", cwd=folder)


def gdnsd_static(world, folder, port):
    return _gdnsd(world, folder, port, _static(world))


def _gdnsd_geo(world, folder, port, how):
    centres = ", ".join(p["iata"] for p in world.pops)
    addresses = "\n".join(f"      {p['iata']} => {p['address']}" for p in world.pops)
    plugin = f"""plugins => {{ geoip => {{
  maps => {{ m => {{
    datacenters => [ {centres} ]
{how}
  }} }}
  resources => {{ r => {{ map => m, dcmap => {{
{addresses}
  }} }} }}
}} }}
"""
    return _gdnsd(world, folder, port, zone_text(world, lambda i: "DYNA geoip!r"), plugin)


def gdnsd_auto(world, folder, port):
    """By great-circle distance, which is what it can do by itself."""
    (folder / "geoip").mkdir()
    _world_mmdb(world, folder / "geoip" / "world.mmdb")
    coordinates = "\n".join(f"      {p['iata']} => [ {p['latitude']}, {p['longitude']} ]" for p in world.pops)
    return _gdnsd_geo(world, folder, port,
                      f"    geoip2_db => world.mmdb\n    auto_dc_coords => {{\n{coordinates}\n    }}")


def gdnsd_nets(world, folder, port):
    """By the model's own ranking of every prefix, written out: the same answers as ours."""
    (folder / "geoip").mkdir()
    rows = [f"{n} => [ {', '.join(world.pops[p]['iata'] for p in world.ranking(c))} ]" for n, c in world.prefixes]
    (folder / "geoip" / "nets").write_text("\n".join(rows) + "\n")
    return _gdnsd_geo(world, folder, port, "    nets => nets")


def nsd_static(world, folder, port):
    (folder / "zone").write_text(_static(world))
    (folder / "nsd.conf").write_text(f"""server:
  ip-address: 127.0.0.1@{port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: {folder}
  zonelistfile: {folder}/zone.list
  xfrdfile: {folder}/xfrd.state
  xfrdir: {folder}
  pidfile: {folder}/nsd.pid
  database: ""
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: {ZONE}
  zonefile: zone
""")
    return _peer("nsd", "-d", "-c", folder / "nsd.conf", cwd=folder)


def pdns_closest(world, folder, port):
    targets = ",".join(f"'{p['address']}'" for p in world.pops)
    (folder / "zone").write_text(zone_text(world, lambda i: f"LUA A \"pickclosest({{{targets}}})\""))
    return _pdns(world, folder, port, "enable-lua-records=yes\nedns-subnet-processing=yes\n"
                 f"geoip-database-files=mmdb:{folder}/world.mmdb\nlaunch=bind,geoip\n")


def pdns_static(world, folder, port):
    (folder / "zone").write_text(_static(world))
    return _pdns(world, folder, port, "launch=bind\n")


def _pdns(world, folder, port, settings):
    _world_mmdb(world, folder / "world.mmdb")
    (folder / "named.conf").write_text(f'zone "{ZONE}" {{ type native; file "{folder}/zone"; }};\n')
    (folder / "pdns.conf").write_text(
        f"local-address=127.0.0.1:{port}\nlocal-port={port}\nbind-config={folder}/named.conf\n"
        f"module-dir={ROOT_DIR}/{LIB}/pdns\nsocket-dir={folder}\nreceiver-threads=1\ndistributor-threads=1\n"
        f"guardian=no\ndaemon=no\n{settings}")
    return _peer("pdns_server", f"--config-dir={folder}", cwd=folder)


def address_wire(text):
    return ipaddress.ip_address(text).packed


def first_address(answers):
    """The address in the first of a file of answers; None when it has none."""
    size = int.from_bytes(answers[:2])
    address, _ = answer_of(answers[2:2 + size])
    return None if address is None else address_wire(address)
