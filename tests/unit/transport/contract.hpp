// What every transport promises, as one list of cases. Each case is a body that all ranks run at
// the same time on a fresh transport; who runs it (threads or MPI ranks) is the harness's matter.
#pragma once

#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "transport/transport.hpp"

namespace steadfarm::transport::contract {

struct Party {
  Transport& transport;
  std::size_t part_bytes;         // messages above this are split; sizes are chosen around it
  std::function<void()> barrier;  // waits for all ranks, without polling the transport

  [[nodiscard]] int rank() const { return transport.self().value; }
  [[nodiscard]] int size() const { return transport.rank_count(); }
};

struct Case {
  std::string name;
  void (*body)(Party&);
};

inline void PrintTo(const Case& value, std::ostream* out) { *out << value.name; }

[[nodiscard]] const std::vector<Case>& cases();

/// Bytes that depend on every argument, so that swapped or torn messages are noticed.
[[nodiscard]] Bytes pattern(std::size_t size, std::uint64_t seed);

/// Polls until `count` messages came or a minute has passed; then fewer are returned.
[[nodiscard]] std::vector<Incoming> receive(Transport& transport, std::size_t count);

/// Polls, keeping nothing, until `done` says so or a minute has passed; then false.
[[nodiscard]] bool poll_until(Transport& transport, const std::function<bool()>& done);

}  // namespace steadfarm::transport::contract
