#include <fstream>
#include <iterator>

#include "people_fixture.h"

namespace atelier::people {
namespace {

std::vector<uint8_t> BodyBytes() {
  std::ifstream in(ATELIER_PEOPLE_BODY, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST_CASE("A body file that is not there is NOT_FOUND", "[people]") {
  const auto body = Body::Load("/nowhere/human.bin");
  REQUIRE_FALSE(body.has_value());
  CHECK(body.error().code == Code::kNotFound);
}

TEST_CASE("A body file cut short anywhere is refused", "[people]") {
  const std::vector<uint8_t> bytes = BodyBytes();
  REQUIRE(bytes.size() > 2000000);
  for (const size_t keep : {size_t{0}, size_t{3}, size_t{32}, size_t{100000}, bytes.size() / 2,
                            bytes.size() - 900, bytes.size() - 1}) {
    const auto body = Body::Parse(std::span(bytes).first(keep));
    INFO("kept " << keep << " bytes");
    REQUIRE_FALSE(body.has_value());
    CHECK(body.error().code == Code::kDataLoss);
    CHECK(body.error().reason == "BODY_FILE_INVALID");
  }
}

TEST_CASE("A body file whose face names a missing vertex is refused", "[people]") {
  auto file = ParseBodyFile(BodyBytes());
  REQUIRE(file.has_value());
  std::vector<uint8_t> bytes = BodyBytes();
  // One vertex fewer in the header shifts every array behind it.
  bytes[4] = static_cast<uint8_t>(bytes[4] - 1);
  CHECK_FALSE(Body::Parse(bytes).has_value());
  bytes = BodyBytes();
  bytes[0] ^= 1;
  CHECK_FALSE(Body::Parse(bytes).has_value());
}

TEST_CASE("The body's landmarks lie where anatomy puts them", "[people]") {
  const Body& body = TheBody();
  const auto& eyes = body.eye_centres();
  CHECK(eyes[kLeft].x > .02f);
  CHECK(eyes[kRight].x < -.02f);
  CHECK(body.canonical(body.nose_vertex()).z > eyes[kLeft].z);
  CHECK(body.joint(body.bones().hand[kLeft]).x > body.joint(body.bones().upper_arm[kLeft]).x);
  CHECK(body.joint(body.bones().foot[kLeft]).y < body.joint(body.bones().calf[kLeft]).y);
  CHECK(body.ear_vertices()[kLeft].size() > 10);
  CHECK(body.scalp().triangles.size() > 100);
}

}  // namespace
}  // namespace atelier::people
