# LibTorch: the imported target LibTorch::LibTorch, CPU or CUDA.
#
#   ATELIER_LIBTORCH  a torch package folder (with include/ and lib/); default: the project's .venv
#   ATELIER_CUDA      link the CUDA libraries of that LibTorch too
set(ATELIER_LIBTORCH "" CACHE PATH "LibTorch folder with include/ and lib/")
option(ATELIER_CUDA "Link LibTorch's CUDA libraries" OFF)
if(NOT ATELIER_LIBTORCH)
  file(GLOB atelier_torch_candidates
       ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch)
endif()

find_path(LibTorch_INCLUDE_DIR ATen/ATen.h
          HINTS ${ATELIER_LIBTORCH} ${atelier_torch_candidates} PATH_SUFFIXES include
          NO_DEFAULT_PATH)
find_library(LibTorch_CPU_LIBRARY torch_cpu
             HINTS ${ATELIER_LIBTORCH} ${atelier_torch_candidates} PATH_SUFFIXES lib
             NO_DEFAULT_PATH)
find_library(LibTorch_C10_LIBRARY c10
             HINTS ${ATELIER_LIBTORCH} ${atelier_torch_candidates} PATH_SUFFIXES lib
             NO_DEFAULT_PATH)
find_package_handle_standard_args(LibTorch DEFAULT_MSG LibTorch_INCLUDE_DIR LibTorch_CPU_LIBRARY
                                  LibTorch_C10_LIBRARY)

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  get_filename_component(atelier_torch_lib ${LibTorch_CPU_LIBRARY} DIRECTORY)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
    ${LibTorch_INCLUDE_DIR} ${LibTorch_INCLUDE_DIR}/torch/csrc/api/include)
  target_link_libraries(LibTorch::LibTorch INTERFACE
    ${LibTorch_CPU_LIBRARY} ${LibTorch_C10_LIBRARY})
  target_link_options(LibTorch::LibTorch INTERFACE -Wl,-rpath,${atelier_torch_lib}
                      -Wl,-rpath-link,${atelier_torch_lib})
  if(ATELIER_CUDA)
    # Registration happens in static constructors: the linker must keep them although nothing
    # names a symbol of theirs.
    target_compile_definitions(LibTorch::LibTorch INTERFACE ATELIER_CUDA=1)
    # LibTorch's CUDA libraries name the driver's, which are only there where a GPU is.
    target_link_options(LibTorch::LibTorch INTERFACE -Wl,--allow-shlib-undefined)
    target_link_libraries(LibTorch::LibTorch INTERFACE
      -Wl,--no-as-needed ${atelier_torch_lib}/libtorch_cuda.so ${atelier_torch_lib}/libc10_cuda.so
      ${atelier_torch_lib}/libtorch.so -Wl,--as-needed)
  endif()
endif()
