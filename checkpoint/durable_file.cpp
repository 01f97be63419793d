#include "checkpoint/durable_file.hpp"

#include <algorithm>

namespace steadfarm::checkpoint {
namespace {

constexpr std::size_t buffer_bytes = 1U << 20U;

/// Turns pieces and the zeros between them into few writes, and digests all of it in the order of
/// the file. Large pieces go from where they lie, without a copy.
class Sink {
 public:
  Sink(NewFile& file, Bytes& buffer) : file_(file), buffer_(buffer) { buffer_.clear(); }

  [[nodiscard]] Status put(ByteView bytes) {
    if (buffer_.size() + bytes.size() <= buffer_bytes) {
      buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
      return {};
    }
    if (Status done = flush(); !done) return done;
    if (bytes.size() <= buffer_bytes) return put(bytes);
    return write(bytes);
  }
  [[nodiscard]] Status zeros(std::uint64_t count) {
    while (count > 0) {
      if (buffer_.size() == buffer_bytes) {
        if (Status done = flush(); !done) return done;
      }
      const std::uint64_t fits = std::min<std::uint64_t>(count, buffer_bytes - buffer_.size());
      buffer_.resize(buffer_.size() + static_cast<std::size_t>(fits));
      count -= fits;
    }
    return {};
  }
  [[nodiscard]] Status flush() {
    if (buffer_.empty()) return {};
    Status done = write(buffer_);
    buffer_.clear();
    return done;
  }
  [[nodiscard]] Digest digest() const { return digest_.finish(); }

 private:
  [[nodiscard]] Status write(ByteView bytes) {
    digest_.update(bytes);
    return file_.write(bytes);
  }

  NewFile& file_;
  Bytes& buffer_;
  DigestStream digest_;
};

}  // namespace

std::string DurableFiles::next_temp() {
  std::string name = subfolder_ + temp_name(next_temp_);
  ++next_temp_.sequence;
  return name;
}

Result<std::vector<std::string>> DurableFiles::probe() {
  std::vector<std::string> warnings;
  const std::string name = next_temp();
  const std::string second_name = next_temp();
  Status tried = try_out(name, second_name, warnings);
  drop(second_name);
  drop(name);
  if (!tried) return tried.error();
  return warnings;
}

Status DurableFiles::try_out(const std::string& name, const std::string& second_name,
                             std::vector<std::string>& warnings) {
  Result<std::unique_ptr<NewFile>> file = folder_.create(name);
  if (!file) return file.error();
  if (Status done = file.value()->make_read_only(); !done) {
    if (done.error().code != ErrorCode::unsupported) return done;
    warnings.push_back(done.error().message);
  }
  if (Status done = file.value()->close(); !done) return done;
  if (Status done = folder_.link(name, second_name); !done) return done;
  return folder_.sync(subfolder_.substr(0, subfolder_.rfind('/')));
}

Result<DurableFiles::Written> DurableFiles::write(const FileImage& image) {
  Written written;
  written.temp = next_temp();
  if (Status filled = fill(written.temp, image, written.digest); !filled) {
    drop(written.temp);
    return filled.error();
  }
  return written;
}

Result<DurableFiles::Written> DurableFiles::write(ByteView bytes) {
  FileImage image;
  image.borrow(0, bytes);
  if (Status sealed = image.seal(bytes.size()); !sealed) return sealed.error();
  return write(image);
}

Status DurableFiles::fill(const std::string& temp, const FileImage& image, Digest& sum) {
  Result<std::unique_ptr<NewFile>> file = folder_.create(temp);
  if (!file) return file.error();
  if (Status done = pour(*file.value(), image, sum); !done) return done;
  if (Status done = file.value()->sync(); !done) return done;
  // Without modes the digest alone protects it, which is what a reader goes by.
  Status read_only = file.value()->make_read_only();
  if (!read_only && read_only.error().code != ErrorCode::unsupported) return read_only;
  if (Status done = file.value()->close(); !done) return done;
  return read_back(temp, image, sum);
}

Status DurableFiles::pour(NewFile& file, const FileImage& image, Digest& sum) {
  Sink sink(file, buffer_);
  std::uint64_t at = 0;
  for (const FileImage::Piece& piece : image.pieces()) {
    if (Status done = sink.zeros(piece.offset - at); !done) return done;
    if (Status done = sink.put(piece.bytes); !done) return done;
    at = piece.offset + piece.bytes.size();
  }
  if (Status done = sink.zeros(image.bytes() - at); !done) return done;
  if (Status done = sink.flush(); !done) return done;
  sum = sink.digest();
  return {};
}

// What is not what we wrote must not become a generation that older ones are removed for.
Status DurableFiles::read_back(const std::string& temp, const FileImage& image, const Digest& sum) {
  const Result<std::unique_ptr<OldFile>> file = folder_.open(temp);
  if (!file) return file.error();
  DigestStream back;
  std::uint64_t total = 0;
  buffer_.resize(buffer_bytes);
  while (true) {
    const Result<std::size_t> got = file.value()->read(buffer_);
    if (!got) return got.error();
    if (got.value() == 0) break;
    back.update(ByteView(buffer_).first(got.value()));
    total += got.value();
  }
  if (total == image.bytes() && back.finish() == sum) return {};
  return Error{ErrorCode::io, folder_.path() + "/" + temp +
                                  " reads back other than it was written; the disk or its " +
                                  "driver is faulty"};
}

Status DurableFiles::give_name(const std::string& temp, const std::string& name) {
  Status linked = folder_.link(temp, name);
  drop(temp);
  return linked;
}

void DurableFiles::drop(const std::string& name) {
  // Best effort: what is left over is removed when the store is opened the next time.
  static_cast<void>(folder_.unlink(name));
}

}  // namespace steadfarm::checkpoint
