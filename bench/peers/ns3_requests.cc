// The peer of bench_engine.py on ns-3: CLIENTS nodes ask SERVERS nodes over point-to-point links
// with latency, REQUESTS in all: a datagram of 100 bytes over UDP and IPv4, and its echo. No
// connections, no processors. Prints the echoes and the seconds that simulating them took.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "ns3/applications-module.h"
#include "ns3/core-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"
#include "ns3/point-to-point-module.h"

using namespace ns3;

namespace {

long g_echoes = 0;
void Count(Ptr<const Packet>) {
  ++g_echoes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const long clients = std::atol(argv[1]), servers = std::atol(argv[2]);
  const long each = std::atol(argv[3]) / clients;
  NodeContainer server_nodes, client_nodes;
  server_nodes.Create(servers);
  client_nodes.Create(clients);
  InternetStackHelper stack;
  stack.Install(server_nodes);
  stack.Install(client_nodes);
  UdpEchoServerHelper echo(9);
  echo.Install(server_nodes).Start(Seconds(0));
  PointToPointHelper link;
  link.SetDeviceAttribute("DataRate", StringValue("10Gbps"));
  Ipv4AddressHelper addresses;
  addresses.SetBase("10.0.0.0", "255.255.255.252");
  for (long i = 0; i < clients; ++i) {
    link.SetChannelAttribute("Delay", TimeValue(MicroSeconds(5000 + 100 * (i % 300))));
    const NetDeviceContainer ends =
        link.Install(client_nodes.Get(i), server_nodes.Get(i % servers));
    const Ipv4InterfaceContainer at = addresses.Assign(ends);
    addresses.NewNetwork();
    UdpEchoClientHelper ask(at.GetAddress(1), 9);
    ask.SetAttribute("MaxPackets", UintegerValue(each));
    ask.SetAttribute("Interval", TimeValue(MilliSeconds(50)));
    ask.SetAttribute("PacketSize", UintegerValue(100));
    ApplicationContainer application = ask.Install(client_nodes.Get(i));
    application.Get(0)->TraceConnectWithoutContext("Rx", MakeCallback(&Count));
    application.Start(MicroSeconds(17 * i));
  }
  Simulator::Stop(MilliSeconds(50 * each + 1000));
  const auto began = std::chrono::steady_clock::now();
  Simulator::Run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("{\"requests\": %ld, \"wall_s\": %.6f}\n", g_echoes, took.count());
  Simulator::Destroy();
  return 0;
}
