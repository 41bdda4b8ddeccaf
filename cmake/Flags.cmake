# One target carries the compiler flags of our own code.
add_library(atelier_flags INTERFACE)
add_library(atelier::flags ALIAS atelier_flags)
target_compile_options(atelier_flags INTERFACE -Wall -Wextra -Wno-unused-parameter)

set(ATELIER_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")
if(ATELIER_SANITIZE)
  add_compile_options(-fsanitize=${ATELIER_SANITIZE} -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${ATELIER_SANITIZE})
endif()

find_program(ATELIER_CCACHE ccache)
if(ATELIER_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ATELIER_CCACHE})
endif()
