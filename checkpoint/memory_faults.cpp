#include "checkpoint/memory_faults.hpp"

#include <cerrno>

namespace steadfarm::checkpoint {
namespace {

constexpr std::array<const char*, operation_count> names = {
    "open_folder", "create", "write",  "sync",   "make_read_only",
    "close",       "link",   "rename", "unlink", "make_folder",
    "sync_folder", "read",   "size",   "list",   "free_space"};

std::size_t index_of(Operation operation) { return static_cast<std::size_t>(operation); }

bool takes_space(Operation operation) {
  return operation == Operation::create || operation == Operation::write ||
         operation == Operation::sync || operation == Operation::close ||
         operation == Operation::link || operation == Operation::make_folder;
}

bool only_reads(Operation operation) {
  return operation == Operation::open_folder || operation == Operation::read ||
         operation == Operation::size || operation == Operation::list ||
         operation == Operation::free_space;
}

}  // namespace

const char* to_string(Operation operation) { return names[index_of(operation)]; }

void MemoryFaults::fail_operation(std::uint64_t number, Fault fault, bool from_then_on) {
  scripted_number_ = number;
  scripted_ = fault;
  from_then_on_ = from_then_on;
  script_hit_ = false;
}

void MemoryFaults::set_rates(const FaultRates& rates) {
  rates_ = rates;
  rates_set_ = true;
}

void MemoryFaults::clear() {
  scripted_number_ = 0;
  once_.clear();
  power_off_after_ = UINT64_MAX;
  rates_set_ = false;
}

Fault MemoryFaults::draw(Operation operation) {
  Fault fault{EIO, Effect::none};
  if (takes_space(operation) && prng_.chance(0.4)) fault.error_number = ENOSPC;
  if (prng_.chance(rates_.whole_effect)) fault.effect = Effect::whole;
  if (operation == Operation::write && prng_.chance(rates_.partial_write)) {
    fault.effect = Effect::partial;
  }
  return fault;
}

std::optional<Fault> MemoryFaults::scripted() const {
  const bool hit = scripted_number_ != 0 && operations_ >= scripted_number_ &&
                   (operations_ == scripted_number_ || from_then_on_);
  if (hit) return scripted_;
  const auto once = once_.find(operations_);
  return once == once_.end() ? std::nullopt : std::optional<Fault>(once->second);
}

std::optional<Fault> MemoryFaults::next(Operation operation) {
  ++operations_;
  if (operations_ > power_off_after_) return Fault{EIO, Effect::none};
  std::optional<Fault> fault = scripted();
  if (fault) {
    script_hit_ = true;
    const bool of_space = fault->error_number == ENOSPC || fault->error_number == EDQUOT;
    // No system says "disk full" to a reader.
    if (of_space && only_reads(operation)) fault->error_number = EIO;
  } else if (rates_set_ && rates_.fail[index_of(operation)] > 0.0 &&
             prng_.chance(rates_.fail[index_of(operation)])) {
    fault = draw(operation);
  }
  if (fault) ++counts_.injected[index_of(operation)];
  return fault;
}

}  // namespace steadfarm::checkpoint
