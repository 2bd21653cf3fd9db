/* What the programs of this folder take: [--long] [--seed N] [--only N] [--log]. */
#ifndef PARLEY_FAULT_OPTIONS_H
#define PARLEY_FAULT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
    bool long_form;
    uint64_t seed; /* 1 unless given: the short form of a build is the same each time */
    long only;     /* this point alone; -1 all */
};

struct options options_read(int argc, char **argv);
int64_t options_now_ms(void); /* for what the reports say about duration */

#endif
