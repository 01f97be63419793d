// One message of every kind with every field set, for the tests of bytes.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "wire/messages.hpp"

namespace steadfarm::wire::test {

inline ByteView view(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline Bytes bytes(std::string_view text) {
  const ByteView v = view(text);
  return {v.begin(), v.end()};
}

inline std::shared_ptr<const AnswerBatch> sample_answers() {
  auto batch = std::make_shared<AnswerBatch>();
  AnswerView plain;
  plain.key = UnitKey::index(7);
  plain.attempt = Attempt(1);
  plain.payload = view("result");
  batch->add(plain);
  AnswerView full;
  full.key = child_key(UnitKey::index(7), 0);
  full.attempt = Attempt(2);
  full.payload = view("r2");
  full.proposal_value = -578;
  full.proposal_witness = view("perm");
  full.children = {{-3, view("child a")},
                   {5, {}, {}},
                   {0, view("child c"), {1'500, 7, false}},
                   {0, {}, {0, 9, true}}};
  batch->add(full);
  AnswerView failed;
  failed.key = UnitKey::index(9);
  failed.attempt = Attempt(3);
  failed.status = AnswerStatus::failed;
  failed.payload = view("it threw");
  batch->add(failed);
  AnswerView sharded;
  sharded.key = UnitKey::index(11);
  sharded.attempt = Attempt(1);
  sharded.payload = view("reduced");
  sharded.proposal_value = 5;
  sharded.proposal_witness = view("w");
  sharded.place = ShardPlace{{{OwnerEpoch(3), 0xABCDEF, 7}, 12, 5'000'000, {1, 2}}, 11, 1'000'000};
  batch->add(sharded);
  full.unit_digest = 0x1122334455667788ULL;
  batch->add(full);
  return batch;
}

inline Report sample_report() {
  Report m;
  m.report_seq = 5;
  m.assigns_seen = 4;
  m.idle = true;
  m.unacked = 2;
  m.shared_version = 3;
  m.executed = 3;
  m.busy_us = 1000;
  m.busy_us_squared = 500'000;
  m.longest_us = 700;
  m.kept = 2;
  m.answers = sample_answers();
  return m;
}

inline Assign sample_assign() {
  Assign m;
  m.assign_seq = 9;
  m.units.add(UnitKey::index(3), Attempt(1), view("payload"));
  m.units.add_saved(12, view("half of it"));
  m.units.add(child_key(UnitKey::index(3), 1), Attempt(2), {});
  m.units.add(UnitKey::index(4), Attempt(3), view("p4"));
  m.units.add_saved(1, {});
  m.units.add_run(100, 50, Attempt(1));
  m.units.add_run(10, 1, Attempt(4));
  return m;
}

/// In the order of Body.
inline std::vector<Message> samples() {
  const SharedValue shared{-578, bytes("witness")};
  Report empty;
  empty.answers = std::make_shared<AnswerBatch>();
  std::vector<Message> out;
  const auto add = [&](Body body) { out.push_back({Session(6), std::move(body)}); };
  add(Hello{"node17", 4242, true, "boot/4026531836", 77, "gnu-0123"});
  add(sample_report());
  add(Heartbeat{77, true});
  add(EpochAck{Epoch(12)});
  add(Propose{shared});
  add(Goodbye{});
  add(Welcome{0x123456789abcdefULL,
              {OwnerEpoch(12), {0x11, 0x22}},
              OwnerEpoch(4),
              0xfedcba987654321ULL,
              OwnerEpoch(3)});
  add(sample_assign());
  add(Ack{5, 8});
  add(Shared{3, shared});
  add(EpochOpen{Epoch(12)});
  add(Beat{7});
  add(Stop{});
  add(Shutdown{-75});
  add(Partial{UnitKey::index(3), Attempt(2), 12,
              std::make_shared<const Bytes>(bytes("half of it"))});
  add(Recall{3, 17});
  add(Returned{3,
               {{UnitKey::index(9), Attempt(2)}, {child_key(UnitKey::index(3), 1), Attempt(1)}}});
  add(Overdue{UnitKey::index(3), Attempt(2)});
  add(Trouble{"the disk is full"});
  HandIn hand_in;
  hand_in.report_seq = 6;
  hand_in.shared = shared;
  hand_in.running = {child_key(UnitKey::index(3), 1), Attempt(2), 99};
  hand_in.answers = sample_answers();
  add(hand_in);
  add(Roster{{Rank(2), Rank(5)}});
  add(Claim{true});
  add(Consent{Verdict::follow, Rank(3)});
  add(Neighbours{{{Rank(3), 4243, 78}, {Rank(5), 4244, 0x123456789abcdef}}});
  add(Ended{{Rank(3), 4243, 78}});
  // Further ones of types that came before.
  hand_in.shared.reset();
  hand_in.running = {UnitKey::index(3), Attempt(2), {}};
  add(hand_in);
  hand_in.running.reset();
  add(hand_in);
  add(empty);
  return out;
}

}  // namespace steadfarm::wire::test
