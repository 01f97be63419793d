#include "checkpoint/memory_file_system.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "checkpoint/os_error.hpp"

namespace steadfarm::checkpoint {

class MemoryNewFile final : public NewFile {
 public:
  MemoryNewFile(MemoryFileSystem& system, std::string folder, std::string name,
                MemoryDisk::FilePointer file)
      : system_(system),
        folder_(std::move(folder)),
        name_(std::move(name)),
        file_(std::move(file)),
        incarnation_(system.incarnation_) {}

  Status write(ByteView bytes) override {
    if (gone()) return failed(EIO, "write");
    const std::optional<Fault> fault = system_.faults_.next(Operation::write);
    std::size_t count = bytes.size();
    if (fault && fault->effect == Effect::none) return failed(fault->error_number, "write");
    if (fault && fault->effect == Effect::partial) {
      count = static_cast<std::size_t>(system_.faults_.prng().below(count + 1));
    }
    std::size_t room = count;
    if (system_.capacity_bytes_ != UINT64_MAX) {
      const std::uint64_t used = system_.disks_[folder_].used_bytes();
      room = system_.capacity_bytes_ > used ? system_.capacity_bytes_ - used : 0;
    }
    const std::size_t fits = std::min(count, room);
    file_->content.insert(file_->content.end(), bytes.begin(),
                          bytes.begin() + static_cast<std::ptrdiff_t>(fits));
    system_.tell(Operation::write, folder_, name_);
    if (fault) return failed(fault->error_number, "write");
    if (fits < count) return failed(ENOSPC, "write");
    return {};
  }

  Status sync() override {
    if (gone()) return failed(EIO, "sync");
    const std::optional<Fault> fault = system_.faults_.next(Operation::sync);
    if (fault && fault->effect != Effect::whole) {
      file_->forgotten.push_back({file_->synced_bytes, file_->content.size()});
      return failed(fault->error_number, "sync");
    }
    file_->synced_bytes = file_->content.size();
    system_.tell(Operation::sync, folder_, name_);
    if (fault) return failed(fault->error_number, "sync");
    return {};
  }

  Status make_read_only() override {
    if (gone()) return failed(EIO, "make read-only");
    const std::optional<Fault> fault = system_.faults_.next(Operation::make_read_only);
    if (!fault && system_.lacks_.modes) return no_modes("chmod 0400 is refused", folder_);
    if (!fault || fault->effect != Effect::none) file_->read_only = true;
    if (fault) return failed(fault->error_number, "make read-only");
    return {};
  }

  Status close() override {
    if (gone()) return failed(EIO, "close");
    if (const auto fault = system_.faults_.next(Operation::close)) {
      return failed(fault->error_number, "close");
    }
    return {};
  }

 private:
  [[nodiscard]] bool gone() const { return incarnation_ != system_.incarnation_; }
  [[nodiscard]] Error failed(int error_number, const char* what) const {
    return os_error(error_number, std::string(what) + " " + folder_ + "/" + name_);
  }

  MemoryFileSystem& system_;
  std::string folder_;
  std::string name_;
  MemoryDisk::FilePointer file_;
  std::uint64_t incarnation_;
};

class MemoryOldFile final : public OldFile {
 public:
  explicit MemoryOldFile(Bytes content) : content_(std::move(content)) {}

  std::uint64_t bytes() const override { return content_.size(); }

  Result<std::size_t> read(std::span<std::byte> out) override {
    const std::size_t count = std::min(out.size(), content_.size() - at_);
    std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= content_.size()) return std::size_t{0};
    const std::size_t count = std::min<std::size_t>(out.size(), content_.size() - offset);
    std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(offset), count, out.begin());
    return count;
  }

 private:
  Bytes content_;
  std::size_t at_ = 0;
};

class MemoryFolder final : public Folder {
 public:
  MemoryFolder(MemoryFileSystem& system, std::string path)
      : system_(system), path_(std::move(path)), incarnation_(system.incarnation_) {}

  const std::string& path() const override { return path_; }

  Result<std::unique_ptr<NewFile>> create(const std::string& name) override {
    int refused = 0;
    if (disk().exists(name)) refused = EEXIST;
    if (!disk().has_parent(name)) refused = ENOENT;
    auto file = std::make_shared<MemoryFile>();
    Status done = change(Operation::create, refused, name, {}, [&] { disk().put(name, file); });
    if (!done) return done.error();
    return std::unique_ptr<NewFile>(
        std::make_unique<MemoryNewFile>(system_, path_, name, std::move(file)));
  }

  Status link(const std::string& from, const std::string& to) override {
    const MemoryDisk::FilePointer file = disk().find(from);
    int refused = 0;
    if (disk().exists(to)) refused = EEXIST;
    if (!file) refused = ENOENT;
    if (system_.lacks_.hard_links) refused = EPERM;
    Status done = change(Operation::link, refused, from, to, [&] { disk().put(to, file); });
    if (done || done.error().code != ErrorCode::denied || !system_.lacks_.hard_links) return done;
    return no_hard_links(EPERM, path_);
  }

  Status rename(const std::string& from, const std::string& to) override {
    int refused = 0;
    if (disk().exists(to)) refused = EEXIST;
    if (!disk().find(from) || !disk().has_parent(to)) refused = ENOENT;
    return change(Operation::rename, refused, from, to, [&] { disk().move(from, to); });
  }

  Status unlink(const std::string& name) override {
    const int refused = disk().find(name) ? 0 : ENOENT;
    return change(Operation::unlink, refused, name, {}, [&] { disk().remove(name); });
  }

  Status make_folder(const std::string& name) override {
    const int refused = disk().has_parent(name) ? 0 : ENOENT;
    return change(Operation::make_folder, refused, name, {}, [&] { disk().make_folder(name); });
  }

  Status sync(const std::string& subfolder) override {
    if (system_.lacks_.folder_sync) return no_folder_sync(EINVAL, path_);
    return change(Operation::sync_folder, 0, subfolder, {}, [&] { disk().sync_folder(subfolder); });
  }

  // There are no modes here, but that of a published file.
  Result<bool> give_mode(const std::string& /*name*/) override { return false; }

  Result<std::unique_ptr<OldFile>> open(const std::string& name) override {
    // One fallible operation a file, however it is read: a failing read is one that never began.
    if (const auto error = refuse(Operation::read, name)) return *error;
    const MemoryDisk::FilePointer file = disk().find(name);
    if (!file) return failed(ENOENT, Operation::read, name);
    return std::unique_ptr<OldFile>(std::make_unique<MemoryOldFile>(file->content));
  }

  Result<Bytes> read_all(const std::string& name, std::uint64_t bytes_max) override {
    if (const auto error = refuse(Operation::read, name)) return *error;
    const MemoryDisk::FilePointer file = disk().find(name);
    if (!file) return failed(ENOENT, Operation::read, name);
    if (file->content.size() > bytes_max) {
      return Error{ErrorCode::corrupt, path_ + "/" + name + " is larger than expected"};
    }
    return file->content;
  }

  Result<std::uint64_t> size(const std::string& name) override {
    if (const auto error = refuse(Operation::size, name)) return *error;
    const MemoryDisk::FilePointer file = disk().find(name);
    if (!file) return failed(ENOENT, Operation::size, name);
    return std::uint64_t{file->content.size()};
  }

  Result<std::vector<std::string>> list(const std::string& subfolder) override {
    if (const auto error = refuse(Operation::list, subfolder)) return *error;
    if (!subfolder.empty() && !disk().exists(subfolder)) {
      return failed(ENOENT, Operation::list, subfolder);
    }
    std::vector<std::string> names = disk().list(subfolder);
    const std::string prefix = subfolder.empty() ? "" : subfolder + "/";
    std::erase_if(
        names, [&](const std::string& name) { return system_.unreadable_.hides(prefix + name); });
    return names;
  }

  Result<std::uint64_t> free_bytes() override {
    if (const auto error = refuse(Operation::free_space, {})) return *error;
    if (system_.capacity_bytes_ == UINT64_MAX) return std::uint64_t{UINT64_MAX};
    const std::uint64_t used = disk().used_bytes();
    return system_.capacity_bytes_ > used ? system_.capacity_bytes_ - used : std::uint64_t{0};
  }

 private:
  [[nodiscard]] MemoryDisk& disk() { return system_.disks_[path_]; }

  [[nodiscard]] Error failed(int error_number, Operation operation, const std::string& name) const {
    return os_error(error_number, std::string(to_string(operation)) + " " + path_ + "/" + name);
  }

  /// For operations that change nothing: an error if this one is to fail.
  [[nodiscard]] std::optional<Error> refuse(Operation operation, const std::string& name) {
    if (incarnation_ != system_.incarnation_) return failed(EIO, operation, name);
    if (const auto fault = system_.faults_.next(operation)) {
      return failed(fault->error_number, operation, name);
    }
    if (const int refused = system_.unreadable_.refuse(name)) {
      return failed(refused, operation, name);
    }
    return std::nullopt;
  }

  /// For operations that change something, or are refused with an errno of their own.
  template <class Act>
  [[nodiscard]] Status change(Operation operation, int refused, const std::string& name,
                              const std::string& to, Act act) {
    if (incarnation_ != system_.incarnation_) return failed(EIO, operation, name);
    const std::optional<Fault> fault = system_.faults_.next(operation);
    if (fault && fault->effect != Effect::whole) {
      return failed(fault->error_number, operation, name);
    }
    if (refused != 0) return failed(refused, operation, name);
    act();
    system_.tell(operation, path_, name, to);
    if (fault) return failed(fault->error_number, operation, name);
    return {};
  }

  MemoryFileSystem& system_;
  std::string path_;
  std::uint64_t incarnation_;
};

Result<std::unique_ptr<Folder>> MemoryFileSystem::open_folder(const std::string& path,
                                                              Access access) {
  if (const auto fault = faults_.next(Operation::open_folder)) {
    return os_error(fault->error_number, "open the folder " + path);
  }
  if (access == Access::read && !disks_.contains(path)) {
    return os_error(ENOENT, "open the folder " + path);
  }
  static_cast<void>(disks_[path]);  // made if missing
  return std::unique_ptr<Folder>(std::make_unique<MemoryFolder>(*this, path));
}

void MemoryFileSystem::crash() {
  faults_.clear();
  unreadable_.clear();
  ++incarnation_;
  for (auto& [path, disk] : disks_) disk.crash(faults_.prng(), faults_.counts());
}

bool MemoryFileSystem::is_durable(const std::string& path, const std::string& name) {
  return disks_[path].is_durable(name);
}

}  // namespace steadfarm::checkpoint
