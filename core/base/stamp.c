#include "core/base/stamp.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MS_DAY INT64_C(86400000)

static void put_digits(char *out, int value, size_t n)
{
    while (n-- > 0) {
        out[n] = (char)('0' + value % 10);
        value /= 10;
    }
}

void stamp_format(int64_t ms, char out[STAMP_LEN + 1])
{
    int64_t rest = ((ms % 1000) + 1000) % 1000;
    time_t seconds = (time_t)(ms / 1000 - (ms % 1000 < 0));
    struct tm t;

    memcpy(out, "0000-01-01T00:00:00.000Z", STAMP_LEN + 1);
    if (gmtime_r(&seconds, &t) == NULL || t.tm_year < -1900 || t.tm_year > 9999 - 1900)
        return;
    put_digits(out, t.tm_year + 1900, 4);
    put_digits(out + 5, t.tm_mon + 1, 2);
    put_digits(out + 8, t.tm_mday, 2);
    put_digits(out + 11, t.tm_hour, 2);
    put_digits(out + 14, t.tm_min, 2);
    put_digits(out + 17, t.tm_sec, 2);
    put_digits(out + 20, (int)rest, 3);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* n digits, then one of the characters in end; *s moves behind both. end NULL: nothing follows. */
static bool take(const char **s, size_t n, const char *end, int least, int most, int *out)
{
    int value = 0;

    for (; n > 0; n--, (*s)++) {
        if (!is_digit(**s))
            return false;
        value = value * 10 + (**s - '0');
    }
    if (end != NULL) {
        if (**s == '\0' || strchr(end, **s) == NULL)
            return false;
        (*s)++;
    }
    *out = value;
    return value >= least && value <= most;
}

static bool take_offset(const char **s, int *minutes)
{
    int sign = **s == '-' ? -1 : 1;
    int h, m;

    *minutes = 0;
    if (**s == 'Z' || **s == 'z') {
        (*s)++;
        return true;
    }
    if (**s != '+' && **s != '-')
        return false;
    (*s)++;
    if (!take(s, 2, ":", 0, 23, &h) || !take(s, 2, NULL, 0, 59, &m))
        return false;
    *minutes = sign * (h * 60 + m);
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

/* Second 60 is a leap second; it counts as the next minute's first. RFC 3339, 5.7 */
enum err stamp_parse(const char *s, int64_t *ms)
{
    int year, month, minutes, milli = 0, scale = 100;
    struct tm t = {0};

    if (!take(&s, 4, "-", 0, 9999, &year) || !take(&s, 2, "-", 1, 12, &month) ||
        !take(&s, 2, "Tt", 1, days_in(year, month), &t.tm_mday) ||
        !take(&s, 2, ":", 0, 23, &t.tm_hour) || !take(&s, 2, ":", 0, 59, &t.tm_min) ||
        !take(&s, 2, NULL, 0, 60, &t.tm_sec))
        return ERR_INVALID;
    if (*s == '.') {
        if (!is_digit(*++s))
            return ERR_INVALID;
        for (; is_digit(*s); s++, scale /= 10)
            milli += (*s - '0') * scale;
    }
    if (!take_offset(&s, &minutes) || *s != '\0')
        return ERR_INVALID;
    t.tm_year = year - 1900;
    t.tm_mon = month - 1;
    *ms = ((int64_t)timegm(&t) - (int64_t)minutes * 60) * 1000 + milli;
    return OK;
}

void stamp_span(int64_t ms, char out[16])
{
    int64_t days = ms / MS_DAY;

    if (ms < 60000)
        (void)snprintf(out, 16, "%ds", ms < 0 ? 0 : (int)(ms / 1000));
    else if (ms < 3600000)
        (void)snprintf(out, 16, "%dm", (int)(ms / 60000));
    else if (ms < MS_DAY)
        (void)snprintf(out, 16, "%dh", (int)(ms / 3600000));
    else
        (void)snprintf(out, 16, "%dd", days > 99999999 ? 99999999 : (int)days);
}
