# Turns data files into C strings: migrations, rules, pictures, pages. embed(<library> <symbol> <file>...)
# defines in <library>:  const struct embedded <symbol>[]  ended by a NULL name (core/base/embed.h).
function(embed library symbol)
    set(out ${CMAKE_BINARY_DIR}/embed/${symbol}.c)
    set(paths)
    foreach(file IN LISTS ARGN)
        list(APPEND paths ${CMAKE_SOURCE_DIR}/${file})
    endforeach()
    add_custom_command(OUTPUT ${out}
        COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DSYMBOL=${symbol} "-DFILES=${paths}"
            -P ${CMAKE_SOURCE_DIR}/cmake/embed_script.cmake
        DEPENDS ${paths} ${CMAKE_SOURCE_DIR}/cmake/embed_script.cmake VERBATIM)
    target_sources(${library} PRIVATE ${out})
endfunction()

file(GLOB migrations RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS db/migrations/*.sql)
list(SORT migrations)
embed(parley_db db_migrations ${migrations})
embed(parley_assistant assistant_rules component/assistant/rules.json)
embed(parley_muc muc_pictures component/muc/customer.png component/muc/assistant.png)

# The pages: npm brings what they are built with (pinned by the lock file, no install scripts run),
# esbuild bundles them, and all that it wrote is put into the program. Without Node there are none.
option(PARLEY_PAGES "Build the customers' widget and the agents' console (needs Node and npm)" ON)
set(ui ${CMAKE_SOURCE_DIR}/webbridge/ui)
set(pages_out ${CMAKE_BINARY_DIR}/embed/web_pages.c)
set(pages_dir "")
if(PARLEY_PAGES)
    find_program(NODE_PROGRAM node)
    find_program(NPM_PROGRAM npm)
    if(NODE_PROGRAM AND NPM_PROGRAM)
        set(pages_dir ${CMAKE_BINARY_DIR}/ui)
    else()
        message(WARNING "Node or npm is missing: the pages are left out of this program.")
    endif()
else()
    message(STATUS "PARLEY_PAGES is off: the pages are left out of this program.")
endif()
if(pages_dir)
    file(GLOB_RECURSE ui_sources CONFIGURE_DEPENDS ${ui}/*.ts ${ui}/*.tsx ${ui}/*.css ${ui}/*.html
        ${ui}/words/*.json)
    list(FILTER ui_sources EXCLUDE REGEX "/(node_modules|test)/")
    add_custom_command(OUTPUT ${ui}/node_modules/.package-lock.json
        COMMAND ${NPM_PROGRAM} ci --ignore-scripts --no-audit --no-fund --loglevel=error
        DEPENDS ${ui}/package-lock.json WORKING_DIRECTORY ${ui}
        COMMENT "Fetching what the pages are built with" VERBATIM)
    add_custom_command(OUTPUT ${pages_dir}/page.html
        COMMAND ${NODE_PROGRAM} ${ui}/build.mjs --out ${pages_dir}
        DEPENDS ${ui_sources} ${ui}/build.mjs ${ui}/css.mjs ${ui}/node_modules/.package-lock.json VERBATIM)

    # For other people's pages: the client and its React part as npm has packages.
    set(packages_dir ${CMAKE_BINARY_DIR}/npm)
    add_custom_command(OUTPUT ${packages_dir}/parley-react/package.json
        COMMAND ${NODE_PROGRAM} ${ui}/packages.mjs --out ${packages_dir}
        DEPENDS ${ui_sources} ${ui}/packages.mjs ${ui}/css.mjs ${ui}/node_modules/.package-lock.json
            ${ui}/core/README.md ${ui}/react/README.md VERBATIM)
    add_custom_target(parley_packages ALL DEPENDS ${packages_dir}/parley-react/package.json)
endif()
add_custom_command(OUTPUT ${pages_out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${pages_out} -DSYMBOL=web_pages -DDIR=${pages_dir}
        -P ${CMAKE_SOURCE_DIR}/cmake/embed_script.cmake
    DEPENDS $<$<BOOL:${pages_dir}>:${pages_dir}/page.html>
        ${CMAKE_SOURCE_DIR}/cmake/embed_script.cmake VERBATIM)
target_sources(parley_webbridge PRIVATE ${pages_out})
