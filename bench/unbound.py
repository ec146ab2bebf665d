"""A caching resolver of people's providers: unbound, in front of one dns_router."""
import os
import shutil
from pathlib import Path

ORACLES = Path(__file__).resolve().parent.parent / ".deps" / "oracles" / "usr" / "sbin"
UNBOUND = shutil.which("unbound", path=f"{ORACLES}:{os.environ.get('PATH', '')}:/usr/sbin")
BY_CLIENT_SUBNET = """
  send-client-subnet: 127.0.0.0/8
  client-subnet-always-forward: yes
  max-client-subnet-ipv4: 24
  max-ecs-tree-size-ipv4: 100000"""


def unbound_conf(folder, port, router_port, by_client_subnet=False, log="unbound.log"):
    """Its configuration. `by_client_subnet`: it passes on the client's block and caches by scopes. `log`: a file in
    `folder`; "": standard error."""
    return f"""server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: "{log and Path(folder) / log}"
  interface: 127.0.0.1@{port}
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  do-ip6: no
  module-config: "{'subnetcache ' if by_client_subnet else ''}iterator"{BY_CLIENT_SUBNET if by_client_subnet else ''}
  local-zone: "test." nodefault
  num-threads: 1
stub-zone:
  name: "edge.test"
  stub-addr: 127.0.0.1@{router_port}
remote-control:
  control-enable: no
"""
