#include "checkpoint/names.hpp"

#include <gtest/gtest.h>

namespace steadfarm::checkpoint {
namespace {

TEST(Names, look_as_the_format_says) {
  EXPECT_EQ(manifest_name(Generation(12)), "manifest-000000000012");
  EXPECT_EQ(segment_name({Generation(12), OwnerEpoch(9), 3}), "segment-000000000012-9-3.h5");
  EXPECT_EQ(temp_name({OwnerEpoch(9), 0xAB, 3}), "temp-9-00000000000000ab-3");
  EXPECT_EQ(shard_name({OwnerEpoch(9), 0xFFAB, 3}), "shards/ab/shard-9-000000000000ffab-3.h5");
  EXPECT_EQ(shard_folder(0x1205), "shards/05");
}

TEST(Names, come_back_from_what_was_made) {
  for (const std::uint64_t n : {0ULL, 1ULL, 999999999999ULL, 1000000000000ULL, ~0ULL}) {
    EXPECT_EQ(parse_manifest_name(manifest_name(Generation(n))), Generation(n));
    const SegmentName segment{Generation(n), OwnerEpoch(n), n};
    EXPECT_EQ(parse_segment_name(segment_name(segment)), segment);
    const TempName temp{OwnerEpoch(n), n, n};
    EXPECT_EQ(parse_temp_name(temp_name(temp)), temp);
    const ShardName shard{OwnerEpoch(n), n, n};
    EXPECT_EQ(parse_shard_name(shard_name(shard)), shard);
    EXPECT_TRUE(is_shard_subfolder(shard_folder(n).substr(7)));
  }
}

TEST(Names, sort_as_their_generations_do) {
  EXPECT_LT(manifest_name(Generation(9)), manifest_name(Generation(10)));
  EXPECT_LT(segment_name({Generation(99), OwnerEpoch(100), 1}),
            segment_name({Generation(100), OwnerEpoch(2), 1}));
}

TEST(Names, of_other_things_are_refused) {
  for (const char* text :
       {"", "manifest-", "manifest-12", "manifest-0000000000012", "manifest-00000000001x",
        "manifest-000000000012 ", " manifest-000000000012", "manifest-000000000012.old",
        "manifest--00000000012", "manifest-+00000000012", "Manifest-000000000012",
        "manifest-99999999999999999999999"}) {
    EXPECT_FALSE(parse_manifest_name(text)) << text;
  }
  for (const char* text :
       {"segment-000000000012-9-3", "segment-12-9-3.h5", "segment-000000000012-09-3.h5",
        "segment-000000000012-9-3.h5.h5", "segment-000000000012-9.h5", "bad/x"}) {
    EXPECT_FALSE(parse_segment_name(text)) << text;
  }
  for (const char* text : {"temp-9-ab-3", "temp-9-00000000000000AB-3", "temp-9-00000000000000ab"}) {
    EXPECT_FALSE(parse_temp_name(text)) << text;
  }
  // The folder is part of the name: in another one it is not the same file.
  for (const char* text :
       {"shard-9-00000000000000ab-3.h5", "shards/ac/shard-9-00000000000000ab-3.h5",
        "shards/ab/shard-9-ab-3.h5", "shards/ab/shard-09-00000000000000ab-3.h5",
        "shards/ab/shard-9-00000000000000ab-3", "/shards/ab/shard-9-00000000000000ab-3.h5",
        "shards/ab/../ab/shard-9-00000000000000ab-3.h5"}) {
    EXPECT_FALSE(parse_shard_name(text)) << text;
  }
  for (const char* text : {"", "a", "AB", "abc", "100", "g0", " a", "0x"}) {
    EXPECT_FALSE(is_shard_subfolder(text)) << text;
  }
}

}  // namespace
}  // namespace steadfarm::checkpoint
