#include "client/cli/display/tables.h"

#include <stdlib.h>
#include <time.h>

#include <catch2/catch.hpp>

#include "client/cli/display/times.h"

namespace atelier::cli {
namespace {

/// The time zone of one test.
class Zone {
 public:
  explicit Zone(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~Zone() {
    ::unsetenv("TZ");
    ::tzset();
  }
};

google::protobuf::Timestamp At(int64_t seconds) {
  google::protobuf::Timestamp time;
  time.set_seconds(seconds);
  return time;
}

// 2026-01-31 12:00:00 UTC
constexpr int64_t kNoon = 1769860800;

}  // namespace

TEST_CASE("A list of jobs tells whose, when in local time, how long, and how many of each",
          "[tables]") {
  const Zone zone("EST5");
  google::protobuf::RepeatedPtrField<v1::Job> jobs;
  v1::Job& done = *jobs.Add();
  done.set_name("jobs/a");
  done.set_state(v1::JOB_STATE_SUCCEEDED);
  done.set_tenant("studio-1");
  *done.mutable_create_time() = At(kNoon);
  *done.mutable_start_time() = At(kNoon + 2);
  *done.mutable_end_time() = At(kNoon + 80);
  done.add_images();
  v1::Job& waiting = *jobs.Add();
  waiting.set_name("jobs/long-name");
  waiting.set_state(v1::JOB_STATE_QUEUED);
  waiting.set_tenant("default");
  // Put back by a lost worker: its last attempt's start is no end of its waiting.
  *waiting.mutable_create_time() = At(kNoon);
  *waiting.mutable_start_time() = At(kNoon + 1);
  waiting.set_queue_position(3);

  CHECK(JobTable(jobs, kNoon + 100) ==
        "JOB             STATE      TENANT    CREATED (EST)        WAITED      TOOK"
        "        ENDED\n"
        "jobs/a          succeeded  studio-1  2026-01-31 07:00:00  2.0 s       1 min 18 s"
        "  2026-01-31 07:01:20  1 picture\n"
        "jobs/long-name  queued     default   2026-01-31 07:00:00  1 min 40 s  -"
        "           -                    3 in front\n"
        "2 jobs: 1 queued, 1 succeeded\n");
  CHECK(JobTable({}, kNoon) == "0 jobs\n");
}

TEST_CASE("A list of pictures tells when each was stored and what they take together", "[tables]") {
  const Zone zone("UTC");
  google::protobuf::RepeatedPtrField<v1::Asset> assets;
  for (int i = 0; i < 2; ++i) {
    v1::Asset& asset = *assets.Add();
    asset.set_name("assets/" + std::to_string(i));
    asset.set_content_type("image/png");
    asset.set_size_bytes(1024 * 1024);
    asset.set_height(256);
    asset.set_width(176);
    *asset.mutable_create_time() = At(kNoon);
  }
  const std::string table = AssetTable(assets);
  CHECK_THAT(table, Catch::Contains("assets/1  176x256  image/png  1048576  2026-01-31 12:00:00"));
  CHECK_THAT(table, Catch::EndsWith("2 assets, 2.0 MiB\n"));
}

TEST_CASE("Durations are read at a glance, and one that a clock turned round is none", "[tables]") {
  CHECK(DurationText(0.84) == "0.8 s");
  CHECK(DurationText(9.96) == "10 s");
  CHECK(DurationText(59.6) == "1 min 00 s");
  CHECK(DurationText(7385) == "2 h 03 min");
  CHECK(DurationText(273600) == "3 d 04 h");
  CHECK(DurationText(-5) == "0.0 s");
  CHECK(BytesText(512) == "512 bytes");
  CHECK(BytesText(1536) == "1.5 KiB");
}

}  // namespace atelier::cli
