#include "checkpoint/durable_file.hpp"

#include <algorithm>

namespace steadfarm::checkpoint {

Result<std::string> DurableFiles::write(ByteView bytes) {
  const std::string temp = temp_name(next_temp_);
  ++next_temp_.sequence;
  if (Status filled = fill(temp, bytes); !filled) {
    drop(temp);
    return filled.error();
  }
  return temp;
}

Status DurableFiles::fill(const std::string& temp, ByteView bytes) {
  Result<std::unique_ptr<NewFile>> file = folder_.create(temp);
  if (!file) return file.error();
  if (Status done = file.value()->write(bytes); !done) return done;
  if (Status done = file.value()->sync(); !done) return done;
  if (Status done = file.value()->make_read_only(); !done) return done;
  if (Status done = file.value()->close(); !done) return done;
  // What is not what we wrote must not become a generation that older ones are removed for.
  const Result<Bytes> back = folder_.read_all(temp, bytes.size());
  if (!back) return back.error();
  if (!std::ranges::equal(back.value(), bytes)) {
    return Error{ErrorCode::io, folder_.path() + "/" + temp +
                                    " reads back other than it was written; the disk or its " +
                                    "driver is faulty"};
  }
  return {};
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
