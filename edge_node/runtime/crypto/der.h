// DER: reading and writing the few types of X.690 that keys are made of.
//
// Strict: definite lengths in their shortest form, nothing behind what was asked for. The reader
// gives views into its input and never allocates.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella::runtime {

enum class DerTag : uint8_t {
  kInteger = 0x02,
  kBitString = 0x03,
  kOctetString = 0x04,
  kNull = 0x05,
  kObjectIdentifier = 0x06,
  kSequence = 0x30,
  kContext0 = 0xa0,           // constructed
  kContext1 = 0xa1,           //
  kContext1Primitive = 0x81,  // an implicitly tagged string
};

class DerReader {
 public:
  explicit DerReader(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  bool NextIs(DerTag tag) const {
    return !rest_.empty() && static_cast<uint8_t>(rest_[0]) == static_cast<uint8_t>(tag);
  }
  // The content of the next element, which must have this tag.
  absl::StatusOr<std::string_view> Read(DerTag tag);
  // The same, to read on inside.
  absl::StatusOr<DerReader> Enter(DerTag tag);
  // A number that is not negative, without leading zeros; empty is 0.
  absl::StatusOr<std::string_view> ReadUnsigned();
  // A BIT STRING of whole bytes.
  absl::StatusOr<std::string_view> ReadBits(DerTag tag = DerTag::kBitString);
  // InvalidArgument when something follows.
  absl::Status End() const;

 private:
  std::string_view rest_;
};

// One element with its header.
std::string Der(DerTag tag, std::string_view content);
// The parts one after the other in one SEQUENCE.
std::string DerSequence(std::initializer_list<std::string_view> parts);
// `bytes` are a big-endian number that is not negative.
std::string DerUnsigned(std::string_view bytes);
std::string DerBits(std::string_view bytes, DerTag tag = DerTag::kBitString);

}  // namespace terrella::runtime
