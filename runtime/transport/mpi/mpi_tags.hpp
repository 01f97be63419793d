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

}  // namespace steadfarm::transport
