# Turns data files into C strings: migrations, rules, pages. embed(<library> <symbol> <file>...)
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
embed(parley_webbridge web_pages webbridge/page.html webbridge/page.js webbridge/page.css)
