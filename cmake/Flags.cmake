# One target carries the compiler flags of our own code.
add_library(atelier_flags INTERFACE)
add_library(atelier::flags ALIAS atelier_flags)
target_compile_options(atelier_flags INTERFACE -Wall -Wextra -Wno-unused-parameter)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # What the annotations of base/mutex.h say.
  target_compile_options(atelier_flags INTERFACE -Werror=thread-safety)
endif()

# For code that waits for networks and disks more than it computes: about half the size, and the server's image with it.
add_library(atelier_small INTERFACE)
add_library(atelier::small ALIAS atelier_small)
# For programs of such code: without what nothing calls, and with short relocations (glibc 2.36, binutils 2.38).
set(ATELIER_SMALL_LINK_OPTIONS)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(atelier_small INTERFACE $<$<CONFIG:Release>:-Os;-ffunction-sections;-fdata-sections>)
  set(ATELIER_SMALL_LINK_OPTIONS $<$<CONFIG:Release>:LINKER:--gc-sections;LINKER:-z,pack-relative-relocs>)
endif()

set(ATELIER_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")
if(ATELIER_SANITIZE)
  # A finding ends the program, so that a test cannot pass over it.
  add_compile_options(-fsanitize=${ATELIER_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${ATELIER_SANITIZE})
endif()

# Clang's fuzzer: everything is compiled so that it sees what an input reaches.
option(ATELIER_LIBFUZZER "Link libFuzzer to the fuzz targets (needs Clang)" OFF)
if(ATELIER_LIBFUZZER)
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

# ccache keeps units that use LibTorch's precompiled header only with this sloppiness. Paths below the
# checkout count as relative, so that another checkout finds what this one compiled.
find_program(ATELIER_CCACHE ccache)
if(ATELIER_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${ATELIER_CCACHE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    add_compile_options(-fpch-preprocess)
  endif()
endif()
