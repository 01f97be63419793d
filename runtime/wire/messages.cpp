#include "wire/messages.hpp"

#include "wire/codec.hpp"

namespace steadfarm::wire {
namespace {

constexpr std::size_t kUnitHeadBytes = 28;
constexpr std::size_t kRunBytes = 20;
constexpr std::size_t kSavedBytes = 20;
constexpr std::size_t kReturnedBytes = 20;
constexpr std::size_t kRankBytes = 4;
constexpr std::size_t kProcessBytes = 16;
constexpr std::uint8_t kHasShared = 1;
constexpr std::uint8_t kHasRunning = 2;
constexpr std::uint8_t kHasRunningDigest = 4;

void put(Writer& out, const SharedValue& shared) {
  out.number(shared.value);
  out.block(shared.witness);
}

void put(Writer& out, const Process& process) {
  out.number(process.rank.value);
  out.number(process.pid);
  out.number(process.started);
}

Process get_process(Reader& in) {
  Process process;
  process.rank = Rank(in.number<std::int32_t>());
  process.pid = in.number<std::uint32_t>();
  process.started = in.number<std::uint64_t>();
  return process;
}

SharedValue get_shared(Reader& in) {
  SharedValue shared;
  shared.value = in.number<std::int64_t>();
  const ByteView witness = in.block();
  shared.witness.assign(witness.begin(), witness.end());
  return shared;
}

struct Encoder {
  Writer& out;
  void operator()(const Hello& m) const {
    out.text(m.host);
    out.text(m.build);
    out.number(m.pid);
    out.number(static_cast<std::uint8_t>(m.concurrent));
    out.text(m.machine);
    out.number(m.started);
  }
  void operator()(const Report& m) const {
    out.number(m.report_seq);
    out.number(m.assigns_seen);
    out.number(static_cast<std::uint8_t>(m.idle));
    out.number(m.unacked);
    out.number(m.shared_version);
    out.number(m.executed);
    out.number(m.busy_us);
    out.number(m.busy_us_squared);
    out.number(m.longest_us);
    out.number(m.kept);
    out.number(m.answers->size());
    out.raw(m.answers->bytes());
  }
  void operator()(const Heartbeat& m) const {
    out.number(m.seq);
    out.number(static_cast<std::uint8_t>(m.at_safe_points));
  }
  void operator()(const EpochAck& m) const { out.number(m.epoch.value); }
  void operator()(const Propose& m) const { put(out, m.shared); }
  void operator()(const Goodbye& /*m*/) const {}
  void operator()(const Trouble& m) const { out.text(m.text); }
  void operator()(const Welcome& m) const {
    out.number(m.job_seed);
    out.number(m.shards.owner_epoch.value);
    out.number(m.shards.fingerprint.hi);
    out.number(m.shards.fingerprint.lo);
    out.number(m.owner_epoch.value);
    out.number(m.job_digest);
    out.number(m.shards_from.value);
  }
  void operator()(const Assign& m) const {
    out.number(m.assign_seq);
    out.number(static_cast<std::uint64_t>(m.units.heads.size()));
    out.number(static_cast<std::uint64_t>(m.units.runs.size()));
    out.number(static_cast<std::uint64_t>(m.units.saved.size()));
    for (const auto& head : m.units.heads) {
      out.key(head.key);
      out.number(head.attempt.value);
      out.number(head.payload_bytes);
    }
    for (const auto& run : m.units.runs) {
      out.number(run.begin);
      out.number(run.count);
      out.number(run.attempt.value);
    }
    for (const auto& saved : m.units.saved) {
      out.number(saved.head);
      out.number(saved.sequence);
      out.number(saved.state_bytes);
    }
    out.raw(m.units.bytes);
    out.raw(m.units.states);
  }
  void operator()(const Ack& m) const {
    out.number(m.report_seq);
    out.number(m.delta);
  }
  void operator()(const Shared& m) const {
    out.number(m.version);
    put(out, m.shared);
  }
  void operator()(const EpochOpen& m) const { out.number(m.epoch.value); }
  void operator()(const Beat& m) const { out.number(m.durable); }
  void operator()(const Stop& /*m*/) const {}
  void operator()(const Shutdown& m) const { out.number(m.exit_code); }
  void operator()(const Partial& m) const {
    out.key(m.key);
    out.number(m.attempt.value);
    out.number(m.sequence);
    out.block(*m.state);
  }
  void operator()(const Recall& m) const {
    out.number(m.recall_seq);
    out.number(m.units);
  }
  void operator()(const Returned& m) const {
    out.number(m.recall_seq);
    out.number(static_cast<std::uint64_t>(m.units.size()));
    for (const Returned::Unit& unit : m.units) {
      out.key(unit.key);
      out.number(unit.attempt.value);
    }
  }
  void operator()(const Overdue& m) const {
    out.key(m.key);
    out.number(m.attempt.value);
  }
  void operator()(const HandIn& m) const {
    out.number(m.report_seq);
    std::uint8_t flags = 0;
    if (m.shared) flags |= kHasShared;
    if (m.running) flags |= kHasRunning;
    if (m.running && m.running->unit_digest) flags |= kHasRunningDigest;
    out.number(flags);
    if (m.shared) put(out, *m.shared);
    if (m.running) {
      out.key(m.running->key);
      out.number(m.running->attempt.value);
      if (m.running->unit_digest) out.number(*m.running->unit_digest);
    }
    out.number(m.answers->size());
    out.raw(m.answers->bytes());
  }
  void operator()(const Roster& m) const {
    out.number(static_cast<std::uint64_t>(m.gone.size()));
    for (const Rank rank : m.gone) out.number(rank.value);
  }
  void operator()(const Claim& m) const { out.number(static_cast<std::uint8_t>(m.certain)); }
  void operator()(const Consent& m) const {
    out.number(static_cast<std::uint8_t>(m.verdict));
    out.number(m.follow.value);
  }
  void operator()(const Neighbours& m) const {
    out.number(static_cast<std::uint64_t>(m.processes.size()));
    for (const Process& process : m.processes) put(out, process);
  }
  void operator()(const Ended& m) const { put(out, m.process); }
};

template <class T>
T get(Reader& in);

template <>
Hello get(Reader& in) {
  Hello m;
  m.host = in.text();
  m.build = in.text();
  m.pid = in.number<std::uint32_t>();
  m.concurrent = in.number<std::uint8_t>() != 0;
  m.machine = in.text();
  m.started = in.number<std::uint64_t>();
  return m;
}
template <>
Report get(Reader& in) {
  Report m;
  m.report_seq = in.number<std::uint32_t>();
  m.assigns_seen = in.number<std::uint32_t>();
  m.idle = in.number<std::uint8_t>() != 0;
  m.unacked = in.number<std::uint32_t>();
  m.shared_version = in.number<std::uint64_t>();
  m.executed = in.number<std::uint32_t>();
  m.busy_us = in.number<std::uint64_t>();
  m.busy_us_squared = in.number<std::uint64_t>();
  m.longest_us = in.number<std::uint64_t>();
  m.kept = in.number<std::uint32_t>();
  const auto count = in.number<std::uint64_t>();
  auto answers = std::make_shared<AnswerBatch>();
  if (!answers->adopt(count, in.raw(in.left()))) in.fail();
  m.answers = std::move(answers);
  return m;
}
template <>
Heartbeat get(Reader& in) {
  Heartbeat m;
  m.seq = in.number<std::uint64_t>();
  m.at_safe_points = in.number<std::uint8_t>() != 0;
  return m;
}
template <>
EpochAck get(Reader& in) {
  return {Epoch(in.number<std::uint64_t>())};
}
template <>
Propose get(Reader& in) {
  return {get_shared(in)};
}
template <>
Goodbye get(Reader& /*in*/) {
  return {};
}
template <>
Welcome get(Reader& in) {
  Welcome m;
  m.job_seed = in.number<std::uint64_t>();
  m.shards.owner_epoch = OwnerEpoch(in.number<std::uint64_t>());
  m.shards.fingerprint.hi = in.number<std::uint64_t>();
  m.shards.fingerprint.lo = in.number<std::uint64_t>();
  m.owner_epoch = OwnerEpoch(in.number<std::uint64_t>());
  m.job_digest = in.number<std::uint64_t>();
  m.shards_from = OwnerEpoch(in.number<std::uint64_t>());
  return m;
}
// How many of these are to come: no more than there are bytes for.
std::uint64_t get_count(Reader& in, std::size_t bytes_each) {
  const auto count = in.number<std::uint64_t>();
  if (count <= in.left() / bytes_each) return count;
  in.fail();
  return 0;
}

// A length of bytes that come later, added to a sum that cannot overflow.
std::uint64_t get_length(Reader& in, std::uint64_t& sum) {
  const auto length = in.number<std::uint64_t>();
  if (length > in.left() || sum > in.left()) in.fail();
  sum += length;
  return length;
}

void get_saved(Reader& in, std::uint64_t count, UnitBatch& units, std::uint64_t& sum) {
  units.saved.reserve(count);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    UnitBatch::Saved saved;
    saved.head = in.number<std::uint32_t>();
    saved.sequence = in.number<std::uint64_t>();
    saved.state_bytes = get_length(in, sum);
    const bool rises = units.saved.empty() || saved.head > units.saved.back().head;
    if (!rises || saved.head >= units.heads.size() || saved.sequence == 0) in.fail();
    units.saved.push_back(saved);
  }
}

template <>
Assign get(Reader& in) {
  Assign m;
  m.assign_seq = in.number<std::uint32_t>();
  const std::uint64_t head_count = get_count(in, kUnitHeadBytes);
  const std::uint64_t run_count = get_count(in, kRunBytes);
  const std::uint64_t saved_count = get_count(in, kSavedBytes);
  m.units.heads.reserve(head_count);
  std::uint64_t payload_bytes = 0;
  for (std::uint64_t i = 0; i < head_count && in.ok(); ++i) {
    UnitBatch::Head head;
    head.key = in.key();
    head.attempt = Attempt(in.number<std::uint32_t>());
    head.payload_bytes = get_length(in, payload_bytes);
    m.units.heads.push_back(head);
  }
  m.units.runs.reserve(run_count);
  std::uint64_t unit_count = head_count;
  for (std::uint64_t i = 0; i < run_count && in.ok(); ++i) {
    UnitBatch::Run run;
    run.begin = in.number<std::uint64_t>();
    run.count = in.number<std::uint64_t>();
    run.attempt = Attempt(in.number<std::uint32_t>());
    if (run.count == 0 || run.begin + run.count < run.begin) in.fail();
    unit_count += run.count;
    if (unit_count < run.count) in.fail();
    m.units.runs.push_back(run);
  }
  std::uint64_t state_bytes = 0;
  get_saved(in, saved_count, m.units, state_bytes);
  if (unit_count == 0 || payload_bytes > in.left() || state_bytes != in.left() - payload_bytes) {
    in.fail();
  }
  const ByteView payloads = in.raw(payload_bytes);
  m.units.bytes.assign(payloads.begin(), payloads.end());
  const ByteView states = in.raw(in.left());
  m.units.states.assign(states.begin(), states.end());
  return m;
}
template <>
Ack get(Reader& in) {
  Ack m;
  m.report_seq = in.number<std::uint32_t>();
  m.delta = in.number<std::uint32_t>();
  return m;
}
template <>
Shared get(Reader& in) {
  Shared m;
  m.version = in.number<std::uint64_t>();
  m.shared = get_shared(in);
  return m;
}
template <>
EpochOpen get(Reader& in) {
  return {Epoch(in.number<std::uint64_t>())};
}
template <>
Beat get(Reader& in) {
  return {in.number<std::uint32_t>()};
}
template <>
Stop get(Reader& /*in*/) {
  return {};
}
template <>
Shutdown get(Reader& in) {
  return {in.number<std::int32_t>()};
}
template <>
Partial get(Reader& in) {
  Partial m;
  m.key = in.key();
  m.attempt = Attempt(in.number<std::uint32_t>());
  m.sequence = in.number<std::uint64_t>();
  if (m.sequence == 0) in.fail();
  const ByteView state = in.block();
  m.state = std::make_shared<const Bytes>(state.begin(), state.end());
  return m;
}

template <>
Recall get(Reader& in) {
  Recall m;
  m.recall_seq = in.number<std::uint32_t>();
  m.units = in.number<std::uint64_t>();
  return m;
}
template <>
Returned get(Reader& in) {
  Returned m;
  m.recall_seq = in.number<std::uint32_t>();
  const std::uint64_t count = get_count(in, kReturnedBytes);
  m.units.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const UnitKey key = in.key();
    m.units.push_back({key, Attempt(in.number<std::uint32_t>())});
  }
  return m;
}

template <>
Overdue get(Reader& in) {
  Overdue m;
  m.key = in.key();
  m.attempt = Attempt(in.number<std::uint32_t>());
  return m;
}
template <>
HandIn get(Reader& in) {
  HandIn m;
  m.report_seq = in.number<std::uint32_t>();
  const auto flags = in.number<std::uint8_t>();
  const bool digest_alone = (flags & (kHasRunning | kHasRunningDigest)) == kHasRunningDigest;
  if (m.report_seq == 0 || flags > 7 || digest_alone) in.fail();
  if ((flags & kHasShared) != 0) m.shared = get_shared(in);
  if ((flags & kHasRunning) != 0) {
    HandIn::Running running;
    running.key = in.key();
    running.attempt = Attempt(in.number<std::uint32_t>());
    if ((flags & kHasRunningDigest) != 0) running.unit_digest = in.number<std::uint64_t>();
    m.running = running;
  }
  const auto count = in.number<std::uint64_t>();
  auto answers = std::make_shared<AnswerBatch>();
  if (!answers->adopt(count, in.raw(in.left()))) in.fail();
  m.answers = std::move(answers);
  return m;
}
template <>
Roster get(Reader& in) {
  Roster m;
  const std::uint64_t count = get_count(in, kRankBytes);
  m.gone.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) m.gone.emplace_back(in.number<std::int32_t>());
  return m;
}
template <>
Claim get(Reader& in) {
  return {in.number<std::uint8_t>() != 0};
}
template <>
Consent get(Reader& in) {
  const auto verdict = in.number<std::uint8_t>();
  if (verdict > static_cast<std::uint8_t>(Verdict::follow)) in.fail();
  return {static_cast<Verdict>(verdict), Rank(in.number<std::int32_t>())};
}

template <>
Neighbours get(Reader& in) {
  Neighbours m;
  const std::uint64_t count = get_count(in, kProcessBytes);
  m.processes.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) m.processes.push_back(get_process(in));
  return m;
}
template <>
Ended get(Reader& in) {
  return {get_process(in)};
}

template <>
Trouble get(Reader& in) {
  return {in.text()};
}

// Builds the alternative with this number; the number on the wire is the place in Body.
template <std::size_t I = 0>
bool get_body(std::uint8_t type, Reader& in, Body& body) {
  if constexpr (I < std::variant_size_v<Body>) {
    if (type == I) {
      body = get<std::variant_alternative_t<I, Body>>(in);
      return true;
    }
    return get_body<I + 1>(type, in, body);
  } else {
    return false;
  }
}

}  // namespace

Bytes encode(JobId job, const Message& message) {
  Bytes bytes;
  if (const auto* assign = std::get_if<Assign>(&message.body)) {
    bytes.reserve(64 + assign->units.heads.size() * kUnitHeadBytes + assign->units.byte_count());
  } else if (const auto* report = std::get_if<Report>(&message.body)) {
    bytes.reserve(96 + report->answers->bytes().size());
  } else if (const auto* handed_in = std::get_if<HandIn>(&message.body)) {
    bytes.reserve(128 + handed_in->answers->bytes().size());
  } else if (const auto* partial = std::get_if<Partial>(&message.body)) {
    bytes.reserve(64 + partial->state->size());
  }
  Writer out(bytes);
  out.number(kMagic);
  out.number(kVersion);
  out.number(static_cast<std::uint8_t>(message.body.index()));
  out.number(message.session.value);
  out.number(job.value);
  std::visit(Encoder{out}, message.body);
  return bytes;
}

Result<Message> decode(JobId job, ByteView bytes) {
  Reader in(bytes);
  const auto magic = in.number<std::uint16_t>();
  const auto version = in.number<std::uint8_t>();
  const auto type = in.number<std::uint8_t>();
  Message message;
  message.session = Session(in.number<std::uint64_t>());
  const auto job_value = in.number<std::uint64_t>();
  if (!in.ok() || magic != kMagic) return Error{ErrorCode::invalid, "not a Steadfarm message"};
  if (version != kVersion) {
    return Error{ErrorCode::unsupported, "message version " + std::to_string(version) +
                                             ", expected " + std::to_string(kVersion) +
                                             "; start all ranks from one build"};
  }
  if (job_value != job.value) return Error{ErrorCode::foreign, "message of another job"};
  if (!get_body(type, in, message.body)) {
    return Error{ErrorCode::invalid, "unknown message type " + std::to_string(type)};
  }
  if (!in.done()) {
    return Error{ErrorCode::invalid, "malformed message of type " + std::to_string(type)};
  }
  return message;
}

std::optional<Stranger> read_stranger(ByteView bytes) {
  constexpr std::uint64_t kTextBytesMax = 1024;
  constexpr std::uint8_t kHello = 0;
  Reader in(bytes);
  const auto magic = in.number<std::uint16_t>();
  Stranger stranger;
  stranger.version = in.number<std::uint8_t>();
  const auto type = in.number<std::uint8_t>();
  static_cast<void>(in.number<std::uint64_t>());  // its session
  stranger.job = JobId(in.number<std::uint64_t>());
  stranger.host = in.text();
  if (stranger.version >= 2) stranger.build = in.text();
  const bool is_stranger = in.ok() && magic == kMagic && stranger.version != kVersion &&
                           stranger.version != 0 && type == kHello &&
                           stranger.host.size() <= kTextBytesMax &&
                           stranger.build.size() <= kTextBytesMax;
  if (!is_stranger) return std::nullopt;
  return stranger;
}

Bytes shutdown_for(const Stranger& stranger, std::int32_t exit_code) {
  constexpr std::size_t kVersionAt = 2;
  Bytes bytes = encode(stranger.job, {Session(0), Shutdown{exit_code}});
  bytes[kVersionAt] = std::byte{stranger.version};
  return bytes;
}

}  // namespace steadfarm::wire
