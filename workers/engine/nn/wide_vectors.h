// ATELIER_WIDE_VECTORS before a function compiles it for wider vectors too; the best that the
// processor has is chosen when the program starts.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ATELIER_WIDE_VECTORS __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define ATELIER_WIDE_VECTORS
#endif
