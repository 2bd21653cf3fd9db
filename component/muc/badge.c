#include "component/muc/parts.h"
#include "core/base/crypto.h"
#include "core/base/embed.h"

#include <string.h>

extern const struct embedded muc_pictures[];

/* ---- hats ------------------------------------------------------------------------------------ */

/* XEP-0317: the address says which hat it is, the title is for people. */
void muc_add_hats(struct arena *a, struct xml *presence, unsigned hats)
{
    static const struct {
        unsigned hat;
        const char *uri, *title;
    } all[] = {
        {MUC_HAT_CUSTOMER, "urn:parley:hat:customer", "Customer"},
        {MUC_HAT_VERIFIED, "urn:parley:hat:verified", "Verified"},
        {MUC_HAT_ASSISTANT, "urn:parley:hat:assistant", "AI assistant"},
        {MUC_HAT_ASSIGNED, "urn:parley:hat:assigned", "Assigned"},
        {MUC_HAT_OBSERVER, "urn:parley:hat:observer", "Observer"},
        {MUC_HAT_SUPERVISOR, "urn:parley:hat:supervisor", "Supervisor"},
    };
    struct xml *x;

    if (hats == 0)
        return;
    x = xml_child(a, presence, "hats", NS_HATS);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct xml *hat;

        if ((hats & all[i].hat) == 0)
            continue;
        hat = xml_child(a, x, "hat", NULL);
        xml_attr(a, hat, "title", all[i].title);
        xml_attr(a, hat, "uri", all[i].uri);
    }
}

/* ---- pictures -------------------------------------------------------------------------------- */

static const struct embedded *find(const char *picture)
{
    for (const struct embedded *e = muc_pictures; picture != NULL && e->name != NULL; e++)
        if (strcmp(e->name, picture) == 0)
            return e;
    return NULL;
}

void muc_add_picture(struct arena *a, struct xml *presence, const char *picture)
{
    const struct embedded *e = find(picture);

    if (e != NULL)
        xml_child_text(a, xml_child(a, presence, "x", NS_VCARD_UPDATE), "photo", NULL, e->sha1);
}

void muc_add_photo(struct arena *a, struct xml *card, const char *picture)
{
    const struct embedded *e = find(picture);
    struct xml *photo;
    char *text;

    if (e == NULL)
        return;
    text = arena_alloc(a, CRYPTO_BASE64_SIZE(e->len));
    crypto_base64(e->data, e->len, text);
    photo = xml_child(a, card, "PHOTO", NULL);
    xml_child_text(a, photo, "TYPE", NULL, "image/png");
    xml_child_text(a, photo, "BINVAL", NULL, text);
}
