#include "training/evaluation/retrieval_command.h"

#include <ATen/Parallel.h>

#include <cstdio>

#include "people/body/body.h"
#include "training/fpdm/fusion_task.h"

namespace atelier::training {

CLI::App* AddRetrievalCommand(CLI::App& app, RetrievalArguments& arguments) {
  CLI::App* retrieval = app.add_subcommand(
      "retrieval", "Looks for held-out targets by the fusion embeddings of an FPDM model");
  retrieval->add_option("--model", arguments.model, "model folder of the fpdm pipeline");
  retrieval->add_option("--body", arguments.body, "human.bin");
  retrieval
      ->add_option("--pairs", arguments.pairs,
                   "held-out pairs; all their targets and sources are looked through")
      ->check(CLI::Range(1, 100000));
  retrieval->add_option("--threads", arguments.threads, "CPU threads; 0 = one per core")
      ->check(CLI::Range(0, 1024));
  return retrieval;
}

Status RunRetrievalCommand(const RetrievalArguments& arguments) {
  if (arguments.threads > 0) at::set_num_threads(arguments.threads);
  ATELIER_ASSIGN_OR_RETURN(const auto body, people::Body::Load(arguments.body));
  ATELIER_ASSIGN_OR_RETURN(const FpdmTraining trained, LoadFusion(arguments.model));
  const PairOptions pair = FusionPairOf(*trained.networks.image_encoder, trained.folder.info);
  const FusionScores scores = ScoreFusion(*body, trained, pair, arguments.pairs, at::kCPU);
  std::printf("%d held-out pairs, %d pictures to choose from\n", arguments.pairs,
              2 * arguments.pairs);
  std::printf("by the fusion embedding   %s\n", ToText(scores.fused).c_str());
  std::printf("by the source's embedding %s\n", ToText(scores.source).c_str());
  return {};
}

}  // namespace atelier::training
