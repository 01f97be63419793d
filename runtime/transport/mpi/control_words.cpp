#include "transport/mpi/control_words.hpp"

#include <utility>

namespace steadfarm::transport {

void ControlWords::take(int source, int kind, MPI_Message message, std::size_t bytes) {
  auto arriving = std::make_unique<Arriving>();
  arriving->word = {source, kind, Bytes(bytes)};
  const int code = MPI_Imrecv(arriving->word.bytes.data(), static_cast<int>(bytes), MPI_BYTE,
                              &message, &arriving->request);
  if (code == MPI_SUCCESS) arriving_.push_back(std::move(arriving));
}

std::vector<ControlWords::Heard> ControlWords::take_heard() {
  std::vector<Heard> heard;
  std::erase_if(arriving_, [&](const std::unique_ptr<Arriving>& each) {
    int done = 0;
    const bool good =
        MPI_Test(&each->request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && done != 0;
    if (good) heard.push_back(std::move(each->word));
    return good;
  });
  return heard;
}

}  // namespace steadfarm::transport
