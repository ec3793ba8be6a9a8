# What is installed, and the packages made of it. Everything finds everything else by relative paths, so an installed tree may be moved.
include(CMakePackageConfigHelpers)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME phosphene) # the torch engine is a component of its own: libtorch is large

file(RELATIVE_PATH lib_from_bin ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
set_target_properties(phosphene PROPERTIES INSTALL_RPATH "$ORIGIN/${lib_from_bin}")
install(TARGETS phosphene)
install(TARGETS libphosphene EXPORT phosphene-targets)
install(DIRECTORY include/phosphene DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY models DESTINATION ${CMAKE_INSTALL_DATADIR}/phosphene)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

# For who builds with it.
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/phosphene)
install(EXPORT phosphene-targets NAMESPACE phosphene:: DESTINATION ${package})
configure_package_config_file(cmake/phosphene-config.cmake.in phosphene-config.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(phosphene-config-version.cmake COMPATIBILITY SameMinorVersion)
file(RELATIVE_PATH prefix_from_pc ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/phosphene.pc.in phosphene.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/phosphene-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/phosphene-config-version.cmake DESTINATION ${package})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/phosphene.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Man page and completions, from the help of the program that was just built.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(help ${CMAKE_CURRENT_BINARY_DIR}/help)
add_custom_command(TARGET phosphene POST_BUILD COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/help-files $<TARGET_FILE:phosphene> ${PROJECT_VERSION} ${help})
set_property(TARGET phosphene APPEND PROPERTY LINK_DEPENDS ${CMAKE_SOURCE_DIR}/tools/help-files)
install(FILES ${help}/phosphene.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${help}/phosphene.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME phosphene)
install(FILES ${help}/_phosphene DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${help}/_phosphene DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions) # where Debian's zsh looks below /usr
install(FILES ${help}/phosphene.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

# Packages: phosphene_VERSION_ARCHITECTURE.deb, phosphene-torch_... where the engine is built, and phosphene-VERSION-Linux-ARCHITECTURE.tar.gz.
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_PACKAGE_FILE_NAME phosphene-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_PACKAGE_CONTACT "phosphene maintainers <phosphene@localhost>")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR}) # libphosphene.so itself
set(CPACK_DEBIAN_PHOSPHENE_PACKAGE_NAME phosphene)
set(CPACK_DEBIAN_TORCH_PACKAGE_NAME phosphene-torch)
set(CPACK_DEBIAN_TORCH_PACKAGE_DEPENDS "phosphene (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_PHOSPHENE_DESCRIPTION
    "A picture of what a neuron wants to see: a search through the code space of a learned image generator
 for the picture that excites the neuron most, for any image network that comes as ONNX or Caffe file. Program, library, headers, a network and priors.")
set(CPACK_COMPONENT_TORCH_DESCRIPTION "The engines torch and torch:cuda of phosphene, on the kernels of libtorch.")
include(CPack)
