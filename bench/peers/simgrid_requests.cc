// The peer of bench_engine.py on SimGrid: CLIENTS hosts ask SERVERS hosts over links with latency,
// REQUESTS in all, one after another for each client: a message of 100 bytes, some work, an answer
// of 300 bytes. Prints the requests and the seconds that simulating them took.
#include <simgrid/s4u.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace sg4 = simgrid::s4u;

namespace {

struct Question {
  sg4::Mailbox* answer_to;
};

void Serve(sg4::Mailbox* in) {
  while (true) {
    const auto question = in->get_unique<Question>();
    sg4::this_actor::execute(3e4);  // 0.03 ms of a processor of 1 Gflop/s
    question->answer_to->put(new int(200), 300);
  }
}

void Ask(sg4::Mailbox* server, sg4::Mailbox* own, long requests) {
  for (long i = 0; i < requests; ++i) {
    server->put(new Question{own}, 100);
    own->get_unique<int>();
  }
}

}  // namespace

int main(int argc, char** argv) {
  sg4::Engine engine(&argc, argv);
  if (argc != 4) return 2;
  const long clients = std::atol(argv[1]), servers = std::atol(argv[2]);
  const long each = std::atol(argv[3]) / clients;
  auto* zone = sg4::create_star_zone("world");
  const auto host_of = [&](const std::string& name, double latency_s) {
    auto* host = zone->create_host(name, 1e9);
    const auto* link = zone->create_link(name + "-link", 1.25e9)->set_latency(latency_s)->seal();
    zone->add_route(host->get_netpoint(), nullptr, nullptr, nullptr, {sg4::LinkInRoute(link)},
                    true);
    return host;
  };
  for (long i = 0; i < servers; ++i) {
    const std::string name = "server" + std::to_string(i);
    sg4::Actor::create(name, host_of(name, 1e-4), Serve, sg4::Mailbox::by_name(name))->daemonize();
  }
  for (long i = 0; i < clients; ++i) {
    const std::string name = "client" + std::to_string(i);
    sg4::Actor::create(name, host_of(name, 0.005 + 0.0001 * static_cast<double>(i % 300)), Ask,
                       sg4::Mailbox::by_name("server" + std::to_string(i % servers)),
                       sg4::Mailbox::by_name(name), each);
  }
  zone->seal();
  const auto began = std::chrono::steady_clock::now();
  engine.run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("{\"requests\": %ld, \"wall_s\": %.6f}\n", each * clients, took.count());
  return 0;
}
