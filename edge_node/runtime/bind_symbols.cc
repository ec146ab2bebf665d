// bind_symbols IN OUT [SYMBOL...]: copies a shared library and binds its references to its own
// functions, as if it had been linked with -Bsymbolic-functions, and to the data of its private
// namespaces; but for the symbols named, which an executable shall be able to define in its place.
//
// Debian's libnode has 58,000 references to symbols that it defines itself. Each is looked up by
// name, through every library of the process, at every start: most of what a node's start took.
// What is known to be found in the library itself becomes a relative relocation, which costs an
// addition.
//
// Left alone: other data (an executable may hold the one copy), indirect functions, other unique
// symbols, and what is not x86-64, which is copied as it is.
#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace {

// No header that an executable sees names data in these: V8's and Node.js's own. As mangled, behind
// "_ZTV" and the like.
constexpr std::string_view kPrivateNamespaces[] = {"N2v88internal", "N4node", "N12v8_inspector"};

bool IsPrivate(std::string_view name) {
  if (!name.starts_with("_Z")) return false;
  name.remove_prefix(2);
  for (std::string_view special : {"TV", "TI", "TS", "TT", "GV", "Z"}) {
    if (name.starts_with(special)) {
      name.remove_prefix(special.size());
      break;
    }
  }
  return std::any_of(std::begin(kPrivateNamespaces), std::end(kPrivateNamespaces),
                     [&](std::string_view space) { return name.starts_with(space); });
}

class Library {
 public:
  Library(std::string bytes, std::set<std::string, std::less<>> open)
      : bytes_(std::move(bytes)), open_(std::move(open)) {}
  const std::string& bytes() const { return bytes_; }

  // False when this is no library that can be bound.
  bool Bind(size_t* bound) {
    const auto* header = At<Elf64_Ehdr>(0);
    if (header == nullptr || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != EM_X86_64 ||
        header->e_type != ET_DYN) {
      return false;
    }
    if (!ReadDynamic()) return false;
    *bound = BindRange(Value(DT_RELA), Value(DT_RELASZ)) +
             BindRange(Value(DT_JMPREL), Value(DT_PLTRELSZ));
    return SortRelative();
  }

 private:
  // The object at a file offset; null beyond the end.
  template <class T>
  T* At(uint64_t offset, uint64_t count = 1) {
    if (offset > bytes_.size() || count > (bytes_.size() - offset) / sizeof(T)) return nullptr;
    return reinterpret_cast<T*>(bytes_.data() + offset);
  }
  template <class T>
  T* AtAddress(uint64_t address, uint64_t count = 1) {
    const auto* header = At<Elf64_Ehdr>(0);
    const auto* segments = At<Elf64_Phdr>(header->e_phoff, header->e_phnum);
    for (size_t i = 0; segments != nullptr && i < header->e_phnum; ++i) {
      const Elf64_Phdr& s = segments[i];
      if (s.p_type == PT_LOAD && address >= s.p_vaddr && address - s.p_vaddr < s.p_filesz) {
        return At<T>(s.p_offset + (address - s.p_vaddr), count);
      }
    }
    return nullptr;
  }

  bool ReadDynamic() {
    const auto* header = At<Elf64_Ehdr>(0);
    const auto* segments = At<Elf64_Phdr>(header->e_phoff, header->e_phnum);
    for (size_t i = 0; segments != nullptr && i < header->e_phnum; ++i) {
      if (segments[i].p_type != PT_DYNAMIC) continue;
      dynamic_count_ = segments[i].p_filesz / sizeof(Elf64_Dyn);
      dynamic_ = At<Elf64_Dyn>(segments[i].p_offset, dynamic_count_);
    }
    return dynamic_ != nullptr && Entry(DT_RELA) != nullptr && Entry(DT_SYMTAB) != nullptr;
  }
  Elf64_Dyn* Entry(Elf64_Sxword tag) {
    for (size_t i = 0; i < dynamic_count_ && dynamic_[i].d_tag != DT_NULL; ++i) {
      if (dynamic_[i].d_tag == tag) return &dynamic_[i];
    }
    return nullptr;
  }
  uint64_t Value(Elf64_Sxword tag) {
    const Elf64_Dyn* entry = Entry(tag);
    return entry == nullptr ? 0 : entry->d_un.d_val;
  }

  size_t BindRange(uint64_t address, uint64_t size) {
    const size_t count = size / sizeof(Elf64_Rela);
    auto* relocations = AtAddress<Elf64_Rela>(address, count);
    size_t bound = 0;
    for (size_t i = 0; relocations != nullptr && i < count; ++i) {
      Elf64_Rela& r = relocations[i];
      const auto type = ELF64_R_TYPE(r.r_info);
      if (type != R_X86_64_64 && type != R_X86_64_GLOB_DAT && type != R_X86_64_JUMP_SLOT) continue;
      const auto* symbol =
          AtAddress<Elf64_Sym>(Value(DT_SYMTAB) + ELF64_R_SYM(r.r_info) * sizeof(Elf64_Sym));
      if (symbol == nullptr || symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS ||
          !IsOurs(*symbol)) {
        continue;
      }
      r.r_addend = static_cast<int64_t>(symbol->st_value) + (type == R_X86_64_64 ? r.r_addend : 0);
      r.r_info = ELF64_R_INFO(0, R_X86_64_RELATIVE);
      ++bound;
    }
    return bound;
  }

  // Whether nobody else's symbol may be meant.
  bool IsOurs(const Elf64_Sym& symbol) {
    const uint64_t left = Value(DT_STRSZ) - std::min<uint64_t>(Value(DT_STRSZ), symbol.st_name);
    const char* text = AtAddress<char>(Value(DT_STRTAB) + symbol.st_name, left);
    if (text == nullptr) return false;
    const std::string_view name(text, strnlen(text, left));
    if (open_.contains(name)) return false;
    const auto type = ELF64_ST_TYPE(symbol.st_info);
    if (type != STT_FUNC && type != STT_OBJECT) return false;
    if (IsPrivate(name)) return true;
    return type == STT_FUNC && ELF64_ST_BIND(symbol.st_info) != STB_GNU_UNIQUE;
  }

  // DT_RELACOUNT promises that so many relative relocations come first.
  bool SortRelative() {
    const size_t count = Value(DT_RELASZ) / sizeof(Elf64_Rela);
    auto* relocations = AtAddress<Elf64_Rela>(Value(DT_RELA), count);
    if (relocations == nullptr) return false;
    auto is_relative = [](const Elf64_Rela& r) {
      return ELF64_R_TYPE(r.r_info) == R_X86_64_RELATIVE;
    };
    auto* end = std::stable_partition(relocations, relocations + count, is_relative);
    std::sort(relocations, end,
              [](const Elf64_Rela& a, const Elf64_Rela& b) { return a.r_offset < b.r_offset; });
    // The linker remembers the last symbol it has looked up.
    std::sort(end, relocations + count, [](const Elf64_Rela& a, const Elf64_Rela& b) {
      return std::pair(ELF64_R_SYM(a.r_info), a.r_offset) <
             std::pair(ELF64_R_SYM(b.r_info), b.r_offset);
    });
    if (Elf64_Dyn* entry = Entry(DT_RELACOUNT)) {
      entry->d_un.d_val = static_cast<uint64_t>(end - relocations);
    }
    return true;
  }

  std::string bytes_;
  const std::set<std::string, std::less<>> open_;
  Elf64_Dyn* dynamic_ = nullptr;
  size_t dynamic_count_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bind_symbols IN OUT [SYMBOL...]\n");
    return 2;
  }
  std::ifstream in(argv[1], std::ios::binary);
  Library library({std::istreambuf_iterator<char>(in), {}}, {argv + 3, argv + argc});
  if (!in || library.bytes().empty()) {
    std::fprintf(stderr, "bind_symbols: cannot read %s\n", argv[1]);
    return 1;
  }
  const std::string original = library.bytes();
  size_t bound = 0;
  const bool done = library.Bind(&bound);
  // Renamed into place: a process may be starting from the old one.
  const std::string fresh = std::string(argv[2]) + ".new";
  std::ofstream out(fresh, std::ios::binary);
  out << (done ? library.bytes() : original);
  out.close();
  if (!out || std::rename(fresh.c_str(), argv[2]) != 0) {
    std::fprintf(stderr, "bind_symbols: cannot write %s\n", argv[2]);
    return 1;
  }
  if (!done) std::fprintf(stderr, "bind_symbols: %s is copied as it is\n", argv[1]);
  std::printf("bound %zu references of %s\n", bound, argv[1]);
  return 0;
}
