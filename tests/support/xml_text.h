/* For tests: elements from text. Trusted input; a mistake in it aborts. */
#ifndef PARLEY_TEST_XML_TEXT_H
#define PARLEY_TEST_XML_TEXT_H

#include "component/xml/stanza.h"

/* One element: attributes in either quotes, text with the five named entities. A prefix stays part
 * of the name; the default namespace is inherited, NS_CLIENT at first. */
struct xml *xml_of(struct arena *a, const char *text);

/* A stanza as the link delivers it; from and to must be there and are prepared. */
struct stanza *stanza_of_xml(struct arena *a, struct xml *x);

#endif
