// ATELIER_WIDE_VECTORS before a function compiles it for wider vectors too; the best that the
// processor has is chosen when the program starts.
//
// What that means for results: with AVX-512 (x86-64-v4) the compiler fuses a product and a sum into
// one rounding, with AVX2 and plainly it does not, so the last bits of these functions depend on
// the processor as those of LibTorch's own kernels do. The choice is the compiler's run-time's: no
// environment variable changes it (ATEN_CPU_CAPABILITY, MKL_CBWR and ONEDNN_MAX_CPU_ISA reach
// LibTorch's libraries alone). ATELIER_NARROW_VECTORS compiles the plain kind alone; the tests
// whose names end in _reduced run that (tests/CMakeLists.txt).
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(ATELIER_NARROW_VECTORS)
#define ATELIER_WIDE_VECTORS __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define ATELIER_WIDE_VECTORS
#endif
