# Links Abseil, Protobuf, RE2 and gRPC from their archives. Debian's CMake files name the shared ones: 54
# libraries a process, whose C++ symbols the dynamic linker looks up one by one at every start, which is most of
# what a node's start and a short command of the CLI take.
# Include after find_package of all four.
option(TERRELLA_STATIC_RPC "Link Abseil, Protobuf and gRPC statically where their archives are installed" ON)

function(terrella_prefer_archives)
  get_property(targets DIRECTORY ${CMAKE_SOURCE_DIR} PROPERTY IMPORTED_TARGETS)
  list(FILTER targets INCLUDE REGEX "^(absl|gRPC|re2|protobuf)::")
  foreach(target ${targets})
    get_target_property(type ${target} TYPE)
    if(NOT type MATCHES "^(SHARED|UNKNOWN)_LIBRARY$")
      continue()
    endif()
    foreach(property IMPORTED_LOCATION IMPORTED_LOCATION_NONE IMPORTED_LOCATION_RELEASE)
      get_target_property(library ${target} ${property})
      if(NOT library)
        continue()
      endif()
      string(REGEX REPLACE "\\.so[.0-9]*$" ".a" archive "${library}")
      if(EXISTS "${archive}")
        set_target_properties(${target} PROPERTIES ${property} "${archive}")
      endif()
    endforeach()
  endforeach()
endfunction()

if(TERRELLA_STATIC_RPC)
  terrella_prefer_archives()
endif()
