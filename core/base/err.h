/* The one error type. Each door has one place that translates it: webbridge/problem.c to HTTP,
 * component/muc_desk.c to stanza errors, component/manage.c to sentences for whoever gave a
 * command. A command's exit code does not tell errors apart (component/cli.h). */
#ifndef PARLEY_ERR_H
#define PARLEY_ERR_H

#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

enum err {
    OK = 0,
    ERR_INVALID,          /* malformed or out of range */
    ERR_TEXT,             /* not UTF-8, or a character that XML 1.0 forbids */
    ERR_TOO_LARGE,        /* above a documented limit */
    ERR_NOT_FOUND,        /* missing, or not the asker's */
    ERR_UNAUTHORIZED,     /* no or a wrong credential */
    ERR_FORBIDDEN,        /* known, but not allowed to */
    ERR_CONFLICT,         /* name in use, or changed meanwhile */
    ERR_NOT_ESCALATED,    /* the chat is still with the assistant */
    ERR_ALREADY_ASSIGNED, /* another agent has the chat */
    ERR_CLOSED,           /* the chat is over */
    ERR_KEY_REUSED,       /* idempotency key seen with another body */
    ERR_IDENTITY,         /* a signed identity that proves nothing */
    ERR_RATE,             /* too often; retry later */
    ERR_BUSY,             /* a bounded queue is full; retry later */
    ERR_UNKNOWN,          /* the commit failed: retry with the same key */
    ERR_NOT_OCCUPANT,     /* not in the room */
    ERR_NOT_ALLOWED,      /* never possible here, whoever asks */
    ERR_NOT_ACCEPTABLE,   /* understood, but not carried by this room */
    ERR_OUTCAST,          /* banned from this room */
    ERR_NOT_MEMBER,       /* the room is for its members only */
    ERR_PASSWORD,         /* the room wants its password */
    ERR_FULL,             /* as many are in the room as may be */
    ERR_LOW_DISK,         /* too little room on the disk for more; reading goes on */
    ERR_NO_SPACE,         /* the disk is full, or nearly so */
    ERR_IO,               /* file, socket or database */
    ERR_NEWER,            /* database made by a newer parley */
    ERR_CONFIG,           /* wrong setting */
    ERR_LOCKED,           /* another process owns the database */
    ERR_COUNT_
};

/* The name of an error for logs: "not-found". Static. */
const char *err_name(enum err e);

#endif
