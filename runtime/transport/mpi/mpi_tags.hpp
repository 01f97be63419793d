// The tags on the transport's communicator, and what each message carries.
#pragma once

namespace steadfarm::transport {

/// A message that fits one part travels as it is: kTagWhole. A larger one is announced by
/// kTagHeader, whose body is its size (8 bytes), and follows as kTagPart messages, in order.
/// MPI keeps the order of one sender's messages, so parts need no number; whatever comes before
/// the announced size is complete, other than a part, starts anew.
constexpr int kTagWhole = 1;
constexpr int kTagHeader = 2;
constexpr int kTagPart = 3;
/// Beside the line: delivered as soon as it is here.
constexpr int kTagUrgent = 4;
/// At the end of a farm, see Settlement: to rank 0 how many messages the sender has sent to whom,
/// and from it how many the receiver is to get in all. They are not counted themselves.
constexpr int kTagCounts = 5;
constexpr int kTagTotal = 6;

/// The farms on one communicator share its duplicate. The tag also says which farm a message is
/// of, so that a late one is never taken for one of the next farm. Tags up to 32767 are what every
/// MPI has, so the number of the farm starts anew after 4,096 of them; no message is that late,
/// for each farm receives all that lies there.
constexpr int kTagKindBits = 3;
constexpr int kFarmNumbers = 1 << 12;

constexpr int tag_of(int kind, int farm) { return kind | (farm << kTagKindBits); }
constexpr int kind_of(int tag) { return tag & ((1 << kTagKindBits) - 1); }
constexpr int farm_of(int tag) { return tag >> kTagKindBits; }

/// How many farms after `then` the farm `now` was begun; negative: before it.
constexpr int farms_after(int now, int then) {
  const int ahead = (now - then + kFarmNumbers) % kFarmNumbers;
  return ahead < kFarmNumbers / 2 ? ahead : ahead - kFarmNumbers;
}

}  // namespace steadfarm::transport
