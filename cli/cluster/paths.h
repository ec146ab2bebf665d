// ClusterPaths: where a cluster keeps what it knows, and the names of its parts.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella::cli {

// $TERRELLA_HOME, else ~/.terrella; always absolute. An error when neither is known.
absl::StatusOr<std::filesystem::path> TerrellaHome();

// Letters, digits, '-' and '_', at most 40, so that it can be a folder and a word of a log line.
absl::Status CheckClusterName(std::string_view name);

struct ClusterPaths {
  std::filesystem::path home;
  std::string name;

  std::filesystem::path dir() const { return home / name; }
  std::filesystem::path record() const { return dir() / "cluster.json"; }
  std::filesystem::path lock() const { return home / (name + ".lock"); }
  std::filesystem::path logs() const { return dir() / "logs"; }
  std::filesystem::path run() const { return dir() / "run"; }
  std::filesystem::path control() const { return dir() / "control"; }
  // `part` is "control", "dns", "ingress" or a node's id.
  std::filesystem::path log(std::string_view part) const {
    return logs() / (std::string(part) + ".log");
  }
  std::filesystem::path ready(std::string_view part) const {
    return run() / (std::string(part) + ".ready");
  }
  // Of the development authority, which all clusters of a home share. No cluster's name has a dot.
  std::filesystem::path authority() const { return home / ".ca" / "ca.pem"; }
  std::filesystem::path authority_key() const { return home / ".ca" / "ca-key.pem"; }
  std::filesystem::path certificate() const { return dir() / "tls" / "certificate.pem"; }
  std::filesystem::path certificate_key() const { return dir() / "tls" / "key.pem"; }
  // Of the cluster's own authority, by which its parts know each other; in the state of the control
  // plane, which signs for nodes that join.
  std::filesystem::path identity() const { return control() / "identity"; }
  // What a part proves itself with, each in a folder that nobody else is let into.
  std::filesystem::path identity_of(std::string_view part) const {
    return dir() / "identity" / part / "identity.pem";
  }
  std::filesystem::path operator_identity() const { return identity_of("operator"); }
  std::filesystem::path identity_of_node(std::string_view id) const {
    return node(id) / "identity" / "identity.pem";
  }
  std::filesystem::path dns_keys() const { return dir() / "dns" / "keys.pem"; }
  std::filesystem::path actors() const { return dir() / "actors"; }
  std::filesystem::path node(std::string_view id) const { return dir() / "nodes" / id; }
};

}  // namespace terrella::cli
