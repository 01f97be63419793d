#include "wire/messages.hpp"

#include "wire/codec.hpp"

namespace steadfarm::wire {
namespace {

constexpr std::size_t kUnitHeadBytes = 28;
constexpr std::size_t kRunBytes = 20;

void put(Writer& out, const SharedValue& shared) {
  out.number(shared.value);
  out.block(shared.witness);
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
    out.number(m.pid);
    out.number(static_cast<std::uint8_t>(m.concurrent));
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
    out.number(m.answers->size());
    out.raw(m.answers->bytes());
  }
  void operator()(const Heartbeat& m) const { out.number(m.seq); }
  void operator()(const EpochAck& m) const { out.number(m.epoch.value); }
  void operator()(const Propose& m) const { put(out, m.shared); }
  void operator()(const Goodbye& /*m*/) const {}
  void operator()(const Welcome& m) const { out.number(m.job_seed); }
  void operator()(const Assign& m) const {
    out.number(m.assign_seq);
    out.number(static_cast<std::uint64_t>(m.units.heads.size()));
    out.number(static_cast<std::uint64_t>(m.units.runs.size()));
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
    out.raw(m.units.bytes);
  }
  void operator()(const Ack& m) const { out.number(m.report_seq); }
  void operator()(const Shared& m) const {
    out.number(m.version);
    put(out, m.shared);
  }
  void operator()(const EpochOpen& m) const { out.number(m.epoch.value); }
  void operator()(const Beat& /*m*/) const {}
  void operator()(const Stop& /*m*/) const {}
  void operator()(const Shutdown& m) const { out.number(m.exit_code); }
};

template <class T>
T get(Reader& in);

template <>
Hello get(Reader& in) {
  Hello m;
  m.host = in.text();
  m.pid = in.number<std::uint32_t>();
  m.concurrent = in.number<std::uint8_t>() != 0;
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
  const auto count = in.number<std::uint64_t>();
  auto answers = std::make_shared<AnswerBatch>();
  if (!answers->adopt(count, in.raw(in.left()))) in.fail();
  m.answers = std::move(answers);
  return m;
}
template <>
Heartbeat get(Reader& in) {
  return {in.number<std::uint64_t>()};
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
  return {in.number<std::uint64_t>()};
}
template <>
Assign get(Reader& in) {
  Assign m;
  m.assign_seq = in.number<std::uint32_t>();
  const auto head_count = in.number<std::uint64_t>();
  const auto run_count = in.number<std::uint64_t>();
  if (head_count > in.left() / kUnitHeadBytes || run_count > in.left() / kRunBytes) {
    in.fail();
    return m;
  }
  m.units.heads.reserve(head_count);
  std::uint64_t expected_bytes = 0;
  for (std::uint64_t i = 0; i < head_count; ++i) {
    UnitBatch::Head head;
    head.key = in.key();
    head.attempt = Attempt(in.number<std::uint32_t>());
    head.payload_bytes = in.number<std::uint64_t>();
    if (head.payload_bytes > in.left() || expected_bytes > in.left()) in.fail();
    expected_bytes += head.payload_bytes;
    m.units.heads.push_back(head);
  }
  m.units.runs.reserve(run_count);
  std::uint64_t unit_count = head_count;
  for (std::uint64_t i = 0; i < run_count; ++i) {
    UnitBatch::Run run;
    run.begin = in.number<std::uint64_t>();
    run.count = in.number<std::uint64_t>();
    run.attempt = Attempt(in.number<std::uint32_t>());
    if (run.count == 0 || run.begin + run.count < run.begin) in.fail();
    unit_count += run.count;
    if (unit_count < run.count) in.fail();
    m.units.runs.push_back(run);
  }
  if (unit_count == 0 || expected_bytes != in.left()) in.fail();
  const ByteView payloads = in.raw(in.left());
  m.units.bytes.assign(payloads.begin(), payloads.end());
  return m;
}
template <>
Ack get(Reader& in) {
  return {in.number<std::uint32_t>()};
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
Beat get(Reader& /*in*/) {
  return {};
}
template <>
Stop get(Reader& /*in*/) {
  return {};
}
template <>
Shutdown get(Reader& in) {
  return {in.number<std::int32_t>()};
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
    bytes.reserve(64 + assign->units.heads.size() * kUnitHeadBytes + assign->units.bytes.size());
  } else if (const auto* report = std::get_if<Report>(&message.body)) {
    bytes.reserve(96 + report->answers->bytes().size());
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
  message.session = Session(in.number<std::uint32_t>());
  const auto job_value = in.number<std::uint64_t>();
  if (!in.ok() || magic != kMagic) return Error{ErrorCode::invalid, "not a Steadfarm message"};
  if (version != kVersion) {
    return Error{ErrorCode::invalid, "message version " + std::to_string(version) + ", expected " +
                                         std::to_string(kVersion) +
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

}  // namespace steadfarm::wire
