// Before anything else: see the header.
// clang-format off
#include "support/catch_torch.h"
// clang-format on

#include "training/fpdm/fpdm_training.h"

#include <cmath>
#include <set>

#include "parity/fpdm/tiny_fpdm.h"
#include "support/temp_dir.h"
#include "training/fpdm/fusion_people.h"
#include "training/fpdm/retrieval.h"

namespace atelier::training {
namespace {

TEST_CASE("Retrieval counts the place of each query's own target among all pictures",
          "[retrieval]") {
  const at::Tensor targets = at::eye(4), sources = -at::eye(4);
  const RetrievalScores exact = ScoreRetrieval(targets, targets, sources);
  CHECK(exact.r1 == 1);
  CHECK(exact.mean_rank == 1);
  // Each query is the next one's target: its own is one of the three others, which are alike.
  const RetrievalScores wrong = ScoreRetrieval(targets.roll(1, 0), targets, sources);
  CHECK(wrong.r1 == 0);
  CHECK(wrong.mean_rank > 2);
  // Who asks with the source finds the source first.
  const RetrievalScores copied = ScoreRetrieval(targets + 0.1, targets, targets + 0.1);
  CHECK(copied.r1 == 0);
}

TEST_CASE("An embedding that is no number is found last and not first", "[retrieval]") {
  const at::Tensor targets = at::eye(3);
  const RetrievalScores scores = ScoreRetrieval(at::full({3, 3}, NAN), targets, targets);
  CHECK(scores.r1 == 0);
  CHECK(scores.mean_rank == 6);
}

TEST_CASE("A person's pictures are paired with each other before any two are paired again",
          "[fpdm]") {
  for (const int pictures : {2, 4, 6, 10}) {
    std::set<std::pair<int, int>> seen;
    for (int turn = 0; turn < 2 * (pictures - 1); ++turn) {
      const auto pairs = PairingOf(pictures, turn);
      std::set<int> places;
      for (const auto& [source, target] : pairs) {
        places.insert({source, target});
        CHECK(seen.insert({source, target}).second);
        // The other way round comes after every two have met once.
        if (turn < pictures - 1) CHECK(seen.count({target, source}) == 0);
      }
      CHECK(places.size() == static_cast<size_t>(pictures));
      CHECK(*places.begin() == 0);
      CHECK(*places.rbegin() == pictures - 1);
    }
    CHECK(seen.size() == static_cast<size_t>(pictures * (pictures - 1)));
    CHECK(PairingOf(pictures, 2 * (pictures - 1)) == PairingOf(pictures, 0));
  }
}

TEST_CASE("A frozen source encoder has the model folder's weights, a trained one does not",
          "[fpdm]") {
  const testing::TinyFpdmFolder folder;
  const auto weights = [](FpdmTraining& training) {
    return training.networks.dinov2_source->parameters()[3].clone();
  };
  auto frozen = MakeDenoisingTraining(folder.path(), {}, /*trains_source_encoder=*/false);
  auto again = MakeDenoisingTraining(folder.path(), {}, false);
  auto trained = MakeDenoisingTraining(folder.path(), {}, /*trains_source_encoder=*/true);
  REQUIRE((frozen && again && trained));
  CHECK(at::equal(weights(*frozen), weights(*again)));
  CHECK_FALSE(at::equal(weights(*frozen), weights(*trained)));
  for (const at::Tensor& parameter : frozen->networks.dinov2_source->parameters())
    CHECK_FALSE(parameter.requires_grad());
}

TEST_CASE("A folder to start from that has nothing of what is trained is refused", "[fpdm]") {
  const testing::TinyFpdmFolder folder;
  const testing::TempDir empty;
  for (const auto& training : {MakeFusionTraining(folder.path(), empty.path()),
                               MakeDenoisingTraining(folder.path(), empty.path(), true)}) {
    REQUIRE_FALSE(training.has_value());
    CHECK(training.error().field == "--start-from");
  }
}

}  // namespace
}  // namespace atelier::training
