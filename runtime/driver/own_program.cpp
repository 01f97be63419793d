#include "driver/own_program.hpp"

#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/digest.hpp"

namespace steadfarm::driver {
namespace {

constexpr const char* kExecutable = "/proc/self/exe";

std::string file_name() {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = readlink(kExecutable, path.data(), path.size());
  if (size <= 0) return {};
  std::string_view text(path.data(), static_cast<std::size_t>(size));
  // What the kernel appends to the name of a file that was removed or replaced meanwhile.
  constexpr std::string_view kDeleted = " (deleted)";
  if (text.ends_with(kDeleted)) text.remove_suffix(kDeleted.size());
  return std::string(text.substr(text.rfind('/') + 1));
}

/// The description of the first GNU build-id note in `notes`, in hexadecimal digits, or nothing.
std::string build_id_in(std::string_view notes, std::size_t alignment) {
  const auto padded = [alignment](std::size_t size) {
    return (size + alignment - 1) / alignment * alignment;
  };
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) head;
    std::memcpy(&head, notes.data(), sizeof head);
    const std::size_t name_at = sizeof head;
    const std::size_t content_at = name_at + padded(head.n_namesz);
    const std::size_t end = content_at + padded(head.n_descsz);
    if (content_at + head.n_descsz > notes.size()) return {};
    constexpr std::string_view kOwner("GNU\0", 4);
    if (head.n_type == NT_GNU_BUILD_ID && notes.substr(name_at, head.n_namesz) == kOwner) {
      std::string digits;
      for (const char c : notes.substr(content_at, head.n_descsz)) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(static_cast<std::uint8_t>(c)));
        digits += two;
      }
      return digits;
    }
    if (end >= notes.size()) return {};
    notes.remove_prefix(end);
  }
  return {};
}

int look_at_program(dl_phdr_info* info, std::size_t /*size*/, void* found) {
  for (std::size_t i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info->dlpi_phdr[i];
    if (header.p_type != PT_NOTE) continue;
    // The loader gives the addresses as numbers.
    // NOLINTNEXTLINE(performance-no-int-to-ptr, cppcoreguidelines-pro-type-reinterpret-cast)
    const auto* notes = reinterpret_cast<const char*>(info->dlpi_addr + header.p_vaddr);
    const std::string digits =
        build_id_in(std::string_view(notes, header.p_memsz), header.p_align == 8 ? 8 : 4);
    if (digits.empty()) continue;
    *static_cast<std::string*>(found) = "gnu-" + digits;
    break;
  }
  return 1;  // the program itself comes first, and its libraries are not asked
}

std::string digest_of_executable() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(kExecutable, "rb"),
                                                             &std::fclose);
  if (!file) return {};
  DigestStream stream;
  std::array<char, 1U << 16U> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    stream.update(std::string_view(buffer.data(), size));
  }
  return std::ferror(file.get()) != 0 ? std::string() : "xxh3-" + to_hex(stream.finish());
}

ProgramName look() {
  ProgramName program;
  program.file = file_name();
  dl_iterate_phdr(&look_at_program, &program.build);
  if (program.build.empty()) program.build = digest_of_executable();
  return program;
}

}  // namespace

const ProgramName& own_program() {
  static const ProgramName program = look();
  return program;
}

}  // namespace steadfarm::driver
