// Figures of the way from a client through the queue to a worker and back, with the real LeaseLoop
// over an executor that paints by waiting.
#pragma once

#include <filesystem>

#include "bench/bench_figures.h"

namespace atelier::bench {

/// What Synthesize adds to the painting: one client, pictures that take no time.
void BenchSynthesize(const std::filesystem::path& folder, const Flags& flags);

/// How long a worker paints nothing between two jobs while more wait, for jobs of several lengths.
void BenchIdleGap(const std::filesystem::path& folder, const Flags& flags);

/// Resident memory of an atelier-server (beside this program) that nobody asked for anything yet.
void BenchRest(const std::filesystem::path& folder);

}  // namespace atelier::bench
