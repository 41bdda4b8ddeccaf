#include "runtime/service/call_turn.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "atelier/v1/job.pb.h"
#include "atelier/v1/region.pb.h"
#include "imaging/picture_codec.h"

namespace atelier::runtime {
namespace {

using imaging::PictureMemory;

constexpr int64_t kMiB = 1 << 20;

std::string PngOf(int height, int width) {
  return imaging::EncodePng(Image(height, width, 3)).value();
}

TEST_CASE("Small files of large pictures are counted as what they are decoded to",
          "[picture_memory]") {
  const std::string png = PngOf(4000, 5000);
  REQUIRE(png.size() < 300'000);
  CHECK(imaging::MemoryToRead(png) >= 4000 * 5000 * int64_t{3});
  CHECK(imaging::MemoryToRead("no picture") == 0);
}

TEST_CASE("Pictures are counted in whatever fields a request has them", "[picture_memory]") {
  const std::string png = PngOf(100, 100);
  const int64_t one = imaging::MemoryToRead(png);
  v1::ExtractRegionsRequest extract;
  extract.mutable_picture()->set_data(png);
  extract.set_iuv_png(png);
  extract.set_person_mask_png(png);
  CHECK(MemoryForPictures(extract) == 3 * one);
  v1::ComposeTextureRequest compose;
  compose.set_texture_png(png);
  for (int i = 0; i < 3; ++i) compose.add_patches()->set_texture_png(png);
  CHECK(MemoryForPictures(compose) == 4 * one);
  v1::JobSpec spec;
  spec.mutable_edit()->add_swaps()->mutable_pattern()->mutable_picture()->set_data(png);
  CHECK(MemoryForPictures(spec) == one);
}

TEST_CASE("Forty large pictures at once take no more memory than there is for them",
          "[picture_memory]") {
  PictureMemory memory(400 * kMiB);
  std::atomic<int64_t> most = 0;
  std::vector<std::thread> calls;
  for (int i = 0; i < 40; ++i) {
    calls.emplace_back([&] {
      const auto share = memory.Take(150 * kMiB, Always);
      most = std::max(most.load(), memory.taken_bytes());
    });
  }
  for (std::thread& call : calls) call.join();
  CHECK(most <= 300 * kMiB);
  CHECK(memory.taken_bytes() == 0);
}

TEST_CASE("A small picture does not wait behind large ones", "[picture_memory]") {
  PictureMemory memory(400 * kMiB);
  auto large = memory.Take(300 * kMiB, Always);
  std::atomic<bool> waits = false;
  std::thread next([&] { CHECK(memory.Take(300 * kMiB, [&] { return waits = true; })); });
  while (!waits) std::this_thread::yield();
  // Nobody would wait longer than it takes to be asked once.
  CHECK(memory.Take(10 * kMiB, [] { return false; }));
  large.reset();
  next.join();
}

TEST_CASE("A picture that is larger than all memory is read alone", "[picture_memory]") {
  PictureMemory memory(100 * kMiB);
  {
    const auto all = memory.Take(900 * kMiB, Always);
    REQUIRE(all);
    CHECK_FALSE(memory.Take(90 * kMiB, [] { return false; }));
  }
  CHECK(memory.Take(90 * kMiB, [] { return false; }));
}

TEST_CASE("A call that nobody waits for any more is dropped when its turn comes", "[call_turn]") {
  TicketLock lock;
  REQUIRE(lock.Acquire(Always));
  std::atomic<bool> waits = false, wanted = true;
  std::thread call([&] {
    const auto turn = TakeTurn(lock, [&] {
      waits = true;
      return wanted.load();
    });
    REQUIRE_FALSE(turn);
    CHECK(turn.error().reason == "ABANDONED");
  });
  while (!waits) std::this_thread::yield();
  wanted = false;
  call.join();
  lock.Release();
  CHECK_FALSE(TakeTurn(lock, [] { return false; }));
  CHECK(TakeTurn(lock, Always));
}

TEST_CASE("Of many callers as many work at once as may, first come, first served", "[call_turn]") {
  TicketLock lock(2);
  auto first = TakeTurn(lock, Always);
  const auto second = TakeTurn(lock, Always);
  REQUIRE((first && second));
  CHECK_FALSE(TakeTurn(lock, [] { return false; }));
  { const Turn ended = *std::move(first); }
  CHECK(TakeTurn(lock, [] { return false; }).has_value() == false);  // Nobody waits for it.
  CHECK(TakeTurn(lock, Always));
}

}  // namespace
}  // namespace atelier::runtime
