# Third parties, each wrapped once. LibTorch comes through our own find module (no
# find_package(Torch)): the wheel's CMake config demands a CUDA toolkit on CUDA builds and shadows
# protobuf. A translation unit that includes torch must not include protobuf or gRPC headers.
include(FindPackageHandleStandardArgs)
find_package(Threads REQUIRED)

# tl::expected, nlohmann-json, CLI11 and Eigen are header-only; a plain include folder
# (ATELIER_HEADERS=DIR) serves machines without the Debian packages.
set(ATELIER_HEADERS "" CACHE PATH
    "Folder with tl/, nlohmann/, CLI/, Eigen/ and unsupported/ headers; empty: the system's")
foreach(pair "expected|tl/expected.hpp" "json|nlohmann/json.hpp" "cli11|CLI/CLI.hpp")
  string(REPLACE "|" ";" pair "${pair}")
  list(GET pair 0 name)
  list(GET pair 1 header)
  find_path(ATELIER_${name}_INCLUDE ${header} HINTS ${ATELIER_HEADERS} REQUIRED)
  add_library(atelier_${name} INTERFACE)
  add_library(atelier::${name} ALIAS atelier_${name})
  if(ATELIER_HEADERS)
    target_include_directories(atelier_${name} SYSTEM INTERFACE ${ATELIER_${name}_INCLUDE})
  endif()
endforeach()

# Debian keeps Eigen in a folder of its own.
find_path(ATELIER_EIGEN_INCLUDE unsupported/Eigen/LevenbergMarquardt
          HINTS ${ATELIER_HEADERS} PATH_SUFFIXES eigen3 REQUIRED)
add_library(atelier_eigen INTERFACE)
add_library(atelier::eigen ALIAS atelier_eigen)
target_include_directories(atelier_eigen SYSTEM INTERFACE ${ATELIER_EIGEN_INCLUDE})

find_package(LibTorch REQUIRED)
# The engine does without; PNG files need them.
find_package(ZLIB QUIET)
find_package(PNG QUIET)

if(ATELIER_TESTS)
  find_package(Catch2 2.13 REQUIRED)
endif()

if(ATELIER_SERVICES)
  find_package(ZLIB REQUIRED)
  find_package(Protobuf REQUIRED)
  find_package(gRPC CONFIG REQUIRED)
  # Reflection from its archive, of which a third is used and nothing by programs that serve nothing.
  find_library(ATELIER_GRPC_REFLECTION libgrpc++_reflection.a)
  add_library(atelier_grpc_reflection INTERFACE)
  add_library(atelier::grpc_reflection ALIAS atelier_grpc_reflection)
  target_link_libraries(atelier_grpc_reflection INTERFACE
    $<IF:$<BOOL:${ATELIER_GRPC_REFLECTION}>,${ATELIER_GRPC_REFLECTION},gRPC::grpc++_reflection> gRPC::grpc++)
  find_package(OpenSSL REQUIRED)
  find_package(SQLite3 REQUIRED)
  # Its header alone: the library is loaded when a server keeps its queue in PostgreSQL.
  find_path(ATELIER_LIBPQ_INCLUDE libpq-fe.h PATH_SUFFIXES postgresql REQUIRED)
  # The same: loaded when a server keeps its pictures in S3.
  find_path(ATELIER_LIBCURL_INCLUDE curl/curl.h REQUIRED)
  # Debian's OpenCV module packages alone: libopencv-dev, which has the CMake config, would bring
  # a desktop with it.
  find_path(ATELIER_OPENCV_INCLUDE opencv2/core.hpp PATH_SUFFIXES opencv4 REQUIRED)
  add_library(atelier_opencv INTERFACE)
  add_library(atelier::opencv ALIAS atelier_opencv)
  target_include_directories(atelier_opencv SYSTEM INTERFACE ${ATELIER_OPENCV_INCLUDE})
  foreach(module core imgproc imgcodecs)
    find_library(ATELIER_OPENCV_${module} opencv_${module} REQUIRED)
    target_link_libraries(atelier_opencv INTERFACE ${ATELIER_OPENCV_${module}})
  endforeach()
  # Apart, since it alone among them brings protobuf: the networks for photographs.
  find_library(ATELIER_OPENCV_dnn opencv_dnn REQUIRED)
  add_library(atelier_opencv_dnn INTERFACE)
  add_library(atelier::opencv_dnn ALIAS atelier_opencv_dnn)
  target_link_libraries(atelier_opencv_dnn INTERFACE atelier_opencv ${ATELIER_OPENCV_dnn})

  # Pictures as telephones take them, HEIC.
  find_path(ATELIER_HEIF_INCLUDE libheif/heif.h REQUIRED)
  find_library(ATELIER_HEIF_LIBRARY heif REQUIRED)
  add_library(atelier_heif INTERFACE)
  add_library(atelier::heif ALIAS atelier_heif)
  target_include_directories(atelier_heif SYSTEM INTERFACE ${ATELIER_HEIF_INCLUDE})
  target_link_libraries(atelier_heif INTERFACE ${ATELIER_HEIF_LIBRARY})

  # Films: FFmpeg's libraries read and write them; libwebp writes animations.
  find_path(ATELIER_FFMPEG_INCLUDE libavformat/avformat.h REQUIRED)
  add_library(atelier_ffmpeg INTERFACE)
  add_library(atelier::ffmpeg ALIAS atelier_ffmpeg)
  target_include_directories(atelier_ffmpeg SYSTEM INTERFACE ${ATELIER_FFMPEG_INCLUDE})
  foreach(module avformat avcodec swscale avutil)
    find_library(ATELIER_FFMPEG_${module} ${module} REQUIRED)
    target_link_libraries(atelier_ffmpeg INTERFACE ${ATELIER_FFMPEG_${module}})
  endforeach()
  find_path(ATELIER_WEBP_INCLUDE webp/mux.h REQUIRED)
  add_library(atelier_webp INTERFACE)
  add_library(atelier::webp ALIAS atelier_webp)
  target_include_directories(atelier_webp SYSTEM INTERFACE ${ATELIER_WEBP_INCLUDE})
  foreach(module webpmux webp)
    find_library(ATELIER_WEBP_${module} ${module} REQUIRED)
    target_link_libraries(atelier_webp INTERFACE ${ATELIER_WEBP_${module}})
  endforeach()

  find_package(Boost 1.74 REQUIRED COMPONENTS filesystem system)
  find_package(prometheus-cpp CONFIG REQUIRED)
  find_package(spdlog CONFIG REQUIRED)
  find_package(fmt CONFIG REQUIRED)
  find_package(yaml-cpp CONFIG REQUIRED)

  # google/rpc/{status,error_details,code}.proto come from the googleapis-common-protos wheel.
  file(GLOB atelier_googleapis_candidates
       ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages)
  find_path(ATELIER_GOOGLEAPIS google/rpc/error_details.proto
            HINTS ${atelier_googleapis_candidates} REQUIRED)
  find_program(ATELIER_GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)
endif()
