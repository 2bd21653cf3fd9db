/* Text from outside: what may pass, what is made of it. Alone includes libunistring. */
#ifndef PARLEY_TEXT_H
#define PARLEY_TEXT_H

#include "core/base/arena.h"

#include <stdbool.h>
#include <stddef.h>

#define TEXT_NAME_MAX 64 /* characters of a name */

/* True for well-formed UTF-8 whose characters are all XML 1.0 "Char" (no NUL, no C0 controls but
 * tab, LF, CR, no surrogates, no U+FFFE/FFFF). Source: https://www.w3.org/TR/xml/#charsets */
bool text_ok(const char *s, size_t len);

/* The same text with each forbidden character or bad byte sequence replaced by U+FFFD. */
char *text_clean(struct arena *a, const char *s, size_t len);

/* A message body made uniform: CRLF, CR, U+2028, U+2029 become LF; C1 controls, U+007F and
 * noncharacters are dropped; white space at both ends goes. text_ok() must hold. */
char *text_body(struct arena *a, const char *s);

/* A name that people may be shown: NFC, inner white space folded to one space, ends trimmed.
 * Errors  ERR_INVALID  empty, longer than TEXT_NAME_MAX characters, or holding a control, bidi
 *                      control or zero-width character
 *         ERR_TEXT     text_ok() does not hold */
NODISCARD enum err text_name(struct arena *a, const char *s, char **out);

/* The name as it can stand in an address, where servers drop what they would have to change: as
 * their Resourceprep makes it, and in one direction of writing; of a name in both, the part from
 * left to right. "" when nothing is left. text_name() must hold. RFC 6122 #appendix-B */
char *text_nick(struct arena *a, const char *name);
/* Is it written from right to left, all of it or a part? */
bool text_is_rtl(const char *s);

/* The same without characters that nobody sees: controls, also of the writing direction, and those
 * without a width. Bad byte sequences become U+FFFD. */
char *text_visible(struct arena *a, const char *s);

/* What two names that look alike have in common: NFKC, case fold, marks removed, look-alike letters
 * of other scripts (Cyrillic, Greek) mapped to Latin, digits 0/1 to o/l, everything but letters
 * and digits removed. Only for comparing. */
char *text_skeleton(struct arena *a, const char *s);

/* NFC and case fold, for searching words. */
char *text_fold(struct arena *a, const char *s);

size_t text_chars(const char *s); /* characters of well-formed UTF-8 */

/* Is this http(s)://HOST[:PORT] as browsers write it, who use lower case and leave out the scheme's
 * own port? Origins are compared byte by byte.
 * https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin */
bool text_is_origin(const char *s);

#endif
