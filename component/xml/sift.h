/* Stands between the socket and the XML parser, and lets through only what the parser is fit for.
 *
 * The parser (libstrophe) keeps an attribute's local name and forgets its namespace, so that
 * <message from='mallory@…' xmlns:x='urn:x' x:from='admin@…'/>, which servers pass on, arrives as
 * sent by the admin: attributes with a prefix are taken out here. It recurses once per level and
 * takes quadratic time over long text in many pieces, over many attributes and over many children:
 * a stanza too deep, too large or too costly is cut off here.
 *
 * A cut stanza stays well-formed. It holds an element <cut/> in NS_CUT and must not be used; one
 * whose own start tag is too large arrives as that element alone. */
#ifndef PARLEY_SIFT_H
#define PARLEY_SIFT_H

#include "component/xml/stanza.h"

#define NS_CUT "urn:parley:cut"
#define SIFT_ATTRS_MAX 64

struct sift;

struct sift *sift_new(void);
void sift_free(struct sift *s); /* NULL is allowed */

/* Append to out what the parser may read of in[len], the next bytes of one stream from its first
 * byte on. White space between stanzas is dropped.
 * Errors  ERR_INVALID  a comment, processing instruction or document type (RFC 6120
 *                      #xml-restrictions), or no XML: the stream must be closed */
NODISCARD enum err sift_feed(struct sift *s, const char *in, size_t len, struct buf *out);

#endif
