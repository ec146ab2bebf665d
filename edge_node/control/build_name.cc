#include "edge_node/control/build_name.h"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/digest.h"
#include "base/random.h"

namespace terrella::edge {
namespace {

constexpr std::string_view kVersion = "0.1.0";
constexpr std::string_view kNoteOwner{"GNU\0", 4};

size_t Align(size_t bytes, size_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

// The build id in a segment of notes (elf(5)); empty when there is none. The content of a note, and
// the next note, begin at multiples of the segment's alignment.
std::string_view BuildIdIn(std::string_view notes, size_t alignment) {
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) header;
    std::memcpy(&header, notes.data(), sizeof header);
    const size_t content_at = Align(sizeof header + size_t{header.n_namesz}, alignment);
    const size_t next_at = Align(content_at + size_t{header.n_descsz}, alignment);
    if (content_at + header.n_descsz > notes.size()) return {};
    if (header.n_type == NT_GNU_BUILD_ID &&
        notes.substr(sizeof header, header.n_namesz) == kNoteOwner) {
      return notes.substr(content_at, header.n_descsz);
    }
    notes.remove_prefix(std::min(next_at, notes.size()));
  }
  return {};
}

struct Ids {
  std::string all;
  bool complete = true;
};

int AddObject(dl_phdr_info* object, size_t, void* out) {
  Ids& ids = *static_cast<Ids*>(out);
  // The kernel's own page is no code of the program's.
  if (std::string_view(object->dlpi_name).starts_with("linux-vdso")) return 0;
  std::string_view id;
  for (size_t i = 0; i < object->dlpi_phnum && id.empty(); ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    const auto* begin = reinterpret_cast<const char*>(object->dlpi_addr + segment.p_vaddr);
    id = BuildIdIn({begin, segment.p_memsz}, segment.p_align == 8 ? 8 : 4);
  }
  ids.complete &= !id.empty();
  ids.all += id;
  return 0;
}

}  // namespace

std::string BuildName() {
  Ids ids;
  dl_iterate_phdr(AddObject, &ids);
  if (!ids.complete) ids.all += std::to_string(RandomU64());
  constexpr size_t kBytes = 8;
  return std::string(kVersion) + "+" + ToHex(Sha256(ids.all).substr(0, kBytes));
}

}  // namespace terrella::edge
