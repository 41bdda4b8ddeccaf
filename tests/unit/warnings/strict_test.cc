#include "warnings/strict.h"

#include <catch2/catch.hpp>

#include "atelier/v1/pose.pb.h"
#include "atelier/v1/region.pb.h"

namespace atelier {
namespace {

StrictReasons Reasons(const std::vector<std::string>& reasons) {
  return {reasons.begin(), reasons.end()};
}

const std::vector<Warning> kFound = {
    {"PERSON_SMALL", "source", "the person is small", 40.0, 64.0},
    {"SEVERAL_PEOPLE", "pose_picture", "only one is painted", 3.0, 1.0},
};

template <typename Response>
Result<Response> Doubtful() {
  Response response;
  *response.mutable_warnings() = WarningsToMessages(kFound);
  return response;
}

}  // namespace

TEST_CASE("A reason that is none is refused with those that there are", "[strict]") {
  for (const std::string_view reason : kWarningReasons) {
    CHECK(CheckStrict(Reasons({std::string(reason)}), "strict").has_value());
  }
  CHECK(CheckStrict(Reasons({"ALL"}), "strict").has_value());
  CHECK(CheckStrict(Reasons({}), "strict").has_value());
  for (const char* reason : {"", "all", "NO_PERSON", "SEVERAL_PEOPLE "}) {
    const Status status = CheckStrict(Reasons({"ALL", reason}), "spec.strict");
    REQUIRE_FALSE(status.has_value());
    CHECK(status.error().code == Code::kInvalidArgument);
    CHECK(status.error().field == "spec.strict");
    CHECK_THAT(status.error().message,
               Catch::StartsWith("`spec.strict` must be ") && Catch::Contains("SEVERAL_PEOPLE, ") &&
                   Catch::Contains("ALL") && Catch::EndsWith(std::string("Given: ") + reason));
  }
  const Status huge = CheckStrict(Reasons({std::string(1 << 20, 'A')}), "strict");
  CHECK_THAT(huge.error().message, Catch::EndsWith("Given: 1048576 bytes"));
}

TEST_CASE("More than 32 reasons are refused, even when each is one", "[strict]") {
  CHECK(CheckStrict(Reasons(std::vector<std::string>(32, "ALL")), "strict").has_value());
  const Status status = CheckStrict(Reasons(std::vector<std::string>(33, "ALL")), "strict");
  REQUIRE_FALSE(status.has_value());
  CHECK_THAT(status.error().message, Catch::EndsWith("Given: 33"));
}

TEST_CASE("Only a listed reason fails, with its numbers, and ALL lists every one", "[strict]") {
  CHECK(CheckAccepted(Reasons({}), kFound).has_value());
  CHECK(CheckAccepted(Reasons({"PERSON_CUT_OFF"}), kFound).has_value());
  CHECK(CheckAccepted(Reasons({"ALL"}), std::vector<Warning>()).has_value());
  const Status several = CheckAccepted(Reasons({"PERSON_CUT_OFF", "SEVERAL_PEOPLE"}), kFound);
  REQUIRE_FALSE(several.has_value());
  CHECK(several.error().code == Code::kFailedPrecondition);
  CHECK(several.error().reason == "SEVERAL_PEOPLE");
  CHECK(several.error().field == "pose_picture");
  CHECK_THAT(several.error().message,
             Catch::Contains("only one is painted") && Catch::Contains("(3, limit 1)"));
  CHECK(CheckAccepted(Reasons({"ALL"}), kFound).error().reason == "PERSON_SMALL");
}

TEST_CASE("An answer with a listed warning fails, whichever service gives it", "[strict]") {
  v1::EstimatePoseRequest pose;
  pose.add_strict("SEVERAL_PEOPLE");
  CHECK(UnderStrict(pose, [] { return Doubtful<v1::EstimatePoseResponse>(); }).error().reason ==
        "SEVERAL_PEOPLE");
  v1::ExtractRegionsRequest regions;
  regions.add_strict("PERSON_UNSURE");
  const auto answer = UnderStrict(regions, [] { return Doubtful<v1::ExtractRegionsResponse>(); });
  REQUIRE(answer.has_value());
  CHECK(answer->warnings_size() == 2);
}

TEST_CASE("An answer is not worked out for a `strict` that breaks its rules", "[strict]") {
  v1::EstimatePoseRequest request;
  request.add_strict("NONSENSE");
  bool asked = false;
  const auto answer = UnderStrict(request, [&] {
    asked = true;
    return Doubtful<v1::EstimatePoseResponse>();
  });
  CHECK(answer.error().field == "strict");
  CHECK_FALSE(asked);
}

TEST_CASE("An answer that fails by itself keeps its own error", "[strict]") {
  v1::EstimatePoseRequest request;
  request.add_strict("ALL");
  const auto answer = UnderStrict(request, []() -> Result<v1::EstimatePoseResponse> {
    return MakeError(Code::kFailedPrecondition, "NO_PERSON", "nobody");
  });
  CHECK(answer.error().reason == "NO_PERSON");
}

}  // namespace atelier
